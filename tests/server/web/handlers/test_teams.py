"""Teams over HTTP, questions about them, and tokens that are bound to one."""

from typing import Any

import pytest
from webtest import TestApp

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from tests.helpers import EGON, GLINDA, ask, make_token, refused, refused_request, request, send

AMARA = User("amara", "Amara Okafor", "Africa/Lagos")
QUESTIONS = [
    "loguseractivity",
    "summary",
    "overlap",
    "coverage",
    "rest",
    "presence",
    "hours",
    "meeting",
    "clock-changes",
]


@pytest.fixture
def backend(team: Storage, app: TestApp) -> Storage:
    """Give a storage with a team of the assignment's two members, and another user."""
    team.users.add_new([AMARA])
    body = {"id": "backend", "name": "Back end", "members": [GLINDA.id, EGON.id]}
    assert request(app, "POST", "/api/teams/", body).json["created"]
    return team


@pytest.mark.usefixtures("backend")
def test_a_team_is_made_read_changed_and_deleted(app: TestApp) -> None:
    members = [EGON.to_json(), GLINDA.to_json()]
    shown = {"id": "backend", "name": "Back end", "members": members}
    body = {"id": "backend", "name": "Back end", "members": [EGON.id, GLINDA.id]}
    again = request(app, "POST", "/api/teams", body).json
    assert again == {"ok": True, "created": False, "team": shown, "widened_tokens": 0, "change": None}
    assert app.get("/api/teams/").json == {"ok": True, "teams": [{"id": "backend", "name": "Back end", "size": 2}]}
    assert app.get("/api/teams/backend/").json == {"ok": True, "team": shown}
    changed = request(
        app, "PATCH", "/api/teams/backend", {"name": "B", "add": ["amara"], "remove": [EGON.id]}
    ).json
    assert changed == {
        "ok": True,
        "team": {"id": "backend", "name": "B", "members": [GLINDA.to_json(), AMARA.to_json()]},
        "added": 1,
        "removed": 1,
        "widened_tokens": 0,
        "change": changed["change"],
    }
    deleted = app.delete("/api/teams/backend").json
    assert deleted == {"ok": True, "bound_tokens": 0, "change": deleted["change"]}
    assert app.get("/api/teams").json["teams"] == []


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/api/teams/absent", None, 404, "team_not_found"),
        ("GET", "/api/teams/%ff", None, 404, "not_found"),
        ("GET", "/api/teams/a%20b", None, 404, "team_not_found"),
        ("DELETE", "/api/teams/absent", None, 404, "team_not_found"),
        ("PATCH", "/api/teams/absent", {"name": "A"}, 404, "team_not_found"),
        ("PATCH", "/api/teams/backend", {"add": ["absent"]}, 404, "user_not_found"),
        ("PATCH", "/api/teams/backend", {"add": []}, 400, "missing_argument"),
        ("PATCH", "/api/teams/backend", {"add": EGON.id}, 400, "invalid_argument"),
        ("PATCH", "/api/teams/backend", {"add": ["a"] * 1_001}, 400, "too_many_ids"),
        ("PATCH", "/api/teams/backend", {"name": ""}, 400, "invalid_argument"),
        ("PATCH", "/api/teams/backend", {"name": None}, 400, "invalid_argument"),
        ("PATCH", "/api/teams/backend", {"members": [EGON.id]}, 400, "unknown_field"),
        ("POST", "/api/teams", {"id": "a b", "name": "A"}, 400, "invalid_argument"),
        ("POST", "/api/teams", {"id": "a"}, 400, "missing_argument"),
        ("POST", "/api/teams", {"id": "a", "name": "A", "members": ["absent"]}, 404, "user_not_found"),
        ("POST", "/api/teams", {"id": "backend", "name": "Other"}, 409, "team_exists"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    app: TestApp, backend: Storage, method: str, path: str, body: object, status: int, error: str
) -> None:
    before = (backend.teams.all(), backend.teams.member_ids("backend"))
    if body is None:
        response = send(app, method, path)
        assert (response.status_int, response.json["error"]) == (status, error)
    else:
        assert refused_request(app, method, path, body)[:2] == (status, error)
    assert (backend.teams.all(), backend.teams.member_ids("backend")) == before


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_a_team_is_answered_as_about_its_members(app: TestApp, question: str) -> None:
    named = (
        ask(app, question, id_list=[EGON.id, GLINDA.id], to="2026-11-16T00:00:00Z")
        if question != "presence"
        else None
    )
    if named is None:
        about = {"at": "2026-11-16T00:00:00Z"}
        assert ask(app, question, team="backend", **about) == ask(
            app, question, id_list=[EGON.id, GLINDA.id], **about
        )
        return
    assert ask(app, question, team="backend", to="2026-11-16T00:00:00Z") == named
    assert ask(app, question, team="backend", limit=1)["omitted"] == {"inactive": 0, "beyond_limit": 1}


@pytest.mark.usefixtures("backend")
def test_a_question_is_about_ids_or_all_or_a_team(app: TestApp) -> None:
    for document, pointer in (
        ({"team": "backend", "all": True}, "/team"),
        ({"team": "backend", "id_list": [EGON.id]}, "/team"),
        ({"team": "a b"}, "/team"),
        ({"team": None}, "/team"),
        ({"team": ["backend"]}, "/team"),
    ):
        assert refused(app, "summary", **document) == (400, "invalid_argument", pointer)
    assert refused(app, "summary", team="absent")[:2] == (404, "team_not_found")
    link = app.get("/api/loguseractivity/?team=backend").json
    assert link == ask(app, "loguseractivity", id_list=[EGON.id, GLINDA.id])
    assert send(app, "GET", "/api/loguseractivity/?team=absent").json["error"] == "team_not_found"


