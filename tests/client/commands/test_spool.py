"""Writes that are saved while the server is unavailable."""

import pytest

from ftlclient.api.spool import Spool
from ftlclient.config import spool_file
from ftlserver.serving.server import Server, listen
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.client.commands.conftest import interrupted_after, stored_instants
from tests.client.conftest import make_token, run, running, unavailable_server, wsgi
from tests.conftest import EGON, all_rows, at, serving


def test_unsent_writes_are_saved_and_sent_before_the_next_command(
    capsys: pytest.CaptureFixture[str], storage: Storage
) -> None:
    with unavailable_server() as url:
        for hour in (9, 11):
            argv = ("log", f"{hour}:00", f"{hour + 1}:00", "--on", "2026-11-16", "--user", EGON.id)
            status, out, err = run(capsys, *argv, "--url", url)
            assert (status, out, "saved; will be sent later" in err) == (0, "", True)
        run(capsys, "log", "9:00", "10:00", "--on", "2026-11-16", "--user", "absent", "--url", url)
        run(capsys, "log", "13:00", "14:00", "--on", "2026-11-16", "--user", EGON.id, "--url", url)
        assert run(capsys, "spool")[1].count("waiting") == 4
    server = Server(create_app(storage), listen("127.0.0.1", int(url.rsplit(":", 1)[1])), 2)
    with running(server):
        status, _, err = run(capsys, "who", EGON.id, "--url", url)
        assert (status, "sent 3 saved earlier" in err, "the server refused 1" in err) == (0, True, True)
    assert [row[1] for row in stored_instants(storage)] == [
        at(f"2026-11-16T{hour:02}:00-08:00") for hour in (9, 11, 13)
    ]
    shown = run(capsys, "spool")[1]
    assert "absent" in shown.replace("\n", "")
    assert run(capsys, "spool", "--clear", "refused")[1] == "1 removed\n"
    assert run(capsys, "spool")[1] == "nothing saved\n"


def test_saved_writes_are_sent_only_to_their_server(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage
) -> None:
    with unavailable_server() as other:
        run(capsys, "log", "09:00", "10:00", "--user", EGON.id, "--url", other)
    assert run(capsys, "who", EGON.id)[2] == ""
    assert all_rows(storage) == []
    assert run(capsys, "spool", "--clear", "all")[1] == "1 removed\n"


def test_a_write_stays_saved_when_the_token_is_insufficient(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    monkeypatch.setenv("FTL_TOKEN", make_token(storage, "read"))
    with serving(create_app(storage)) as url:
        status, _, err = run(
            capsys, "log", "09:00", "10:00", "--on", "2026-11-16", "--user", EGON.id, "--url", url
        )
        assert (status, "saved; will be sent later" in err) == (1, True)
        monkeypatch.setenv("FTL_TOKEN", make_token(storage, "write"))
        assert "sent 1 saved earlier" in run(capsys, "whoami", "--url", url)[2]
    assert len(all_rows(storage)) == 1


@pytest.mark.slow
def test_a_write_stays_saved_when_another_server_answers(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(wsgi("200 OK", b"<html>log in to this network", [("Content-Type", "text/html")])) as url:
        status, _, err = run(capsys, "log", "09:00", "10:00", "--user", EGON.id, "--url", url)
        assert (status, "saved; will be sent later" in err) == (0, True)
        with interrupted_after(1.3):
            assert run(capsys, "track", "--every", "1", "--user", EGON.id, "--url", url)[0] == 0
    assert len(Spool(spool_file()).waiting(url)) == 4
