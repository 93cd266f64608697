"""Errors: one shape, whatever goes wrong."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ACTIVITY, EGON, ONE_PERIOD, PERIODS, check_shape, post, request


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_another_method_is_refused_with_an_allow_header(app: TestApp, method: str) -> None:
    response = app.request(ACTIVITY, method=method, expect_errors=True)
    check_shape(response)
    assert (response.status_int, response.json["error"]) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "GET,POST"


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "//api/loguseractivity/", "/x/<script>", "/%00", "/%ff", "/api/x"]
)
def test_another_path_is_refused_without_being_repeated(app: TestApp, path: str) -> None:
    response = app.post(path, b"{}", content_type="application/json", expect_errors=True)
    check_shape(response)
    assert (response.status_int, response.json["error"]) == (404, "not_found")
    assert "<script>" not in response.text


def test_an_unexpected_exception_is_one_json_error(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(sqlite_storage.periods, "histories", broken)
    response = post(TestApp(create_app(sqlite_storage)), b'{"id_list":["a"]}')
    assert "secret" in response.errors
    assert (response.status_int, response.json["error"]) == (500, "internal_error")
    assert "secret" not in response.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=8,
)

times = st.sampled_from(
    [ONE_PERIOD["start_time"], ONE_PERIOD["end_time"], "1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "x"]
)

items = json_values | st.fixed_dictionaries(
    {}, optional={"user_id": st.just(EGON.id) | json_values, "start_time": times | json_values, "end_time": times}
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [
            ("POST", PERIODS),
            ("DELETE", PERIODS),
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
def test_no_json_makes_a_write_fail_unexpectedly(
    sqlite_storage: Storage, where: tuple[str, str], body: object
) -> None:
    sqlite_storage.bulk_import.store([EGON], [])
    response = request(TestApp(create_app(sqlite_storage)), *where, json.dumps(body).encode())
    assert response.status_int in (200, 400, 404, 409, 422)