def test_a_team_without_members_is_answered(app: TestApp, backend: Storage) -> None:
    assert request(app, "POST", "/api/teams/", {"id": "empty", "name": "Empty"}).json["team"]["members"] == []
    for question in QUESTIONS:
        assert ask(app, question, team="empty")["members"] == []
    assert app.get("/api/teams/empty").json["team"]["members"] == []
    assert len(backend.teams.all()) == 2


def sent(app: TestApp, headers: dict[str, str], method: str, path: str, body: object = None) -> tuple[int, Any]:
    response = send(app, method, path, body, headers)
    return response.status_int, response.json


def test_a_token_of_a_team_sees_those_who_are_in_it_now(app: TestApp, backend: Storage) -> None:
    token = make_token(backend, "read", team_id="backend")
    assert sent(app, token, "GET", "/api/whoami")[1]["team"] == "backend"
    assert sent(app, token, "GET", "/api/whoami")[1]["user_ids"] == [EGON.id, GLINDA.id]
    for body in ({"team": "backend"}, {"id_list": [EGON.id]}):
        assert sent(app, token, "POST", "/api/summary", body)[0] == 200
    for body in ({"all": True}, {"id_list": ["amara"]}, {"team": "absent"}):
        assert sent(app, token, "POST", "/api/summary", body)[0] == 403
    backend.teams.change("backend", add=["amara"], remove=[EGON.id])
    assert sent(app, token, "POST", "/api/summary", {"id_list": ["amara"]})[0] == 200
    assert sent(app, token, "POST", "/api/summary", {"id_list": [EGON.id]})[0] == 403
    found = sent(app, token, "GET", "/api/users/?query=a")[1]["members"]
    assert [member["id"] for member in found] == ["W07QCRPA4", "amara"]


def test_a_token_of_a_deleted_team_sees_no_one_even_if_the_team_is_made_again(
    app: TestApp, backend: Storage
) -> None:
    token = make_token(backend, "admin", team_id="backend")
    admin = make_token(backend, "admin")
    assert sent(app, admin, "DELETE", "/api/teams/backend")[1]["bound_tokens"] == 1
    for _ in range(2):
        assert sent(app, token, "GET", "/api/whoami")[1]["user_ids"] == []
        assert sent(app, token, "POST", "/api/summary", {"id_list": [EGON.id]})[0] == 403
        assert sent(app, token, "POST", "/api/summary", {"all": True})[0] == 403
        assert sent(app, token, "GET", "/api/teams")[1]["teams"] == []
        body = {"id": "backend", "name": "Back end", "members": [EGON.id]}
        assert sent(app, admin, "POST", "/api/teams", body)[0] == 200


def test_a_bound_token_lists_its_own_teams_and_changes_none(app: TestApp, backend: Storage) -> None:
    admin = make_token(backend, "admin")
    for team_id, members in (("one", [EGON.id]), ("three", [EGON.id, GLINDA.id, "amara"]), ("empty", [])):
        body = {"id": team_id, "name": team_id} | ({"members": members} if members else {})
        assert sent(app, admin, "POST", "/api/teams", body)[0] == 200
    for bound, own in (
        (make_token(backend, "admin", team_id="backend"), ["backend", "one"]),
        (make_token(backend, "admin", users=(EGON.id,)), ["one"]),
        (make_token(backend, "admin", team_id="empty"), ["empty"]),
    ):
        answer = sent(app, bound, "GET", "/api/teams")[1]
        assert [team["id"] for team in answer["teams"]] == own
        for team_id in ("backend", "one", "three", "empty", "absent"):
            expected = 200 if team_id in own else 403
            assert sent(app, bound, "GET", f"/api/teams/{team_id}")[0] == expected
            assert sent(app, bound, "POST", "/api/summary", {"team": team_id})[0] == expected
            assert sent(app, bound, "PATCH", f"/api/teams/{team_id}", {"add": [EGON.id]})[0] == 403
            assert sent(app, bound, "DELETE", f"/api/teams/{team_id}")[0] == 403
        assert sent(app, bound, "POST", "/api/teams", {"id": "new", "name": "New", "members": [EGON.id]})[0] == 403


def test_adding_a_member_says_how_many_tokens_see_more(app: TestApp, backend: Storage) -> None:
    make_token(backend, "read", team_id="backend")
    admin = make_token(backend, "admin")
    _, answer = sent(app, admin, "PATCH", "/api/teams/backend", {"add": ["amara"]})
    assert (answer["added"], answer["widened_tokens"]) == (1, 1)
    _, answer = sent(app, admin, "PATCH", "/api/teams/backend", {"add": ["amara"]})
    assert (answer["added"], answer["widened_tokens"]) == (0, 0)


def test_reading_teams_takes_read_and_changing_them_admin(app: TestApp, backend: Storage) -> None:
    reader, writer = make_token(backend, "read"), make_token(backend, "write")
    assert sent(app, reader, "GET", "/api/teams")[0] == 200
    assert sent(app, writer, "GET", "/api/teams")[0] == 403
    for headers in (reader, writer):
        assert sent(app, headers, "POST", "/api/teams", {"id": "new", "name": "New"})[0] == 403
        assert sent(app, headers, "DELETE", "/api/teams/backend")[0] == 403
