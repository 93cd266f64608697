"""What a caller has already is not sent again: ETag and 304."""

import re

import pytest
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain.team import Team
from ftlserver.storage import Storage
from ftlserver.web import responses
from ftlserver.web.app import PAGES, ROUTES, create_app
from tests.helpers import EGON, GLINDA, make_token, send

# Streams of any length, and what is asked to know how the server is now.
ALWAYS_SENT = {"/api/export", "/api/users/<user_id>/export", "/healthz", "/readyz", "/metrics"}
KEPT = [route for route in ROUTES if route.method == "GET" and route.revalidated and "<secret>" not in route.path]


@pytest.fixture
def app(team: Storage, monkeypatch: pytest.MonkeyPatch) -> TestApp:
    """Give an open server at one moment."""
    team.teams.add(Team("backend", "Backend"), [EGON.id])
    now = instants.now()
    monkeypatch.setattr(instants, "now", lambda: now)
    return TestApp(create_app(team))


def path_of(path: str) -> str:
    return path.replace("<user_id>", EGON.id).replace("<team_id>", "backend")


def test_every_get_answer_has_a_tag_but_streams_and_the_state_of_the_server() -> None:
    gets = {route.path: route.revalidated for route in (*ROUTES, *PAGES) if route.method == "GET"}
    assert {path for path, has_tag in gets.items() if not has_tag} == {*ALWAYS_SENT, "/static/<name>"}
    assert not [route.path for route in (*ROUTES, *PAGES) if route.revalidated and route.method != "GET"]


@pytest.mark.parametrize(
    "route", [*KEPT, *(page for page in PAGES if page.revalidated)], ids=lambda route: route.path
)
def test_the_same_answer_is_not_sent_again(app: TestApp, route: object) -> None:
    path = path_of(route.path)  # type: ignore[attr-defined]
    first = app.get(path)
    tag = first.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert first.headers["Cache-Control"] == "private, no-cache"
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = app.get(path, headers={"If-None-Match": sent})
        assert (again.status_int, again.body, again.headers["ETag"]) == (304, b"", tag)
        assert "Content-Type" not in again.headers
    other = app.get(path, headers={"If-None-Match": '"x"'})
    assert (other.body, other.headers["Content-Type"]) == (first.body, first.headers["Content-Type"])
    head = app.head(path, headers={"If-None-Match": tag})
    assert (head.status_int, app.head(path).headers["ETag"]) == (304, tag)


def test_what_has_changed_is_sent(app: TestApp, team: Storage) -> None:
    paths = [f"/api/users/{EGON.id}", "/api/users", "/api/teams/backend", f"/api/loguseractivity?id={EGON.id}"]
    tags = [app.get(path).headers["ETag"] for path in paths]
    team.users.change(EGON.id, {"real_name": "E. Spengler"})
    for path, tag in zip(paths, tags, strict=True):
        answer = app.get(path, headers={"If-None-Match": tag})
        assert (answer.status_int, "E. Spengler" in answer.text) == (200, True)


def test_another_caller_has_another_answer_and_none_without_access(team: Storage) -> None:
    app = TestApp(create_app(team))
    everybody, bound = make_token(team, "read"), make_token(team, "read", users=(GLINDA.id,))
    for path in ("/api/whoami", "/api/users?query=", f"/api/users/{EGON.id}"):
        tag = send(app, "GET", path, headers=everybody).headers["ETag"]
        sent = {"If-None-Match": tag}
        assert send(app, "GET", path, headers=everybody | sent).status_int == 304
        other = send(app, "GET", path, headers=bound | sent)
        assert (other.status_int, other.headers.get("ETag") != tag) == (403 if EGON.id in path else 200, True)
        assert send(app, "GET", path, headers=sent).status_int == 401


def test_a_long_answer_is_a_stream_without_a_tag(app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "LONGEST_WHOLE", 10)
    answer = app.get(f"/api/loguseractivity?id={EGON.id}", headers={"If-None-Match": "*"})
    assert ("ETag" in answer.headers, answer.headers["Cache-Control"]) == (False, "no-store")
    assert answer.json["ok"]
