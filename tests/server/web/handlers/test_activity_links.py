"""The assignment's question as a link, and page by page."""

import pytest
from webtest import TestApp

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ABOUT_BOTH, check_shape


def test_a_link_is_answered_like_the_same_body(app: TestApp) -> None:
    document = {
        **ABOUT_BOTH,
        "from": "2020-03-01",
        "to": "2020-03-10",
        "tz": "UTC",
        "time_format": "iso",
        "clip": True,
    }
    link = "/api/loguseractivity/?id=W012A3CDE&id=W07QCRPA4&from=2020-03-01&to=2020-03-10&tz=UTC&time_format=iso&clip=true"
    assert app.get(link).body == app.post_json("/api/loguseractivity/", document).body


def test_a_link_may_exclude_members_by_several_patterns(app: TestApp) -> None:
    link = "/api/loguseractivity/?id=W012A3CDE&id=W07QCRPA4&exclude=*glinda*&exclude=x*"
    document = {**ABOUT_BOTH, "exclude": ["*glinda*", "x*"]}
    assert app.get(link).body == app.post_json("/api/loguseractivity/", document).body
    assert [member["id"] for member in app.get(link).json["members"]] == ["W012A3CDE"]


def test_a_link_without_ids_pages_through_all_users(app: TestApp, team: Storage) -> None:
    team.users.add_new([User(f"u{n}", "U", "UTC") for n in range(7)])
    ids, link = [], "/api/loguseractivity/?limit=2"
    for _ in range(10):
        answer = app.get(link).json
        ids += [member["id"] for member in answer["members"]]
        if "response_metadata" not in answer:
            break
        link = f"/api/loguseractivity/?limit=2&cursor={answer['response_metadata']['next_cursor']}"
    assert ids == sorted(["W012A3CDE", "W07QCRPA4", *(f"u{n}" for n in range(7))])
    assert len(app.get("/api/loguseractivity").json["members"]) == 9


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("limit=0", "invalid_argument"),
        ("limit=1001", "invalid_argument"),
        ("limit=x", "invalid_argument"),
        ("limit=00000000199999999999999999999999999999", "invalid_argument"),
        ("limit=2&limit=3", "invalid_argument"),
        ("cursor=x", "invalid_cursor"),
        ("cursor=Mjp4", "invalid_cursor"),
        ("cursor=%ff", "invalid_argument"),
        ("cursor=MTphIGI", "invalid_cursor"),
        ("x=1", "unknown_field"),
        ("id=a&limit=1", "unknown_field"),
        ("id=a%20b", "invalid_argument"),
        ("clip=maybe", "invalid_argument"),
        ("id_list=a", "unknown_field"),
        ("all=true", "unknown_field"),
        ("tz=Mars", "unknown_timezone"),
    ],
)
def test_an_invalid_query_string_is_refused(app: TestApp, query: str, error: str) -> None:
    response = app.get(f"/api/loguseractivity/?{query}", expect_errors=True)
    check_shape(response)
    assert response.json["error"] == error


def test_without_users_a_page_is_empty(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    assert app.get("/api/loguseractivity/").json == {"ok": True, "members": []}
    assert app.get("/api/users/").json == {"ok": True, "members": []}
