"""The assignment's endpoint: its contract, and every way to get it wrong."""

import json
from collections.abc import Iterator

import pytest
from webtest import TestApp

from ftlclient import Client, NotThisAPIError
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import ActivityPeriod, Span
from ftlserver.domain.user import User
from ftlserver.errors import DatabaseError, InvalidUserError
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ACTIVITY, NAUGHTY, TIMES, check_shape, post, refused_post, serving


def test_the_assignments_request_has_the_assignments_answer(app: TestApp) -> None:
    response = app.post_json(ACTIVITY, {"id_list": ["W012A3CDE", "W07QCRPA4"]})
    check_shape(response)
    periods = [{"start_time": start, "end_time": end} for start, end in TIMES]
    assert response.json == {
        "ok": True,
        "members": [
            {
                "id": "W012A3CDE",
                "real_name": "Egon Spengler",
                "tz": "America/Los_Angeles",
                "activity_periods": periods,
            },
            {
                "id": "W07QCRPA4",
                "real_name": "Glinda Southgood",
                "tz": "Asia/Kolkata",
                "activity_periods": periods,
            },
        ],
    }


def test_the_trailing_slash_is_optional(app: TestApp) -> None:
    assert post(app, b'{"id_list":["W012A3CDE"]}', path=ACTIVITY.rstrip("/")).status_int == 200


def test_members_come_in_the_order_asked_and_the_unknown_are_named(app: TestApp) -> None:
    answer = app.post_json(ACTIVITY, {"id_list": ["x", "W07QCRPA4", "W012A3CDE", "x", "W07QCRPA4", "y"]}).json
    assert [member["id"] for member in answer["members"]] == ["W07QCRPA4", "W012A3CDE"]
    assert answer["not_found"] == ["x", "y"]


def test_asking_only_about_unknown_users_is_no_error(app: TestApp) -> None:
    assert app.post_json(ACTIVITY, {"id_list": ["x"]}).json == {"ok": True, "members": [], "not_found": ["x"]}


def test_a_user_without_activity_has_an_empty_list(app: TestApp, team: Storage) -> None:
    team.users.add_new([User("idle", "I", "UTC")])
    assert app.post_json(ACTIVITY, {"id_list": ["idle"]}).json["members"][0]["activity_periods"] == []


def test_iso_times_carry_the_recorded_offset(app: TestApp) -> None:
    answer = app.post_json(ACTIVITY, {"id_list": ["W07QCRPA4"], "time_format": "iso"}).json
    assert answer["members"][0]["activity_periods"][0] == {
        "start_time": "2020-02-01T13:33:00+05:30",
        "end_time": "2020-02-01T13:54:00+05:30",
    }


@pytest.mark.parametrize("document", [{}, {"id_list": []}, {"time_format": "iso"}])
def test_a_missing_or_empty_id_list_is_refused_with_the_assignments_message(
    app: TestApp, document: object
) -> None:
    response = post(app, json.dumps(document).encode())
    assert (response.status_int, response.json["error"]) == (400, "missing_argument")
    assert response.json["message"] == "No user provided as input"


@pytest.mark.parametrize(
    ("id_list", "pointer", "code"),
    [
        ("W012A3CDE", "/id_list", "wrong_type"),
        (None, "/id_list", "wrong_type"),
        (5, "/id_list", "wrong_type"),
        ({">": ""}, "/id_list", "wrong_type"),
        ([5], "/id_list/0", "not_a_string"),
        (["a", None], "/id_list/1", "not_a_string"),
        (["a", True], "/id_list/1", "not_a_string"),
        ([{">": ""}], "/id_list/0", "not_a_string"),
        ([["a"]], "/id_list/0", "not_a_string"),
        ([""], "/id_list/0", "invalid_user_id"),
        (["a b"], "/id_list/0", "invalid_user_id"),
        (["a\n"], "/id_list/0", "invalid_user_id"),
        (["a" * 121], "/id_list/0", "invalid_user_id"),
        (["a" * 1_000_000], "/id_list/0", "invalid_user_id"),
        (["\0"], "/id_list/0", "invalid_user_id"),
    ],
)
def test_an_invalid_id_list_is_refused_with_a_pointer(
    app: TestApp, id_list: object, pointer: str, code: str
) -> None:
    status, error, errors = refused_post(app, {"id_list": id_list})
    assert (status, error) == (400, "invalid_argument")
    assert (errors[0]["pointer"], errors[0]["code"]) == (pointer, code)


