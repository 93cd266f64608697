"""Recording while the command runs."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from ftlclient.api.spool import Spool
from ftlclient.cli import main
from ftlclient.config import spool_file
from ftlserver.domain import instants
from ftlserver.serving.server import Server, listen
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.client.commands.conftest import interrupted_after, stored_instants
from tests.client.conftest import make_token, run, running, unavailable_server, wait_until
from tests.conftest import EGON, serving


@pytest.mark.slow
def test_track_runs_until_interrupted_and_loses_nothing_without_a_server(storage: Storage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "ftlclient", "track", "--every", "1", "--user", EGON.id]
    environ = os.environ | {"FTL_URL": f"http://127.0.0.1:{port}"}
    began = instants.now()
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        wait_until(lambda: len(Spool(spool_file()).items()) >= 2)
        server = Server(create_app(storage), listen("127.0.0.1", port), 2)
        with running(server):
            wait_until(lambda: spool_file().exists() and not Spool(spool_file()).items())
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        assert process.stdout.read().startswith(f"{EGON.id} was active for 0:00:0")
    (_, started_at, ended_at), *more = stored_instants(storage)
    assert more == []
    assert began - instants.SECOND <= started_at < ended_at <= instants.now()
    assert ended_at - started_at >= 2 * instants.SECOND


@pytest.mark.slow
def test_track_reports_how_long_the_user_was_active(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage
) -> None:
    with interrupted_after(1.5):
        status, out, _ = run(capsys, "track", "--every", "1", "--user", EGON.id)
    assert (status, out) == (0, f"{EGON.id} was active for 0:00:01\n")
    ((_, started_at, ended_at),) = stored_instants(storage)
    assert ended_at - started_at >= 2 * instants.SECOND
    assert Spool(spool_file()).items() == []


def test_track_of_an_unknown_user_is_refused_and_saves_nothing(
    capsys: pytest.CaptureFixture[str], url: str
) -> None:
    status, _, err = run(capsys, "track", "--user", "absent")
    assert (status, err) == (1, "ftlclient: no such member: absent\n")
    assert Spool(spool_file()).items() == []


@pytest.mark.slow
def test_track_reports_saved_heartbeats_while_the_server_is_unavailable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with unavailable_server() as url, interrupted_after(0.7):
        status, out, _ = run(capsys, "track", "--user", EGON.id, "--url", url)
    assert (status, "2 heartbeats saved; they will be sent with the next command" in out) == (0, True)
    assert len(Spool(spool_file()).waiting(url)) == 2


def test_track_ends_when_the_token_is_insufficient(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    monkeypatch.setenv("FTL_TOKEN", make_token(storage, "read"))
    with serving(create_app(storage)) as url:
        status, _, err = run(capsys, "track", "--user", EGON.id, "--url", url)
    assert (status, "scope write" in err) == (1, True)
    assert len(Spool(spool_file()).waiting(url)) == 1


@pytest.mark.parametrize("every", ["0", "soon", "4000"])
def test_track_limits_the_heartbeat_interval(every: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["track", "--every", every])
