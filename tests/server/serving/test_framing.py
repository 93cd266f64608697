"""What of a request is not the request itself, empty lines and the framing of chunks, is bounded."""

import contextlib
import socket
import time
from urllib.parse import urlsplit

import pytest

from ftlserver.serving.server import LONGEST_DRAIN
from tests.helpers import HEAD, answer, serving, talk


def chunked(*chunks: bytes, head: bytes = b"") -> bytes:
    return HEAD + b"Transfer-Encoding: chunked\r\n" + head + b"\r\n" + b"".join(chunks)


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%b\r\n%b\r\n" % (len(data), extension, data)


BODY = b'{"id_list":["W0"]}'
LAST = b"0\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n" * 40 + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\r\n" * 40_000,
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"\r\n" * 40_000,
        chunked(*(chunk(b" ") for _ in range(40_000))),
        chunked(*(chunk(b" ", b";" + b"x" * 200) for _ in range(100))),
        chunked(chunk(BODY, b";" + b"x" * 300_000)),
        chunked(chunk(BODY), b"0\r\n", b"X-Trailer: x\r\n" * 20_000),
        chunked(b"1" * 40_000),
        chunked(chunk(BODY), LAST, head=b"Content-Length: 5\r\n"),
        chunked(chunk(BODY), LAST, head=b"Content-Length: 18\r\nContent-Length: 18\r\n"),
        chunked(chunk(BODY), LAST).replace(b"HTTP/1.1", b"HTTP/1.0"),
        chunked(chunk(BODY), LAST).replace(
            b"Transfer-Encoding: chunked", b"Content-Length: 5\r\nContent-Length: 6"
        ),
    ],
    ids=[
        *("empty lines", "only empty lines", "empty lines afterwards", "tiny chunks", "chunk extensions"),
        *("large chunk extension", "trailers", "chunk size", "content length", "two content lengths"),
        *("HTTP/1.0", "contradicting content lengths"),
    ],
)
def test_framing_beyond_its_bounds_is_refused_and_closes_the_connection(server_url: str, sent: bytes) -> None:
    parts = urlsplit(server_url)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=10) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(sent)
        received = b""
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                received += piece
    assert b'"error":"bad_request"' in received
    assert received.count(b"HTTP/1.1 400 ") + received.count(b"HTTP/1.0 400 ") == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n" + chunked(chunk(BODY), LAST),
        chunked(*(chunk(BODY[at : at + 1]) for at in range(len(BODY))), LAST),
        chunked(chunk(BODY, b";name=value"), b"0\r\nX-Trailer: x\r\n\r\n"),
        chunked(*(chunk(b" " * 1_000) for _ in range(1_000)), chunk(BODY), LAST),
    ],
    ids=["empty lines", "tiny chunks", "an extension and a trailer", "a thousand chunks"],
)
def test_framing_within_its_bounds_is_read(server_url: str, sent: bytes) -> None:
    status, document = answer(talk(server_url, sent))
    assert (status, document["not_found"]) == (200, ["W0"])


def test_empty_lines_after_a_request_do_not_delay_a_stop() -> None:
    with serving(lambda _environ, respond: (respond("200 OK", []), [b"x"])[1]) as url:
        parts = urlsplit(url)
        connection = socket.create_connection((str(parts.hostname), parts.port or 0), timeout=10)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"\r\n")
        started = time.monotonic()
    with connection:
        assert time.monotonic() - started < LONGEST_DRAIN / 2
