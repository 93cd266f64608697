"""Writing answers: errors, streams, and the JSON of members and periods, each shape in one place."""

import hashlib
import logging
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from types import MappingProxyType
from typing import Any

import orjson
from bottle import HTTPResponse, request, response

from ftlserver.domain import time_tables
from ftlserver.domain.period import Span
from ftlserver.domain.time_formats import TimeFormat
from ftlserver.domain.user import User
from ftlserver.errors import (
    ChangedSinceError,
    DatabaseError,
    FTLError,
    InvalidRequestError,
    PeriodNotFoundError,
    RefusedError,
)
from ftlserver.storage import packing
from ftlserver.storage.periods import batches

JSON = "application/json"
NDJSON = "application/x-ndjson"
HTML = "text/html; charset=utf-8"
NOTHING_HERE = "there is nothing at this path; the API begins at /api/loguseractivity/"
LONGEST_WHOLE = 256 * 1024
_ITEMS_AT_ONCE = 500
HEADERS = [
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
]
_CHALLENGES = {
    "not_authed": 'Bearer realm="ftl"',
    "invalid_auth": 'Bearer realm="ftl", error="invalid_token"',
}
Answer = bytes | Iterable[bytes]
# The pieces of a JSON list; what is returned at their end are the keys that follow the list.
Pieces = Generator[bytes, None, Mapping[str, Any] | None]
_RETRY_SECONDS = "1"
_TAG = re.compile(r'(?:W/)?("[^"]*")')

_log = logging.getLogger("ftlserver")


def error_document(status: int, code: str, message: str, **more: object) -> dict[str, Any]:
    """Return what every error has."""
    return {"ok": False, "error": code, "status": status, "message": message, **more}


def error_body(status: int, code: str, message: str, **more: object) -> bytes:
    """Return the body that every error has."""
    return orjson.dumps(error_document(status, code, message, **more))


def error(exc: FTLError, request_id: str) -> tuple[bytes, int, dict[str, str]]:
    """Return the body, the status and the headers of the answer to an error."""
    more: dict[str, object] = {}
    headers = {"Content-Type": JSON}
    match exc:
        case DatabaseError():
            _log.error("%s: %s", request_id, exc)
            headers["Retry-After"] = _RETRY_SECONDS
        case InvalidRequestError():
            if exc.problems:
                more["errors"] = [problem._asdict() for problem in exc.problems]
            if exc.limit is not None:
                more["max"] = exc.limit
            if exc.code == "unsupported_media_type":
                headers["Accept-Post"] = JSON
        case PeriodNotFoundError():
            if exc.stored is not None:
                more["period"] = period_json(exc.stored)
        case ChangedSinceError():
            more["changed"] = exc.changed
        case RefusedError():
            more |= exc.more
            if exc.code in _CHALLENGES:
                headers["WWW-Authenticate"] = _CHALLENGES[exc.code]
            if "retry_after" in exc.more:
                headers["Retry-After"] = str(exc.more["retry_after"])
    return error_body(exc.status, exc.code, exc.message, **more, request_id=request_id), exc.status, headers


