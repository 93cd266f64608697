"""Listing, creating, changing and deleting users."""

import json
from pathlib import Path

import pytest
from webtest import TestApp

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import (
    EGON,
    NAUGHTY,
    ONE_PERIOD,
    all_rows,
    assignment_periods,
    check_shape,
    make_token,
    record,
    refused_request,
    request,
)


def test_users_are_listed_and_found(app: TestApp) -> None:
    egon = {"id": "W012A3CDE", "real_name": "Egon Spengler", "tz": "America/Los_Angeles"}
    answer = app.get("/api/users?limit=1").json
    assert answer["members"] == [egon]
    cursor = answer["response_metadata"]["next_cursor"]
    assert [member["id"] for member in app.get(f"/api/users/?cursor={cursor}").json["members"]] == ["W07QCRPA4"]
    assert app.get("/api/users/W012A3CDE/").json == {"ok": True, "member": egon}
    response = app.get("/api/users/unknown", expect_errors=True)
    check_shape(response)
    assert (response.status_int, response.json["error"]) == (404, "user_not_found")
    assert app.get("/api/users/?id=x", expect_errors=True).json["error"] == "unknown_field"


def test_a_user_is_shown_with_aliases_and_when_they_left(app: TestApp) -> None:
    egon = app.get("/api/users/W012A3CDE/").json["member"]
    request(app, "PUT", "/api/users/W012A3CDE/aliases/egon/")
    request(app, "PUT", "/api/users/W012A3CDE/aliases/e.s@x/")
    request(app, "PATCH", "/api/users/W012A3CDE/", {"left_at": "2026-07-01"})
    left = {**egon, "left_at": "2026-07-01T00:00:00-07:00"}
    answer = app.get("/api/users/W012A3CDE/")
    check_shape(answer)
    assert answer.json["member"] == {**left, "aliases": ["e.s@x", "egon"]}
    assert [
        app.get("/api/users/", {name: "Egon"} if name else {}).json["members"][0] for name in ("", "query")
    ] == [
        left,
        {**left, "aliases": ["egon"]},
    ]
    request(app, "PATCH", "/api/users/W012A3CDE/", {"left_at": None})
    assert app.get("/api/users/?limit=1").json["members"] == [egon]


NEW = {"id": "new", "real_name": "New", "tz": "Europe/Berlin"}


def test_a_user_is_created_once_and_sent_again_is_no_error(app: TestApp, team: Storage) -> None:
    for is_new in (True, False):
        answer = request(app, "POST", "/api/users/", NEW).json
        assert (answer.pop("change") is not None) == is_new
        assert answer == {"ok": True, "created": is_new, "member": NEW}
    for other in ({**NEW, "real_name": "Other"}, {**NEW, "tz": "UTC"}):
        assert refused_request(app, "POST", "/api/users/", other) == (409, "user_exists", [])
    assert team.users.find("new") == User("new", "New", "Europe/Berlin")


def test_a_user_can_be_put_and_patched(app: TestApp, team: Storage) -> None:
    path = "/api/users/new/"
    assert request(app, "PATCH", path, {"real_name": "X"}).json["error"] == "user_not_found"
    body = {"real_name": "New", "tz": "Europe/Berlin"}
    created = request(app, "PUT", path, body).json
    assert (created["created"], created["member"]) == (True, NEW)
    changed = request(app, "PUT", path, {**body, "real_name": "Newer"}).json
    assert (changed["created"], changed["member"]["real_name"]) == (False, "Newer")
    assert request(app, "PATCH", path, {"tz": "UTC"}).json["member"] == {**NEW, "real_name": "Newer", "tz": "UTC"}
    assert request(app, "PATCH", path, {}).json["member"]["tz"] == "UTC"
    assert team.users.find("new") == User("new", "Newer", "UTC")
    assert app.get(path).json["member"] == {"id": "new", "real_name": "Newer", "tz": "UTC"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("POST", "/api/users", {}, 400, "missing_argument"),
        ("POST", "/api/users", {**NEW, "id": "a b"}, 400, "invalid_argument"),
        ("POST", "/api/users", {**NEW, "id": None}, 400, "invalid_argument"),
        ("POST", "/api/users", {**NEW, "real_name": ""}, 400, "invalid_argument"),
        ("POST", "/api/users", {**NEW, "real_name": "a\0"}, 400, "invalid_argument"),
        ("POST", "/api/users", {**NEW, "real_name": "a" * 201}, 400, "invalid_argument"),
        ("POST", "/api/users", {**NEW, "tz": None}, 400, "invalid_argument"),
        ("POST", "/api/users", {**NEW, "tz": "Mars"}, 422, "unknown_timezone"),
        ("POST", "/api/users", {**NEW, "is_admin": True}, 400, "unknown_field"),
        ("PUT", "/api/users/new", {"real_name": "N"}, 400, "missing_argument"),
        ("PUT", "/api/users/new", NEW, 400, "unknown_field"),
        ("PUT", "/api/users/new", {"real_name": "N", "tz": "../UTC"}, 422, "unknown_timezone"),
        ("PUT", "/api/users/a%20b", {"real_name": "N", "tz": "UTC"}, 400, "invalid_argument"),
        ("PUT", "/api/users/%00", {"real_name": "N", "tz": "UTC"}, 400, "invalid_argument"),
        ("PUT", "/api/users/%F0%9F%98%80", {"real_name": "N", "tz": "UTC"}, 400, "invalid_argument"),
        ("PATCH", "/api/users/W012A3CDE", {"real_name": None}, 400, "invalid_argument"),
        ("PATCH", "/api/users/W012A3CDE", {"tz": 5}, 400, "invalid_argument"),
        ("PATCH", "/api/users/W012A3CDE", {"tz": "Mars"}, 422, "unknown_timezone"),
        ("PATCH", "/api/users/W012A3CDE", {"id": "x"}, 400, "unknown_field"),
        ("PATCH", "/api/users/unknown", {"tz": "UTC"}, 404, "user_not_found"),
        ("DELETE", "/api/users/unknown", None, 404, "user_not_found"),
        ("DELETE", "/api/users/W012A3CDE%FF", None, 404, "not_found"),
        ("DELETE", "/api/users/W012%C3A3CDE", None, 404, "not_found"),
        ("GET", "/api/users/%ff", None, 404, "not_found"),
        ("DELETE", "/api/users/%00", None, 404, "user_not_found"),
        ("GET", "/api/users/%00", None, 404, "user_not_found"),
        ("GET", "/api/users/%00/export", None, 404, "user_not_found"),
        ("GET", "/api/users/unknown/export", None, 404, "user_not_found"),
        ("DELETE", "/api/users/" + "a" * 5_000, None, 404, "user_not_found"),
    ],
)
def test_an_invalid_or_unknown_user_is_refused(
    app: TestApp, team: Storage, method: str, path: str, body: object, status: int, error: str
) -> None:
    before = list(team.users.all())
    assert refused_request(app, method, path, body)[:2] == (status, error)
    assert list(team.users.all()) == before


