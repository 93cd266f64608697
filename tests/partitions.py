"""A test schema for PostgreSQL: the tables that grow are in partitions by user, as shards would hold them."""

from ftlserver.storage import Storage
from tests.helpers import run_on_postgresql

PARTITIONS = 32
TABLES = {"users": "id", "activity_periods": "user_id"}


def partition(url: str) -> None:
    """Replace the empty tables that migrations made by copies in partitions; the rest stays whole."""
    with Storage.open(url):
        pass
    run_on_postgresql(
        url,
        *(f"ALTER TABLE {table} RENAME TO whole_{table}" for table in TABLES),
        *(
            f"CREATE TABLE {t} (LIKE whole_{t} INCLUDING ALL) PARTITION BY HASH ({key})"
            for t, key in TABLES.items()
        ),
        "DROP TABLE whole_users, whole_activity_periods CASCADE",
        *(
            f"ALTER TABLE {table} ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE"
            for table in ("activity_periods", "user_aliases", "team_members")
        ),
        *(
            f"CREATE TABLE {t}_{n} PARTITION OF {t} FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {n})"
            for t in TABLES
            for n in range(PARTITIONS)
        ),
    )
