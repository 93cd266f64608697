"""The reference for a browser: complete, without script, and its examples work."""

import base64
import hashlib
import io
import os
import re
import subprocess
from contextlib import redirect_stdout
from html.parser import HTMLParser

import pytest
from webtest import TestApp

from ftlserver.domain.token import FEED
from ftlserver.domain.user import User
from ftlserver.errors import HTTP_STATUSES
from ftlserver.storage import Storage
from ftlserver.web.app import ROUTES, create_app
from ftlserver.web.middleware import Policy
from ftlserver.web.openapi import operation_id
from ftlserver.web.reference import Page
from tests.answers import DOCUMENT
from tests.helpers import EGON, make_key, make_team, make_token, serving, store_team

VOID = {"meta", "br", "link"}
# One of each kind: with a query string, a body, a key, another method, nothing.
CURLED = {"activity_ask_by_link", "questions_summary", "wakatime_heartbeats", "users_patch", "reference_page"}


class Outline(HTMLParser):
    """Notes the elements of a page, and whether each is closed where it has to be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def all(self, name: str) -> list[str | None]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]


@pytest.fixture(scope="module")
def page() -> str:
    return Page(DOCUMENT).html()


def test_the_page_needs_no_token_and_has_a_policy_that_allows_its_style_alone(sqlite_storage: Storage) -> None:
    response = TestApp(create_app(sqlite_storage, Policy(is_local=False))).get("/docs")
    assert response.content_type == "text/html"
    style = re.search(r"<style>(.*?)</style>", response.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert response.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_the_page_is_well_formed_and_leads_nowhere_else(page: str) -> None:
    outline = Outline(page)
    tags = {tag for tag, _ in outline.elements}
    assert not tags & {"script", "img", "iframe", "form", "link"}
    assert not {
        name for _, attributes in outline.elements for name in attributes if name.startswith(("on", "style"))
    }
    ids = outline.all("id")
    assert len(ids) == len(set(ids))
    links = {str(link) for link in outline.all("href")}
    assert {link for link in links if not link.startswith("#")} == {"/openapi.json"}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


def test_the_page_has_every_route_and_every_code(page: str) -> None:
    ids = set(Outline(page).all("id"))
    assert {operation_id(route) for route in ROUTES} | HTTP_STATUSES.keys() <= ids


@pytest.mark.slow
@pytest.mark.parametrize("language", ["curl", "python"])
def test_the_examples_of_the_page_work(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """Each is sent to a server that holds the assignment's members, and the team and the change that they name."""
    sqlite_storage.users.add(User("first", "First", "UTC"))  # the change that is undone
    order = {
        "changes_undo": 0,
        "users_merge": 2,
    }  # what is undone must be the last change; a merge leaves an alias
    page = Page(DOCUMENT)
    shown = {}
    with serving(create_app(sqlite_storage)) as url:
        monkeypatch.setenv("FTL_URL", url)
        for method, path, operation in sorted(
            page.operations(), key=lambda one: order.get(one[2]["operationId"], 1)
        ):
            name = operation["operationId"]
            store_team(sqlite_storage)
            make_team(sqlite_storage, "backend", EGON)
            if name == "teams_add":
                sqlite_storage.teams.delete("backend")
            monkeypatch.setenv("FTL_TOKEN", make_token(sqlite_storage, "admin")["Authorization"].split()[1])
            key = base64.b64decode(make_key(sqlite_storage)["Authorization"].split()[1]).decode()
            monkeypatch.setenv("FTL_KEY", key)
            if language == "python" or name in CURLED:
                shown[name] = _run(language, page, method, path, operation)
    expected = {
        operation_id(route): "404" if route.scope == FEED else str(route.success)  # the secret there opens nothing
        for route in ROUTES
        if operation_id(route) in shown
    }
    assert len(shown) == (len(ROUTES) if language == "python" else len(CURLED))
    assert {name: text.split()[0] for name, text in shown.items()} == expected


def _run(language: str, page: Page, method: str, path: str, operation: dict[str, object]) -> str:
    if language == "curl":
        command = page.curl(method, path, operation).replace("curl", "curl -s -o /dev/null -w '%{http_code}'", 1)
        return subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, check=True, env=os.environ
        ).stdout
    out = io.StringIO()
    with redirect_stdout(out):
        exec(page.python(method, path, operation), {})
    return out.getvalue()
