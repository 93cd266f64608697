"""The endpoints that write, and the streams, over HTTP: every verdict, every way to get it wrong."""

import http.client
import json
import socket
import tracemalloc
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp, TestResponse

from ftlserver.cli import main
from ftlserver.domain import instants, time_formats
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.web.app import create_app
from ftlserver.web.handlers import exports
from tests.conftest import EGON, GLINDA, all_rows, assignment_periods, at, serving
from tests.server.test_access import make_token
from tests.server.test_api import NAUGHTY, check_shape

PATH = "/api/activity/"
ONE = {"user_id": EGON.id, "start_time": "2026-01-05T09:00:00-08:00", "end_time": "2026-01-05T10:00:00-08:00"}
NOTHING = {"ok": True, "inserted": 0, "duplicates": 0, "overlaps": 0, "deleted": 0, "not_found": 0, "rejected": 0}


def request(
    app: TestApp, method: str, path: str, body: object = None, content_type: str = "application/json"
) -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    more = {} if body is None else {"body": data, "content_type": content_type}
    response = app.request(path, method=method, expect_errors=True, **more)
    check_shape(response)
    return response


def write(app: TestApp, method: str, *periods: object, **more: object) -> Any:
    response = request(app, method, PATH, {"periods": list(periods), **more})
    assert response.status_int == 200, response.text
    return response.json


def record(app: TestApp, *periods: object, **more: object) -> Any:
    return write(app, "POST", *periods, **more)


def refused(app: TestApp, method: str, path: str, body: object) -> tuple[int, str, list[tuple[str, str]]]:
    answer = request(app, method, path, body).json
    return answer["status"], answer["error"], [(e["pointer"], e["code"]) for e in answer.get("errors", [])]


def lines(*items: object) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def period(start: str, end: str, user: User = EGON) -> dict[str, str]:
    return {"user_id": user.id, "start_time": start, "end_time": end}


