"""Recording and deleting periods: every status, every way to get it wrong."""

import json

import pytest
from webtest import TestApp

from ftlserver.domain import instants, time_formats
from ftlserver.domain.period import ActivityPeriod
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import (
    EGON,
    GLINDA,
    ONE_PERIOD,
    PERIODS,
    all_rows,
    assignment_periods,
    at,
    in_seconds,
    period_json,
    record,
    refused_request,
    request,
    write,
)

COUNTS = ("inserted", "extended", "duplicates", "overlaps", "deleted", "not_found", "rejected")
NOTHING = {"ok": True, **dict.fromkeys(COUNTS, 0), "change": None}


def test_each_period_has_a_status_in_order_and_is_counted(app: TestApp, team: Storage) -> None:
    stored = assignment_periods(EGON)[0].to_json("iso")
    overlapping = period_json("2026-01-05T09:30:00-08:00", "2026-01-05T10:30:00-08:00")
    alone = period_json("2026-01-05T09:00:00+05:30", "2026-01-05T10:00:00+05:30", GLINDA)
    answer = record(app, ONE_PERIOD, {"user_id": EGON.id, **stored}, alone, overlapping, ONE_PERIOD)
    results = answer.pop("verdicts")
    assert answer.pop("change") is not None
    assert answer | {"change": None} == NOTHING | {"inserted": 3, "duplicates": 2, "overlaps": 2}
    times = [{name: one[name] for name in ("start_time", "end_time")} for one in (ONE_PERIOD, overlapping)]
    assert results == [
        {"verdict": "overlaps", "overlaps": [times[1]]},
        {"verdict": "duplicate", "period": stored},
        {"verdict": "inserted"},
        {"verdict": "overlaps", "overlaps": [times[0]]},
        {"verdict": "duplicate", "period": times[0]},
    ]
    assert len(all_rows(team)) == 9


def test_periods_sent_again_are_duplicates_and_deleted_again_are_not_found(app: TestApp, team: Storage) -> None:
    other = period_json("2026-01-05T20:00:00+05:30", "2026-01-05T21:00:00+05:30", GLINDA)
    before = all_rows(team)
    assert record(app, ONE_PERIOD, other)["inserted"] == 2
    again = record(app, ONE_PERIOD, other)
    assert [found["verdict"] for found in again["verdicts"]] == ["duplicate"] * 2
    assert (again["inserted"], again["duplicates"]) == (0, 2)
    assert write(app, "DELETE", ONE_PERIOD, other)["deleted"] == 2
    assert all_rows(team) == before
    gone = write(app, "DELETE", ONE_PERIOD, other)
    assert gone == NOTHING | {"not_found": 2, "verdicts": [{"verdict": "not_found"}] * 2}


def test_a_period_is_the_same_however_its_times_are_written(sqlite_app: TestApp) -> None:
    record(sqlite_app, ONE_PERIOD)
    for start, end in (
        ("2026-01-05T17:00:00Z", "2026-01-05 18:00:00.000000+00:00"),
        ("20260105T0900-0800", "20260105T100000-08"),
        ("Jan 05 2026 09:00AM", "jan  5 2026 10:00am"),
        ("2026-01-05T09:00", "2026-01-05T10:00:00"),
    ):
        assert record(sqlite_app, period_json(start, end))["duplicates"] == 1


def test_at_most_ten_overlapping_periods_are_named(app: TestApp) -> None:
    many = [period_json(f"2026-01-05T09:00:{n:02}-08:00", "2026-01-05T10:00:00-08:00") for n in range(30)]
    results = record(app, *many[:25])["verdicts"] + record(app, *many[25:])["verdicts"]
    for one, result in zip(many, results, strict=True):
        named = [{"user_id": EGON.id, **times} for times in result["overlaps"]]
        assert len(named) == len({json.dumps(times) for times in named}) == 10
        assert one not in named
        assert all(other in many for other in named)


def test_adjacent_periods_do_not_overlap(sqlite_app: TestApp) -> None:
    after = period_json(ONE_PERIOD["end_time"], "2026-01-05T11:00:00-08:00")
    assert [result["verdict"] for result in record(sqlite_app, ONE_PERIOD, after)["verdicts"]] == [
        "inserted",
        "inserted",
    ]


