"""Downloading all users and periods."""

import json
from pathlib import Path

import pytest

from ftlclient.cli import main
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from tests.client.conftest import run, wsgi
from tests.conftest import EGON, GLINDA, serving


def test_an_export_is_complete_or_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, url: str, storage: Storage
) -> None:
    storage.users.add_new([User("zoe", "Zoë", "Europe/Berlin")])
    target = tmp_path / "team.ndjson"
    assert run(capsys, "export", "--output", str(target))[0] == 0
    *lines, last = [json.loads(line) for line in target.read_text().splitlines()]
    assert (last["ok"], last["count"]) == (True, len(lines))
    assert {line["id"] for line in lines} == {EGON.id, GLINDA.id, "zoe"}
    whole = target.read_bytes()
    cut = b"".join(whole.splitlines(keepends=True)[:-1])
    with serving(wsgi("200 OK", cut, [("Content-Type", "application/x-ndjson")])) as other:
        status, _, err = run(capsys, "export", "--output", str(target), "--url", other)
        assert (status, "export is incomplete" in err) == (5, True)
    assert target.read_bytes() == whole
    assert list(tmp_path.glob("*.part")) == []


def test_an_export_to_stdout_cannot_steer_the_terminal(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    body = '{"id":"\x1b[31m\u202e","real_name":"Zoë"}\n{"ok":true,"count":1}\n'.encode()
    with serving(wsgi("200 OK", body, [("Content-Type", "application/x-ndjson")])) as url:
        assert main(["export", "--url", url]) == 0
    assert capsysbinary.readouterr().out.decode() == (
        '{"id":"\\u001b[31m\\u202e","real_name":"Zoë"}\n{"ok":true,"count":1}\n'
    )


@pytest.mark.parametrize("last", [b"[" * 60_000, b"\xff", b'{"ok":true,"count":1e308}', b"", b"x" * 70_000])
def test_an_export_without_its_closing_line_is_no_export(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, last: bytes
) -> None:
    target = tmp_path / "team.ndjson"
    with serving(wsgi("200 OK", b"{}\n" + last, [("Content-Type", "application/x-ndjson")])) as url:
        status, _, err = run(capsys, "export", "--output", str(target), "--url", url)
    assert (status, len(err.splitlines()), list(tmp_path.glob("team*"))) == (5, 1, [])
