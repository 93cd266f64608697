"""Logging in with a token, once, and out: the browser gets a token of its own, in a cookie."""

import re
from urllib.parse import quote

import bottle

from ftlserver.domain.instants import SECOND, now
from ftlserver.errors import FTLError, InvalidRequestError, RefusedError
from ftlserver.web.pages import visit as visits
from ftlserver.web.pages.templates import Html, render
from ftlserver.web.pages.visit import Visit
from ftlserver.web.requests import content_length

LARGEST_FORM = 16 * 1024
_FORM = "application/x-www-form-urlencoded"
# Where a login leads to: a page of this server, and nothing that could be read as the name of another one.
_OWN_PAGE = re.compile(r"/(?:[a-z]+|members/[A-Za-z0-9._@+%-]+)?(?:\?[A-Za-z0-9._~%&=+,@:/-]*)?", re.ASCII)


def show(_visit: Visit) -> bottle.HTTPResponse:
    """Answer with the form."""
    return visits.respond(_page("/"))


def ask(exc: FTLError) -> bottle.HTTPResponse:
    """Answer a request for a page, which needs a login, with the form; the page is shown after it."""
    environ = bottle.request.environ
    where = quote(environ["PATH_INFO"])
    if environ.get("QUERY_STRING"):
        where += f"?{environ['QUERY_STRING']}"
    has_ended = bool(visits.cookie())
    message = "You are logged out: the token has ended, or 12 hours have passed." if has_ended else ""
    if isinstance(exc, RefusedError) and exc.code == "not_authed" and "locked" in exc.message:
        message = visits.sentence(exc)
    # A link from another site is followed without the cookie, which is sent when the page is opened from here.
    is_followed = environ.get("HTTP_SEC_FETCH_SITE") in ("cross-site", "same-site")
    answer = visits.respond(_page(where, message, is_followed=is_followed), 401)
    answer.set_header("WWW-Authenticate", 'Bearer realm="ftl"')
    if has_ended:
        _set_cookie(answer, "", 0)
    return answer


def log_in(visit: Visit) -> bottle.HTTPResponse:
    """Take a token, and answer with the cookie and the page that was wanted."""
    if content_length() > LARGEST_FORM:
        raise InvalidRequestError("body_too_large", "this form is too long", limit=LARGEST_FORM)
    if (bottle.request.content_type or "").split(";")[0].strip().lower() != _FORM:
        raise InvalidRequestError("unsupported_media_type", f"the Content-Type must be {_FORM}")
    form = bottle.request.forms
    where = form.get("next", "/")
    secret = form.get("token", "").strip()
    if not secret:
        return _again(where, "Paste a token: it begins with ftl_", 400)
    try:
        made, secret = visit.auth.log_in(secret, bottle.request.environ["ftl.client"])
    except RefusedError as exc:
        if exc.code == "missing_scope":
            return _again(where, "This token may not read; log in with one that has the scope read.", exc.status)
        if exc.code != "invalid_auth":
            raise
        return _again(where, "This token is unknown, expired or revoked; ask for a new one.", exc.status)
    answer = _redirect(_own(where))
    assert made.expires_at is not None
    _set_cookie(answer, secret, max(1, (made.expires_at - now()) // SECOND))
    return answer


def log_out(visit: Visit) -> bottle.HTTPResponse:
    """End the token of the browser, and answer with the login."""
    visit.auth.log_out(visits.cookie())
    answer = _redirect("/login")
    _set_cookie(answer, "", 0)
    return answer


def _page(where: str, message: str = "", *, is_followed: bool = False) -> Html:
    form = render("login", where=_own(where), message=message, is_followed=is_followed)
    return visits.page("Log in", form, is_login=True)


def _again(where: str, message: str, status: int) -> bottle.HTTPResponse:
    answer = visits.respond(_page(where, message), status)
    if status == 401:
        answer.set_header("WWW-Authenticate", 'Bearer realm="ftl", error="invalid_token"')
    return answer


def _own(where: str) -> str:
    return where if _OWN_PAGE.fullmatch(where) and not where.startswith(("/login", "/logout")) else "/"


def _redirect(where: str) -> bottle.HTTPResponse:
    return bottle.HTTPResponse(b"", 303, visits.HEADERS | {"Location": where})


def _set_cookie(answer: bottle.HTTPResponse, value: str, seconds: int) -> None:
    answer.set_cookie(
        visits.cookie_name(),
        value,
        path="/",
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=visits.is_https(),
    )