def in_seconds(*seconds: int) -> list[str]:
    """Return times so many seconds from now."""
    return [time_formats.iso((instants.now() // instants.SECOND + s) * instants.SECOND, 0) for s in seconds]


@pytest.fixture
def held(sqlite_storage: Storage) -> Storage:
    """Give a storage that holds the assignment's two members, where the kind of database makes no difference."""
    sqlite_storage.bulk_import.store([EGON, GLINDA], assignment_periods(EGON) + assignment_periods(GLINDA))
    return sqlite_storage


@pytest.fixture
def local(held: Storage) -> TestApp:
    return TestApp(create_app(held))


# ---- periods


def test_each_period_has_its_verdict_in_order_and_is_counted(app: TestApp, team: Storage) -> None:
    stored = assignment_periods(EGON)[0].to_json("iso")
    overlapping = period("2026-01-05T09:30:00-08:00", "2026-01-05T10:30:00-08:00")
    alone = period("2026-01-05T09:00:00+05:30", "2026-01-05T10:00:00+05:30", GLINDA)
    answer = record(app, ONE, {"user_id": EGON.id, **stored}, alone, overlapping, ONE)
    verdicts = answer.pop("verdicts")
    assert answer == NOTHING | {"inserted": 3, "duplicates": 2, "overlaps": 2}
    times = [{name: one[name] for name in ("start_time", "end_time")} for one in (ONE, overlapping)]
    assert verdicts == [
        {"verdict": "overlaps", "overlaps": [times[1]]},
        {"verdict": "duplicate"},
        {"verdict": "inserted"},
        {"verdict": "overlaps", "overlaps": [times[0]]},
        {"verdict": "duplicate"},
    ]
    assert len(all_rows(team)) == 9


def test_sent_again_all_are_duplicates_and_deleted_again_none_is_found(app: TestApp, team: Storage) -> None:
    other = period("2026-01-05T20:00:00+05:30", "2026-01-05T21:00:00+05:30", GLINDA)
    before = all_rows(team)
    assert record(app, ONE, other)["inserted"] == 2
    again = record(app, ONE, other)
    assert again["verdicts"] == [{"verdict": "duplicate"}] * 2
    assert (again["inserted"], again["duplicates"]) == (0, 2)
    assert write(app, "DELETE", ONE, other)["deleted"] == 2
    assert all_rows(team) == before
    gone = write(app, "DELETE", ONE, other)
    assert gone == NOTHING | {"not_found": 2, "verdicts": [{"verdict": "not_found"}] * 2}


def test_a_period_is_the_same_however_its_times_are_written(local: TestApp) -> None:
    record(local, ONE)
    for start, end in (
        ("2026-01-05T17:00:00Z", "2026-01-05 18:00:00.000000+00:00"),
        ("20260105T0900-0800", "20260105T100000-08"),
        ("Jan 05 2026 09:00AM", "jan  5 2026 10:00am"),
        ("2026-01-05T09:00", "2026-01-05T10:00:00"),
    ):
        assert record(local, period(start, end))["duplicates"] == 1


def test_up_to_ten_of_those_that_a_period_overlaps_are_named(app: TestApp) -> None:
    many = [period(f"2026-01-05T09:00:{n:02}-08:00", "2026-01-05T10:00:00-08:00") for n in range(30)]
    verdicts = record(app, *many[:25])["verdicts"] + record(app, *many[25:])["verdicts"]
    for one, verdict in zip(many, verdicts, strict=True):
        named = [{"user_id": EGON.id, **times} for times in verdict["overlaps"]]
        assert len(named) == len({json.dumps(times) for times in named}) == 10
        assert one not in named
        assert all(other in many for other in named)


def test_neighbours_that_touch_do_not_overlap(local: TestApp) -> None:
    after = period(ONE["end_time"], "2026-01-05T11:00:00-08:00")
    assert [verdict["verdict"] for verdict in record(local, ONE, after)["verdicts"]] == ["inserted", "inserted"]


BAD_PERIODS = [
    (5, "", "wrong_type"),
    (None, "", "wrong_type"),
    ([ONE], "", "wrong_type"),
    ("x", "", "wrong_type"),
    ({}, "/user_id", "invalid_user_id"),
    ({**ONE, "user_id": 5}, "/user_id", "invalid_user_id"),
    ({**ONE, "user_id": {">": ""}}, "/user_id", "invalid_user_id"),
    ({**ONE, "user_id": "a b"}, "/user_id", "invalid_user_id"),
    ({**ONE, "user_id": "\0"}, "/user_id", "invalid_user_id"),
    ({**ONE, "user_id": "nobody"}, "/user_id", "user_not_found"),
    ({**ONE, "user_id": EGON.id.lower()}, "/user_id", "user_not_found"),
    ({**ONE, "is_admin": True}, "/is_admin", "unknown_field"),
    ({**ONE, "a/b~c": True}, "/a~1b~0c", "unknown_field"),
    ({**ONE, "\0": True}, "/\0", "unknown_field"),
    ({"user_id": EGON.id, "end_time": ONE["end_time"]}, "/start_time", "wrong_type"),
    ({**ONE, "start_time": 5}, "/start_time", "wrong_type"),
    ({**ONE, "end_time": None}, "/end_time", "wrong_type"),
    ({**ONE, "end_time": ""}, "/end_time", "invalid_argument"),
    ({**ONE, "end_time": "2026-01-05"}, "/end_time", "invalid_argument"),
    ({**ONE, "end_time": "2026-02-30T10:00:00Z"}, "/end_time", "invalid_argument"),
    ({**ONE, "end_time": "2026-01-05T10:00:00+24:00"}, "/end_time", "invalid_argument"),
    ({**ONE, "end_time": "\uff12026-01-05T10:00:00Z"}, "/end_time", "invalid_argument"),
    ({**ONE, "end_time": "0000-01-05T10:00:00Z"}, "/end_time", "invalid_argument"),
    ({**ONE, "end_time": "9999-12-31T23:59:59-23:59"}, "/end_time", "invalid_argument"),
    ({**ONE, "end_time": "9" * 5000}, "/end_time", "invalid_argument"),
    ({**ONE, "end_time": ONE["start_time"]}, "", "invalid_period"),
    ({**ONE, "end_time": "2026-01-05T08:00:00-08:00"}, "", "invalid_period"),
    ({**ONE, "end_time": "2026-01-12T09:00:00.000001-08:00"}, "", "invalid_period"),
    (period("1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:10Z"), "", "invalid_period"),
    (period("1970-01-01T00:00:00+01:00", "1970-01-01T10:00:00Z"), "", "invalid_period"),
    (period("9999-12-29T00:00:00Z", "9999-12-30T00:00:00.1Z"), "/end_time", "invalid_argument"),
    (period("2026-03-08T02:30:00", "2026-03-08T04:00:00"), "/start_time", "nonexistent_local_time"),
    (period("Nov 01 2026 12:30AM", "Nov 01 2026 01:30AM"), "/end_time", "ambiguous_local_time"),
]


@pytest.mark.parametrize(("bad", "pointer", "code"), BAD_PERIODS, ids=lambda value: str(value)[-40:])
def test_a_period_that_cannot_be_is_said_where_and_why_and_nothing_is_changed(
    sqlite_storage: Storage, bad: object, pointer: str, code: str
) -> None:
    sqlite_storage.bulk_import.store([EGON], [])
    app = TestApp(create_app(sqlite_storage))
    for method in ("POST", "DELETE"):
        got = refused(app, method, PATH, {"periods": [ONE, bad]})
        assert got == (422, "invalid_period", [(f"/periods/1{pointer}", code)])
        assert all_rows(sqlite_storage) == []
    answer = record(app, ONE, bad, partial=True)
    assert (answer["inserted"], answer["rejected"]) == (1, 1)
    verdict = answer["verdicts"][1]
    assert (verdict["verdict"], verdict["pointer"], verdict["code"]) == ("rejected", pointer, code)
    assert verdict["message"]
    assert len(all_rows(sqlite_storage)) == 1
    assert write(app, "DELETE", bad, ONE, partial=True)["deleted"] == 1


def test_a_local_time_that_is_none_or_two_comes_with_what_it_may_be(local: TestApp) -> None:
    none = period("2026-03-08T02:30:00", "2026-03-08T04:00:00")
    two = period("2026-11-01T00:30:00", "2026-11-01T01:30:00")
    verdicts = record(local, none, two, partial=True)["verdicts"]
    assert [verdict["choices"] for verdict in verdicts] == [
        ["2026-03-08T01:30:00-08:00", "2026-03-08T03:30:00-07:00"],
        ["2026-11-01T01:30:00-07:00", "2026-11-01T01:30:00-08:00"],
    ]
    for choice in verdicts[0]["choices"]:
        assert record(local, {**none, "start_time": choice}, dry_run=True)["inserted"] == 1


def test_a_period_may_last_seven_days_and_end_an_hour_from_now_but_no_more(local: TestApp) -> None:
    start, nearly, over = in_seconds(-7 * 86_400 + 3_590, 3_590, 3_660)
    assert record(local, period(start, nearly))["inserted"] == 1
    assert record(local, period("1970-01-01T00:00:00Z", "1970-01-08T00:00:00Z"))["inserted"] == 1
    error = refused(local, "POST", PATH, {"periods": [period(start, over)]})
    assert error == (422, "invalid_period", [("/periods/0/end_time", "invalid_period")])


def test_at_most_ten_bad_periods_are_named(local: TestApp) -> None:
    status, error, errors = refused(local, "POST", PATH, {"periods": [ONE] + [5] * 4_999})
    assert (status, error, len(errors)) == (422, "invalid_period", 10)
    assert errors[0] == ("/periods/1", "wrong_type")


def test_a_dry_run_judges_all_and_changes_nothing(app: TestApp, team: Storage) -> None:
    before = all_rows(team)
    stored = {"user_id": EGON.id, **assignment_periods(EGON)[0].to_json("iso")}
    answer = record(app, ONE, stored, 5, dry_run=True)
    assert answer["dry_run"] is True
    assert [verdict["verdict"] for verdict in answer["verdicts"]] == ["inserted", "duplicate", "rejected"]
    answer = write(app, "DELETE", ONE, stored, 5, dry_run=True, partial=True)
    assert [verdict["verdict"] for verdict in answer["verdicts"]] == ["not_found", "deleted", "rejected"]
    assert all_rows(team) == before
    assert "dry_run" not in record(app, ONE, dry_run=False)


def test_nothing_to_record_is_an_answer_too(local: TestApp) -> None:
    for method in ("POST", "DELETE"):
        assert write(local, method) == NOTHING | {"verdicts": []}
        assert request(local, method, PATH, b"", "application/x-ndjson").json == NOTHING | {"verdicts": []}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([ONE], "json_not_object"),
        ({}, "missing_argument"),
        ({"periods": None}, "invalid_argument"),
        ({"periods": ONE}, "invalid_argument"),
        ({"periods": "x"}, "invalid_argument"),
        ({"periods": [], "partial": "true"}, "invalid_argument"),
        ({"periods": [], "partial": 1}, "invalid_argument"),
        ({"periods": [], "dry_run": None}, "invalid_argument"),
        ({"periods": [], "x": 1}, "unknown_field"),
        ({"periods": [ONE], "user_id": EGON.id}, "unknown_field"),
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
def test_a_body_of_another_shape_is_refused_whole(sqlite_storage: Storage, body: object, error: str) -> None:
    app = TestApp(create_app(sqlite_storage))
    for method in ("POST", "DELETE"):
        response = request(app, method, PATH, body)
        assert (response.status_int, response.json["error"]) == (400, error)
        assert response.json.get("max") == (5_000 if error == "too_many_periods" else None)


def test_five_thousand_periods_are_taken_at_once_and_no_more(local: TestApp, held: Storage) -> None:
    many = [
        {
            "user_id": EGON.id,
            "start_time": f"Jan {n // 1_000 + 1:02} 2026 {n // 100 % 10 + 1}:00AM",
            "end_time": iso,
        }
        for n in range(5_000)
        if (
            iso := time_formats.iso(
                at("2026-01-02T00:00:00Z") + (n // 1_000) * 86_400 * instants.SECOND + n * instants.SECOND, 0
            )
        )
    ]
    answer = record(local, *many)
    assert answer["inserted"] + answer["duplicates"] == len(answer["verdicts"]) == 5_000
    assert len(all_rows(held)) == 6 + answer["inserted"]
    assert record(local, *many)["duplicates"] == 5_000
    assert write(local, "DELETE", *many)["deleted"] == answer["inserted"]


# ---- lines


def test_periods_may_come_as_lines(local: TestApp, held: Storage) -> None:
    body = lines(ONE, {**ONE, "end_time": "2026-01-05T09:10:00-08:00"}).replace(b"\n", b"\r\n\n \t\n")
    answer = request(local, "POST", PATH, body, "application/x-ndjson").json
    assert (answer["inserted"], len(all_rows(held))) == (2, 8)
    answer = request(local, "DELETE", PATH, body.rstrip(), "Application/X-NDJSON; charset=utf-8").json
    assert (answer["deleted"], len(all_rows(held))) == (2, 6)


def test_what_goes_with_lines_stands_in_the_address(local: TestApp, held: Storage) -> None:
    body = lines(ONE, 5)
    assert request(local, "POST", PATH, body, "application/x-ndjson").status_int == 422
    dry = request(local, "POST", PATH + "?dry_run=true", body, "application/x-ndjson").json
    assert (dry["inserted"], dry["rejected"], dry["dry_run"], len(all_rows(held))) == (1, 1, True, 6)
    partial = request(local, "POST", PATH + "?partial=true&dry_run=false", body, "application/x-ndjson").json
    assert (partial["inserted"], partial["rejected"], len(all_rows(held))) == (1, 1, 7)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("?partial=1", "invalid_argument"),
        ("?dry_run=", "invalid_argument"),
        ("?dry_run=True", "invalid_argument"),
        ("?dry_run=true&dry_run=false", "invalid_argument"),
        ("?partial=true&partial=true", "invalid_argument"),
        ("?dryrun=true", "unknown_field"),
        ("?periods=x", "invalid_argument"),
        ("?%ff=true", "unknown_field"),
        ("?%00=true", "unknown_field"),
    ],
)
def test_an_address_that_says_something_else_is_refused(
    local: TestApp, held: Storage, query: str, error: str
) -> None:
    response = request(local, "POST", PATH + query, lines(ONE), "application/x-ndjson")
    assert (response.status_int, response.json["error"]) == (400, error)
    assert len(all_rows(held)) == 6


def test_what_goes_with_json_does_not_stand_in_the_address(local: TestApp, held: Storage) -> None:
    """A dry run that is asked for in the wrong place must not store anything."""
    response = request(local, "POST", PATH + "?dry_run=true", {"periods": [ONE]})
    assert (response.status_int, response.json["error"]) == (400, "unknown_field")
    assert len(all_rows(held)) == 6


TEXT = json.dumps(ONE)


@pytest.mark.parametrize(
    "body",
    [
        f"{TEXT},{TEXT}",
        f"{TEXT} {TEXT}",
        TEXT[:-1],
        TEXT[:20] + "\n" + TEXT[20:],
        f"{TEXT},\n{TEXT}",
        f"[{TEXT}",
        f"[{TEXT}\n{TEXT}]",
        f"{TEXT},{TEXT}\n[1\n2]",  # three lines and three values, but not one each
        f"{TEXT},{TEXT}\n" + TEXT.replace(", ", "\n", 1),
        f"{TEXT}\n],[\n{TEXT}",
        "\ufeff" + TEXT,
        f"{TEXT}\x1e",
        f"{TEXT}\x0b\n{TEXT}",
        f"{TEXT}\u2028{TEXT}",
        "{" * 40,
    ],
    ids=ascii,
)
def test_a_line_is_one_value(local: TestApp, held: Storage, body: str) -> None:
    response = request(local, "POST", PATH + "?partial=true", body.encode(), "application/x-ndjson")
    assert (response.status_int, response.json["error"]) == (400, "invalid_json")
    assert len(all_rows(held)) == 6


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([TEXT, "{}", "[", "]", "{", "}", ",", "\n", '"', "1", ":", " "]), max_size=12).map(
        "".join
    )
)
def test_lines_are_taken_only_if_each_is_json(sqlite_storage: Storage, text: str) -> None:
    sqlite_storage.bulk_import.store([EGON], [])
    expected = 0
    for line in filter(None, (line.strip(" \t\r") for line in text.split("\n"))):
        try:
            json.loads(line, object_pairs_hook=unique)
        except ValueError:
            expected = -1
            break
        expected += 1
    app = TestApp(create_app(sqlite_storage))
    answer = request(app, "POST", PATH + "?dry_run=true", text.encode(), "application/x-ndjson").json
    assert len(answer.get("verdicts", [])) == max(expected, 0)
    assert answer.get("error") == ("invalid_json" if expected < 0 else None)


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


