"""The HTTP client."""

import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests

from ftlclient.api.models import Member, members_from_json
from ftlclient.config import DEFAULT_TIMEOUT, DEFAULT_URL
from ftlclient.errors import ConfigError, NotThisAPIError, RefusedError, UnreachableError, unusable
from ftlcommon.terminal import safe

_CONNECT_SECONDS = 3.0
_PROBE_SECONDS = 1.0
_PAUSES = (0.2, 0.5)  # seconds between attempts while the server is busy
_PIECE = 4 * 1024  # small, so that the thread of an answer that trickles ends soon
_LARGEST_ANSWER = 64 * 1024 * 1024
_MOST_VALUES = 3_000_000  # an empty list takes three bytes, and 64 in memory
_DEEPEST = 32
_LONGEST_LINE = 64 * 1024
_LONGEST_REASON = 1_000

_Result = TypeVar("_Result")


class Client:
    """A persistent connection to the server at *url*; *timeout* limits each whole exchange, in seconds.

    *token* is sent to that server only, and over plain http to this machine only, unless *insecure*. Use one
    client per thread, and close it or use it in a ``with`` statement. Raise ConfigError.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        token: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        insecure: bool = False,
    ) -> None:
        self.url = _checked(url)
        if token and not insecure and self.url.startswith("http:") and not _is_loopback(self.url):
            raise ConfigError(f"others could read the token on its way to {self.url}; use https, or --insecure")
        if token and not (token.isascii() and token.isprintable()):
            raise ConfigError("a token looks like ftl_...; this one contains invalid characters")
        self._token = token
        self.timeout = timeout
        self._session = self._new_session()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def log_user_activity(self, ids: Iterable[str], **window: Any) -> list[Member]:
        """Return the members with those *ids*, in that order; unknown ids are left out.

        *window* are more fields of the request, such as ``tz``, ``to`` or ``clip``.
        Raise TypeError for a single string; UnreachableError, NotThisAPIError or RefusedError.
        """
        if isinstance(ids, str | bytes):
            raise TypeError(f"ids is a list of user ids, such as [{ids!r}], not one string")
        document = {"id_list": list(ids), "time_format": "iso", **window}
        return members_from_json(self.ask("loguseractivity", document))

    def ask(self, question: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a *question*, such as ``summary`` or ``overlap``.

        *document* is the request body of the API reference. Raise the errors of ``log_user_activity``.
        """
        return self.post(f"/api/{question}/", document)

    def post(self, path: str, document: object) -> dict[str, Any]:
        """Post *document* and return the answer, a JSON object whose ``ok`` is true."""
        return self.request("POST", path, document)

    def request(self, method: str, path: str, document: object = None) -> dict[str, Any]:
        """Send a request and return the answer, a JSON object whose ``ok`` is true.

        Retry while the server is busy: every request of this API is idempotent.
        """
        deadline = time.monotonic() + self.timeout
        session = self._session

        def exchange() -> tuple[requests.Response, str]:
            with self._sending(session, method, path, document) as response:
                return response, self._read(response, deadline)

        response, body = self._in_time(exchange, deadline)
        for pause in _PAUSES:
            wait = max(pause, _retry_after(response))
            if response.status_code not in (429, 503) or time.monotonic() + wait > deadline:
                break
            time.sleep(wait)
            response, body = self._in_time(exchange, deadline)
        return self._answer(response, body)

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of a streamed answer; the timeout applies to each piece that arrives."""
        batches = self._batches(path)
        while batch := self._in_time(lambda: next(batches, None), time.monotonic() + self.timeout):
            yield from batch

    def _batches(self, path: str) -> Iterator[list[bytes]]:
        with self._sending(self._session, "GET", path, None) as response:
            if not response.headers.get("Content-Type", "").startswith("application/x-ndjson"):
                self._answer(response, self._read(response, time.monotonic() + self.timeout))
                raise self._not_this_api("its answer is not NDJSON")
            rest = b""
            for piece in response.iter_content(_LONGEST_LINE):
                *batch, rest = (rest + piece).split(b"\n")
                if max(map(len, (*batch, rest))) > _LONGEST_LINE:
                    raise unusable(f"it has a line of more than {_LONGEST_LINE // 1024} KiB")
                if batch:
                    yield batch
            if rest:
                yield [rest]

    def _in_time(self, work: Callable[[], _Result], deadline: float) -> _Result:
        """Return the result of *work*; raise UnreachableError if there is none before the deadline."""
        # The timeouts of requests apply to the next bytes, so a server that trickles never meets them. The work is
        # done in a thread, which is abandoned at the deadline.
        done: Future[_Result] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except Exception as exc:  # noqa: BLE001  raised below, in the caller's thread
                done.set_exception(exc)

        threading.Thread(target=run, daemon=True).start()
        try:
            return done.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            self._session = self._new_session()
            raise self._too_slow() from None

    @contextmanager
    def _sending(
        self, session: requests.Session, method: str, path: str, document: object
    ) -> Iterator[requests.Response]:
        answered = False
        try:
            with session.request(
                method,
                self.url + path,
                json=document,
                timeout=(min(_CONNECT_SECONDS, self.timeout), self.timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                answered = True
                # What is compressed may be a thousand times as large in memory.
                if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                    raise unusable(
                        "it is compressed, which was not asked for; ask the server itself, not its proxy"
                    )
                yield response
        except requests.exceptions.SSLError as exc:
            raise self._without_tls(exc) from exc
        except requests.ReadTimeout as exc:
            if not answered and self.url.startswith("https:") and _speaks_http(self.url):
                raise self._other_scheme() from exc
            raise self._too_slow() from exc
        except requests.RequestException as exc:
            if answered:
                raise self._not_this_api("its answer is incomplete") from exc
            if "Connection aborted" in str(exc) and self._expects_https():
                raise self._other_scheme() from exc
            raise UnreachableError(
                f"no server answers at {self.url}; start one, or give its URL with --url or FTL_URL"
            ) from exc

    def _read(self, response: requests.Response, deadline: float) -> str:
        body = bytearray()
        for piece in response.iter_content(_PIECE):
            if len(body) + len(piece) > _LARGEST_ANSWER:
                raise _too_large()
            if time.monotonic() > deadline:
                raise self._too_slow()
            body += piece
        if sum(map(body.count, b",[{")) > _MOST_VALUES:
            raise _too_large()
        return body.decode(errors="replace")

    def _answer(self, response: requests.Response, body: str) -> dict[str, Any]:
        status = response.status_code
        if response.is_redirect:
            raise self._not_this_api("it redirects elsewhere; use the URL at which a browser arrives")
        try:
            answer = json.loads(body, parse_constant=_refuse)
        except (ValueError, RecursionError):
            if status == 400 and self._expects_https():
                raise self._other_scheme() from None
            kind = response.headers.get("Content-Type", "nothing").split(";")[0]
            raise self._not_this_api(f"it answered {status} with {kind[:80]}") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise self._not_this_api(f"it answered {status} with unexpected JSON")
        if _is_deeper(answer, _DEEPEST):
            raise unusable(f"it has more than {_DEEPEST} levels")
        if not answer["ok"]:
            raise RefusedError(f"{self.url} refused: {_reason(answer)}", str(answer.get("error")), status, answer)
        return answer

    def _new_session(self) -> requests.Session:
        session = _Session()
        session.headers["Accept-Encoding"] = "identity"
        # Use no proxy for a server on this machine.
        session.trust_env = not _is_loopback(self.url)
        # A session with auth does not read ~/.netrc.
        session.auth = self._authorize
        return session

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def _expects_https(self) -> bool:
        return self.url.startswith("http:") and _speaks_tls(self.url)

    def _other_scheme(self) -> UnreachableError:
        scheme, _, rest = self.url.partition(":")
        other = "http" if scheme == "https" else "https"
        return UnreachableError(f"the server at {self.url} speaks {other}, not {scheme}; use {other}:{rest}")

    def _without_tls(self, exc: requests.exceptions.SSLError) -> UnreachableError:
        if "CERTIFICATE_VERIFY_FAILED" in str(exc):
            return UnreachableError(f"the TLS certificate of {self.url} is not valid")
        if _speaks_http(self.url):
            return self._other_scheme()
        return UnreachableError(f"no TLS connection to {self.url} can be made; is this the URL of the server?")

    def _too_slow(self) -> UnreachableError:
        return UnreachableError(f"{self.url} did not answer within {self.timeout:g} s; allow more with --timeout")

    def _not_this_api(self, reason: str) -> NotThisAPIError:
        return NotThisAPIError(f"{self.url} is not an FTL Activity server: {reason}")


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no target: requests would read the whole answer that leads to one."""