BAD_PERIODS = [
    (5, "", "wrong_type"),
    (None, "", "wrong_type"),
    ([ONE_PERIOD], "", "wrong_type"),
    ("x", "", "wrong_type"),
    ({}, "/user_id", "invalid_user_id"),
    ({**ONE_PERIOD, "user_id": 5}, "/user_id", "invalid_user_id"),
    ({**ONE_PERIOD, "user_id": {">": ""}}, "/user_id", "invalid_user_id"),
    ({**ONE_PERIOD, "user_id": "a b"}, "/user_id", "invalid_user_id"),
    ({**ONE_PERIOD, "user_id": "\0"}, "/user_id", "invalid_user_id"),
    ({**ONE_PERIOD, "user_id": "unknown"}, "/user_id", "user_not_found"),
    ({**ONE_PERIOD, "user_id": EGON.id.lower()}, "/user_id", "user_not_found"),
    ({**ONE_PERIOD, "is_admin": True}, "/is_admin", "unknown_field"),
    ({**ONE_PERIOD, "a/b~c": True}, "/a~1b~0c", "unknown_field"),
    ({**ONE_PERIOD, "\0": True}, "/\0", "unknown_field"),
    ({"user_id": EGON.id, "end_time": ONE_PERIOD["end_time"]}, "/start_time", "wrong_type"),
    ({**ONE_PERIOD, "start_time": 5}, "/start_time", "wrong_type"),
    ({**ONE_PERIOD, "end_time": None}, "/end_time", "wrong_type"),
    ({**ONE_PERIOD, "end_time": ""}, "/end_time", "invalid_argument"),
    ({**ONE_PERIOD, "end_time": "2026-01-05"}, "/end_time", "invalid_argument"),
    ({**ONE_PERIOD, "end_time": "2026-02-30T10:00:00Z"}, "/end_time", "invalid_argument"),
    ({**ONE_PERIOD, "end_time": "2026-01-05T10:00:00+24:00"}, "/end_time", "invalid_argument"),
    ({**ONE_PERIOD, "end_time": "\uff12026-01-05T10:00:00Z"}, "/end_time", "invalid_argument"),
    ({**ONE_PERIOD, "end_time": "0000-01-05T10:00:00Z"}, "/end_time", "invalid_argument"),
    ({**ONE_PERIOD, "end_time": "9999-12-31T23:59:59-23:59"}, "/end_time", "invalid_argument"),
    ({**ONE_PERIOD, "end_time": "9" * 5000}, "/end_time", "invalid_argument"),
    ({**ONE_PERIOD, "end_time": ONE_PERIOD["start_time"]}, "", "invalid_period"),
    ({**ONE_PERIOD, "end_time": "2026-01-05T08:00:00-08:00"}, "", "invalid_period"),
    ({**ONE_PERIOD, "end_time": "2026-01-12T09:00:00.000001-08:00"}, "", "invalid_period"),
    (period_json("1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:10Z"), "", "invalid_period"),
    (period_json("1970-01-01T00:00:00+01:00", "1970-01-01T10:00:00Z"), "", "invalid_period"),
    (period_json("9999-12-29T00:00:00Z", "9999-12-30T00:00:00.1Z"), "/end_time", "invalid_argument"),
    (period_json("2026-03-08T02:30:00", "2026-03-08T04:00:00"), "/start_time", "nonexistent_local_time"),
    (period_json("Nov 01 2026 12:30AM", "Nov 01 2026 01:30AM"), "/end_time", "ambiguous_local_time"),
]


@pytest.mark.parametrize(("bad", "pointer", "code"), BAD_PERIODS, ids=lambda value: str(value)[-40:])
def test_an_invalid_period_is_refused_with_pointer_and_code_and_changes_nothing(
    sqlite_storage: Storage, bad: object, pointer: str, code: str
) -> None:
    sqlite_storage.bulk_import.store([EGON], [])
    app = TestApp(create_app(sqlite_storage))
    for method in ("POST", "DELETE"):
        got = refused_request(app, method, PERIODS, {"periods": [ONE_PERIOD, bad]})
        assert got == (422, "invalid_period", [(f"/periods/1{pointer}", code)])
        assert all_rows(sqlite_storage) == []
    answer = record(app, ONE_PERIOD, bad, partial=True)
    assert (answer["inserted"], answer["rejected"]) == (1, 1)
    result = answer["verdicts"][1]
    assert (result["verdict"], result["pointer"], result["code"]) == ("rejected", pointer, code)
    assert result["message"]
    assert len(all_rows(sqlite_storage)) == 1
    assert write(app, "DELETE", bad, ONE_PERIOD, partial=True)["deleted"] == 1


def test_a_nonexistent_or_ambiguous_local_time_comes_with_its_choices(sqlite_app: TestApp) -> None:
    none = period_json("2026-03-08T02:30:00", "2026-03-08T04:00:00")
    two = period_json("2026-11-01T00:30:00", "2026-11-01T01:30:00")
    results = record(sqlite_app, none, two, partial=True)["verdicts"]
    assert [result["choices"] for result in results] == [
        ["2026-03-08T01:30:00-08:00", "2026-03-08T03:30:00-07:00"],
        ["2026-11-01T01:30:00-07:00", "2026-11-01T01:30:00-08:00"],
    ]
    for choice in results[0]["choices"]:
        assert record(sqlite_app, {**none, "start_time": choice}, dry_run=True)["inserted"] == 1


def test_a_period_may_last_seven_days_and_end_an_hour_from_now_but_no_more(sqlite_app: TestApp) -> None:
    start, nearly, over = in_seconds(-7 * 86_400 + 3_590, 3_590, 3_660)
    assert record(sqlite_app, period_json(start, nearly))["inserted"] == 1
    assert record(sqlite_app, period_json("1970-01-01T00:00:00Z", "1970-01-08T00:00:00Z"))["inserted"] == 1
    error = refused_request(sqlite_app, "POST", PERIODS, {"periods": [period_json(start, over)]})
    assert error == (422, "invalid_period", [("/periods/0/end_time", "invalid_period")])