def test_at_most_a_thousand_ids_are_accepted(app: TestApp) -> None:
    assert refused_post(app, {"id_list": [0] * 10_000})[1] == "too_many_ids"
    assert len(refused_post(app, {"id_list": [0] * 1_000})[2]) == 10
    response = post(app, json.dumps({"id_list": [f"u{n}" for n in range(1001)]}).encode())
    assert (response.status_int, response.json["max"]) == (400, 1000)
    assert len(app.post_json(ACTIVITY, {"id_list": [f"u{n}" for n in range(1000)]}).json["not_found"]) == 1000


@pytest.mark.parametrize("time_format", ["ISO", "", None, 5, ["iso"], "x"])
def test_an_unknown_time_format_is_refused(app: TestApp, time_format: object) -> None:
    status, error, errors = refused_post(app, {"id_list": ["a"], "time_format": time_format})
    assert (status, error, errors[0]["pointer"]) == (400, "invalid_argument", "/time_format")


def test_unknown_fields_are_refused(app: TestApp) -> None:
    status, error, errors = refused_post(app, {"id_list": ["a"], "is_admin": True, "a/b": 1})
    assert (status, error) == (400, "unknown_field")
    assert [problem["pointer"] for problem in errors] == ["/a~1b", "/is_admin"]
    assert refused_post(app, {f"k{n}": 1 for n in range(20_000)})[1] == "unknown_field"


@pytest.mark.parametrize("chunk", range(8))
def test_naughty_strings_as_ids_are_refused_or_not_found(sqlite_storage: Storage, chunk: int) -> None:
    app = TestApp(create_app(sqlite_storage))
    for text in NAUGHTY[chunk::8]:
        response = post(app, json.dumps({"id_list": [text]}).encode())
        assert response.status_int == 400 or response.json["not_found"] == [text]


def test_naughty_strings_as_names_are_stored_and_returned(storage: Storage) -> None:
    users = []
    for number, text in enumerate(NAUGHTY):
        try:
            users.append(User(f"u{number}", text, "UTC"))
        except InvalidUserError:
            assert text == "" or len(text) > 200 or any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)
    assert len(users) > 240
    storage.users.add_new(users)
    answer = TestApp(create_app(storage)).post_json(ACTIVITY, {"id_list": [user.id for user in users]}).json
    assert [member["real_name"] for member in answer["members"]] == [user.real_name for user in users]


def test_many_periods_of_one_user_are_all_answered(app: TestApp, team: Storage) -> None:
    team.bulk_import.store(
        [], [ActivityPeriod("W012A3CDE", n * 10**9, n * 10**9 + 1, 0, 0) for n in range(12_000)]
    )
    answer = app.post_json(ACTIVITY, {"id_list": ["W012A3CDE"]}).json
    assert len(answer["members"][0]["activity_periods"]) == 12_003


def test_a_long_answer_that_fails_midway_is_recognisably_incomplete(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_storage.bulk_import.store(
        [User("a", "A", "UTC")], [ActivityPeriod("a", n, n + 1, 0, 0) for n in range(20_000)]
    )
    pages = sqlite_storage.periods.pages_of

    def broken(user_id: str, window: Interval) -> Iterator[list[Span]]:
        found = pages(user_id, window)
        for _ in range(6):
            yield next(found)
        raise DatabaseError("database_unavailable", "gone", "x")

    monkeypatch.setattr(sqlite_storage.periods, "pages_of", broken)
    with serving(create_app(sqlite_storage)) as url, Client(url) as client:
        with pytest.raises(NotThisAPIError, match="its answer is incomplete"):
            client.log_user_activity(["a"], time_format="display")