# ---- heartbeats


def beat(app: TestApp, **more: object) -> Any:
    response = request(app, "POST", "/api/heartbeat/", {"user_id": EGON.id, **more})
    assert response.status_int == 200, response.text
    return response.json


def test_a_heartbeat_says_what_it_did_and_the_period_that_holds_it(app: TestApp, team: Storage) -> None:
    first = beat(app, at="2026-01-05T09:00:00-08:00")
    assert first == {
        "ok": True,
        "verdict": "started",
        "period": {"start_time": "2026-01-05T08:59:59-08:00", "end_time": "2026-01-05T09:00:00-08:00"},
    }
    whole = {"start_time": "2026-01-05T08:59:59-08:00", "end_time": "2026-01-05T09:05:00-08:00"}
    assert beat(app, at="2026-01-05T17:05:00Z") == {"ok": True, "verdict": "extended", "period": whole}
    assert beat(app, at="Jan 05 2026 09:03AM") == {"ok": True, "verdict": "unchanged", "period": whole}
    assert beat(app, at="2026-01-05T09:05:05-08:00", gap=4)["verdict"] == "started"
    assert len(all_rows(team)) == 8


def test_the_second_of_a_heartbeat_begins_on_the_clock_that_was_shown_then(local: TestApp, held: Storage) -> None:
    """Clocks in Sao Paulo went from 00:00 to 01:00."""
    held.bulk_import.store([User("sp", "S", "America/Sao_Paulo")], [])
    for shown in ("2018-11-04T03:00:00Z", "2018-11-04T01:00", "2018-11-04T01:00-02:00"):
        assert beat(local, user_id="sp", at=shown)["period"] == {
            "start_time": "2018-11-03T23:59:59-03:00",
            "end_time": "2018-11-04T01:00:00-02:00",
        }
    elsewhere = beat(local, user_id="sp", at="2019-11-04T01:00+05:30")["period"]
    assert elsewhere["start_time"] == "2019-11-04T00:59:59+05:30"


