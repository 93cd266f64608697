"""What must not be found: tokens, names and texts where they do not belong, and users who were deleted."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from ftlserver.domain import instants
from ftlserver.domain.user import User
from ftlserver.storage.database import transaction
from tests.campaigns.commands import locked
from tests.campaigns.kill import START
from tests.campaigns.load import Connection
from tests.campaigns.running import ALL, BOTH, POSTGRESQL, Client, Fresh, Served, on_each, postgresql
from tests.campaigns.writes import ACTIVITY, PERIODS, add_users, batch, period
from tests.helpers import make_period, run_on_postgresql


def files_of(database: Fresh) -> bytes:
    """Return all that a database has written to files."""
    if database.kind == POSTGRESQL:
        run_on_postgresql(database.url, "CHECKPOINT")
        paths = list(Path(postgresql().pgdata).rglob("*"))
    else:
        paths = list(database.directory.glob(f"{Path(database.url).name}*"))
    return b"".join(path.read_bytes() for path in paths if path.is_file())


def raw(port: int, sent: bytes) -> bytes:
    """Send bytes as they are, and return all that comes back before the server closes the connection."""
    connection = Connection(port)
    with connection.socket:
        connection.socket.sendall(sent)
        return b"".join(iter(lambda: connection.socket.recv(65_536), b""))


def http(method: str, path: str, body: bytes = b"", /, **headers: str) -> bytes:
    """Return a request after which the connection is closed."""
    fields = {"Host": "localhost", "Content-Type": "application/json", **headers}
    fields |= {"Content-Length": str(len(body)), "Connection": "close"}
    lines = [
        f"{method} {path} HTTP/1.1",
        *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", errors="replace") + body


# ---- tokens


def secrets() -> str:
    """Send tokens in every place of a request, and look for them everywhere."""
    return on_each(BOTH, _secrets)


def _secrets(database: Fresh) -> str:
    add_users(database)
    create = ("token", "create", "--name", "canary", "--scope", "admin")
    good, revoked, rotated = (database.run(*create).stdout.strip() for _ in range(3))
    said = [database.run("token", "revoke", revoked.split("_")[1])]
    new = database.run("token", "rotate", rotated.split("_")[1]).stdout.strip()
    said += [database.run("token", "list"), database.run("token", "list", "--json")]
    tokens = [good, revoked, rotated, new]
    with database.serving() as served:
        received = [raw(served.port, request) for token in tokens for request in _with_token(token)]
        # An answer names unknown users and fields, which the caller has made up.
        named = [raw(served.port, request) for token in tokens for request in _naming_token(token, good)]
        assert all(re.search(rb"not_found|unknown_field", answer) for answer in named), named
        with locked(database):
            received.append(raw(served.port, http("POST", PERIODS, _body("u0"), Authorization=f"Bearer {good}")))
        environ = os.environ | {"FTL_TOKEN": good, "FTL_URL": f"http://127.0.0.1:{served.port}"}
        for arguments in (["whoami"], ["activity", "u0"], ["activity", good], ["log", "--user", good, "now"]):
            client = [sys.executable, "-m", "ftlclient", *arguments]
            done = subprocess.run(client, capture_output=True, text=True, env=environ, timeout=60)
            if good not in arguments:
                assert done.returncode == 0, done.stderr
                said.append(done)
        commands = _command_lines()
        served.stop()
        log = served.log.read_text()
    statuses = {answer[9:12] for answer in received}
    assert {b"200", b"400", b"401", b"404", b"421", b"503"} <= statuses, statuses
    places = {
        "answers": b"".join(received),
        "output": "".join(done.stdout + done.stderr for done in said).encode(),
        "log": log.encode(),
        "command lines": commands,
        "database": files_of(database),
    }
    for name, text in places.items():
        hits = [token for token in tokens if token.split("_", 2)[2].encode() in text]
        assert not hits, f"{len(hits)} of {len(tokens)} tokens are in the {name}"
    return f"{len(received) + len(named)} requests with tokens: 0 hits in {', '.join(places)}"


def _body(user_id: str) -> bytes:
    return json.dumps(batch(user_id, 0, 1)).encode()


def _with_token(token: str) -> Iterator[bytes]:
    """Yield requests that have a token where it belongs, and where it does not."""
    right = {"Authorization": f"Bearer {token}"}
    yield http("GET", "/api/whoami", **right)
    yield http("POST", ACTIVITY, json.dumps({"id_list": ["u0"]}).encode(), **right)
    yield http("GET", "/api/whoami", Authorization=f"Basic {token}")
    yield http("GET", "/api/whoami", Authorization=token)
    yield http("GET", "/api/whoami", Host="evil.test", **right)
    for name in (
        "Cookie",
        "User_Agent",
        "Referer",
        "Origin",
        "X_Forwarded_For",
        "X_Token",
        "Host",
        "Content_Type",
    ):
        yield http("POST", ACTIVITY, b"{}", **{"Authorization": f"Bearer {token}", name: token})
    for path in (f"/api/whoami?token={token}", f"/api/whoami?access_token={token}", f"/{token}", f"/api/{token}/"):
        yield http("GET", path)
        yield http("GET", path, **right)
    for name in ("", f"?cursor={token}", f"?tz={token}", f"?limit={token}"):
        yield http("GET", f"/api/loguseractivity/{name}", **right)
    for document in (
        {"token": token},
        {"id_list": ["u0"], "tz": token},
        {"id_list": ["u0"], "from": token},
    ):
        yield http("POST", ACTIVITY, json.dumps(document).encode(), **right)
    yield http("POST", PERIODS, token.encode(), **right)
    yield http(token, "/api/whoami", **right)
    yield f"{token}\r\n\r\n".encode()
    yield f"GET / HTTP/1.1\r\n{token}\r\n\r\n".encode()


def _naming_token(token: str, good: str) -> Iterator[bytes]:
    """Yield requests in which a user or a field has the name of a token."""
    right = {"Authorization": f"Bearer {good}"}
    yield http("GET", f"/api/users/{token}", **right)
    yield http("GET", f"/api/users/{token}/export", **right)
    yield http("GET", f"/api/loguseractivity?id={token}", **right)
    yield http("GET", f"/api/loguseractivity?{token}=1", **right)
    yield http("POST", ACTIVITY, json.dumps({token: 1}).encode(), **right)
    yield http("POST", ACTIVITY, json.dumps({"id_list": [token]}).encode(), **right)
    yield http("POST", PERIODS, _body(token), **right)


def _command_lines() -> bytes:
    found = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it may have ended
            found += path.read_bytes()
    return found


# ---- logs

CANARY = "canary\r\n2026-01-01T00:00:00Z forged \x1b[31m"


def logs() -> str:
    """Send a text in every place of a request, with the database locked too, and read the log."""
    return on_each(BOTH, _logs)


def _logs(database: Fresh) -> str:
    add_users(database)
    if database.kind == POSTGRESQL:
        database.url += "&password=canary-password"
    requests = list(_with_canary())
    with database.serving() as served:
        before = len(served.log.read_text().splitlines())
        received = [raw(served.port, request) for request in requests]
        locked_out = [http("POST", PERIODS, _body("u0")), http("POST", "/api/users/", _user("canary-new"))]
        with locked(database), ThreadPoolExecutor(2) as pool:
            received += pool.map(lambda request: raw(served.port, request), locked_out)
        served.stop()
        lines = served.log.read_text().splitlines()
    faults = [answer for answer in received if answer.startswith(b"HTTP/1.1 503")]
    assert len(faults) >= 1, "no write was refused"
    assert not (hits := [line for line in lines if "canary" in line or not line.isprintable()]), hits[:3]
    assert len(lines) - before == len(received) + len(faults) + 1, "there is not one line for each event"
    for answer in received:
        number = re.search(rb"X-Request-Id: (\w+)", answer)
        if number:
            own = [line for line in lines if line.endswith(f"ms {number[1].decode()}")]
            assert len(own) == 1, f"{len(own)} lines for a request"
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [A-Z]+ ", line) for line in lines[before:])
    return f"{len(received)} requests, {len(faults)} faults of the database: a line each, 0 hits"


def _user(user_id: str) -> bytes:
    return json.dumps({"id": user_id, "real_name": "canary-name", "tz": "UTC"}).encode()


def _with_canary() -> Iterator[bytes]:
    """Yield requests that have the text in each place, where some of them are stored."""
    yield http("POST", "/api/users/", _user("canary-id"))
    yield http("POST", "/api/users/", _user("canary-id").replace(b"name", b"other", 1))
    yield http("PATCH", "/api/users/canary-id", b'{"real_name": "canary-changed"}')
    yield http("POST", PERIODS, _body("canary-id"))
    yield http("POST", "/api/heartbeat/", b'{"user_id": "canary-id"}')
    for path in ("/api/users/canary-id", "/api/users/canary-id/export", f"/{quote(CANARY)}", f"/?{quote(CANARY)}"):
        yield http("GET", path)
    for name in ("id", "cursor", "limit", "tz", "from", "canary"):
        yield http("GET", f"/api/loguseractivity/?{name}={quote(CANARY)}")
    for question in ("loguseractivity", "summary", "overlap", "presence", "hours", "meeting", "clock-changes"):
        for name in ("id_list", "tz", "from", "at", "week", "canary"):
            document = {"id_list": ["canary-id"], name: [CANARY] if name == "id_list" else CANARY}
            yield http("POST", f"/api/{question}/", json.dumps(document).encode())
    for name in ("user_id", "start_time", "end_time", "canary"):
        yield http("POST", PERIODS, json.dumps({"periods": [period("u0", 1) | {name: CANARY}]}).encode())
    yield http("POST", PERIODS, CANARY.encode())
    yield http("POST", PERIODS, b"\xffcanary\x00")
    text = CANARY.replace("\r\n", " ")
    for name in ("Host", "Origin", "User_Agent", "Authorization", "Content_Type", "Cookie", "X_Forwarded_For"):
        yield http("POST", ACTIVITY, b"{}", **{name: text})
    yield http("canary", "/healthz")  # a method is part of the line, unless it is as odd as this one
    yield b"canary \x1b[2J\r\n\r\n"
    yield b"GET /canary HTTP/1.1\r\ncanary\r\n\r\n"
    yield http("DELETE", "/api/users/canary-id")


# ---- erasure


def erasure(*, long: bool) -> str:
    """Delete users, after their export, while others read and write; look for them in the files."""
    return on_each(ALL, lambda database: _erasure(database, 200 if long else 20))


def _erasure(database: Fresh, count: int) -> str:
    leaving = [
        User(f"canary{number:03}", f"Canary Name {number:03}", "Antarctica/Troll") for number in range(count)
    ]
    add_users(database)
    with database.opened() as storage:
        storage.users.add_new(leaving)
        minutes = [START + minute * instants.MINUTE for minute in range(300)]
        storage.bulk_import.store(
            [], (make_period(user.id, at, at + instants.MINUTE) for user in leaving for at in minutes)
        )
    done = threading.Event()

    def go_on(number: int) -> None:
        with closing(Client(served.port)) as client:
            minute = 0
            while not done.is_set():
                asked = {"all": True, "from": "2027-01-01"} if number else batch("u0", minute, 5)
                client.ask("POST", ACTIVITY if number else PERIODS, asked)
                minute += 5

    with database.serving() as served, ThreadPoolExecutor(2) as pool:
        others = [pool.submit(go_on, number) for number in range(2)]
        try:
            for user in leaving:
                _leave(served, user, len(minutes))
        finally:
            done.set()
        for future in others:
            future.result()
        with database.opened() as storage, transaction(storage.database) as connection:
            left = connection.exec_driver_sql(
                "SELECT (SELECT count(*) FROM users WHERE id LIKE 'canary%%')"
                " + (SELECT count(*) FROM activity_periods WHERE user_id LIKE 'canary%%')"
            ).scalar_one()
        assert left == 0, f"{left} rows are left"
        if database.kind != POSTGRESQL:
            found = set(re.findall(rb"canary\d+|Canary \w+ \d+|Antarctica/Troll", files_of(database)))
            assert not found, f"{len(found)} texts are in the files: {sorted(found)[:3]}"
    return f"{count} users of {len(minutes)} periods: exported whole, 0 rows left" + (
        "" if database.kind == POSTGRESQL else ", 0 hits in the files"
    )


def _leave(served: Served, user: User, count: int) -> None:
    """Change a user's name, export the user with all periods, and delete them."""
    path = f"/api/users/{user.id}"
    for name in ("Canary Other", "Canary With A Longer Name"):
        assert served.ask("PATCH", path, {"real_name": f"{name} {user.id[-3:]}"}).status == 200
    (exported,) = served.ask("GET", f"{path}/export").document["members"]
    assert len(exported["activity_periods"]) == count
    assert (exported["id"], exported["tz"]) == (user.id, user.tz)
    assert served.ask("DELETE", path).status == 200
    assert served.ask("GET", path).status == 404
