"""The one room that talks to the server."""

import ipaddress
import json
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import requests

from ftlclient.config import DEFAULT_TIMEOUT, DEFAULT_URL
from ftlclient.errors import ConfigError, NotThisAPIError, RefusedError, UnreachableError
from ftlclient.models import Member, members_from_json

_CONNECT_SECONDS = 3.0
_PAUSES = (0.2, 0.5)  # seconds between attempts at a server that is busy
_LARGEST_ANSWER = 512 * 1024 * 1024


class Client:
    """A connection to the server at *url*, kept open; *timeout* is for a whole answer, in seconds.

    *token* goes to that server alone, and over plain http to this machine alone, unless *insecure*. Use one
    client per thread, and close it, or use it in a ``with`` statement. Raise ConfigError.
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
            raise ConfigError(f"a token would go to {self.url} for everybody to read; use https, or --insecure")
        if token and not (token.isascii() and token.isprintable()):
            raise ConfigError("a token looks like ftl_...; this one has other characters")
        self._token = token
        self.timeout = timeout
        self._session = self._new_session()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connection."""
        self._session.close()

    def log_user_activity(self, ids: Iterable[str], **window: Any) -> list[Member]:
        """Return the members with those *ids*, in that order; who is not known is not among them.

        *window* holds the fields of the request, such as ``tz``, ``to`` or ``clip``.
        Raise UnreachableError, NotThisAPIError or RefusedError.
        """
        document = {"id_list": list(ids), "time_format": "iso", **window}
        return members_from_json(self.ask("loguseractivity", document))

    def ask(self, question: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a *question*, ``summary``, ``overlap``, ``presence``, ``hours`` or ``meeting``.

        *document* is the request as the API reference has it. Raise as ``log_user_activity`` does.
        """
        return self.post(f"/api/{question}/", document)

    def post(self, path: str, document: object) -> dict[str, Any]:
        """Return the answer to *document* as it came: an object whose ``ok`` is true."""
        return self.request("POST", path, document)

    def request(self, method: str, path: str, document: object = None) -> dict[str, Any]:
        """Return the answer to a request as it came: an object whose ``ok`` is true.

        A server that is busy is asked again: everything in this API may be sent twice.
        """
        deadline = time.monotonic() + self.timeout
        response, body = self._exchange(method, path, document, deadline)
        for pause in _PAUSES:
            wait = max(pause, _retry_after(response))
            if response.status_code not in (429, 503) or time.monotonic() + wait > deadline:
                break
            time.sleep(wait)
            response, body = self._exchange(method, path, document, deadline)
        return self._answer(response, body)

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of a long answer as they come; the timeout is for each piece of it."""
        with self._sending(self._session, "GET", path, None) as response:
            if response.headers.get("Content-Type", "").startswith("application/x-ndjson"):
                yield from response.iter_lines(64 * 1024)
            else:
                self._answer(response, self._read(response))
                raise self._not_this_api("its answer has no lines")

    def _exchange(
        self, method: str, path: str, document: object, deadline: float
    ) -> tuple[requests.Response, bytes]:
        # The timeouts of requests are for the next bytes; a server that trickles would never meet them. So the
        # exchange has a thread of its own, which is left to its fate when time is up.
        done: queue.SimpleQueue[tuple[requests.Response, bytes] | Exception] = queue.SimpleQueue()
        session = self._session

        def exchange() -> None:
            try:
                with self._sending(session, method, path, document) as response:
                    done.put((response, self._read(response)))
            except Exception as exc:  # noqa: BLE001  raised below, where it is waited for
                done.put(exc)

        threading.Thread(target=exchange, daemon=True).start()
        try:
            found = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            self._session = self._new_session()
            raise self._too_slow() from None
        if isinstance(found, Exception):
            raise found
        return found

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
                yield response
        except requests.exceptions.SSLError as exc:
            raise UnreachableError(f"{self.url} cannot be trusted: its TLS certificate does not hold") from exc
        except requests.ReadTimeout as exc:
            raise self._too_slow() from exc
        except requests.RequestException as exc:
            if answered:
                raise self._not_this_api("its answer breaks off") from exc
            raise UnreachableError(
                f"no server answers at {self.url}; start one, or say where it is with --url or FTL_URL"
            ) from exc

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        for piece in response.iter_content(64 * 1024):
            body += piece
            if len(body) > _LARGEST_ANSWER:
                raise self._not_this_api("its answer does not end")
        return bytes(body)

    def _answer(self, response: requests.Response, body: bytes) -> dict[str, Any]:
        status = response.status_code
        if response.is_redirect:
            raise self._not_this_api("it sends us elsewhere; use the address that a browser ends at")
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            kind = response.headers.get("Content-Type", "nothing").split(";")[0]
            raise self._not_this_api(f"it answered {status} with {kind}") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise self._not_this_api(f"it answered {status} with other JSON")
        if not answer["ok"]:
            raise RefusedError(f"{self.url} refused: {_reason(answer)}", str(answer.get("error")), status, answer)
        return answer

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        # No proxy of the environment stands between this machine and itself.
        session.trust_env = not _is_loopback(self.url)
        # With an auth of its own, requests does not look for one in ~/.netrc.
        session.auth = self._authorize
        return session

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def _too_slow(self) -> UnreachableError:
        return UnreachableError(f"{self.url} did not answer within {self.timeout:g} s; allow more with --timeout")

    def _not_this_api(self, reason: str) -> NotThisAPIError:
        return NotThisAPIError(f"{self.url} is not an FTL Activity server: {reason}")


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        str(parts.hostname).encode("idna")  # no empty label, none longer than 63
    except ValueError:
        usable = False
    if "@" in url:
        raise ConfigError("the URL of a server holds neither a name nor a password")
    if not usable or parts.query or parts.fragment:
        raise ConfigError(f"the URL of a server looks like {DEFAULT_URL}, which {url!r} does not")
    return url.rstrip("/")


def _reason(answer: dict[str, Any]) -> str:
    """Return the sentence of an error, with the first thing that was wrong."""
    reason = str(answer.get("message", answer.get("error", "it does not say why")))
    match answer.get("errors"):
        case [{"pointer": str(pointer), "message": str(message)}, *_] if message != reason:
            return f"{reason} ({pointer}: {message})"
    return reason


def _retry_after(response: requests.Response) -> float:
    """Return how many seconds the server wants us to wait."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
