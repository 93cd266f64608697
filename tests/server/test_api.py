"""The endpoint: the assignment's contract, and every way to get it wrong."""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp, TestResponse

from ftlclient import Client, NotThisAPIError
from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain.period import LONGEST_PERIOD, ActivityPeriod, Span
from ftlserver.domain.user import User
from ftlserver.errors import DatabaseError, InvalidUserError
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests import plain
from tests.conftest import DATA, TIMES, serving

PATH = "/api/loguseractivity/"
NAUGHTY = json.loads((DATA / "naughty-strings.json").read_text())
SUITE = sorted((DATA / "json-test-suite").glob("*.json"))


def post(app: TestApp, body: bytes, content_type: str = "application/json", path: str = PATH) -> TestResponse:
    response = app.post(path, body, content_type=content_type, expect_errors=True)
    check_shape(response)
    return response


def check_shape(response: TestResponse) -> None:
    """Check what holds for every answer."""
    assert response.content_type == "application/json"
    assert int(response.headers["Content-Length"]) == len(response.body)
    assert response.headers["X-Request-Id"]
    assert response.headers["Cache-Control"] == "no-store"
    answer = response.json
    assert answer["ok"] is (response.status_int == 200)
    if not answer["ok"]:
        assert answer["status"] == response.status_int
        assert answer["request_id"] == response.headers["X-Request-Id"]
        assert answer["message"]
        assert len(answer.get("errors", [])) <= 10


def refusal(app: TestApp, document: object) -> tuple[int, str, Any]:
    response = post(app, json.dumps(document).encode())
    return response.status_int, response.json["error"], response.json.get("errors")


def test_the_assignments_request_has_the_assignments_answer(app: TestApp) -> None:
    response = app.post_json(PATH, {"id_list": ["W012A3CDE", "W07QCRPA4"]})
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


def test_the_last_slash_may_be_left_out(app: TestApp) -> None:
    assert post(app, b'{"id_list":["W012A3CDE"]}', path=PATH.rstrip("/")).status_int == 200


def test_members_come_in_the_order_asked_and_the_unknown_are_named(app: TestApp) -> None:
    answer = app.post_json(PATH, {"id_list": ["x", "W07QCRPA4", "W012A3CDE", "x", "W07QCRPA4", "y"]}).json
    assert [member["id"] for member in answer["members"]] == ["W07QCRPA4", "W012A3CDE"]
    assert answer["not_found"] == ["x", "y"]


def test_nobody_found_is_an_answer_too(app: TestApp) -> None:
    assert app.post_json(PATH, {"id_list": ["x"]}).json == {"ok": True, "members": [], "not_found": ["x"]}


def test_a_user_without_activity_has_an_empty_list(app: TestApp, team: Storage) -> None:
    team.users.add_new([User("idle", "I", "UTC")])
    assert app.post_json(PATH, {"id_list": ["idle"]}).json["members"][0]["activity_periods"] == []


def test_iso_times_carry_the_recorded_offset(app: TestApp) -> None:
    answer = app.post_json(PATH, {"id_list": ["W07QCRPA4"], "time_format": "iso"}).json
    assert answer["members"][0]["activity_periods"][0] == {
        "start_time": "2020-02-01T13:33:00+05:30",
        "end_time": "2020-02-01T13:54:00+05:30",
    }


@pytest.mark.parametrize("document", [{}, {"id_list": []}, {"time_format": "iso"}])
def test_no_user_is_refused_in_the_assignments_words(app: TestApp, document: object) -> None:
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
def test_an_id_list_of_another_kind_is_refused_by_pointer(
    app: TestApp, id_list: object, pointer: str, code: str
) -> None:
    status, error, errors = refusal(app, {"id_list": id_list})
    assert (status, error) == (400, "invalid_argument")
    assert (errors[0]["pointer"], errors[0]["code"]) == (pointer, code)