def test_a_heartbeat_is_now_unless_it_says_when(local: TestApp, held: Storage) -> None:
    before = instants.now()
    ends = at(beat(local)["period"]["end_time"])
    assert before <= ends <= instants.now()
    assert beat(local)["verdict"] == "extended"


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"at": "2026-01-05"}, 400, "invalid_argument"),
        ({"at": "x"}, 400, "invalid_argument"),
        ({"at": 5}, 400, "invalid_argument"),
        ({"at": None}, 400, "invalid_argument"),
        ({"at": "9999-12-30T00:00:00Z"}, 400, "invalid_argument"),
        ({"at": "9999-12-31T23:59:59"}, 400, "invalid_argument"),
        ({"at": "0001-01-01T00:00:00Z"}, 400, "invalid_argument"),
        ({"at": "1969-12-31T23:59:59Z"}, 422, "invalid_period"),
        ({"at": "1970-01-01T00:00:00.999999Z"}, 422, "invalid_period"),
        ({"at": "2026-03-08T02:30:00"}, 422, "nonexistent_local_time"),
        ({"at": "2026-11-01T01:30:00"}, 422, "ambiguous_local_time"),
        ({"gap": 0}, 400, "invalid_argument"),
        ({"gap": -1}, 400, "invalid_argument"),
        ({"gap": 86_401}, 400, "invalid_argument"),
        ({"gap": 10**17}, 400, "invalid_argument"),
        ({"gap": 1.5}, 400, "invalid_argument"),
        ({"gap": True}, 400, "invalid_argument"),
        ({"gap": "300"}, 400, "invalid_argument"),
        ({"user_id": "nobody"}, 404, "user_not_found"),
        ({"user_id": ""}, 400, "invalid_argument"),
        ({"user_id": None}, 400, "invalid_argument"),
        ({"user_id": ["W012A3CDE"]}, 400, "invalid_argument"),
        ({"x": 1}, 400, "unknown_field"),
    ],
    ids=str,
)
def test_a_heartbeat_that_cannot_be_is_refused(
    local: TestApp, held: Storage, more: dict[str, object], status: int, error: str
) -> None:
    assert refused(local, "POST", "/api/heartbeat/", {"user_id": EGON.id, **more})[:2] == (status, error)
    assert len(all_rows(held)) == 6


