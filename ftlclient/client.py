"""The one room that talks to the server."""

import ipaddress
import json
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ftlclient.config import DEFAULT_TIMEOUT, DEFAULT_URL
from ftlclient.errors import ConfigError, NotThisAPIError, RefusedError, UnreachableError
from ftlclient.models import Member, members_from_json

_CONNECT_SECONDS = 3.0
_LARGEST_ANSWER = 512 * 1024 * 1024


class Client:
    """A connection to the server at *url*, kept open; *timeout* is for a whole answer, in seconds.

    Use one client per thread, and close it, or use it in a ``with`` statement. Raise ConfigError.
    """

    def __init__(self, url: str = DEFAULT_URL, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.url = _checked(url)
        self.timeout = timeout
        self._session = requests.Session()
        # No proxy of the environment stands between this machine and itself.
        self._session.trust_env = not _is_loopback(self.url)
        # With an auth of its own, requests does not look for one in ~/.netrc.
        self._session.auth = lambda request: request
        # "Busy, come again" is worth waiting for; every question here may be asked twice.
        retry = Retry(
            total=None,
            connect=0,
            read=False,
            redirect=0,
            other=0,
            status=2,
            status_forcelist=(429, 503),
            allowed_methods=None,
            backoff_factor=0.2,
            retry_after_max=5,
            raise_on_status=False,
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

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
        try:
            with self._session.post(
                self.url + path,
                json=document,
                timeout=(min(_CONNECT_SECONDS, self.timeout), self.timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._read(response)
        except requests.exceptions.SSLError as exc:
            raise UnreachableError(f"{self.url} cannot be trusted: its TLS certificate does not hold") from exc
        except requests.ReadTimeout as exc:
            raise self._too_slow() from exc
        except requests.RequestException as exc:
            raise UnreachableError(
                f"no server answers at {self.url}; start one, or say where it is with --url or FTL_URL"
            ) from exc
        return self._answer(response, body)

    def _read(self, response: requests.Response) -> bytes:
        deadline = time.monotonic() + self.timeout
        body = bytearray()
        # The timeout of requests is for the next byte; a server that trickles would never meet it.
        for piece in response.iter_content(64 * 1024):
            body += piece
            if time.monotonic() > deadline:
                raise self._too_slow()
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
            raise RefusedError(f"{self.url} refused: {_reason(answer)}", str(answer.get("error")), status)
        return answer

    def _too_slow(self) -> UnreachableError:
        return UnreachableError(f"{self.url} did not answer within {self.timeout:g} s; allow more with --timeout")

    def _not_this_api(self, reason: str) -> NotThisAPIError:
        return NotThisAPIError(f"{self.url} is not an FTL Activity server: {reason}")


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
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


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
