"""The HTTP client."""

import ipaddress
import json
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests

from ftlclient.api.models import Member, members_from_json
from ftlclient.config import DEFAULT_TIMEOUT, DEFAULT_URL
from ftlclient.errors import ConfigError, NotThisAPIError, RefusedError, UnreachableError

_CONNECT_SECONDS = 3.0
_PAUSES = (0.2, 0.5)  # seconds between attempts while the server is busy
_LARGEST_ANSWER = 512 * 1024 * 1024


class Client:
    """A persistent connection to the server at *url*; *timeout* limits a complete answer, in seconds.

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
        Raise UnreachableError, NotThisAPIError or RefusedError.
        """
        document = {"id_list": list(ids), "time_format": "iso", **window}
        return members_from_json(self.ask("loguseractivity", document))

    def ask(self, question: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a *question*: ``summary``, ``overlap``, ``presence``, ``hours`` or ``meeting``.

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
        response, body = self._exchange(method, path, document, deadline)
        for pause in _PAUSES:
            wait = max(pause, _retry_after(response))
            if response.status_code not in (429, 503) or time.monotonic() + wait > deadline:
                break
            time.sleep(wait)
            response, body = self._exchange(method, path, document, deadline)
        return self._answer(response, body)

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of a streamed answer; the timeout applies to each chunk."""
        with self._sending(self._session, "GET", path, None) as response:
            if response.headers.get("Content-Type", "").startswith("application/x-ndjson"):
                yield from response.iter_lines(64 * 1024)
            else:
                self._answer(response, self._read(response))
                raise self._not_this_api("its answer is not NDJSON")

    def _exchange(
        self, method: str, path: str, document: object, deadline: float
    ) -> tuple[requests.Response, bytes]:
        # The timeouts of requests apply to the next bytes, so a server that trickles never meets them. The
        # exchange runs in a thread, which is abandoned after the timeout.
        done: queue.SimpleQueue[tuple[requests.Response, bytes] | Exception] = queue.SimpleQueue()
        session = self._session

        def exchange() -> None:
            try:
                with self._sending(session, method, path, document) as response:
                    done.put((response, self._read(response)))
            except Exception as exc:  # noqa: BLE001  raised below, in the caller's thread
                done.put(exc)

        threading.Thread(target=exchange, daemon=True).start()
        try:
            result = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            self._session = self._new_session()
            raise self._too_slow() from None
        if isinstance(result, Exception):
            raise result
        return result

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
            raise UnreachableError(f"the TLS certificate of {self.url} is not valid") from exc
        except requests.ReadTimeout as exc:
            raise self._too_slow() from exc
        except requests.RequestException as exc:
            if answered:
                raise self._not_this_api("its answer is incomplete") from exc
            raise UnreachableError(
                f"no server answers at {self.url}; start one, or give its URL with --url or FTL_URL"
            ) from exc

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        for piece in response.iter_content(64 * 1024):
            body += piece
            if len(body) > _LARGEST_ANSWER:
                raise self._not_this_api("its answer is larger than 512 MiB")
        return bytes(body)

    def _answer(self, response: requests.Response, body: bytes) -> dict[str, Any]:
        status = response.status_code
        if response.is_redirect:
            raise self._not_this_api("it redirects elsewhere; use the URL at which a browser arrives")
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            kind = response.headers.get("Content-Type", "nothing").split(";")[0]
            raise self._not_this_api(f"it answered {status} with {kind}") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise self._not_this_api(f"it answered {status} with unexpected JSON")
        if not answer["ok"]:
            raise RefusedError(f"{self.url} refused: {_reason(answer)}", str(answer.get("error")), status, answer)
        return answer

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        # Use no proxy for a server on this machine.
        session.trust_env = not _is_loopback(self.url)
        # A session with auth does not read ~/.netrc.
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
        raise ConfigError("the URL of a server must not contain a user name or password")
    if not usable or parts.query or parts.fragment:
        raise ConfigError(f"the URL of a server looks like {DEFAULT_URL}, not {url!r}")
    return url.rstrip("/")


def _reason(answer: dict[str, Any]) -> str:
    """Return the message of an error answer, with the first of its details."""
    reason = str(answer.get("message", answer.get("error", "it gives no reason")))
    match answer.get("errors"):
        case [{"pointer": str(pointer), "message": str(message)}, *_] if message != reason:
            steps = pointer.strip("/").split("/")
            place = ", ".join(f"item {int(step) + 1}" if step.isdecimal() else step for step in steps)
            return f"{reason} ({place}: {message})"
    return reason


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
