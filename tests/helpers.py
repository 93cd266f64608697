"""What several tests use: the assignment's team, and ways to fill a storage, send requests and run commands."""

import json
import socket
import sqlite3
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from webtest import TestApp, TestResponse

from ftlserver.cli import main
from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain import token as tokens
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.team import Team
from ftlserver.domain.token import Token
from ftlserver.domain.user import User
from ftlserver.serving.server import Server, listen
from ftlserver.storage import Storage, database

DATA = Path(__file__).parent / "data"
JSON_SUITE = sorted((DATA / "json-test-suite").glob("*.json"))
NAUGHTY = json.loads((DATA / "naughty-strings.json").read_text())

# ---- the assignment's team

EGON = User("W012A3CDE", "Egon Spengler", "America/Los_Angeles")
GLINDA = User("W07QCRPA4", "Glinda Southgood", "Asia/Kolkata")
TIMES = [
    ("Feb 01 2020 01:33PM", "Feb 01 2020 01:54PM"),
    ("Mar 01 2020 11:11AM", "Mar 01 2020 02:00PM"),
    ("Mar 16 2020 05:33PM", "Mar 16 2020 08:02PM"),
]


def assignment_periods(user: User) -> list[ActivityPeriod]:
    return [ActivityPeriod.from_text(user, *times) for times in TIMES]


def store_team(storage: Storage) -> None:
    """Store the assignment's two members with their periods."""
    storage.bulk_import.store([EGON, GLINDA], assignment_periods(EGON) + assignment_periods(GLINDA))


def make_team(storage: Storage, team_id: str, *users: User) -> None:
    """Make a team of stored users, or add them to it."""
    if storage.teams.member_ids(team_id) is None:
        storage.teams.add(Team(team_id, team_id.title()))
    storage.teams.change(team_id, add=[user.id for user in users])


# ---- time

SECOND = instants.SECOND
zones = st.sampled_from(sorted(timezones.zone_names())).map(timezones.zone)
instants_to_2100 = st.integers(0, 4_102_444_800 * SECOND)


def at(text: str) -> int:
    """Read an instant."""
    return time_formats.parse(text, timezones.zone("UTC"))[0]


