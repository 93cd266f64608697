"""Logging in and out, and which token is sent where."""

import json

import pytest

from ftlclient.config import login_file, read_login
from ftlclient.errors import ConfigError
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.client.conftest import make_token, run, type_in, wsgi
from tests.conftest import EGON, serving


def test_login_checks_the_token_and_saves_it_for_its_owner(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    secret = make_token(storage, "write", user_ids=(EGON.id,))
    with serving(create_app(storage)) as url:
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


def test_login_saves_nothing_that_the_server_refuses(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    make_token(storage, "read")
    with serving(create_app(storage)) as url:
        for typed in ("ftl_wrong\n", "\n", "ftl_\N{SNOWMAN}\n"):
            type_in(monkeypatch, typed)
            assert run(capsys, "login", "--url", url)[0] in (1, 2)
            assert read_login() is None


def test_a_saved_token_is_sent_only_to_its_server(
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


def test_a_token_is_not_sent_over_plain_http_to_another_machine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FTL_TOKEN", "ftl_mine")
    status, _, err = run(capsys, "whoami", "--url", "http://192.0.2.1")
    assert (status, "use https, or --insecure" in err) == (2, True)


def test_a_login_file_that_others_can_read_is_refused(
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