def test_naughty_names_are_accepted_and_returned_unchanged(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    taken = {}
    for number, name in enumerate(NAUGHTY[::4]):
        body = {"id": f"u{number}", "real_name": name, "tz": "UTC"}
        response = request(app, "POST", "/api/users", body)
        assert response.status_int in (200, 400)
        if response.status_int == 200:
            assert response.json["member"] == body
            taken[body["id"]] = name
    assert len(taken) > 50
    *users, _ = map(json.loads, app.get("/api/export").text.splitlines())
    assert {user["id"]: user["real_name"] for user in users} == taken


def test_a_user_who_moves_keeps_the_dates_and_offsets_of_past_periods(
    sqlite_app: TestApp, sqlite_team: Storage
) -> None:
    question = {"id_list": [EGON.id], "time_format": "iso"}
    before = sqlite_app.post_json("/api/loguseractivity", question).json["members"][0]["activity_periods"]
    days = sqlite_app.post_json("/api/summary", question).json["members"][0]["days"]
    request(sqlite_app, "PATCH", f"/api/users/{EGON.id}", {"tz": "Pacific/Auckland"})
    member = sqlite_app.post_json("/api/loguseractivity", question).json["members"][0]
    assert (member["tz"], member["activity_periods"]) == ("Pacific/Auckland", before)
    after = sqlite_app.post_json("/api/summary", question).json["members"][0]["days"]
    active = [
        [(day["date"], day["active_seconds"]) for day in found if day["active_seconds"]] for found in (days, after)
    ]
    assert active[0] == active[1]
    new = record(sqlite_app, {**ONE_PERIOD, "start_time": "2026-01-05T09:00", "end_time": "2026-01-05T10:00"})
    assert new["inserted"] == 1
    assert all_rows(sqlite_team)[3][3:5] == (13 * 3600, 13 * 3600)


def test_a_deleted_user_leaves_no_trace_in_the_database_file(sqlite_storage: Storage, tmp_path: Path) -> None:
    canary = User("canary-id", "Canary Name", "Antarctica/Troll")
    app = TestApp(create_app(sqlite_storage))
    headers = make_token(sqlite_storage, "admin")
    make_token(sqlite_storage, "read", users=("canary-id", "other"))
    sqlite_storage.bulk_import.store([canary, EGON], assignment_periods(canary) + assignment_periods(EGON))
    assert b"canary-id" in (tmp_path / "ftl.sqlite3").read_bytes()
    assert app.delete("/api/users/canary-id", headers=headers).json == {"ok": True}
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not [word for word in (b"canary-id", b"Canary Name", b"Antarctica/Troll") if word in stored]
    assert b"Egon Spengler" in stored
    assert app.get("/api/users/canary-id", headers=headers, expect_errors=True).status_int == 404
    assert app.delete("/api/users/canary-id", headers=headers, expect_errors=True).status_int == 404


def test_an_alias_is_added_once_and_is_no_other_users_id(app: TestApp, team: Storage) -> None:
    path = f"/api/users/{EGON.id}/aliases"
    for is_new in (True, False):
        answer = request(app, "PUT", f"{path}/egon@example.org").json
        assert (answer["created"], answer["change"] is not None) == (is_new, is_new)
    assert team.aliases.all() == {"egon@example.org": EGON.id}
    assert refused_request(app, "PUT", f"{path}/W07QCRPA4", None) == (409, "user_exists", [])
    other = "/api/users/W07QCRPA4/aliases/egon@example.org"
    assert refused_request(app, "PUT", other, None) == (409, "user_exists", [])
    assert refused_request(app, "PUT", "/api/users/unknown/aliases/x", None) == (404, "user_not_found", [])
    assert refused_request(app, "PUT", f"{path}/a b", None)[:2] == (400, "invalid_argument")
    change = request(app, "PUT", f"{path}/spengler").json["change"]
    assert request(app, "POST", f"/api/changes/{change}/undo/", {}).status_int == 200
    assert team.aliases.all() == {"egon@example.org": EGON.id}
