"""What is done from a desk: logging in, recording, importing, and what waits while the server is away."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ftlclient.api.spool import Spool
from ftlclient.cli import main
from ftlclient.config import login_file, read_login, spool_file
from ftlclient.errors import ConfigError
from ftlserver import cli as server_cli
from ftlserver import clock, tokens
from ftlserver.app import create_app
from ftlserver.models import User
from ftlserver.serving import Server, listen
from ftlserver.store import Store
from ftlserver.token_store import TokenStore
from ftlserver.tokens import Token
from tests.client.api.test_client import wsgi
from tests.conftest import DATA, EGON, GLINDA, all_rows, at, serving


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    sqlite_store.record([EGON, GLINDA], [])
    return sqlite_store


@pytest.fixture
def url(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with serving(create_app(store)) as url:
        monkeypatch.setenv("FTL_URL", url)
        yield url


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    status = main(argv)
    return status, *capsys.readouterr()


def make_token(store: Store, *scopes: str, user_ids: tuple[str, ...] | None = None) -> str:
    id_, secret = tokens.mint()
    token = Token(id_, "desk", tokens.digest(secret), scopes, user_ids, clock.now(), None)
    TokenStore(store.database).add(token)
    return secret


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def instants(store: Store) -> list[tuple[str, int, int]]:
    return [(row[0], row[1], row[2]) for row in all_rows(store)]


@contextmanager
def away() -> Iterator[str]:
    """Give the URL of a server that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


# ---- who it is


