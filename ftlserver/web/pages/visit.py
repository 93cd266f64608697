"""A request for a page, and the answers that pages have: HTML, with a policy of its own."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bottle
import orjson

from ftlserver.domain.token import Principal
from ftlserver.errors import (
    DatabaseError,
    FTLError,
    InvalidRequestError,
    RefusedError,
    TeamNotFoundError,
    UserNotFoundError,
)
from ftlserver.storage import Storage
from ftlserver.web import responses
from ftlserver.web.auth import Authentication
from ftlserver.web.pages import assets
from ftlserver.web.pages.templates import Html, render
from ftlserver.web.requests import Request, query_fields
from ftlserver.web.schemas import Schema

CSV = "text/csv; charset=utf-8"
POLICY = "; ".join(
    (
        *("default-src 'none'", "connect-src 'self'", "img-src 'self'", "script-src 'self'", "style-src 'self'"),
        *("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"),
        *("require-trusted-types-for 'script'", "trusted-types 'none'"),
    )
)
HEADERS = {"Content-Type": responses.HTML, "Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}
LARGEST_ANSWER = 8 * 1024 * 1024  # of the API's JSON, of which a page or a table is made

Handler = Callable[[Storage, Request], responses.Answer | dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Question(Request):
    """A request whose body is what a page *asked*."""

    asked: Mapping[str, Any]

    def json(self) -> Any:
        return dict(self.asked)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page: what it asks is asked of the handlers of the API, for the same caller."""

    storage: Storage
    auth: Authentication
    caller: Principal

    def request(self, schema: Schema | None, asked: Mapping[str, Any]) -> Request:
        """Return the request of the API that asks that."""
        return _Question(self.caller, schema, self.storage.teams, asked)

    def answer(self, handler: Handler, schema: Schema, asked: Mapping[str, Any]) -> Any:
        """Return the document that *handler* answers; raise FTLError, also for one that is too large."""
        return document(handler(self.storage, self.request(schema, asked)))


def document(answer: responses.Answer | dict[str, Any]) -> Any:
    """Return the document of an *answer* of the API; raise InvalidRequestError if it is too large."""
    if isinstance(answer, dict):
        return answer
    if isinstance(answer, bytes):
        return orjson.loads(answer)
    pieces, size = [], 0
    for piece in answer:
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            message = "this is too much for a table; ask about fewer members or a shorter window, or take the JSON"
            raise InvalidRequestError("too_much", message, limit=LARGEST_ANSWER)
    return orjson.loads(b"".join(pieces))


def fields() -> dict[str, str]:
    """Return the fields of the query string that are filled in; raise InvalidRequestError for one given twice."""
    query = query_fields()
    found = {}
    for name in query:
        values = query.getall(name)
        if len(values) > 1:
            raise InvalidRequestError("invalid_argument", f"{name[:64]} is given more than once")
        if value := values[0].strip():
            found[name] = value
    return found


def page(title: str, content: Html, *, navigation: str = "", here: str = "", is_login: bool = False) -> Html:
    """Return a whole page; *navigation* is the query string that its links to other views keep."""
    return render(
        "layout",
        title=title,
        content=content,
        navigation=navigation,
        here=here,
        is_login=is_login,
        has_cookie=bool(cookie()),
        assets=assets,
    )


def respond(html: Html, status: int = 200, **headers: str) -> bottle.HTTPResponse:
    """Answer with a page; one that the browser has already is not sent again."""
    body = html.encode()
    more = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
    if status != 200:
        return bottle.HTTPResponse(body, status, more)
    return responses.revalidated(body, lambda: body, more.pop("Content-Type"), more)


def csv_file(name: str, lines: Iterable[Sequence[Any]]) -> bottle.HTTPResponse:
    """Answer with the *lines* of a CSV file of that *name*."""
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    body = text.getvalue().encode()
    return responses.revalidated(
        body, lambda: body, CSV, {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    )


def cookie() -> str:
    """Return the secret that the browser sends, empty if it sends none."""
    wanted = cookie_name()
    # Not SimpleCookie: what other programs of this host have set may be in any form, and would hide ours.
    for part in bottle.request.environ.get("HTTP_COOKIE", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return str(value)
    return ""


def cookie_name() -> str:
    return "__Host-ftl" if is_https() else "ftl"


def is_https() -> bool:
    return bool(bottle.request.environ["wsgi.url_scheme"] == "https")


def sentence(exc: FTLError) -> str:
    """Return what was wrong, as one sentence for a reader of the page."""
    text = _SENTENCES.get(type(exc), exc.message)
    if isinstance(exc, RefusedError) and exc.more.get("needed") == "admin":
        text = _NEEDS_ADMIN
    if isinstance(exc, InvalidRequestError) and exc.problems and exc.code != "unknown_field":
        problem = exc.problems[0]
        name = problem.pointer.lstrip("/").split("/")[0]
        text = f"{_LABELS.get(name, name)}: {problem.message}"
    return text[:1].upper() + text[1:]


_SENTENCES: dict[type[FTLError], str] = {
    UserNotFoundError: "There is no such member.",
    TeamNotFoundError: "There is no such team.",
}
_LABELS = {
    "tz": "Zone",
    "from": "From",
    "to": "To",
    "min_members": "At least",
    "max_members": "At most",
    "quiet": "Hours in which gaps are meant",
    "meeting": "Standing meeting",
    "weeks": "Weeks ahead",
}
# What a page can be refused for the lack of: its own token has the scope read alone.
_NEEDS_ADMIN = (
    "The rest of others is shown to the scope admin alone, which no page has: log in with a token that is bound "
    "to yourself to see your own, or ask with ftlclient rest."
)


def problem(exc: FTLError) -> tuple[str, int]:
    """Return the sentence that stands above a form that was not right, and its status; raise all else."""
    if isinstance(exc, DatabaseError) or (isinstance(exc, RefusedError) and exc.code != "missing_scope"):
        raise exc
    return sentence(exc), exc.status


def error_page(status: int, text: str) -> bottle.HTTPResponse:
    """Answer with a page that says what is wrong."""
    text = "There is nothing at this address." if text == responses.NOTHING_HERE else text[:1].upper() + text[1:]
    title = {404: "Nothing here", 405: "Not possible", 429: "Too many requests"}.get(status, "This did not work")
    return respond(page(title, render("error", title=title, text=text)), status)


def refused(exc: FTLError, request_id: str) -> bottle.HTTPResponse:
    """Answer a request that has no access, or that failed."""
    _, status, headers = responses.error(exc, request_id)  # which writes it to the log, too
    answer = error_page(status, sentence(exc))
    if "Retry-After" in headers:
        answer.set_header("Retry-After", headers["Retry-After"])
    return answer