def test_the_first_second_of_1970_can_hold_a_heartbeat(local: TestApp) -> None:
    assert beat(local, at="1970-01-01T00:00:01Z")["period"]["start_time"] == "1969-12-31T16:00:00-08:00"
    assert beat(local, at="1970-01-01T00:00:01.5Z")["verdict"] == "extended"
    (far,) = in_seconds(3_590)
    assert beat(local, at=far)["verdict"] == "started"
    (further,) = in_seconds(3_660)
    assert refused(local, "POST", "/api/heartbeat/", {"user_id": EGON.id, "at": further})[0] == 400


# ---- users

NEW = {"id": "new", "real_name": "New", "tz": "Europe/Berlin"}


def test_a_user_is_made_once_and_sent_again_is_no_error(app: TestApp, team: Storage) -> None:
    for is_new in (True, False):
        assert request(app, "POST", "/api/users/", NEW).json == {"ok": True, "created": is_new, "member": NEW}
    for other in ({**NEW, "real_name": "Other"}, {**NEW, "tz": "UTC"}):
        assert refused(app, "POST", "/api/users/", other) == (409, "user_exists", [])
    assert team.users.find("new") == User("new", "New", "Europe/Berlin")


def test_a_user_is_put_and_patched(app: TestApp, team: Storage) -> None:
    path = "/api/users/new/"
    assert request(app, "PATCH", path, {"real_name": "X"}).json["error"] == "user_not_found"
    body = {"real_name": "New", "tz": "Europe/Berlin"}
    assert request(app, "PUT", path, body).json == {"ok": True, "created": True, "member": NEW}
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
        ("PATCH", "/api/users/nobody", {"tz": "UTC"}, 404, "user_not_found"),
        ("DELETE", "/api/users/nobody", None, 404, "user_not_found"),
        ("DELETE", "/api/users/W012A3CDE%FF", None, 404, "not_found"),
        ("DELETE", "/api/users/W012%C3A3CDE", None, 404, "not_found"),
        ("GET", "/api/users/%ff", None, 404, "not_found"),
        ("DELETE", "/api/users/%00", None, 404, "user_not_found"),
        ("GET", "/api/users/%00", None, 404, "user_not_found"),
        ("GET", "/api/users/%00/export", None, 404, "user_not_found"),
        ("GET", "/api/users/nobody/export", None, 404, "user_not_found"),
        ("DELETE", "/api/users/" + "a" * 5_000, None, 404, "user_not_found"),
    ],
)
def test_a_user_that_cannot_be_or_is_not_there_is_refused(
    app: TestApp, team: Storage, method: str, path: str, body: object, status: int, error: str
) -> None:
    before = list(team.users.all())
    assert refused(app, method, path, body)[:2] == (status, error)
    assert list(team.users.all()) == before


