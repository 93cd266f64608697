"""An application on SQLite alone."""

import pytest
from webtest import TestApp

from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import store_team


@pytest.fixture
def sqlite_team(sqlite_storage: Storage) -> Storage:
    """Give the assignment's two members on SQLite alone, where the kind of database makes no difference."""
    store_team(sqlite_storage)
    return sqlite_storage


@pytest.fixture
def sqlite_app(sqlite_team: Storage) -> TestApp:
    return TestApp(create_app(sqlite_team))