def _speaks_http(url: str) -> bool:
    """Tell whether the server of *url* answers http without TLS."""
    host, port = _address(url)
    with suppress(OSError), socket.create_connection((host, port), _PROBE_SECONDS) as connection:
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return connection.recv(5) == b"HTTP/"
    return False


def _speaks_tls(url: str) -> bool:
    """Tell whether the server of *url* answers TLS, with whatever certificate; nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, port = _address(url)
    try:
        with (
            socket.create_connection((host, port), _PROBE_SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return True
    except ssl.SSLError as exc:
        return "ALERT" in str(exc.reason)  # the server refuses, but in TLS
    except OSError:
        return False


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)


def _too_large() -> NotThisAPIError:
    size = f"{_LARGEST_ANSWER // 1024**2} MiB or {_MOST_VALUES:,} values"
    return unusable(f"it has more than {size}; ask for less: a shorter window or fewer members")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _is_deeper(document: object, levels: int) -> bool:
    """Tell whether *document* has more than that many levels of objects and lists."""
    values = [document]
    for _ in range(levels):
        values = [
            value
            for outer in values
            if isinstance(outer, dict | list)
            for value in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(value, dict | list) for value in values)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        str(parts.hostname).encode("idna")  # no empty label, none longer than 63
    except ValueError:
        usable = False
    if "@" in url:
        raise ConfigError("the URL of a server must not contain a user name or password")
    if not usable or parts.query or parts.fragment:
        raise ConfigError(f"the URL of a server looks like {DEFAULT_URL}, not {url!r}")
    return url.rstrip("/")


def _reason(answer: dict[str, Any]) -> str:
    """Return the message of an error answer, with the first of its details, made safe to show and to store."""
    texts = [text for key in ("message", "error") if isinstance(text := answer.get(key), str)]
    reason = texts[0] if texts else "it gives no reason"
    match answer.get("errors"):
        case [{"pointer": str(pointer), "message": str(message)}, *_]:
            reason = _with_detail(reason, pointer, message)
    return safe(reason[:_LONGEST_REASON])


def _with_detail(reason: str, pointer: str, message: str) -> str:
    """Return a *reason* with the detail that a server gives beside it, unless it says the same already."""
    place = _place(pointer[:_LONGEST_REASON])
    if reason == f"{pointer}: {message}":
        return f"{place}: {message}" if place else message
    if message in reason:
        return reason
    if not place or reason.startswith(f"{place} "):
        return f"{reason}: {message}"
    return f"{reason} ({place}: {message})"


def _place(pointer: str) -> str:
    """Return a place in a request, a JSON Pointer, in words: ``id_list, item 1``."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.strip("/").split("/")]
    return ", ".join(f"item {int(step) + 1}" if step.isdecimal() and len(step) < 10 else step for step in steps)


def _retry_after(response: requests.Response) -> float:
    """Return how many seconds the server asks to wait."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
