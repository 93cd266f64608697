"""The body of a request: its type, its size and its JSON."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from ftlserver.web.schemas import MOST_PROBLEMS
from tests.helpers import JSON_SUITE, post, refused_post


@pytest.mark.parametrize("document", [[], ["W012A3CDE"], "x", 5, None, True])
def test_json_that_is_not_an_object_is_refused(app: TestApp, document: object) -> None:
    assert refused_post(app, document)[:2] == (400, "json_not_object")


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


@pytest.fixture(scope="module")
def empty_app(sqlite_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestApp]:
    """Give an application without users, one for all tests that write nothing."""
    path = shutil.copy(sqlite_tables, tmp_path_factory.mktemp("empty"))
    with Storage.open(str(path), threads=8) as storage:
        yield TestApp(create_app(storage))


@pytest.mark.parametrize("path", JSON_SUITE, ids=lambda path: path.stem)
def test_the_json_test_suite_causes_no_unexpected_error(empty_app: TestApp, path: Path) -> None:
    data = path.read_bytes()
    for body in (data, b'{"id_list":' + data + b"}", b'{"id_list":[' + data + b"]}"):
        response = post(empty_app, body)
        assert response.status_int in (200, 400)
        if path.name.startswith("n_") and body == data:
            assert response.status_int == 400


def test_at_most_ten_things_that_are_wrong_are_listed(empty_app: TestApp) -> None:
    status, code, problems = refused_post(empty_app, {"team": "a", "id_list": [""] * 20})
    assert (status, code, len(problems)) == (400, "invalid_argument", MOST_PROBLEMS)
    assert problems[0]["pointer"] == "/team"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=5) | st.dictionaries(st.text(), children, max_size=5),
    max_leaves=10,
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.fixed_dictionaries({}, optional={"id_list": json_values, "time_format": json_values}) | json_values)
def test_no_json_causes_an_unexpected_error(sqlite_storage: Storage, document: object) -> None:
    response = post(TestApp(create_app(sqlite_storage)), json.dumps(document).encode())
    assert response.status_int in (200, 400)
