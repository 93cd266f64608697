"""A third kind of database: PostgreSQL with the tables that grow in partitions by user, as shards would hold them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftlserver.storage import Storage
from tests.partitions import partition
from tests.tables import PostgreSQLTables


@pytest.fixture(scope="session")
def partitioned_tables(postgresql: str) -> Iterator[PostgreSQLTables]:
    with PostgreSQLTables(postgresql, "partitioned", partition) as tables:
        yield tables


@pytest.fixture
def partitioned_tables_url(partitioned_tables: PostgreSQLTables) -> str:
    """Give the URL of a PostgreSQL database that holds tables alone, in partitions."""
    return partitioned_tables.emptied()


KINDS = ["sqlite", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("postgresql", "partitioned"))]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database, of each kind in turn; that in partitions has its tables."""
    if request.param == "sqlite":
        return str(tmp_path / "ftl.sqlite3")
    return str(
        request.getfixturevalue("postgresql_url" if request.param == "postgresql" else "partitioned_tables_url")
    )


@pytest.fixture(params=KINDS)
def tables_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of a database that holds tables alone, of each kind in turn."""
    return str(request.getfixturevalue(f"{request.param}_tables_url"))


@pytest.fixture(params=["postgresql", pytest.param("partitioned", marks=pytest.mark.slow)])
def postgresql_storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    with Storage.open(request.getfixturevalue(f"{request.param}_tables_url"), threads=8) as storage:
        yield storage