def test_login_checks_the_token_and_keeps_it_for_its_owner(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    secret = make_token(store, "write", user_ids=(EGON.id,))
    with serving(create_app(store)) as url:
        type_in(monkeypatch, secret + "\n")
        status, out, _ = run(capsys, "login", "--url", url)
        assert (status, secret in out, f"default user {EGON.id}" in out) == (0, False, True)
        assert login_file().stat().st_mode & 0o777 == 0o600
        status, out, _ = run(capsys, "whoami")
        assert status == 0
        assert [line.split()[-1] for line in out.splitlines()] == [url, "desk", "write", EGON.id, EGON.id]
        assert run(capsys, "log", "09:00", "10:00", "--on", "2026-11-16")[0] == 0
        assert run(capsys, "who", "--all")[0] == 1  # write does not hold read
        assert run(capsys, "logout") == (0, "logged out\n", "")
        assert run(capsys, "logout") == (0, "not logged in\n", "")
        assert run(capsys, "whoami", "--url", url)[0] == 1


def test_login_keeps_nothing_that_the_server_refuses(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    make_token(store, "read")
    with serving(create_app(store)) as url:
        for typed in ("ftl_wrong\n", "\n", "ftl_\N{SNOWMAN}\n"):
            type_in(monkeypatch, typed)
            assert run(capsys, "login", "--url", url)[0] in (1, 2)
            assert read_login() is None


def test_a_token_goes_to_the_server_it_was_kept_for_and_to_no_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    seen = []

    def application(environ: dict[str, str], start_response: object) -> list[bytes]:
        seen.append(environ.get("HTTP_AUTHORIZATION"))
        return wsgi("200 OK", b'{"ok":true,"scopes":[]}')(environ, start_response)

    type_in(monkeypatch, "\n")
    assert run(capsys, "login", "--url", url)[0] == 0
    login_file().write_text(json.dumps({"url": url, "token": "ftl_secret"}))
    with serving(application) as other:
        assert run(capsys, "whoami", "--url", other)[0] == 0
        assert seen == [None]
        monkeypatch.setenv("FTL_TOKEN", "ftl_mine")
        assert run(capsys, "whoami", "--url", other)[0] == 0
        assert seen[1] == "Bearer ftl_mine"


def test_a_token_does_not_go_to_another_machine_in_the_clear(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTL_TOKEN", "ftl_mine")
    status, _, err = run(capsys, "whoami", "--url", "http://192.0.2.1")
    assert (status, "use https, or --insecure" in err) == (2, True)


def test_a_login_that_others_may_read_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    type_in(monkeypatch, "\n")
    assert run(capsys, "login", "--url", url)[0] == 0
    login_file().chmod(0o640)
    status, _, err = run(capsys, "whoami")
    assert (status, "chmod 600" in err) == (2, True)
    login_file().chmod(0o600)
    login_file().write_text("nonsense")
    with pytest.raises(ConfigError, match="log in again"):
        read_login()


# ---- recording


@pytest.mark.parametrize(
    ("argv", "started", "ended"),
    [
        (("09:00", "12:30"), "2026-11-16T09:00-08:00", "2026-11-16T12:30-08:00"),
        (("9am", "5:15pm"), "2026-11-16T09:00-08:00", "2026-11-16T17:15-08:00"),
        (("22:00", "01:00"), "2026-11-16T22:00-08:00", "2026-11-17T01:00-08:00"),
        (("2026-11-16T09:00+01:00", "2026-11-16T10:00:30+01:00"), "2026-11-16T08:00Z", "2026-11-16T09:00:30Z"),
    ],
)
def test_log_takes_the_members_own_clock(
    capsys: pytest.CaptureFixture[str], url: str, store: Store, argv: tuple[str, ...], started: str, ended: str
) -> None:
    status, out, err = run(capsys, "log", *argv, "--on", "2026-11-16", "--user", EGON.id)
    assert (status, out.startswith("recorded"), err) == (0, True, "")
    assert instants(store) == [(EGON.id, at(started), at(ended))]
    assert run(capsys, "log", *argv, "--on", "2026-11-16", "--user", EGON.id)[1].startswith("already recorded")
    assert len(all_rows(store)) == 1


def test_log_names_what_it_overlaps(capsys: pytest.CaptureFixture[str], url: str) -> None:
    run(capsys, "log", "09:00", "12:00", "--on", "2026-11-16", "--user", EGON.id)
    out = run(capsys, "log", "11:00", "13:00", "--on", "2026-11-16", "--user", EGON.id)[1]
    assert "it overlaps 2026-11-16T09:00:00-08:00 to 2026-11-16T12:00:00-08:00" in out


def test_log_is_refused_with_what_to_choose_from(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, _, err = run(capsys, "log", "02:30", "04:00", "--on", "2026-03-08", "--user", EGON.id)
    assert status == 1
    assert "write 2026-03-08T01:30:00-08:00 or 2026-03-08T03:30:00-07:00" in err
    assert Spool(spool_file()).items() == []


@pytest.mark.parametrize("argv", [("9", "10"), ("25:00", "26:00"), ("soon", "later"), ("13pm", "14:00")])
def test_log_refuses_what_is_no_time(capsys: pytest.CaptureFixture[str], argv: tuple[str, str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["log", *argv])


def test_log_needs_to_know_whose_activity_it_is(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, _, err = run(capsys, "log", "09:00", "10:00")
    assert (status, "--user" in err) == (2, True)


# ---- what waits


def test_what_cannot_be_sent_waits_and_goes_out_first_with_the_next_command(
    capsys: pytest.CaptureFixture[str], store: Store
) -> None:
    with away() as url:
        for hour in (9, 11):
            argv = ("log", f"{hour}:00", f"{hour + 1}:00", "--on", "2026-11-16", "--user", EGON.id)
            status, out, err = run(capsys, *argv, "--url", url)
            assert (status, out, "saved; will be sent later" in err) == (0, "", True)
        run(capsys, "log", "9:00", "10:00", "--on", "2026-11-16", "--user", "nobody", "--url", url)
        run(capsys, "log", "13:00", "14:00", "--on", "2026-11-16", "--user", EGON.id, "--url", url)
        assert run(capsys, "spool")[1].count("waiting") == 4
    server = Server(create_app(store), listen("127.0.0.1", int(url.rsplit(":", 1)[1])), 2)
    with _running(server):
        status, _, err = run(capsys, "who", EGON.id, "--url", url)
        assert (status, "sent 3 saved earlier" in err, "the server refused 1" in err) == (0, True, True)
    assert [row[1] for row in instants(store)] == [at(f"2026-11-16T{hour:02}:00-08:00") for hour in (9, 11, 13)]
    shown = run(capsys, "spool")[1]
    assert "nobody" in shown.replace("\n", "")
    assert run(capsys, "spool", "--clear", "refused")[1] == "1 removed\n"
    assert run(capsys, "spool")[1] == "nothing saved\n"


def test_what_waits_is_only_for_its_own_server(capsys: pytest.CaptureFixture[str], url: str, store: Store) -> None:
    with away() as other:
        run(capsys, "log", "09:00", "10:00", "--user", EGON.id, "--url", other)
    assert run(capsys, "who", EGON.id)[2] == ""
    assert all_rows(store) == []
    assert run(capsys, "spool", "--clear", "all")[1] == "1 removed\n"


def test_a_token_that_does_not_do_keeps_the_write_waiting(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    monkeypatch.setenv("FTL_TOKEN", make_token(store, "read"))
    with serving(create_app(store)) as url:
        status, _, err = run(
            capsys, "log", "09:00", "10:00", "--on", "2026-11-16", "--user", EGON.id, "--url", url
        )
        assert (status, "saved; will be sent later" in err) == (1, True)
        monkeypatch.setenv("FTL_TOKEN", make_token(store, "write"))
        assert "sent 1 saved earlier" in run(capsys, "whoami", "--url", url)[2]
    assert len(all_rows(store)) == 1


def test_track_beats_until_interrupted_and_loses_nothing_without_a_server(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "ftlclient", "track", "--every", "1", "--user", EGON.id]
    environ = os.environ | {"FTL_URL": f"http://127.0.0.1:{port}"}
    began = clock.now()
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        _wait_for(lambda: len(Spool(spool_file()).items()) >= 2)
        server = Server(create_app(store), listen("127.0.0.1", port), 2)
        with _running(server):
            _wait_for(lambda: spool_file().exists() and not Spool(spool_file()).items())
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        assert process.stdout.read().startswith(f"{EGON.id} was active for 0:00:0")
    (_, started_at, ended_at), *more = instants(store)
    assert more == []
    assert began - clock.SECOND <= started_at < ended_at <= clock.now()
    assert ended_at - started_at >= 2 * clock.SECOND


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Press Ctrl-C after a while."""
    timer = threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    yield
    timer.join()


def test_track_says_how_long_somebody_was_active(
    capsys: pytest.CaptureFixture[str], url: str, store: Store
) -> None:
    with interrupted_after(1.5):
        status, out, _ = run(capsys, "track", "--every", "1", "--user", EGON.id)
    assert (status, out) == (0, f"{EGON.id} was active for 0:00:01\n")
    ((_, started_at, ended_at),) = instants(store)
    assert ended_at - started_at >= 2 * clock.SECOND
    assert Spool(spool_file()).items() == []


def test_track_of_nobody_is_refused_and_keeps_nothing(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, _, err = run(capsys, "track", "--user", "nobody")
    assert (status, 'User "nobody" not found' in err) == (1, True)
    assert Spool(spool_file()).items() == []


def test_track_says_what_waits_while_the_server_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    with away() as url, interrupted_after(0.7):
        status, out, _ = run(capsys, "track", "--user", EGON.id, "--url", url)
    assert (status, "2 heartbeats saved; they will be sent with the next command" in out) == (0, True)
    assert len(Spool(spool_file()).waiting(url)) == 2


def test_what_somebody_else_answers_keeps_the_write_waiting(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(wsgi("200 OK", b"<html>log in to this network", [("Content-Type", "text/html")])) as url:
        status, _, err = run(capsys, "log", "09:00", "10:00", "--user", EGON.id, "--url", url)
        assert (status, "saved; will be sent later" in err) == (0, True)
        with interrupted_after(1.3):
            assert run(capsys, "track", "--every", "1", "--user", EGON.id, "--url", url)[0] == 0
    assert len(Spool(spool_file()).waiting(url)) == 4


def test_track_ends_when_the_token_does_not_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    monkeypatch.setenv("FTL_TOKEN", make_token(store, "read"))
    with serving(create_app(store)) as url:
        status, _, err = run(capsys, "track", "--user", EGON.id, "--url", url)
    assert (status, "scope write" in err) == (1, True)
    assert len(Spool(spool_file()).waiting(url)) == 1


@pytest.mark.parametrize("every", ["0", "soon", "4000"])
def test_track_beats_from_once_a_second_to_once_an_hour(every: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["track", "--every", every])


# ---- files


def test_client_and_server_import_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, store: Store
) -> None:
    files = [
        ("slack", str(DATA / "slack-users-list.json")),
        ("members", str(DATA / "members.json")),
        ("activitywatch", str(DATA / "activitywatch-export.json"), "--user", EGON.id),
        ("timewarrior", str(DATA / "timewarrior-export.json"), "--user", GLINDA.id),
    ]
    other = str(tmp_path / "other.sqlite3")
    for argv in files:
        assert run(capsys, "import", *argv)[0] == 0
        assert server_cli.main(["--database", other, "import", *argv]) == 0
    with Store.open(other) as by_server:
        assert all_rows(store) == all_rows(by_server)
        assert list(store.all_users()) == list(by_server.all_users())
    capsys.readouterr()
    assert (
        "periods: 0 added, 84 already known; skipped: 13 with zero length" in run(capsys, "import", *files[2])[1]
    )


def test_an_import_is_of_whoever_sits_at_the_desk(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str, store: Store
) -> None:
    type_in(monkeypatch, "\n")
    assert run(capsys, "login", "--user", GLINDA.id)[0] == 0
    assert run(capsys, "import", "timewarrior", str(DATA / "timewarrior-export.json"))[0] == 0
    assert {row[0] for row in all_rows(store)} == {GLINDA.id}


def test_an_import_that_was_stopped_goes_on_where_it_was(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: Store
) -> None:
    monkeypatch.setattr("ftlclient.commands.import_file._BATCH", 10)
    posts = 0

    def breaks_off(environ: dict[str, str], start_response: object) -> object:
        nonlocal posts
        posts += environ["REQUEST_METHOD"] == "POST"
        if posts == 4:
            return wsgi("500 Internal Server Error", b'{"ok":false,"error":"internal_error"}')(
                environ, start_response
            )
        return application(environ, start_response)

    application = create_app(store)
    argv = ("import", "activitywatch", str(DATA / "activitywatch-export.json"), "--user", EGON.id)
    with serving(breaks_off) as url:
        monkeypatch.setenv("FTL_URL", url)
        assert run(capsys, *argv)[0] == 1
        before = posts
        status, _, err = run(capsys, *argv)
        assert (status, "continuing after the first 30 items" in err) == (0, True)
        assert posts - before == 7
        assert "continuing" not in run(capsys, *argv)[2]
    assert len(all_rows(store)) == 84


def test_a_bad_item_ends_an_import_and_is_named_unless_it_is_skipped(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, store: Store
) -> None:
    good = {"start_time": "Feb 01 2020 01:33PM", "end_time": "Feb 01 2020 01:54PM"}
    backwards = {"start_time": good["end_time"], "end_time": good["start_time"]}
    document = {
        "members": [
            {"id": "a", "real_name": "A", "tz": "UTC", "activity_periods": [good, backwards]},
            {"id": "b", "real_name": "B", "tz": "Mars", "activity_periods": [good]},
        ]
    }
    path = tmp_path / "members.json"
    path.write_text(json.dumps(document))
    status, _, err = run(capsys, "import", "members", str(path))
    assert (status, "/members/0/activity_periods/1: a period must end after it starts" in err) == (2, True)
    assert all_rows(store) == []
    status, out, err = run(capsys, "import", "members", "--skip-bad", str(path))
    assert (status, "periods: 1 added, 0 already known; skipped: 2 bad" in out) == (0, True)
    assert "skipped: /members/1: " in err


def test_an_import_of_what_is_no_file_says_so(capsys: pytest.CaptureFixture[str], url: str) -> None:
    for argv in (
        ("members", "/nowhere"),
        ("members", str(DATA / "timewarrior-export.json")),
        ("timewarrior", "-"),
    ):
        status, _, err = run(capsys, "import", *argv)
        assert (status, err.startswith("ftlclient: ")) == (2, True)


def test_export_is_whole_or_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, store: Store
) -> None:
    store.add_users([User("zoe", "Zoë", "Europe/Berlin")])
    target = tmp_path / "team.ndjson"
    assert run(capsys, "export", "--output", str(target))[0] == 0
    *lines, last = [json.loads(line) for line in target.read_text().splitlines()]
    assert last == {"ok": True, "count": len(lines)}
    assert {line["id"] for line in lines} == {EGON.id, GLINDA.id, "zoe"}
    whole = target.read_bytes()
    cut = b"".join(whole.splitlines(keepends=True)[:-1])
    with serving(wsgi("200 OK", cut, [("Content-Type", "application/x-ndjson")])) as other:
        status, _, err = run(capsys, "export", "--output", str(target), "--url", other)
        assert (status, "export is incomplete" in err) == (5, True)
    assert target.read_bytes() == whole
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.parametrize("program", ["ftlclient", "ftlserver"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_the_shell(
    capsys: pytest.CaptureFixture[str], program: str, shell: str
) -> None:
    command = main if program == "ftlclient" else server_cli.main
    assert command(["completion", shell]) == 0
    assert f"{program}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ftlclient ti", {"timeline"}),
        ("ftlclient timeline --range last-", {"last-week", "last-month", "last-30-days"}),
        ("ftlclient spool --clear ", {"refused", "all"}),
        ("ftlserver token r", {"revoke", "rotate"}),
        ("ftlserver --database x serve --public", {"--public-read"}),
    ],
)
def test_a_shell_is_told_what_may_stand_next(line: str, expected: set[str]) -> None:
    read, write = os.pipe()
    program = line.split()[0]
    code = f"import os, sys; os.dup2({write}, 8); os.dup2(2, 9); from {program}.cli import main; main([])"
    asked = {"COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n"}
    subprocess.run([sys.executable, "-c", code], env=os.environ | asked, pass_fds=[write], check=False, timeout=30)
    os.close(write)
    with os.fdopen(read) as found:
        assert {word.strip() for word in found.read().split("\n") if word.strip()} >= expected


@contextmanager
def _running(server: Server) -> Iterator[None]:
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join(15)


def _wait_for(condition: object) -> None:
    for _ in range(200):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 10 s")