def test_ten_thousand_bad_ids_are_refused_at_once_and_a_thousand_good_ones_taken(app: TestApp) -> None:
    assert refusal(app, {"id_list": [0] * 10_000})[1] == "too_many_ids"
    assert len(refusal(app, {"id_list": [0] * 1_000})[2]) == 10
    response = post(app, json.dumps({"id_list": [f"u{n}" for n in range(1001)]}).encode())
    assert (response.status_int, response.json["max"]) == (400, 1000)
    assert len(app.post_json(PATH, {"id_list": [f"u{n}" for n in range(1000)]}).json["not_found"]) == 1000


@pytest.mark.parametrize("time_format", ["ISO", "", None, 5, ["iso"], "x"])
def test_a_time_format_that_is_none_is_refused(app: TestApp, time_format: object) -> None:
    status, error, errors = refusal(app, {"id_list": ["a"], "time_format": time_format})
    assert (status, error, errors[0]["pointer"]) == (400, "invalid_argument", "/time_format")


def test_fields_nobody_knows_are_refused(app: TestApp) -> None:
    status, error, errors = refusal(app, {"id_list": ["a"], "is_admin": True, "a/b": 1})
    assert (status, error) == (400, "unknown_field")
    assert [problem["pointer"] for problem in errors] == ["/a~1b", "/is_admin"]
    assert refusal(app, {f"k{n}": 1 for n in range(20_000)})[1] == "unknown_field"


@pytest.mark.parametrize("document", [[], ["W012A3CDE"], "x", 5, None, True])
def test_json_that_is_no_object_is_refused(app: TestApp, document: object) -> None:
    assert refusal(app, document)[:2] == (400, "json_not_object")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"]
)
def test_another_content_type_is_refused(app: TestApp, content_type: str) -> None:
    response = post(app, b'{"id_list":["W012A3CDE"]}', content_type=content_type)
    assert (response.status_int, response.json["error"]) == (415, "unsupported_media_type")
    assert response.headers["Accept-Post"] == "application/json"


def test_a_content_type_may_have_parameters(app: TestApp) -> None:
    assert post(app, b'{"id_list":["W012A3CDE"]}', "Application/JSON; charset=utf-8").status_int == 200


def test_a_body_is_at_most_a_mebibyte(app: TestApp) -> None:
    document = b'{"id_list":["W012A3CDE"]}'
    assert post(app, document.ljust(1024 * 1024)).status_int == 200
    response = post(app, document.ljust(1024 * 1024 + 1))
    assert (response.status_int, response.json["error"], response.json["max"]) == (
        413,
        "body_too_large",
        1024 * 1024,
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_another_method_is_refused_and_told_which_to_use(app: TestApp, method: str) -> None:
    response = app.request(PATH, method=method, expect_errors=True)
    check_shape(response)
    assert (response.status_int, response.json["error"]) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "GET,POST"


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/", "//api/loguseractivity/", "/x/<script>", "/%00", "/%ff", "/api/x"]
)
def test_another_path_is_refused_without_being_repeated(app: TestApp, path: str) -> None:
    response = app.post(path, b"{}", content_type="application/json", expect_errors=True)
    check_shape(response)
    assert (response.status_int, response.json["error"]) == (404, "not_found")
    assert "<script>" not in response.text


@pytest.mark.parametrize("path", SUITE, ids=lambda path: path.stem)
def test_the_json_test_suite_never_breaks_the_endpoint(sqlite_storage: Storage, path: Path) -> None:
    app = TestApp(create_app(sqlite_storage))
    data = path.read_bytes()
    for body in (data, b'{"id_list":' + data + b"}", b'{"id_list":[' + data + b"]}"):
        response = post(app, body)
        assert response.status_int in (200, 400)
        if path.name.startswith("n_") and body == data:
            assert response.status_int == 400


@pytest.mark.parametrize("chunk", range(8))
def test_naughty_strings_as_ids_are_refused_or_nobodys(sqlite_storage: Storage, chunk: int) -> None:
    app = TestApp(create_app(sqlite_storage))
    for text in NAUGHTY[chunk::8]:
        response = post(app, json.dumps({"id_list": [text]}).encode())
        assert response.status_int == 400 or response.json["not_found"] == [text]


