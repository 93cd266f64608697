"""Reading requests: the body, the query string, which page of a list is wanted."""

import base64
import binascii
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any

from bottle import FormsDict, request

from ftlserver.domain.time_formats import rounded
from ftlserver.domain.token import Principal
from ftlserver.domain.user import is_user_id
from ftlserver.errors import InvalidRequestError, Problem, TeamNotFoundError
from ftlserver.storage.teams import Teams
from ftlserver.web import strict_json
from ftlserver.web.schemas import MOST_PERIODS, MOST_PROBLEMS, Schema, validate
from ftlserver.web.turns import turn_of_body

LARGEST_BODY = 1024 * 1024
LARGEST_PAGE = 1_000
DEFAULT_PAGE = 100
BY_ID = "1"

# The times of a question, and whether they are rounded up for a caller who sees rounded times only.
_EDGES = {"from": False, "to": True, "at": False}
_BOOLEANS = {"true": True, "false": False}
_LISTS = {"id": "id_list", "exclude": "exclude"}  # fields of a query string that may be repeated


@dataclass(frozen=True, slots=True)
class InvalidLine:
    """A line that is not JSON, in a body whose other lines are taken."""

    message: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request as its handler sees it: the caller, and the body or query string, read by the route's schema."""

    caller: Principal
    schema: Schema | None
    teams: Teams

    def document(self) -> dict[str, Any]:
        """Return the body; raise InvalidRequestError unless it is strict JSON in the shape of the schema."""
        return self.validated(self.json())

    def json(self) -> Any:
        """Return the body, any strict JSON; raise InvalidRequestError."""
        with turn_of_body(content_length()):
            return strict_json.loads(_body("application/json")[1])

    def question(self) -> dict[str, Any]:
        """Return the body, a question about members to whom the caller has access; raise RefusedError."""
        return self.about_members(self.document())

    def about_members(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return a valid question with the members of its team, if the caller has access; raise RefusedError."""
        if "team" not in asked:
            self.caller.allow_users(asked.get("id_list"))
            return asked
        team_id = asked.pop("team")
        user_ids = self.teams.member_ids(team_id)
        self.caller.allow_team(team_id, user_ids)
        if user_ids is None:
            raise TeamNotFoundError(team_id)
        return {**asked, "id_list": user_ids}

    def periods(self) -> dict[str, Any]:
        """Return the body, whose periods may also come as lines of JSON.

        With lines, ``partial`` and ``dry_run`` are in the query string; a JSON object contains all itself. With
        ``partial`` a line that is not JSON is an InvalidLine.
        """
        media_type, body = _body("application/json", "application/x-ndjson")
        if media_type != "application/json":
            return self.validated(_read_lines(body))
        if request.query:
            raise InvalidRequestError("unknown_field", "the fields of this request belong in its body")
        return self.validated(strict_json.loads(body))

    def validated(self, document: object) -> dict[str, Any]:
        """Return *document* if it has the shape of the schema; raise InvalidRequestError."""
        assert self.schema is not None
        found = validate(self.schema, document)
        if self.caller.round_seconds is None:
            return found
        edges = {name: found[name] for name in _EDGES if name in found}
        unit = self.caller.round_seconds
        return found | {name: rounded(text, unit, up=_EDGES[name]) for name, text in edges.items()}


def _read_lines(body: bytes) -> dict[str, Any]:
    flags: dict[str, Any] = {}
    for name, value in request.query.allitems():
        if name in flags:
            problem = Problem(f"/{name}", "not_allowed", "expected once")
            raise InvalidRequestError("invalid_argument", "only partial and dry_run, each once", [problem])
        flags[name] = _BOOLEANS.get(value, value)
    lines = ((number, line) for number, line in enumerate(BytesIO(body), 1) if line.strip())
    partial = flags.get("partial") is True
    periods = [_read_line(number, line, partial=partial) for number, line in islice(lines, MOST_PERIODS + 1)]
    return {**flags, "periods": periods}


def _read_line(number: int, line: bytes, *, partial: bool) -> Any:
    try:
        return strict_json.loads(line)
    except InvalidRequestError as exc:
        message = f"line {number}: {exc.message}"
        if partial:
            return InvalidLine(message)
        raise InvalidRequestError(exc.code, message) from exc


def _body(*media_types: str) -> tuple[str, bytes]:
    length = content_length()
    if length > LARGEST_BODY:
        raise body_too_large()
    media_type = (request.content_type or "").split(";")[0].strip().lower()
    if media_type not in media_types:
        message = f"the Content-Type must be {' or '.join(media_types)}"
        raise InvalidRequestError("unsupported_media_type", message)
    return media_type, request.environ["wsgi.input"].read(length)


def content_length() -> int:
    """Return the length of the body in bytes; waitress joins chunks and counts them."""
    return max(int(request.content_length), 0)


def read_query() -> tuple[dict[str, Any], dict[str, str]]:
    """Return the query string, as a body would say it, and the fields that choose a page.

    ``id`` and ``exclude`` may be repeated. Raise InvalidRequestError for anything else that is.
    """
    query = query_fields()
    asked: dict[str, Any] = {}
    page: dict[str, str] = {}
    for name in query:
        values = query.getall(name)
        if name in _LISTS:
            asked[_LISTS[name]] = values
        elif len(values) > 1:
            problem = Problem(f"/{name[:64]}", "not_allowed", "expected once")
            raise InvalidRequestError("invalid_argument", "only id and exclude may be repeated", [problem])
        elif name in ("limit", "cursor"):
            page[name] = values[0]
        elif name in ("clip", "active_only"):
            asked[name] = _BOOLEANS.get(values[0], values[0])
        else:
            asked[name] = values[0]
    return asked, page


def query_fields() -> FormsDict:
    """Return the fields of the query string; raise InvalidRequestError."""
    try:
        return request.query.decode("utf8")
    except UnicodeError as exc:
        raise InvalidRequestError("invalid_argument", "the query is not valid UTF-8") from exc


def body_too_large() -> InvalidRequestError:
    """Return the error for a body of more than LARGEST_BODY bytes."""
    return InvalidRequestError(
        "body_too_large",
        f"a body holds at most {LARGEST_BODY:,} bytes; ask for less at once",
        limit=LARGEST_BODY,
    )


def read_page(page: dict[str, str], kinds: Sequence[str] = (BY_ID,)) -> tuple[tuple[str, str], int]:
    """Return after which user a page begins, and how many it holds; raise InvalidRequestError.

    A user is a kind and an id. A list that is sorted by more than the id has more *kinds*, in their order.
    """
    limit = page.get("limit", str(DEFAULT_PAGE))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10 and 0 < int(limit) <= LARGEST_PAGE):
        problem = Problem("/limit", "wrong_type", f"expected a number from 1 to {LARGEST_PAGE:,}")
        raise InvalidRequestError("invalid_argument", "limit is not usable", [problem])
    return _read_cursor(page.get("cursor"), kinds), int(limit)


def cursor_after(user_id: str, kind: str = BY_ID) -> str:
    """Return the cursor of the page that begins after that user."""
    return base64.urlsafe_b64encode(f"{kind}:{user_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None, kinds: Sequence[str]) -> tuple[str, str]:
    if cursor is None:
        return kinds[0], ""
    try:
        kind, _, user_id = (
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode().partition(":")
        )
    except (binascii.Error, ValueError):
        kind = user_id = ""
    if kind not in kinds or not is_user_id(user_id):
        raise InvalidRequestError(
            "invalid_cursor", "the cursor is not one of this server's; begin again without a cursor"
        )
    return kind, user_id


def check_query(known: Set[str]) -> None:
    """Raise InvalidRequestError if the query string has other fields than those that are *known*."""
    if request.query_string:
        refuse(query_fields().keys() - known)


def refuse(fields: Iterable[str]) -> None:
    """Raise InvalidRequestError if there are *fields* of a query string that do not go with the rest of it."""
    if names := sorted(fields)[:MOST_PROBLEMS]:
        problems = [Problem(f"/{name[:64]}", "unknown_field", "unknown here") for name in names]
        raise InvalidRequestError("unknown_field", "the query string has fields that do not belong here", problems)
