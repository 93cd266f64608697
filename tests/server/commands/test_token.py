"""The command token."""

import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain import token as tokens
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import at, run, usage_error


def made_token(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    status, out, _ = run(capsys, "token", "create", "--name", "n", "--scope", "read", *argv, "--json")
    assert status == 0
    return dict(json.loads(out))


def listed_tokens(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    return {token["id"]: token for token in json.loads(run(capsys, "token", "list", "--json")[1])}


def whoami(database: Path, secret: str) -> int:
    with Storage.open(str(database)) as storage:
        headers = {"Authorization": f"Bearer {secret}"}
        return int(TestApp(create_app(storage)).get("/api/whoami", headers=headers, expect_errors=True).status_int)


def add_users(database: Path, *user_ids: str) -> None:
    with Storage.open(str(database)) as storage:
        storage.users.add_new([User(user_id, user_id, "UTC") for user_id in user_ids])


def send_heartbeat(database: Path, key: str) -> int:
    with Storage.open(str(database)) as storage:
        headers = {"Authorization": f"Basic {b64encode(key.encode()).decode()}"}
        path = "/api/wakatime/users/current/heartbeats"
        response = TestApp(create_app(storage)).post_json(path, {"time": 1}, headers=headers, expect_errors=True)
        return int(response.status_int)


def test_a_token_of_an_unknown_user_is_refused(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    add_users(database, "a")
    for kind in (["--name", "n", "--scope", "read", "--user", "a"], ["--wakatime"]):
        status, out, err = run(capsys, "token", "create", *kind, "--user", "W000")
        assert (status, out, err) == (1, "", 'ftlserver: User "W000" not found !\n')
    assert listed_tokens(capsys) == {}


@pytest.mark.usefixtures("egon")
def test_the_users_of_a_token_may_be_named_and_it_says_who_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "token", "create", "--name", "n", "--scope", "read", "--user", "egon spengler")
    assert (status, " of W012A3CDE, until " in err) == (0, True)
    (token,) = listed_tokens(capsys).values()
    assert token["user_ids"] == ["W012A3CDE"]


def test_a_key_for_editors_is_of_one_user(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    add_users(database, "a", "b")
    for users in (["--user", "a,b"], ["--user", "a", "--user", "b"]):
        status, out, err = run(capsys, "token", "create", "--wakatime", *users)
        assert (status, out, "make one for each" in err) == (2, "", True)
    assert listed_tokens(capsys) == {}


def test_a_key_for_editors_is_a_uuid_of_one_user(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    add_users(database, "a")
    status, out, err = run(capsys, "token", "create", "--wakatime", "--user", "a")
    assert status == 0
    assert re.fullmatch(r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}\n", out)
    assert "api_url = URL/api/wakatime" in err
    key = out.strip()
    assert key not in err
    shown = run(capsys, "token", "list")[1]
    assert re.search(r"\bwakatime +wakatime +a\b", shown)
    (token,) = listed_tokens(capsys).values()
    assert (token["scopes"], token["user_ids"], token["view"]) == (["write"], ["a"], "wakatime")
    assert key not in shown + json.dumps(token)
    assert key.encode() not in database.read_bytes()
    assert send_heartbeat(database, key) == 201
    assert whoami(database, key) == 401
    new = run(capsys, "token", "rotate", token["id"])[1].strip()
    assert len(new) == 36
    assert (send_heartbeat(database, new), send_heartbeat(database, key)) == (201, 401)
    named = run(capsys, "token", "create", "--wakatime", "--user", "a", "--name", "laptop", "--json")[1]
    assert json.loads(named)["name"] == "laptop"
    run(capsys, "token", "revoke", json.loads(named)["id"])
    assert send_heartbeat(database, json.loads(named)["token"]) == 401


def test_a_token_is_shown_once_and_the_first_one_comes_with_a_warning(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    status, out, err = run(capsys, "token", "create", "--name", "laptop", "--scope", "read")
    assert status == 0
    assert re.fullmatch(r"ftl_[0-9A-Za-z]{8}_[0-9A-Za-z_-]{43}\n", out)
    assert "the first token" in err
    assert out.strip() not in err
    again = run(capsys, "token", "create", "--name", "laptop", "--scope", "write")
    assert "the first token" not in again[2]
    shown = run(capsys, "token", "list")[1] + run(capsys, "token", "list", "--json")[1]
    assert out.split("_")[1] in shown
    for secret in (out.strip(), again[1].strip()):
        assert secret[13:] not in shown
        assert secret[13:].encode() not in database.read_bytes()
        assert whoami(database, secret) == 200


def test_the_token_of_a_browser_is_listed_and_not_rotated(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    made = made_token(capsys)
    with Storage.open(str(database)) as storage:
        parent = storage.tokens.get(made["id"])
        child, _ = tokens.mint_for_page(parent, instants.now())
        storage.tokens.log_in(child, instants.now())
    status, out, _ = run(capsys, "token", "list")
    assert (status, " page " in out) == (0, True)
    status, _, err = run(capsys, "token", "rotate", child.id)
    assert (status, "belongs to a browser" in err) == (2, True)


def test_a_token_has_scopes_users_and_an_expiry(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    add_users(database, "a", "b")
    before = instants.now()
    token = made_token(capsys, "--scope", "write", "--scope", "read", "--user", "b", "--user", "a", "--user", "b")
    assert (token["scopes"], token["user_ids"]) == (["read", "write"], ["b", "a"])
    year = 365 * 24 * instants.HOUR
    assert before + year <= at(token["expires_at"]) <= instants.now() + year
    assert made_token(capsys)["user_ids"] is None
    assert made_token(capsys, "--expires", "never")["expires_at"] is None
    ninety = made_token(capsys, "--expires", "90m")
    assert at(ninety["expires_at"]) - at(ninety["created_at"]) == 90 * instants.MINUTE
    assert len(listed_tokens(capsys)) == 4


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["create", "--name", "n"], "--scope"),
        (["create", "--scope", "read"], "--name"),
        (["create", "--wakatime"], "--user"),
        (["create", "--wakatime", "--team", "a"], "--user"),
        (["create", "--wakatime", "--user", "a", "--scope", "write"], "not allowed with argument"),
        (["create", "--name", "n", "--scope", "root"], "invalid choice"),
        (["create", "--name", "n", "--scope", "feed"], "--view activity.ics"),
        (["create", "--name", "n", "--scope", "read", "--view", "board.svg"], "--view activity.ics"),
        (["create", "--wakatime", "--user", "a", "--view", "board.svg"], "--view activity.ics"),
        (["create", "--name", "n", "--scope", "feed", "--scope", "read", "--view", "board.svg"], "nothing else"),
        (["create", "--name", "n", "--scope", "feed", "--view", "who.ics"], "invalid choice"),
        (["create", "--name", "n", "--scope", ""], "invalid choice"),
        (["create", "--name", "", "--scope", "read"], "1 to 200 characters"),
        (["create", "--name", "a\x1b[2J", "--scope", "read"], "without control characters"),
        (["create", "--name", "n", "--scope", "read", "--expires", "5"], "with its unit"),
        (["create", "--name", "n", "--scope", "read", "--expires", "-1d"], "expected"),
        (["create", "--name", "n", "--scope", "read", "--expires", "999999d"], "with its unit"),
        (["create", "--name", "n", "--scope", "read", "--expires", "Never"], "with its unit"),
        (["rotate", "x", "--grace", "never"], "with its unit"),
        (["revoke"], "ID"),
        ([], "ACTION"),
    ],
)
def test_invalid_token_options_are_usage_errors(
    capsys: pytest.CaptureFixture[str], database: Path, argv: list[str], expected: str
) -> None:
    assert expected in usage_error(capsys, "token", *argv)
    assert not database.exists()


def test_revoking_a_token_is_immediate_and_final(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    token = made_token(capsys)
    assert whoami(database, token["token"]) == 200
    assert "is revoked" in run(capsys, "token", "revoke", token["id"])[1]
    assert whoami(database, token["token"]) == 401
    first = listed_tokens(capsys)[token["id"]]["revoked_at"]
    again = json.loads(run(capsys, "token", "revoke", token["id"], "--json")[1])
    assert again["revoked_at"] == first is not None
    assert run(capsys, "token", "rotate", token["id"])[0] == 2
    assert "revoked" in run(capsys, "token", "list")[1]


@pytest.mark.parametrize("action", ["revoke", "rotate"])
@pytest.mark.parametrize("id_", ["unknown8", "", "x' OR '1'='1", "\ud800"])
def test_an_unknown_token_is_reported(capsys: pytest.CaptureFixture[str], action: str, id_: str) -> None:
    made_token(capsys)
    status, out, err = run(capsys, "token", action, id_)
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert "no token with that id" in err
    (token,) = listed_tokens(capsys).values()
    assert token["revoked_at"] is None


def test_rotating_a_token_keeps_its_rights_and_ends_the_old_secret(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    add_users(database, "a")
    old = made_token(capsys, "--scope", "write", "--user", "a", "--expires", "90d")
    status, out, _ = run(capsys, "token", "rotate", old["id"], "--json")
    new = json.loads(out)
    assert status == 0
    assert new["id"] != old["id"]
    assert {name: new[name] for name in ("name", "scopes", "user_ids")} == {
        name: old[name] for name in ("name", "scopes", "user_ids")
    }
    assert at(new["expires_at"]) - at(new["created_at"]) == 90 * 24 * instants.HOUR
    assert whoami(database, old["token"]) == 401
    assert whoami(database, new["token"]) == 200
    assert run(capsys, "token", "rotate", old["id"])[0] == 2


def test_rotating_with_grace_keeps_the_old_secret_valid_but_not_beyond_its_expiry(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    for expires, left in (("never", instants.HOUR), ("365d", instants.HOUR), ("30m", 30 * instants.MINUTE)):
        old = made_token(capsys, "--expires", expires)
        before = instants.now()
        status, out, _ = run(capsys, "token", "rotate", old["id"], "--grace", "1h")
        assert status == 0
        assert whoami(database, old["token"]) == whoami(database, out.strip()) == 200
        ends = at(listed_tokens(capsys)[old["id"]]["expires_at"])
        assert ends <= instants.now() + left
        assert ends >= (before if expires != "30m" else at(old["created_at"])) + left


def made_feed(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[str, str]:
    argv = ("token", "create", "--name", "wiki", "--scope", "feed", "--view", "activity.ics", *options)
    status, out, err = run(capsys, *argv)
    assert status == 0
    return out.strip(), err


def get(database: Path, path: str) -> int:
    with Storage.open(str(database)) as storage:
        return int(TestApp(create_app(storage)).get(path, expect_errors=True).status_int)


def test_a_feed_is_made_with_its_address(
    capsys: pytest.CaptureFixture[str], database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, err = made_feed(capsys)
    assert re.fullmatch(r"/feed/ftl_[0-9A-Za-z]{8}_[0-9A-Za-z_-]{43}/activity\.ics", path)
    assert "this path follows the URL of the server" in err
    assert path.split("/")[2] not in err
    assert get(database, path) == 200
    assert whoami(database, path.split("/")[2]) == 401
    assert re.search(r"\bwiki +activity\.ics +all\b", run(capsys, "token", "list")[1])
    monkeypatch.setenv("FTL_ALLOWED_HOSTS", "ftl.example.org,other.example.org")
    assert made_feed(capsys)[0].startswith("/feed/")  # whether by http or https is not known
    monkeypatch.setenv("FTL_TRUSTED_PROXY", "127.0.0.1")
    address, err = made_feed(capsys)
    assert address.startswith("https://ftl.example.org/feed/ftl_")
    assert "this path" not in err
    token = json.loads(made_feed(capsys, "--json")[0])
    assert token["address"] == f"https://ftl.example.org/feed/{token['token']}/activity.ics"
    assert (token["scopes"], token["view"]) == (["feed"], "activity.ics")


def test_a_feed_is_rotated_and_revoked_as_other_tokens_are(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    add_users(database, "a")
    path, _ = made_feed(capsys, "--user", "a")
    new = run(capsys, "token", "rotate", path.split("_")[1])[1].strip()
    assert (get(database, path), get(database, new)) == (404, 200)
    (token,) = (token for token in listed_tokens(capsys).values() if token["id"] == new.split("_")[1])
    assert token["user_ids"] == ["a"]
    run(capsys, "token", "revoke", token["id"])
    assert get(database, new) == 404


def test_a_token_that_sees_rounded_times_only_reads(capsys: pytest.CaptureFixture[str]) -> None:
    create = ("token", "create", "--name", "chart")
    for options in (("--scope", "write"), ("--scope", "read", "--scope", "write"), ("--scope", "admin")):
        assert "--round is for a token that only reads" in usage_error(capsys, *create, *options, "--round", "1d")
    feed = ("--scope", "feed", "--view", "board.svg")
    assert json.loads(run(capsys, *create, *feed, "--round", "1d", "--json")[1])["round_seconds"] == 86_400
    assert "board.svg (1d)" in run(capsys, "token", "list")[1]
    made = json.loads(run(capsys, *create, "--scope", "read", "--round", "15m", "--json")[1])
    assert (made["round_seconds"], made["scopes"]) == (900, ["read"])
    assert "read (15m)" in run(capsys, "token", "list")[1]
    again = json.loads(run(capsys, "token", "rotate", made["id"], "--json")[1])
    assert again["round_seconds"] == 900
