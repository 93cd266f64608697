"""The command serve."""

import logging
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from ftlserver.cli import main
from ftlserver.serving.server import STOP_SIGNALS
from tests.helpers import query, run, wait_for_url
from tests.server.web.sample_requests import ROUTE_TABLE, sample_of


@pytest.mark.parametrize("name", ["https://ftl.example.org", "x:y:z"])
def test_serve_refuses_an_invalid_allowed_host(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database: Path, name: str
) -> None:
    for argv in (["--allowed-host", name], []):
        status, out, err = run(capsys, "serve", "--port", "0", *argv)
        assert (status, out, len(err.splitlines())) == (2, "", 1)
        assert "is not a host name" in err
        assert not database.exists()
        monkeypatch.setenv("FTL_ALLOWED_HOSTS", f"ftl.example.org, {name}")


def no_database(path: Path) -> None:
    path.write_text("Dear reader, " * 1_000)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def first_page_only(path: Path) -> None:
    os.truncate(path, 4096)


def noise(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


def without_users(path: Path) -> None:
    query(path, "DROP TABLE users")


def without_tables(path: Path) -> None:
    for table in ("activity_periods", "tokens", "users", "migrations"):
        query(path, f"DROP TABLE {table}")


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def read_only(path: Path) -> None:
    path.chmod(0o400)
    if os.access(path, os.W_OK):
        pytest.skip("root writes everywhere")


def only_its_journal(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}-journal"))


@pytest.mark.parametrize(
    "fault",
    [
        *(no_database, empty, first_page_only, noise, without_users, without_tables, directory, read_only),
        only_its_journal,
    ],
)
@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["users"]], ids=["serve", "users"])
def test_a_database_that_cannot_be_used_is_refused_in_one_line_that_names_it(
    capsys: pytest.CaptureFixture[str], database: Path, fault: Callable[[Path], None], command: list[str]
) -> None:
    assert run(capsys, "migrate")[0] == 0
    fault(database)
    status, out, err = run(capsys, *command)
    assert (status, out, len(err.splitlines())) == (3, "", 1)
    assert f"(database: {database})" in err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--public-read"], ["can read everything", "open to everyone on this machine"]),
        (["--allowed-host", "ftl.example.org"], ["locked until there is a token", "ftl.example.org, localhost"]),
    ],
)
def test_serve_logs_who_has_access_when_it_starts(tmp_path: Path, argv: list[str], expected: list[str]) -> None:
    command = [sys.executable, "-m", "ftlserver", "--database", str(tmp_path / "x"), "serve", "--port", "0", *argv]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        url = wait_for_url(process)
        response = requests.get(f"{url}/api/whoami", timeout=10)
        process.terminate()
        assert process.stderr is not None
        log = process.stderr.read()
    assert all(words in log for words in expected)
    assert response.status_code == (401 if "locked" in log else 200)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argv", "environ"),
    [
        (["--host", "0.0.0.0", "--port", "0"], {}),
        (["--host", "::", "--port", "0"], {}),
        ([], {"HOST": "0.0.0.0", "PORT": "0"}),
        (["--port", "0"], {"DYNO": "web.1"}),  # behind a proxy
    ],
    ids=str,
)
def test_a_server_that_others_can_reach_is_locked_until_it_has_a_token(
    tmp_path: Path, argv: list[str], environ: dict[str, str]
) -> None:
    ftlserver = [sys.executable, "-m", "ftlserver", "--database", str(tmp_path / "x")]
    with subprocess.Popen(
        [*ftlserver, "serve", *argv], stderr=subprocess.PIPE, text=True, env=os.environ | environ
    ) as process:
        try:
            url = wait_for_url(process).replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")
            statuses = {}
            for method, path, _ in ROUTE_TABLE:
                sample, body = sample_of(method, path)
                statuses[method, path] = requests.request(method, url + sample, json=body, timeout=10).status_code
            create = [*ftlserver, "token", "create", "--name", "x", "--scope", "read"]
            secret = subprocess.run(create, capture_output=True, text=True, check=True).stdout.strip()
            headers = {"Authorization": f"Bearer {secret}"}
            with_token = requests.get(f"{url}/api/whoami", headers=headers, timeout=10)
        finally:
            process.kill()
            process.communicate()
    open_to_all = [path for (_, path), status in statuses.items() if status != (404 if "/feed/" in path else 401)]
    assert open_to_all == ["/healthz", "/readyz", "/openapi.json", "/docs"]
    assert with_token.status_code == 200


def test_serve_stops_on_a_signal(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # until the server has installed its own handlers
    done = threading.Event()

    def send_signals() -> None:
        while not done.wait(0.2):
            os.kill(os.getpid(), signal.SIGTERM)

    sender = threading.Thread(target=send_signals)
    sender.start()
    try:
        assert main(["serve", "--port", "0"]) == 0
    finally:
        done.set()
        sender.join()
        for number, handler in before.items():
            signal.signal(number, handler)
        logging.getLogger("ftlserver").setLevel(logging.NOTSET)
    err = capsys.readouterr().err
    assert err.count(f" INFO database: {database}, with SQLite {sqlite3.sqlite_version} and journal mode ") == 1
    assert err.index("answers at http://127.0.0.1:") < err.index("open to everyone") < err.index("stopped")