def revalidated(
    key: bytes,
    body: Callable[[], bytes],
    media_type: str,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> HTTPResponse:
    """Answer with *body*, which is neither made nor sent again for who has it already (RFC 9110, section 13.1.2).

    The same *key* stands for the same body.
    """
    tag = f'"{hashlib.blake2b(key, digest_size=16).hexdigest()}"'
    more = {**headers, "ETag": tag, "Cache-Control": "private, no-cache"}
    known = request.environ.get("HTTP_IF_NONE_MATCH", "")
    if tag in _TAG.findall(known) or known.strip() == "*":
        return HTTPResponse(b"", 304, more)
    return HTTPResponse(body(), 200, {**more, "Content-Type": media_type})


def whole_revalidated(answer: Answer | dict[str, Any] | HTTPResponse) -> Answer | HTTPResponse:
    """Answer with *answer*, which is not sent again for who has it already, unless it is a stream."""
    if isinstance(answer, dict):
        response.content_type = JSON
        answer = orjson.dumps(answer)
    if not isinstance(answer, bytes):
        return answer
    body = answer
    headers = {name: value for name, value in response.headerlist if name != "Content-Type"}
    return revalidated(body, lambda: body, response.content_type, headers)


def stream(media_type: str, pieces: Generator[bytes, None, None]) -> Answer:
    """Answer with *pieces*: a short answer whole, with its length, a long one as it is made.

    What is raised before an answer gets long is an ordinary error; later the answer breaks off without an end.
    """
    response.content_type = media_type
    chunks = _chunks(pieces)
    first = next(chunks, b"")
    second = next(chunks, None)
    return first if second is None else _resumed(first, second, chunks)


def _resumed(first: bytes, second: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield all chunks; unlike ``chain``, this is closed with its answer, and so is what it yields from."""
    yield first
    yield second
    yield from chunks


def _chunks(pieces: Generator[bytes, None, None]) -> Iterator[bytes]:
    """Yield *pieces* joined until they are worth a write; close them with the answer if it ends early."""
    begun: list[bytes] = []
    size = 0
    with closing(pieces):
        for piece in pieces:
            begun.append(piece)
            size += len(piece)
            if size >= LONGEST_WHOLE:
                yield b"".join(begun)
                begun, size = [], 0
    if begun:
        yield b"".join(begun)


def with_list(opening: Mapping[str, Any], name: str, pieces: Pieces) -> Generator[bytes, None, None]:
    """Yield the JSON of an object: the keys of *opening*, the list called *name*, and the keys that follow it."""
    yield from object_pieces(opening)
    yield b',"%b":[' % name.encode()
    following = yield from pieces
    yield b"]" + last_keys(following or {})


def last_keys(document: Mapping[str, Any]) -> bytes:
    """Return the JSON of the last keys of an object, and its brace."""
    return b"," + orjson.dumps(document)[1:] if document else b"}"


def object_pieces(document: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the JSON of an object that has keys, without its last brace, objects in it key by key.

    No call writes much at once: it would keep the interpreter lock.
    """
    separator = b"{"
    for key, value in document.items():
        yield separator + orjson.dumps(key) + b":"
        if isinstance(value, dict) and value:
            yield from object_pieces(value)
            yield b"}"
        else:
            yield orjson.dumps(value)
        separator = b","


def items(values: Iterable[Any]) -> Pieces:
    """Yield the JSON of the items of a list, with the commas between them."""
    separator = b""
    for batch in batches(values, _ITEMS_AT_ONCE):
        yield separator + orjson.dumps(batch)[1:-1]
        separator = b","
    return None


def member(user: User, periods: bytes) -> bytes:
    """Return the JSON of a member whose *periods* are a JSON list."""
    return b'%b,"activity_periods":%b}' % (orjson.dumps(user.to_json())[:-1], periods)


def long_member(user: User, pages: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the JSON of a member whose periods are in *pages*, each a JSON list."""
    yield orjson.dumps(user.to_json())[:-1] + b',"activity_periods":['
    separator = b""
    for page in pages:
        if len(page) > 2:
            yield separator + page[1:-1]
            separator = b","
    yield b"]}"


def periods_json(spans: list[Span], time_format: TimeFormat) -> bytes:
    """Return the JSON list of periods."""
    if time_format == "display":
        return packing.display_json(packing.pack(spans))
    return orjson.dumps([period_json(span) for span in spans])


def period_json(span: Span) -> dict[str, str]:
    """Return a period in iso times."""
    started_at, ended_at, start_offset, end_offset = span
    return {
        "start_time": time_tables.iso(started_at, start_offset),
        "end_time": time_tables.iso(ended_at, end_offset),
    }