def test_naughty_names_are_taken_and_come_back_in_every_answer(sqlite_storage: Storage) -> None:
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


def test_a_user_who_moves_keeps_the_dates_and_offsets_of_the_past(local: TestApp, held: Storage) -> None:
    question = {"id_list": [EGON.id], "time_format": "iso"}
    before = local.post_json("/api/loguseractivity", question).json["members"][0]["activity_periods"]
    days = local.post_json("/api/summary", question).json["members"][0]["days"]
    request(local, "PATCH", f"/api/users/{EGON.id}", {"tz": "Pacific/Auckland"})
    member = local.post_json("/api/loguseractivity", question).json["members"][0]
    assert (member["tz"], member["activity_periods"]) == ("Pacific/Auckland", before)
    after = local.post_json("/api/summary", question).json["members"][0]["days"]
    active = [
        [(day["date"], day["active_seconds"]) for day in found if day["active_seconds"]] for found in (days, after)
    ]
    assert active[0] == active[1]
    new = record(local, {**ONE, "start_time": "2026-01-05T09:00", "end_time": "2026-01-05T10:00"})
    assert new["inserted"] == 1
    assert all_rows(held)[3][3:5] == (13 * 3600, 13 * 3600)


def test_whoever_is_deleted_is_gone_from_the_file(sqlite_storage: Storage, tmp_path: Path) -> None:
    canary = User("canary-id", "Canary Name", "Antarctica/Troll")
    app = TestApp(create_app(sqlite_storage))
    headers = make_token(sqlite_storage, "admin")
    make_token(sqlite_storage, "read", users=("canary-id", "other"))
    sqlite_storage.bulk_import.store([canary, EGON], assignment_periods(canary) + assignment_periods(EGON))
    assert b"canary-id" in (tmp_path / "ftl.sqlite3").read_bytes()
    assert app.delete("/api/users/canary-id", headers=headers).json == {"ok": True}
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not [word for word in (b"canary-id", b"Canary Name", b"Antarctica/Troll") if word in held]
    assert b"Egon Spengler" in held
    assert app.get("/api/users/canary-id", headers=headers, expect_errors=True).status_int == 404
    assert app.delete("/api/users/canary-id", headers=headers, expect_errors=True).status_int == 404


