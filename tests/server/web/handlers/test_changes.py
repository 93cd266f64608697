"""Following changes over HTTP: a mirror that keeps what the answers say."""

import json
from typing import Any

import pytest
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import EGON, GLINDA, make_token, period_json, record, request, send, store_team, write

PERIOD = period_json("2026-01-05T09:00:00-08:00", "2026-01-05T10:00:00-08:00")


def exported(app: TestApp) -> tuple[list[Any], str]:
    """Return the lines of an export, and the cursor that it ends with."""
    *found, last = map(json.loads, app.get("/api/export/").text.splitlines())
    return found, last["cursor"]


def since(app: TestApp, cursor: str) -> Any:
    return request(app, "GET", f"/api/changes/?since={cursor}").json


def test_a_mirror_starts_with_an_export_and_follows(app: TestApp) -> None:
    _, cursor = exported(app)
    answer = since(app, cursor)
    nothing = {"members": [], "deleted_members": [], "periods": [], "deleted_periods": [], "more": False}
    assert answer == {"ok": True, **nothing, "cursor": cursor}
    record(app, PERIOD)
    longer = PERIOD | {"end_time": "2026-01-05T11:00:00-08:00"}
    record(app, longer)
    answer = since(app, cursor)
    member = {"id": EGON.id, "real_name": EGON.real_name, "tz": EGON.tz}
    assert (answer["members"], answer["periods"], answer["deleted_periods"]) == ([member], [longer], [])
    write(app, "DELETE", longer)
    gone = {"user_id": EGON.id, "start_time": PERIOD["start_time"]}
    for seen in (since(app, answer["cursor"]), since(app, cursor)):
        assert (seen["periods"], seen["deleted_periods"], seen["more"]) == ([], [gone], False)
    request(app, "PATCH", f"/api/users/{EGON.id}", {"real_name": "E. Spengler"})
    assert since(app, answer["cursor"])["members"][0]["real_name"] == "E. Spengler"
    request(app, "POST", f"/api/users/{EGON.id}/merge", {"into": GLINDA.id})
    answer = since(app, answer["cursor"])
    assert (answer["deleted_members"], [found["id"] for found in answer["members"]]) == ([EGON.id], [GLINDA.id])
    assert {period["user_id"] for period in answer["periods"]} == {GLINDA.id}
    assert answer["deleted_periods"] == []  # they go with their user


def test_without_a_cursor_the_answer_is_the_one_of_now(app: TestApp) -> None:
    answer = request(app, "GET", "/api/changes").json
    assert (answer["members"], answer["more"], answer["cursor"]) == ([], False, exported(app)[1])


def test_a_cursor_that_is_too_old_is_gone(app: TestApp, team: Storage) -> None:
    _, cursor = exported(app)
    request(app, "DELETE", f"/api/users/{EGON.id}")
    answer = since(app, cursor)
    assert (answer["status"], answer["error"]) == (410, "resync")
    assert "start over" in answer["message"]
    _, cursor = exported(app)
    team.changes.prune(instants.now() + 1)
    assert since(app, "0")["error"] == "resync"
    assert since(app, cursor)["ok"] is True


@pytest.mark.parametrize("cursor", ["", "x", "1-", "%D9%A3"])
def test_another_cursor_is_refused(app: TestApp, cursor: str) -> None:
    assert (since(app, cursor)["status"], since(app, cursor)["error"]) == (400, "invalid_cursor")


def test_changes_are_for_admins_who_see_everyone(sqlite_storage: Storage) -> None:
    store_team(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    expected = {200: [make_token(sqlite_storage, "admin")], 403: [make_token(sqlite_storage, "read", "write")]}
    expected[403].append(make_token(sqlite_storage, "admin", users=(EGON.id,)))
    for status, tokens in expected.items():
        for headers in tokens:
            assert send(app, "GET", "/api/changes?since=0", headers=headers).status_int == status


def test_an_undo_says_what_it_set_back_and_what_it_kept(app: TestApp) -> None:
    longer = PERIOD | {"end_time": "2026-01-05T11:00:00-08:00"}
    longest = PERIOD | {"end_time": "2026-01-05T12:00:00-08:00"}
    other = period_json("2026-01-06T09:00:00-08:00", "2026-01-06T10:00:00-08:00")
    (first, second, third) = (record(app, *sent)["change"] for sent in ([PERIOD], [longer, other], [longest]))
    answer = request(app, "POST", f"/api/changes/{second}/undo/", {}).json
    assert answer["periods"] == {"deleted": 1, "restored": 0, "set_back": 0, "kept": 1}
    assert (answer["kept"], answer["set_back"], answer["users_kept"]) == ([longest], [], 0)
    answer = request(app, "POST", f"/api/changes/{third}/undo/", {}).json
    assert answer["set_back"] == [PERIOD | {"previous_end_time": longest["end_time"]}]
    answer = request(app, "POST", f"/api/changes/{first}/undo/", {}).json
    assert answer["periods"]["deleted"] == 1
