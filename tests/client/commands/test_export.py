"""Downloading all users and periods."""

import json
from pathlib import Path

import pytest

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
    assert last == {"ok": True, "count": len(lines)}
    assert {line["id"] for line in lines} == {EGON.id, GLINDA.id, "zoe"}
    whole = target.read_bytes()
    cut = b"".join(whole.splitlines(keepends=True)[:-1])
    with serving(wsgi("200 OK", cut, [("Content-Type", "application/x-ndjson")])) as other:
        status, _, err = run(capsys, "export", "--output", str(target), "--url", other)
        assert (status, "export is incomplete" in err) == (5, True)
    assert target.read_bytes() == whole
    assert list(tmp_path.glob("*.part")) == []
