"""The files that pages need: read from this package, and named by their content, so that they never change."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from bottle import HTTPResponse

from ftlcommon import drawing
from ftlserver.errors import InvalidRequestError
from ftlserver.web.responses import NOTHING_HERE

_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _Asset:
    url: str
    body: bytes
    media_type: str


def _asset(name: str, media_type: str, more: str = "") -> _Asset:
    body = files(__package__).joinpath("static", name).read_bytes() + more.encode()
    stem, _, suffix = name.partition(".")
    return _Asset(f"/static/{stem}-{hashlib.sha256(body).hexdigest()[:16]}.{suffix}", body, media_type)


STYLE = _asset("page.css", "text/css; charset=utf-8", drawing.STYLE)
SCRIPT = _asset("page.js", "text/javascript; charset=utf-8")
ICON = _asset("icon.svg", "image/svg+xml")
_BY_URL = {asset.url: asset for asset in (STYLE, SCRIPT, ICON)}


def show(_visit: object, name: str) -> HTTPResponse:
    """Answer with a file, which a browser keeps; raise InvalidRequestError if there is none of that *name*."""
    asset = _BY_URL.get(f"/static/{name}")
    if asset is None:
        raise InvalidRequestError("not_found", NOTHING_HERE)
    return HTTPResponse(asset.body, 200, {"Content-Type": asset.media_type, "Cache-Control": _FOREVER})