# ---- everything that is held


def test_what_is_held_of_a_user_can_be_imported_again(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    team = [EGON, User("quiet", 'Quiet "Q" \U0001f600', "Africa/Monrovia")]
    odd = ActivityPeriod(EGON.id, 1, 2, -28_800, -28_800)
    storage.bulk_import.store(team, [*assignment_periods(EGON), odd])
    app = TestApp(create_app(storage))
    for user in team:
        response = app.get(f"/api/users/{user.id}/export/")
        check_common_stream(response, "application/json")
        assert response.json["ok"] is True
        (tmp_path / user.id).write_bytes(response.body)
    other = tmp_path / "other.sqlite3"
    monkeypatch.setenv("DATABASE_URL", str(other))
    assert [main(["import", "members", str(tmp_path / user.id)]) for user in team] == [0, 0]
    with Storage.open(str(other)) as copy:
        assert list(copy.users.all()) == list(storage.users.all())
        assert [row[:5] for row in all_rows(copy)] == [row[:5] for row in all_rows(storage)]


def check_common_stream(response: TestResponse, content_type: str) -> None:
    assert response.content_type == content_type
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


def test_an_export_has_a_line_for_all_that_is_held_and_one_that_counts_them(app: TestApp, team: Storage) -> None:
    team.users.add_new([User("quiet", "Q", "UTC")])
    response = app.get("/api/export/")
    check_common_stream(response, "application/x-ndjson")
    *found, last = map(json.loads, response.text.splitlines())
    assert last == {"ok": True, "count": 9} == {"ok": True, "count": len(found)}
    assert [line["id"] for line in found if "id" in line] == ["W012A3CDE", "W07QCRPA4", "quiet"]
    assert found[1] == {"user_id": EGON.id, **assignment_periods(EGON)[0].to_json("iso")}
    assert record(app, *[line for line in found if "user_id" in line])["duplicates"] == 6


def test_an_export_of_nothing_is_one_line(sqlite_storage: Storage) -> None:
    assert TestApp(create_app(sqlite_storage)).get("/api/export").body == b'{"ok":true,"count":0}\n'


@pytest.fixture
def three_pages(sqlite_storage: Storage) -> Storage:
    sqlite_storage.bulk_import.store(
        [EGON],
        (ActivityPeriod(EGON.id, n * instants.MINUTE, (n + 1) * instants.MINUTE, 0, 0) for n in range(11_000)),
    )
    return sqlite_storage


def test_an_export_takes_no_more_memory_for_more_periods(three_pages: Storage) -> None:
    def peak(pieces: Any, most: int) -> tuple[int, int]:
        """Return what the first pieces take at most, and how long they are."""
        length = 0
        tracemalloc.start()
        for number, piece in enumerate(pieces):
            length += len(piece)
            if number == most:
                break
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return taken, length

    ways = ((lambda: exports.lines(three_pages), 1), (lambda: exports.user_pieces(three_pages, EGON), 2))
    for pieces, first_page in ways:
        peak(pieces(), first_page)  # what is made once
        (few, short), (all_, long) = peak(pieces(), first_page), peak(pieces(), 1_000)
        assert long > 2 * short
        assert all_ < 1.5 * few


@pytest.mark.parametrize("path", ["/api/export", f"/api/users/{EGON.id}/export"])
def test_an_export_that_fails_on_the_way_is_seen_to_be_broken(
    three_pages: Storage, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    pages = three_pages.periods.pages_of

    def fail(user_id: str) -> Any:
        """Take the table away before the last of it has been read."""
        for number, page in enumerate(pages(user_id)):
            if number == 1:
                with transaction(three_pages.database, write=True) as connection:
                    connection.execute(sa.text("DROP TABLE activity_periods"))
            yield page

    three_pages.periods.pages_of = fail  # type: ignore[method-assign]
    with serving(create_app(three_pages)) as url:
        parts = urlsplit(url)
        with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"Transfer-Encoding: chunked" in received
    assert EGON.real_name.encode() in received
    assert not received.endswith(b"0\r\n\r\n")
    assert b'"count"' not in received
    assert "no such table" in caplog.text


def test_a_short_export_comes_whole_to_a_real_client(server_url: str) -> None:
    connection = http.client.HTTPConnection(str(urlsplit(server_url).netloc), timeout=10)
    for _ in range(2):  # on one connection
        connection.request("GET", "/api/export/")
        response = connection.getresponse()
        assert response.headers["Transfer-Encoding"] is None
        assert response.read().endswith(b'{"ok":true,"count":8}\n')
    connection.request("HEAD", "/api/export/")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    connection.close()


def test_an_export_goes_on_while_somebody_is_deleted(storage: Storage) -> None:
    storage.bulk_import.store([EGON, GLINDA], assignment_periods(EGON) + assignment_periods(GLINDA))
    pieces = exports.lines(storage)
    first = next(pieces)
    storage.users.delete(GLINDA.id)
    *found, last = map(json.loads, (first + b"".join(pieces)).splitlines())
    assert last == {"ok": True, "count": len(found)}
    assert len([line for line in found if line.get("user_id") == EGON.id]) == 3


# ---- everything at once


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=8,
)
times = st.sampled_from([ONE["start_time"], ONE["end_time"], "1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "x"])
items = json_values | st.fixed_dictionaries(
    {}, optional={"user_id": st.just(EGON.id) | json_values, "start_time": times | json_values, "end_time": times}
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [
            ("POST", PATH),
            ("DELETE", PATH),
            ("POST", "/api/heartbeat"),
            ("POST", "/api/users"),
            ("PATCH", "/api/users/x"),
        ]
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "periods": st.lists(items, max_size=5) | json_values,
            "partial": st.booleans() | json_values,
            "dry_run": st.booleans() | json_values,
        },
    )
    | items
    | json_values,
)
def test_no_json_breaks_what_writes(sqlite_storage: Storage, where: tuple[str, str], body: object) -> None:
    sqlite_storage.bulk_import.store([EGON], [])
    response = request(TestApp(create_app(sqlite_storage)), *where, json.dumps(body).encode())
    assert response.status_int in (200, 400, 404, 409, 422)


def test_no_write_says_in_the_log_what_it_wrote(sqlite_storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    app = TestApp(create_app(sqlite_storage))
    user = {"id": "canary-id", "real_name": "canary-name", "tz": "Europe/Berlin"}
    request(app, "POST", "/api/users", user)
    request(app, "POST", "/api/users", {**user, "real_name": "canary-other"})
    record(app, {**ONE, "user_id": "canary-id"})
    record(app, {**ONE, "user_id": "canary-nobody", "start_time": "canary-time"}, partial=True)
    request(app, "POST", "/api/heartbeat", {"user_id": "canary-id", "at": "canary-time"})
    assert "canary" not in caplog.text


def test_what_lies_far_ahead_cannot_be_recorded_but_deleted(app: TestApp, team: Storage) -> None:
    ahead = instants.now() + 30 * 24 * instants.HOUR
    period = ActivityPeriod(EGON.id, ahead, ahead + instants.HOUR, 0, 0)
    sent = {"periods": [{"user_id": EGON.id, **period.to_json("iso")}]}
    assert refused(app, "POST", "/api/activity", sent)[2] == [("/periods/0/end_time", "invalid_period")]
    team.bulk_import.store([], [period])  # as a file may have it
    response = request(
        app, "DELETE", "/api/activity", {"periods": [{"user_id": EGON.id, **period.to_json("iso")}]}
    )
    assert (response.status_int, response.json["deleted"]) == (200, 1)
