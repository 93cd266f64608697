"""What came with a request: its body, its query, which page of a list it wants."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from bottle import FormsDict, request, response

from ftlserver import strict_json
from ftlserver.errors import InvalidRequestError, Problem
from ftlserver.models import is_user_id
from ftlserver.schemas import MOST_PERIODS
from ftlserver.tokens import Principal

LARGEST_BODY = 1024 * 1024
LARGEST_PAGE = 1_000
DEFAULT_PAGE = 100
LONGEST_WHOLE = 256 * 1024

_BOOLEANS = {"true": True, "false": False}


def principal() -> Principal:
    """Return whoever sent the request at hand."""
    found: Principal = request.environ["ftl.principal"]
    return found


def read_json() -> Any:
    """Return the body of the request at hand; raise InvalidRequestError unless it is strict JSON."""
    return strict_json.loads(_body("application/json")[1])


def read_periods() -> Any:
    """Return the body of the request at hand, whose periods may also come as lines of JSON.

    What goes with lines, ``partial`` and ``dry_run``, stands in the address; a JSON object says all itself.
    """
    media_type, body = _body("application/json", "application/x-ndjson")
    if media_type == "application/json":
        if request.query:
            raise InvalidRequestError("unknown_field", "the fields of this request stand in its body")
        return strict_json.loads(body)
    flags: dict[str, Any] = {}
    for name, value in request.query.allitems():
        if name in flags or name == "periods":
            problem = Problem(f"/{name}", "not_allowed", "expected once")
            raise InvalidRequestError("invalid_argument", "only partial and dry_run, each once", [problem])
        flags[name] = _BOOLEANS.get(value, value)
    lines = ((number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip())
    return {**flags, "periods": [_read_line(*numbered) for numbered in islice(lines, MOST_PERIODS + 1)]}


def _read_line(number: int, line: bytes) -> Any:
    try:
        return strict_json.loads(line)
    except InvalidRequestError as exc:
        raise InvalidRequestError(exc.code, f"line {number}: {exc.message}") from exc


def _body(*media_types: str) -> tuple[str, bytes]:
    length = request.content_length  # waitress has put chunks together and counted them
    if length > LARGEST_BODY:
        raise body_too_large()
    media_type = (request.content_type or "").split(";")[0].strip().lower()
    if media_type not in media_types:
        message = f"the Content-Type must be {' or '.join(media_types)}"
        raise InvalidRequestError("unsupported_media_type", message)
    return media_type, request.environ["wsgi.input"].read(max(length, 0))


def stream(media_type: str, pieces: Iterator[bytes]) -> bytes | Iterable[bytes]:
    """Answer with *pieces*: a short answer whole, with its length, a long one as it is made.

    What is raised before an answer gets long is an ordinary error; later it breaks off, without an end.
    """
    response.content_type = media_type
    chunks = _chunks(pieces)
    first = next(chunks, b"")
    second = next(chunks, None)
    return first if second is None else chain([first, second], chunks)


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield *pieces* joined until they are worth a write."""
    begun: list[bytes] = []
    size = 0
    for piece in pieces:
        begun.append(piece)
        size += len(piece)
        if size >= LONGEST_WHOLE:
            yield b"".join(begun)
            begun, size = [], 0
    if begun:
        yield b"".join(begun)


def read_query() -> tuple[dict[str, Any], dict[str, str]]:
    """Return what the address of the request at hand asks: as a body would say it, and which page.

    ``id`` may be repeated. Raise InvalidRequestError for anything else that is.
    """
    try:
        query: FormsDict = request.query.decode("utf8")
    except UnicodeError as exc:
        raise InvalidRequestError("invalid_argument", "the query is not valid UTF-8") from exc
    asked: dict[str, Any] = {}
    page: dict[str, str] = {}
    for name in query:
        values = query.getall(name)
        if name == "id":
            asked["id_list"] = values
        elif len(values) > 1:
            problem = Problem(f"/{name[:64]}", "not_allowed", "expected once")
            raise InvalidRequestError("invalid_argument", "only id may be repeated", [problem])
        elif name in ("limit", "cursor"):
            page[name] = values[0]
        elif name == "clip":
            asked[name] = _BOOLEANS.get(values[0], values[0])
        else:
            asked[name] = values[0]
    return asked, page


def body_too_large() -> InvalidRequestError:
    return InvalidRequestError(
        "body_too_large",
        f"a body holds at most {LARGEST_BODY:,} bytes; ask for less at once",
        limit=LARGEST_BODY,
    )


def read_page(page: dict[str, str]) -> tuple[str, int]:
    """Return after which id a page begins, and how many users it holds; raise InvalidRequestError."""
    limit = page.get("limit", str(DEFAULT_PAGE))
    if not (limit.isascii() and limit.isdigit() and 0 < int(limit[:9]) <= LARGEST_PAGE):
        problem = Problem("/limit", "wrong_type", f"expected a number from 1 to {LARGEST_PAGE:,}")
        raise InvalidRequestError("invalid_argument", "limit is not usable", [problem])
    return _read_cursor(page.get("cursor")), int(limit)


def cursor_after(user_id: str) -> str:
    """Return the cursor of the page that begins after that id."""
    return base64.urlsafe_b64encode(f"1:{user_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> str:
    if cursor is None:
        return ""
    try:
        version, _, user_id = (
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode().partition(":")
        )
    except (binascii.Error, ValueError):
        version = user_id = ""
    if version != "1" or not is_user_id(user_id):
        raise InvalidRequestError(
            "invalid_cursor", "the cursor is none that this server gave; begin again without"
        )
    return user_id
