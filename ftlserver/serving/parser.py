"""Reading a request: waitress' parser, with bounds for what is not the request itself.

Empty lines before a request, and the sizes, extensions and trailers of chunks, would otherwise have no end.
"""

import time
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import BadRequest, RequestEntityTooLarge

from ftlserver.web import requests

MOST_EMPTY_BYTES = 64  # before a request
LARGEST_FRAMING = 4096  # bytes of chunk sizes, extensions and trailers, beside as many as the body has
CHUNKS_AT_ONCE = 4096  # bytes
TLS_HANDSHAKE = b"\x16"  # the first byte of a connection by https: RFC 8446, section 5.1


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress is untyped
    """The parser of one request."""

    def __init__(self, adjustments: Any) -> None:
        super().__init__(adjustments)
        self.started = time.monotonic()
        self._empty_bytes = 0

    @property
    def has_begun(self) -> bool:
        """Tell whether more than empty lines has arrived."""
        return bool(self.header_plus or self.headers_finished)

    def received(self, data: bytes) -> int:
        if self.body_rcv is None and not self.header_plus:
            request = data.lstrip(b"\r\n")  # RFC 9112, section 2.2
            empty = len(data) - len(request)
            self._empty_bytes += empty
            # A client that speaks TLS waits for an answer to what is no line yet.
            if self._empty_bytes > MOST_EMPTY_BYTES or request.startswith(TLS_HANDSHAKE):
                return self._refuse(data)
            return empty + (self._received(request) if request else 0)
        consumed = 0
        # The receiver of chunks copies what is left of its data for each of them.
        step = CHUNKS_AT_ONCE if self.chunked else len(data)
        while consumed < len(data) and not self.completed:
            consumed += self._received(data[consumed : consumed + step])
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        # Two lengths of one body: RFC 9112, section 6.1. Of HTTP/1.0, waitress leaves the header.
        if "TRANSFER_ENCODING" in self.headers or (self.chunked and "CONTENT_LENGTH" in self.headers):
            raise ParsingError("")

    def _refuse(self, data: bytes) -> int:
        self.error, self.completed, self.headers_finished = BadRequest(""), True, True
        return len(data)

    def _received(self, data: bytes) -> int:
        try:
            consumed: int = super().received(data)
        except ValueError:  # a Content-Length of thousands of digits
            return self._refuse(data)
        if self.chunked and self.body_rcv is not None:
            body = len(self.body_rcv)
            if self.body_bytes_received - body > LARGEST_FRAMING + body:
                return self._refuse(data)
        # waitress counts the framing of chunks too; what is limited is the body.
        if self.body_rcv is not None and max(self.content_length, len(self.body_rcv)) > requests.LARGEST_BODY:
            self.error = RequestEntityTooLarge("")
            self.completed = True
        if self.error:
            # Otherwise "100 Continue" would invite the body that was just refused.
            self.expect_continue = False
        return consumed