def test_a_period_far_in_the_future_cannot_be_recorded_but_can_be_deleted(app: TestApp, team: Storage) -> None:
    ahead = instants.now() + 30 * 24 * instants.HOUR
    period = ActivityPeriod(EGON.id, ahead, ahead + instants.HOUR, 0, 0)
    sent = {"periods": [{"user_id": EGON.id, **period.to_json("iso")}]}
    assert refused_request(app, "POST", "/api/activity", sent)[2] == [("/periods/0/end_time", "invalid_period")]
    team.bulk_import.store([], [period])  # as an import may
    response = request(
        app, "DELETE", "/api/activity", {"periods": [{"user_id": EGON.id, **period.to_json("iso")}]}
    )
    assert (response.status_int, response.json["deleted"]) == (200, 1)


def test_at_most_ten_bad_periods_are_named(sqlite_app: TestApp) -> None:
    status, error, errors = refused_request(sqlite_app, "POST", PERIODS, {"periods": [ONE_PERIOD] + [5] * 4_999})
    assert (status, error, len(errors)) == (422, "invalid_period", 10)
    assert errors[0] == ("/periods/1", "wrong_type")


def test_a_dry_run_returns_every_status_and_changes_nothing(app: TestApp, team: Storage) -> None:
    before = all_rows(team)
    stored = {"user_id": EGON.id, **assignment_periods(EGON)[0].to_json("iso")}
    answer = record(app, ONE_PERIOD, stored, 5, dry_run=True)
    assert answer["dry_run"] is True
    assert [result["verdict"] for result in answer["verdicts"]] == ["inserted", "duplicate", "rejected"]
    answer = write(app, "DELETE", ONE_PERIOD, stored, 5, dry_run=True, partial=True)
    assert [result["verdict"] for result in answer["verdicts"]] == ["not_found", "deleted", "rejected"]
    assert all_rows(team) == before
    assert "dry_run" not in record(app, ONE_PERIOD, dry_run=False)


def test_an_empty_list_of_periods_is_accepted(sqlite_app: TestApp) -> None:
    for method in ("POST", "DELETE"):
        assert write(sqlite_app, method) == NOTHING | {"verdicts": []}
        assert request(sqlite_app, method, PERIODS, b"", "application/x-ndjson").json == NOTHING | {"verdicts": []}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([ONE_PERIOD], "json_not_object"),
        ({}, "missing_argument"),
        ({"periods": None}, "invalid_argument"),
        ({"periods": ONE_PERIOD}, "invalid_argument"),
        ({"periods": "x"}, "invalid_argument"),
        ({"periods": [], "partial": "true"}, "invalid_argument"),
        ({"periods": [], "partial": 1}, "invalid_argument"),
        ({"periods": [], "dry_run": None}, "invalid_argument"),
        ({"periods": [], "x": 1}, "unknown_field"),
        ({"periods": [ONE_PERIOD], "user_id": EGON.id}, "unknown_field"),
        ({"periods": [0] * 5_001}, "too_many_periods"),
        (b"{", "invalid_json"),
        (b"", "invalid_json"),
        (b'{"periods":[],"periods":[]}', "invalid_json"),
        (b'{"periods":[{"user_id":"a","user_id":"b"}]}', "invalid_json"),
        (b'{"periods":[1234567890123456789]}', "invalid_json"),
        (b'{"periods":[' + b"[" * 40 + b"]" * 40 + b"]}", "invalid_json"),
        (b'{"periods":["\\ud800"]}', "invalid_json"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_malformed_body_is_refused(sqlite_storage: Storage, body: object, error: str) -> None:
    app = TestApp(create_app(sqlite_storage))
    for method in ("POST", "DELETE"):
        response = request(app, method, PERIODS, body)
        assert (response.status_int, response.json["error"]) == (400, error)
        assert response.json.get("max") == (5_000 if error == "too_many_periods" else None)


@pytest.mark.slow
def test_five_thousand_periods_are_accepted_in_one_request(sqlite_app: TestApp, sqlite_team: Storage) -> None:
    first = at("2026-01-02T00:00:00Z")
    many = [
        {
            "user_id": EGON.id,
            "start_time": time_formats.iso(first + n * instants.MINUTE, 0),
            "end_time": time_formats.iso(first + (n + 90) * instants.MINUTE, 0),
        }
        for n in range(5_000)
    ]
    answer = record(sqlite_app, *many)
    assert answer["inserted"] == len(answer["verdicts"]) == 5_000
    assert len(all_rows(sqlite_team)) == 6 + answer["inserted"]
    assert record(sqlite_app, *many)["duplicates"] == 5_000
    assert write(sqlite_app, "DELETE", *many)["deleted"] == answer["inserted"]