def test_naughty_strings_as_names_are_stored_and_answered(storage: Storage) -> None:
    users = []
    for number, text in enumerate(NAUGHTY):
        try:
            users.append(User(f"u{number}", text, "UTC"))
        except InvalidUserError:
            assert text == "" or len(text) > 200 or any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)
    assert len(users) > 240
    storage.users.add_new(users)
    answer = TestApp(create_app(storage)).post_json(PATH, {"id_list": [user.id for user in users]}).json
    assert [member["real_name"] for member in answer["members"]] == [user.real_name for user in users]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=5) | st.dictionaries(st.text(), children, max_size=5),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.fixed_dictionaries({}, optional={"id_list": json_values, "time_format": json_values}) | json_values)
def test_no_json_breaks_the_endpoint(sqlite_storage: Storage, document: object) -> None:
    response = post(TestApp(create_app(sqlite_storage)), json.dumps(document).encode())
    assert response.status_int in (200, 400)


def test_health_needs_no_database(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    sqlite_storage.database.close()
    response = app.get("/healthz")
    check_shape(response)
    assert response.json["tzdata"] >= "2026c"


def test_readiness_says_whether_the_database_can_be_written(sqlite_storage: Storage, tmp_path: Path) -> None:
    app = TestApp(create_app(sqlite_storage))
    assert app.get("/readyz").json == {"ok": True}
    (tmp_path / "ftl.sqlite3").rename(tmp_path / "gone")
    response = app.get("/readyz", expect_errors=True)
    check_shape(response)
    assert (response.status_int, response.json["error"]) == (503, "database_unavailable")
    assert response.headers["Retry-After"] == "1"
    assert str(tmp_path) not in response.text


def test_what_nobody_foresaw_is_one_json_error(sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(sqlite_storage.periods, "histories", broken)
    response = post(TestApp(create_app(sqlite_storage)), b'{"id_list":["a"]}')
    assert "secret" in response.errors
    assert (response.status_int, response.json["error"]) == (500, "internal_error")
    assert "secret" not in response.text


def test_many_periods_of_one_user_are_all_answered(app: TestApp, team: Storage) -> None:
    team.bulk_import.store(
        [], [ActivityPeriod("W012A3CDE", n * 10**9, n * 10**9 + 1, 0, 0) for n in range(12_000)]
    )
    answer = app.post_json(PATH, {"id_list": ["W012A3CDE"]}).json
    assert len(answer["members"][0]["activity_periods"]) == 12_003


# ---- the fast way equals the plain one

moments = st.integers(0, instants.END_OF_TIME - LONGEST_PERIOD - 1) | st.integers(0, 10**14)
spans = st.tuples(moments, st.integers(1, LONGEST_PERIOD), *[st.integers(-50_400, 50_400)] * 2)
histories = st.dictionaries(st.sampled_from(["a", "b", "c", "d@e.f"]), st.lists(spans, max_size=6), max_size=4)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(histories=histories, ids=st.lists(st.sampled_from(["a", "b", "c", "d@e.f", "x"]), min_size=1, max_size=6))
def test_the_answer_is_that_of_the_plain_way_byte_for_byte(
    storage: Storage, histories: dict[str, list[tuple[int, int, int, int]]], ids: list[str]
) -> None:
    for user in storage.users.all():
        storage.users.delete(user.id)
    storage.bulk_import.store(
        [User(user_id, "Zoë \N{SNOWMAN}", "Europe/Berlin") for user_id in histories],
        [
            ActivityPeriod(user_id, start, start + length, *offsets)
            for user_id, spans in histories.items()
            for start, length, *offsets in spans
        ],
    )
    app = TestApp(create_app(storage))
    for time_format in ("display", "iso"):
        expected = plain.answer(storage, ids, time_format)
        assert app.post_json(PATH, {"id_list": ids, "time_format": time_format}).body == expected
        everything = {"id_list": ids, "time_format": time_format, "clip": True}
        assert app.post_json(PATH, everything).body == expected


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    histories=histories,
    edges=st.lists(st.integers(0, 10**14) | st.integers(0, 4 * 10**15), min_size=2, max_size=2, unique=True).map(
        sorted
    ),
    tz=st.sampled_from([None, "Asia/Kathmandu", "America/New_York", "Africa/Monrovia"]),
)
def test_the_answer_about_a_window_is_that_of_the_plain_way(
    storage: Storage, histories: dict[str, list[tuple[int, int, int, int]]], edges: list[int], tz: str | None
) -> None:
    for user in storage.users.all():
        storage.users.delete(user.id)
    ids = ["d@e.f", "a", "x", "b", "c"]
    near = [(length // 2, length) for length in range(1, 8)]
    storage.bulk_import.store(
        [User(user_id, "Zoë", "Europe/Berlin") for user_id in histories],
        [
            ActivityPeriod(user_id, start, start + length, *offsets)
            for user_id, spans in histories.items()
            for start, length, *offsets in spans
        ]
        + [
            ActivityPeriod(user_id, max(0, edge - before), edge - before + length + before, -18_000, 20_700)
            for user_id in histories
            for edge in edges
            for before, length in near
        ],
    )
    app = TestApp(create_app(storage))
    window = {
        "from": time_formats.iso(edges[0], 0),
        "to": time_formats.iso(edges[1], 0),
        **({"tz": tz} if tz else {}),
    }
    for time_format in ("display", "iso"):
        expected = json.loads(
            plain.answer(storage, ids, time_format, (edges[0], edges[1]), timezones.zone(tz) if tz else None)
        )
        answer = app.post_json(PATH, {"id_list": ids, "time_format": time_format, **window}).json
        assert answer["members"] == expected["members"]
        assert answer.get("not_found") == expected.get("not_found")


@pytest.mark.parametrize("time_format", ["display", "iso"])
def test_a_long_answer_is_streamed_and_the_same(storage: Storage, time_format: str) -> None:
    users = [User(f"u{number}", "U", "UTC") for number in range(120)]
    storage.bulk_import.store(
        users,
        [
            ActivityPeriod(user.id, n * 10**9, n * 10**9 + 1, 0, 0)
            for index, user in enumerate(users)
            for n in range(5_001 if index == 7 else 1_000 if index == 8 else 20)
        ],
    )
    ids = [user.id for user in users] + ["nobody"]
    body = json.dumps({"id_list": ids, "time_format": time_format})
    with (
        serving(create_app(storage)) as url,
        closing(HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection,
    ):
        connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert response.read() == plain.answer(storage, ids, time_format)
        connection.request(
            "POST",
            PATH,
            json.dumps({"id_list": ids, "time_format": time_format, "from": "1970-01-01T00:00:00Z"}),
            {"Content-Type": "application/json"},
        )
        windowed = json.loads(connection.getresponse().read())
        assert windowed["members"] == json.loads(plain.answer(storage, ids, time_format))["members"]


def test_a_long_answer_that_breaks_off_has_no_end(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_storage.bulk_import.store(
        [User("a", "A", "UTC")], [ActivityPeriod("a", n, n + 1, 0, 0) for n in range(20_000)]
    )
    pages = sqlite_storage.periods.pages_of

    def broken(user_id: str) -> Iterator[list[Span]]:
        found = pages(user_id)
        yield next(found)
        yield next(found)
        raise DatabaseError("database_unavailable", "gone", "x")

    monkeypatch.setattr(sqlite_storage.periods, "pages_of", broken)
    with serving(create_app(sqlite_storage)) as url, Client(url) as client:
        with pytest.raises(NotThisAPIError, match="its answer is incomplete"):
            client.log_user_activity(["a"], time_format="display")
