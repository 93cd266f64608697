"""Periods as NDJSON: a period on each line."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import EGON, ONE_PERIOD, PERIODS, all_rows, request


def ndjson(*items: object) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def test_periods_may_be_sent_as_ndjson(sqlite_app: TestApp, sqlite_team: Storage) -> None:
    body = ndjson(ONE_PERIOD, {**ONE_PERIOD, "start_time": "2026-01-05T08:50:00-08:00"}).replace(
        b"\n", b"\r\n\n \t\n"
    )
    answer = request(sqlite_app, "POST", PERIODS, body, "application/x-ndjson").json
    assert (answer["inserted"], len(all_rows(sqlite_team))) == (2, 8)
    answer = request(sqlite_app, "DELETE", PERIODS, body.rstrip(), "Application/X-NDJSON; charset=utf-8").json
    assert (answer["deleted"], len(all_rows(sqlite_team))) == (2, 6)


def test_the_options_of_ndjson_are_in_the_query_string(sqlite_app: TestApp, sqlite_team: Storage) -> None:
    body = ndjson(ONE_PERIOD, 5)
    assert request(sqlite_app, "POST", PERIODS, body, "application/x-ndjson").status_int == 422
    dry = request(sqlite_app, "POST", PERIODS + "?dry_run=true", body, "application/x-ndjson").json
    assert (dry["inserted"], dry["rejected"], dry["dry_run"], len(all_rows(sqlite_team))) == (1, 1, True, 6)
    partial = request(
        sqlite_app, "POST", PERIODS + "?partial=true&dry_run=false", body, "application/x-ndjson"
    ).json
    assert (partial["inserted"], partial["rejected"], len(all_rows(sqlite_team))) == (1, 1, 7)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("?partial=1", "invalid_argument"),
        ("?dry_run=", "invalid_argument"),
        ("?dry_run=True", "invalid_argument"),
        ("?dry_run=true&dry_run=false", "invalid_argument"),
        ("?partial=true&partial=true", "invalid_argument"),
        ("?dryrun=true", "unknown_field"),
        ("?periods=x", "unknown_field"),
        ("?%ff=true", "invalid_argument"),
        ("?%00=true", "unknown_field"),
    ],
)
def test_an_invalid_query_string_is_refused(
    sqlite_app: TestApp, sqlite_team: Storage, query: str, error: str
) -> None:
    response = request(sqlite_app, "POST", PERIODS + query, ndjson(ONE_PERIOD), "application/x-ndjson")
    assert (response.status_int, response.json["error"]) == (400, error)
    assert len(all_rows(sqlite_team)) == 6


def test_the_options_of_json_are_refused_in_the_query_string(sqlite_app: TestApp, sqlite_team: Storage) -> None:
    """A dry run requested in the wrong place must not store anything."""
    response = request(sqlite_app, "POST", PERIODS + "?dry_run=true", {"periods": [ONE_PERIOD]})
    assert (response.status_int, response.json["error"]) == (400, "unknown_field")
    assert len(all_rows(sqlite_team)) == 6


TEXT = json.dumps(ONE_PERIOD)


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
def test_a_line_must_be_exactly_one_value(sqlite_app: TestApp, sqlite_team: Storage, body: str) -> None:
    response = request(sqlite_app, "POST", PERIODS, body.encode(), "application/x-ndjson")
    assert (response.status_int, response.json["error"]) == (400, "invalid_json")
    assert len(all_rows(sqlite_team)) == 6


def test_a_line_that_is_not_json_is_rejected_alone_if_the_others_are_wanted(
    sqlite_app: TestApp, sqlite_team: Storage
) -> None:
    other = {**ONE_PERIOD, "end_time": "2026-01-05T09:10:00-08:00"}
    body = ndjson(ONE_PERIOD) + b'{"user_id": "W012A3CDE", "start\n' + ndjson(other)[:-1]
    for query in ("", "?partial=false"):
        response = request(sqlite_app, "POST", PERIODS + query, body, "application/x-ndjson")
        assert (response.status_int, response.json["error"]) == (400, "invalid_json")
        assert response.json["message"].startswith("line 2: ")
    assert len(all_rows(sqlite_team)) == 6
    answer = request(sqlite_app, "POST", PERIODS + "?partial=true", body, "application/x-ndjson").json
    assert (answer["rejected"], len(answer["verdicts"])) == (1, 3)
    broken = answer["verdicts"][1]
    assert (broken["verdict"], broken["code"], broken["pointer"]) == ("rejected", "invalid_json", "")
    assert broken["message"].startswith("line 2: the body is not valid JSON")
    assert len(all_rows(sqlite_team)) > 6


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([TEXT, "{}", "[", "]", "{", "}", ",", "\n", '"', "1", ":", " "]), max_size=12).map(
        "".join
    )
)
def test_ndjson_is_accepted_only_if_each_line_is_json(sqlite_storage: Storage, text: str) -> None:
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
    answer = request(app, "POST", PERIODS + "?dry_run=true", text.encode(), "application/x-ndjson").json
    assert len(answer.get("verdicts", [])) == max(expected, 0)
    assert answer.get("error") == ("invalid_json" if expected < 0 else None)
    query = "?dry_run=true&partial=true"
    partial = request(app, "POST", PERIODS + query, text.encode(), "application/x-ndjson").json
    assert len(partial["verdicts"]) == sum(bool(line.strip(" \t\r")) for line in text.split("\n"))


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)
