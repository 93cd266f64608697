"""Undoing, editing and merging over HTTP."""

from typing import Any

import pytest
from webtest import TestApp

from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import EGON, GLINDA, all_rows, in_seconds, keys, make_token, send, store_team


@pytest.fixture
def app(storage: Storage) -> TestApp:
    store_team(storage)
    return TestApp(create_app(storage))


def record(app: TestApp, user_id: str, start: int, end: int, headers: dict[str, str] | None = None) -> Any:
    times = dict(zip(("start_time", "end_time"), in_seconds(start, end), strict=True))
    return send(app, "POST", "/api/activity", {"periods": [{"user_id": user_id, **times}]}, headers=headers).json


def test_every_write_answers_with_its_change_and_undo_takes_it_back(app: TestApp, storage: Storage) -> None:
    before = all_rows(storage)
    change = record(app, EGON.id, -60, -30)["change"]
    response = send(app, "POST", f"/api/changes/{change}/undo", {})
    assert (response.status_int, response.json["ok"]) == (200, True)
    assert all_rows(storage) == before
    again = send(app, "POST", f"/api/changes/{change}/undo", {})
    assert (again.status_int, again.json["error"]) == (409, "changed_since")
    assert [item["user_id"] for item in again.json["changed"]] == [EGON.id]


def test_what_changes_nothing_has_no_change(app: TestApp) -> None:
    body = {"id": EGON.id, "real_name": EGON.real_name, "tz": EGON.tz}
    assert send(app, "POST", "/api/users", body).json["change"] is None
    user = {"real_name": "New name", "tz": EGON.tz}
    change = send(app, "PUT", f"/api/users/{EGON.id}", user).json["change"]
    assert send(app, "PUT", f"/api/users/{EGON.id}", user).json["change"] is None
    send(app, "POST", f"/api/changes/{change}/undo", {})
    assert send(app, "GET", f"/api/users/{EGON.id}").json["member"]["real_name"] == EGON.real_name


@pytest.mark.parametrize("number", ["0", "17", "9" * 19, "x", "-1", "1.0", "%D9%A1"])
def test_an_unknown_change_is_404(app: TestApp, number: str) -> None:
    response = send(app, "POST", f"/api/changes/{number}/undo", {})
    assert (response.status_int, response.json["error"]) == (404, "change_not_found")


def test_a_token_undoes_its_own_changes_only(app: TestApp, storage: Storage) -> None:
    mine, another = make_token(storage, "write"), make_token(storage, "write")
    change = record(app, EGON.id, -60, -30, mine)["change"]
    refused = send(app, "POST", f"/api/changes/{change}/undo", {}, headers=another)
    assert (refused.status_int, refused.json["error"], refused.json["needed"]) == (403, "missing_scope", "admin")
    assert send(app, "POST", f"/api/changes/{change}/undo", {}, headers=mine).status_int == 200
    change = record(app, EGON.id, -60, -30, mine)["change"]
    assert (
        send(app, "POST", f"/api/changes/{change}/undo", {}, headers=make_token(storage, "admin")).status_int
        == 200
    )


def test_a_period_sent_again_with_a_later_end_grows(app: TestApp, storage: Storage) -> None:
    start, middle, end = in_seconds(-90, -60, -30)
    periods = [
        {"user_id": EGON.id, "start_time": start, "end_time": middle},
        {"user_id": EGON.id, "start_time": start, "end_time": end},
        {"user_id": EGON.id, "start_time": start, "end_time": middle},
    ]
    answer = send(app, "POST", "/api/activity", {"periods": periods}).json
    assert [found["verdict"] for found in answer["verdicts"]] == ["inserted", "extended", "duplicate"]
    assert (answer["inserted"], answer["extended"], answer["duplicates"]) == (1, 1, 1)
    assert answer["verdicts"][2]["period"]["end_time"][:19] != middle[:19]
    deleted = send(app, "DELETE", "/api/activity", {"periods": periods[:1]}).json
    assert deleted["verdicts"][0]["verdict"] == "not_found"
    assert deleted["verdicts"][0]["period"] == answer["verdicts"][2]["period"]


def test_a_period_is_edited_and_the_edit_taken_back(app: TestApp, storage: Storage) -> None:
    start, end, later = in_seconds(-90, -60, -30)
    period = {"user_id": EGON.id, "start_time": start, "end_time": end}
    send(app, "POST", "/api/activity", {"periods": [period]})
    before = all_rows(storage)
    for new in ((start, later), (end, later), (later, in_seconds(-10)[0])):
        edit = {**period, "new_start_time": new[0], "new_end_time": new[1]}
        answer = send(app, "PATCH", "/api/activity", edit)
        assert answer.status_int == 200
        assert len(keys(storage)) == len(before)
        send(app, "POST", f"/api/changes/{answer.json['change']}/undo", {})
        assert all_rows(storage) == before
    wrong = {**period, "end_time": later, "new_start_time": start, "new_end_time": later}
    refused = send(app, "PATCH", "/api/activity", wrong)
    assert (refused.status_int, refused.json["error"]) == (404, "period_not_found")
    assert "period" in refused.json
    missing = {**period, "start_time": end, "end_time": later, "new_start_time": start, "new_end_time": later}
    assert "period" not in send(app, "PATCH", "/api/activity", missing).json


def test_users_are_merged_and_their_alias_records(app: TestApp, storage: Storage) -> None:
    answer = send(app, "POST", f"/api/users/{EGON.id}/merge", {"into": GLINDA.id}).json
    assert (answer["periods"], answer["already_known"], answer["teams"]) == (3, 0, [])
    assert {row[0] for row in keys(storage)} == {GLINDA.id}
    assert record(app, EGON.id, -60, -30)["inserted"] == 1
    assert send(app, "POST", "/api/heartbeat", {"user_id": EGON.id}).status_int == 200
    assert {row[0] for row in keys(storage)} == {GLINDA.id}
    taken = send(app, "POST", "/api/users", {"id": EGON.id, "real_name": "E", "tz": "UTC"})
    assert (taken.status_int, taken.json["error"]) == (409, "user_exists")
    assert GLINDA.id in taken.json["message"]


def test_a_token_has_access_to_the_user_of_an_alias_only_if_bound_to_the_user(
    app: TestApp, storage: Storage
) -> None:
    of_egon = make_token(storage, "write", users=(EGON.id,))
    of_glinda = make_token(storage, "write", users=(GLINDA.id,))
    send(app, "POST", f"/api/users/{EGON.id}/merge", {"into": GLINDA.id}, headers=make_token(storage, "admin"))
    body = {"user_id": EGON.id}
    assert send(app, "POST", "/api/heartbeat", body, headers=of_egon).status_int == 403
    assert send(app, "POST", "/api/heartbeat", body, headers=of_glinda).status_int == 200


def test_somebody_leaves_and_is_back(app: TestApp, storage: Storage) -> None:
    before = all_rows(storage)
    change = send(app, "PATCH", f"/api/users/{EGON.id}", {"left_at": "2026-01-31"}).json["change"]
    assert change is not None
    assert send(app, "PATCH", f"/api/users/{EGON.id}", {"left_at": "x"}).status_int == 400
    assert send(app, "PATCH", f"/api/users/{EGON.id}", {"left_at": None}).json["change"] is not None
    assert all_rows(storage) == before