def in_seconds(*seconds: int) -> list[str]:
    """Return times so many seconds from now."""
    return [time_formats.iso((instants.now() // SECOND + s) * SECOND, 0) for s in seconds]


def points(intervals: list[Interval]) -> set[int]:
    return {point for start, end in intervals for point in range(start, end)}


# ---- storage

few_examples = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)


def start_over(storage: Storage) -> Storage:
    """Leave two users, a and b, and no periods in the storage."""
    for user in storage.users.all():
        storage.users.delete(user.id)
    storage.users.add_new([User("a", "A", "UTC"), User("b", "B", "UTC")])
    return storage


def make_period(user_id: str, start: int, end: int) -> ActivityPeriod:
    """Make a period whose offsets depend on its times, so that they cannot be mixed up."""
    return ActivityPeriod(user_id, start, end, start % 97 * 60, end % 97 * 60)


EVERYTHING = (0, instants.END_OF_TIME)


def all_rows(storage: Storage) -> list[tuple[Any, ...]]:
    with database.transaction(storage.database) as connection:
        return [
            tuple(row) for row in connection.execute(sa.text("SELECT * FROM activity_periods ORDER BY 1, 2, 3"))
        ]


def keys(storage: Storage) -> list[tuple[Any, ...]]:
    return [row[:3] for row in all_rows(storage)]


def run_on_postgresql(url: str, *statements: str) -> None:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


@contextmanager
def stopped_postgresql(url: str) -> Iterator[None]:
    """Stop the processes of a PostgreSQL server, so that it takes what is sent and never answers."""
    with psycopg.connect(url) as connection:
        (directory,) = connection.execute("SHOW data_directory").fetchone() or ()
    postmaster = psutil.Process(int(Path(directory, "postmaster.pid").read_text().split()[0]))
    postmaster.suspend()  # first, so that no other process starts
    processes = [postmaster, *postmaster.children()]
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in reversed(processes):
            process.resume()


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


# ---- tokens


def make_token(
    storage: Storage,
    *scopes: str,
    users: tuple[str, ...] | None = None,
    expires_at: int | None = None,
    revoked_at: int | None = None,
    team_id: str | None = None,
) -> dict[str, str]:
    """Add a token to the storage, and return the headers that carry it."""
    id_, secret = tokens.mint()
    if team_id is not None:
        users = ()
    token = Token(
        *(id_, "test", tokens.digest(secret), scopes, users, instants.now(), expires_at, None, revoked_at, team_id)
    )
    storage.tokens.add(token)
    return {"Authorization": f"Bearer {secret}"}


def make_key(storage: Storage, user_id: str = EGON.id) -> dict[str, str]:
    """Add a WakaTime key to the storage, and return the headers that carry it."""
    id_, key = tokens.mint_key()
    token = Token(id_, "key", tokens.digest(key), ("write",), (user_id,), instants.now(), None, view="wakatime")
    storage.tokens.add(token)
    return {"Authorization": f"Basic {b64encode(key.encode()).decode()}"}


def make_feed(
    storage: Storage,
    view: str,
    users: tuple[str, ...] | None = None,
    team_id: str | None = None,
    round_seconds: int | None = None,
) -> str:
    """Add a token of a feed to the storage, and return its path."""
    id_, secret = tokens.mint()
    token = Token(
        *(id_, "wiki", tokens.digest(secret), ("feed",), users, instants.now(), None),
        team_id=team_id,
        view=view,
        round_seconds=round_seconds,
    )
    storage.tokens.add(token)
    return f"/feed/{secret}/{view}"


def id_in_key(headers: dict[str, str]) -> str:
    return str(tokens.id_of_key(tokens.key_in(headers["Authorization"].split()[1])))


def id_in(headers: dict[str, str]) -> str:
    return headers["Authorization"].split("_")[1]


# ---- requests to an application

ACTIVITY = "/api/loguseractivity/"
PERIODS = "/api/activity/"
ABOUT_EGON = {"id_list": [EGON.id]}
ABOUT_BOTH = {"id_list": [EGON.id, GLINDA.id]}
ONE_PERIOD = {
    "user_id": EGON.id,
    "start_time": "2026-01-05T09:00:00-08:00",
    "end_time": "2026-01-05T10:00:00-08:00",
}


def check_shape(response: TestResponse) -> None:
    """Check what holds for every answer."""
    assert response.content_type == "application/json"
    assert int(response.headers["Content-Length"]) == len(response.body)
    assert response.headers["X-Request-Id"]
    assert response.headers["Cache-Control"] == ("private, no-cache" if "ETag" in response.headers else "no-store")
    answer = response.json
    assert answer["ok"] is (response.status_int in (200, 201))
    if not answer["ok"]:
        assert answer["status"] == response.status_int
        assert answer["request_id"] == response.headers["X-Request-Id"]
        assert answer["message"]
        assert len(answer.get("errors", [])) <= 10


def check_common(response: TestResponse) -> None:
    """Check the headers of every answer, streams included, and the shape of every error."""
    assert response.headers["X-Request-Id"]
    assert response.headers["Cache-Control"] == ("private, no-cache" if "ETag" in response.headers else "no-store")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    if response.content_type != "text/html":
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    if response.status_int >= 400:
        assert response.content_type == "application/json"
        assert response.json["status"] == response.status_int
        assert response.json["request_id"] == response.headers["X-Request-Id"]
        assert response.headers.get("WWW-Authenticate", "").startswith("Bearer") == (response.status_int == 401)


def send(
    app: TestApp, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> TestResponse:
    """Send a request with headers of its own; check its common headers."""
    text = {} if body is None else {"body": json.dumps(body).encode(), "content_type": "application/json"}
    response = app.request(path, method=method, headers=headers, expect_errors=True, **text)
    check_common(response)
    return response


def request(
    app: TestApp, method: str, path: str, body: object = None, content_type: str = "application/json"
) -> TestResponse:
    """Send a document, or bytes as they are; check the shape of the answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    more = {} if body is None else {"body": data, "content_type": content_type}
    response = app.request(path, method=method, expect_errors=True, **more)
    check_shape(response)
    return response


def refused_request(app: TestApp, method: str, path: str, body: object) -> tuple[int, str, list[tuple[str, str]]]:
    """Return the status, the error code, and the pointer and code of each field that was refused."""
    answer = request(app, method, path, body).json
    return answer["status"], answer["error"], [(e["pointer"], e["code"]) for e in answer.get("errors", [])]


def post(app: TestApp, body: bytes, content_type: str = "application/json", path: str = ACTIVITY) -> TestResponse:
    response = app.post(path, body, content_type=content_type, expect_errors=True)
    check_shape(response)
    return response


def refused_post(app: TestApp, document: object) -> tuple[int, str, Any]:
    response = post(app, json.dumps(document).encode())
    return response.status_int, response.json["error"], response.json.get("errors")


def period_json(start: str, end: str, user: User = EGON) -> dict[str, str]:
    return {"user_id": user.id, "start_time": start, "end_time": end}


def write(app: TestApp, method: str, *periods: object, **more: object) -> Any:
    response = request(app, method, PERIODS, {"periods": list(periods), **more})
    assert response.status_int == 200, response.text
    return response.json


def record(app: TestApp, *periods: object, **more: object) -> Any:
    return write(app, "POST", *periods, **more)


# ---- questions


def put(storage: Storage, user: User, *times: tuple[str, str]) -> None:
    """Store a user with the periods between those times on the user's clock."""
    storage.bulk_import.store([user], [ActivityPeriod.from_text(user, *pair) for pair in times])


def ask(app: TestApp, question: str, **document: Any) -> Any:
    response = app.post_json(f"/api/{question}/", document)
    check_shape(response)
    return response.json


def refused(app: TestApp, question: str, **document: Any) -> tuple[int, str, str]:
    response = app.post_json(f"/api/{question}/", document, expect_errors=True)
    check_shape(response)
    pointer = response.json["errors"][0]["pointer"] if "errors" in response.json else ""
    return response.status_int, response.json["error"], pointer


# ---- a running server

MIB = 1024 * 1024
HEAD = b"POST /api/loguseractivity/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
ASK = b'{"id_list":["W012A3CDE"]}'


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


def talk(url: str, *pieces: bytes) -> bytes:
    """Send bytes as they are; return all that comes back."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=10) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except OSError:
                break
        received = b""
        try:
            while data := connection.recv(65536):
                received += data
                if finished(received):
                    break
        except ConnectionResetError:
            pass
    return received


def finished(received: bytes) -> bool:
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator or b"100 Continue" in head:
        return False
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(lengths) and len(body) >= int(lengths[0].split(b":")[1])


def answer(received: bytes) -> tuple[int, dict[str, object]]:
    """Return the status and the document of a complete answer."""
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"application/json" in head
    document = json.loads(body)
    assert isinstance(document["ok"], bool)
    return int(head.split()[1]), document


def wait_for_url(process: subprocess.Popen[str]) -> str:
    """Read the log of a server that is starting until it names its URL."""
    assert process.stderr is not None
    for line in process.stderr:
        if " answers at " in line:
            return line.split(" answers at ")[1].split(",")[0]
    raise AssertionError("the server did not start")


# ---- commands


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """Run a command of ftlserver; return its exit status and what it printed, without what commands always say."""
    status = main(argv)
    out, err = capsys.readouterr()
    usual = ("new database", "undo with: ")
    return (
        status,
        out,
        "".join(line + "\n" for line in err.splitlines() if not any(text in line for text in usual)),
    )


def usage_error(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    with pytest.raises(SystemExit) as error:
        main(argv)
    assert error.value.code == 2
    return capsys.readouterr().err


def query(path: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()
