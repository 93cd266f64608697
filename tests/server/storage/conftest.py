"""A third kind of database: PostgreSQL with the tables that grow in partitions by user, as shards would hold them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ftlserver.storage import Storage
from tests.helpers import run_on_postgresql
from tests.partitions import partition


@pytest.fixture(scope="session")
def partitions(postgresql: str) -> str:
    """Give the URL of a database in partitions, to be copied: making one takes ten times as long."""
    run_on_postgresql(postgresql, "CREATE DATABASE partitions TEMPLATE template0")
    url = sa.make_url(postgresql).set(database="partitions").render_as_string(hide_password=False)
    partition(url)
    return url


@pytest.fixture
def partitioned_url(postgresql: str, partitions: str) -> str:
    """Give the URL of an empty database on PostgreSQL, in partitions."""
    run_on_postgresql(
        postgresql,
        "DROP DATABASE IF EXISTS partitioned WITH (FORCE)",
        "CREATE DATABASE partitioned TEMPLATE partitions",
    )
    return sa.make_url(partitions).set(database="partitioned").render_as_string(hide_password=False)


@pytest.fixture(
    params=["sqlite", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("postgresql", "partitioned"))]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "ftl.sqlite3")
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["postgresql_url", pytest.param("partitioned_url", marks=pytest.mark.slow)])
def postgresql_storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    with Storage.open(request.getfixturevalue(request.param), threads=8) as storage:
        yield storage
