"""A third kind of database: PostgreSQL with the tables that grow in partitions by user, as shards would hold them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftlserver.storage import Storage
from tests.partitions import partition


@pytest.fixture
def partitioned_url(postgresql_url: str) -> str:
    """Give the URL of an empty database on PostgreSQL, in partitions."""
    partition(postgresql_url)
    return postgresql_url


@pytest.fixture(params=["sqlite", "postgresql", pytest.param("partitioned", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "ftl.sqlite3")
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["whole", pytest.param("partitioned", marks=pytest.mark.slow)])
def postgresql_storage(request: pytest.FixtureRequest, postgresql_url: str) -> Iterator[Storage]:
    if request.param == "partitioned":
        partition(postgresql_url)
    with Storage.open(postgresql_url, threads=8) as storage:
        yield storage
