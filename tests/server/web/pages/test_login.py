"""Login: a token once, a cookie with a narrower one, and who may send which form."""

import re

import pytest
from webtest import TestApp, TestResponse

from ftlserver.domain import instants
from ftlserver.domain import token as tokens
from ftlserver.domain.instants import HOUR, MINUTE, SECOND
from ftlserver.domain.token import Token
from ftlserver.storage import Storage
from ftlserver.web import auth
from ftlserver.web.app import create_app
from ftlserver.web.middleware import Policy
from tests.helpers import EGON, GLINDA, id_in, make_key, make_token
from tests.server.web.pages.conftest import FORM, HOSTILE, NAVIGATION

HTTPS = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": "192.0.2.1", "HTTP_HOST": "localhost"}


def a_browser(storage: Storage, policy: Policy | None = None, **environ: str) -> TestApp:
    return TestApp(create_app(storage, policy), extra_environ={"HTTP_HOST": "localhost:80", **environ})


def secret_of(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


def log_in(app: TestApp, secret: str, where: str = "/", **headers: str) -> TestResponse:
    sent = {"token": secret, "next": where}
    return app.post("/login", sent, headers=FORM | headers, expect_errors=True)


def page_tokens(storage: Storage) -> list[Token]:
    return [token for token in storage.tokens.all() if token.view == tokens.PAGE]


def test_a_token_logs_in_once_and_the_page_that_was_wanted_follows(today: Storage) -> None:
    read = make_token(today, "read")
    app = a_browser(today)
    wanted = app.get("/timeline?team=backend", expect_errors=True)
    assert wanted.status_int == 401
    assert wanted.forms[0].action == "/login"
    answer = log_in(app, secret_of(read), wanted.forms[0]["next"].value)
    assert (answer.status_int, answer.headers["Location"]) == (303, "/timeline?team=backend")
    page = answer.follow()
    assert page.status_int == 200
    assert "Glinda Southgood" in page.text
    (made,) = page_tokens(today)
    assert (made.scopes, made.parent_id, made.user_ids) == (("read",), id_in(read), None)
    assert made.expires_at is not None
    assert made.expires_at - made.created_at == 12 * HOUR


def test_the_cookie_is_for_this_server_alone_and_script_cannot_read_it(today: Storage) -> None:
    app = a_browser(today)
    cookie = log_in(app, secret_of(make_token(today, "read"))).headers["Set-Cookie"]
    name, *attributes = cookie.split("; ")
    assert name.startswith("ftl=ftl_")
    assert sorted(attributes) == ["HttpOnly", "Max-Age=43199", "Path=/", "SameSite=strict"]


def test_on_https_the_cookie_is_secure_and_bound_to_the_host(today: Storage) -> None:
    app = a_browser(today, Policy.of("127.0.0.1", trusted_proxy="*"), **HTTPS)
    answer = log_in(app, secret_of(make_token(today, "read")), Origin="https://localhost")
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("__Host-ftl=ftl_")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=strict"} <= set(attributes)
    assert not [attribute for attribute in attributes if attribute.startswith("Domain")]
    # The name without the prefix, which another program of the host may set, is not read.
    plain = {"Cookie": name.removeprefix("__Host-")}
    assert app.get("/timeline", headers=plain, expect_errors=True).status_int == 401
    assert app.get("/timeline", headers={"Cookie": f"a; b=1;;{name}; ftl=x"}).status_int == 200


@pytest.mark.parametrize("scopes", [("read",), ("admin",), ("read", "write")])
def test_a_token_that_includes_read_logs_in(today: Storage, scopes: tuple[str, ...]) -> None:
    app = a_browser(today)
    assert log_in(app, secret_of(make_token(today, *scopes))).status_int == 303
    assert page_tokens(today)[0].scopes == ("read",)


def test_what_is_no_token_or_may_not_read_does_not_log_in(today: Storage) -> None:
    app = a_browser(today)
    make_token(today, "read")
    expired = secret_of(make_token(today, "read", expires_at=instants.now()))
    revoked = secret_of(make_token(today, "read", revoked_at=instants.now()))
    key = tokens.key_in(make_key(today)["Authorization"].split()[1])
    for secret, status, words in (
        (secret_of(make_token(today, "write")), 403, "may not read"),
        (tokens.mint()[1], 401, "unknown, expired or revoked"),
        (expired, 401, "unknown, expired or revoked"),
        (revoked, 401, "unknown, expired or revoked"),
        (key, 401, "unknown, expired or revoked"),
        ("<script>", 401, "unknown, expired or revoked"),
        ("  ", 400, "Paste a token"),
    ):
        answer = log_in(app, secret)
        assert (answer.status_int, words in answer.text) == (status, True)
        assert "Set-Cookie" not in answer.headers
        assert "<script>" not in answer.text
        assert secret.strip() == "" or secret not in answer.text
    assert page_tokens(today) == []


def test_the_token_of_a_page_ends_with_its_parent(today: Storage) -> None:
    end = instants.now() + 10 * MINUTE
    read = make_token(today, "read", expires_at=end)
    app = a_browser(today)
    answer = log_in(app, secret_of(read))
    assert page_tokens(today)[0].expires_at == end
    assert "Max-Age=599" in answer.headers["Set-Cookie"]
    assert app.get("/").status_int == 200
    today.tokens.revoke(id_in(read), instants.now())
    answer = app.get("/", expect_errors=True)
    assert answer.status_int == 401
    assert "You are logged out" in answer.text
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert "ftl" not in app.cookies


def test_an_expired_parent_ends_the_page_and_expired_page_tokens_are_deleted_at_login(
    today: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = make_token(today, "read")
    app = a_browser(today)
    log_in(app, secret_of(read))
    (old,) = page_tokens(today)
    later = instants.now() + 12 * HOUR + SECOND
    monkeypatch.setattr(auth.instants, "now", lambda: later)
    assert app.get("/", expect_errors=True).status_int == 401
    log_in(app, secret_of(read))
    (new,) = page_tokens(today)
    assert new.id != old.id
    assert [token.id for token in today.tokens.all()] == [id_in(read), new.id]


def test_a_rotated_token_ends_its_pages(today: Storage) -> None:
    read = make_token(today, "read")
    app = a_browser(today)
    log_in(app, secret_of(read))
    id_, secret = tokens.mint()
    new = Token(id_, "new", tokens.digest(secret), ("read",), None, instants.now(), None)
    today.tokens.rotate(id_in(read), new, instants.now())
    assert app.get("/", expect_errors=True).status_int == 401


def test_logging_out_ends_the_token_and_removes_the_cookie(today: Storage) -> None:
    app = a_browser(today)
    cookie = log_in(app, secret_of(make_token(today, "read"))).headers["Set-Cookie"].split(";")[0]
    page = app.get("/")
    answer = page.forms[0].submit(headers=FORM)
    assert (answer.status_int, answer.headers["Location"]) == (303, "/login")
    assert "ftl" not in app.cookies
    assert page_tokens(today) == []
    assert app.get("/", headers={"Cookie": cookie}, expect_errors=True).status_int == 401
    assert app.post("/logout", headers=FORM).status_int == 303  # again, without a cookie


def test_logging_out_ends_no_token_that_is_not_a_page_s(today: Storage) -> None:
    read = make_token(today, "read")
    app = a_browser(today)
    app.post("/logout", headers=FORM | {"Cookie": f"ftl={secret_of(read)}"})
    assert app.get("/api/whoami", headers=read).status_int == 200


def test_the_cookie_opens_pages_and_the_api_never_reads_it(today: Storage) -> None:
    read = make_token(today, "read")
    app = a_browser(today)
    log_in(app, secret_of(read))
    assert app.get("/timeline.json").json["ok"]
    assert app.get("/timeline.csv").text.startswith("user_id,")
    for path in ("/api/users", "/api/whoami", "/api/loguseractivity"):
        assert app.get(path, expect_errors=True).status_int == 401
    # Neither does the secret in it open the API, nor a token of the API the page.
    bearer = {"Authorization": f"Bearer {app.cookies['ftl']}"}
    assert app.get("/api/whoami", headers=bearer, expect_errors=True).status_int == 401
    other = a_browser(today)
    assert other.get("/", headers={"Cookie": f"ftl={secret_of(read)}"}, expect_errors=True).status_int == 401
    assert other.get("/", headers=read, expect_errors=True).status_int == 401
    assert log_in(other, app.cookies["ftl"]).status_int == 401  # and no page from a page


def test_a_page_sees_what_its_token_sees(today: Storage) -> None:
    for bound in ({"users": (GLINDA.id,)}, {"team_id": "backend"}):
        app = a_browser(today)
        log_in(app, secret_of(make_token(today, "read", **bound)))
        hidden = [HOSTILE.id, "Quiet One"] + ([EGON.real_name] if "users" in bound else [])
        for path in (
            "/",
            "/timeline",
            "/summary",
            "/hours",
            "/overlap",
            "/meeting",
            "/timeline.csv",
            "/board.json",
        ):
            text = app.get(path).text
            assert GLINDA.real_name in text or path.startswith("/overlap"), path
            assert not [name for name in hidden if name in text], path
        for name in hidden:
            answer = app.get("/timeline", {"members": name}, expect_errors=True)
            assert (answer.status_int, "No such member" in answer.text) == (404, True)
        assert app.get(f"/members/{HOSTILE.id}", expect_errors=True).status_int == 404
        assert app.get(f"/members/{GLINDA.id}").status_int == 200


def test_a_page_of_a_token_that_sees_rounded_times_shows_rounded_times(today: Storage) -> None:
    id_, secret = tokens.mint()
    parent = Token(id_, "t", tokens.digest(secret), ("read",), None, instants.now(), None, round_seconds=3_600)
    today.tokens.add(parent)
    app = a_browser(today)
    log_in(app, secret)
    assert page_tokens(today)[0].round_seconds == 3_600
    for path in ("/timeline.csv", "/timeline", "/summary.csv"):
        times = re.findall(r"T\d\d:(\d\d:\d\d)", app.get(path, {"members": EGON.id}).text)
        assert set(times) == {"00:00"}, path


def test_a_page_of_a_token_without_users_is_empty(today: Storage) -> None:
    read = make_token(today, "read", users=(GLINDA.id,))
    app = a_browser(today)
    log_in(app, secret_of(read))
    today.users.delete(GLINDA.id)
    for path in ("/", "/timeline", "/meeting"):
        assert "There are no members here" in app.get(path).text


def test_an_open_server_needs_no_login_and_a_public_one_shows_what_all_may_read(today: Storage) -> None:
    assert a_browser(today).get("/timeline").status_int == 200
    assert "Log out" not in a_browser(today).get("/").text
    locked = a_browser(today, Policy(is_local=False)).get("/", expect_errors=True)
    assert (locked.status_int, "locked until it has a token" in locked.text) == (401, True)
    assert a_browser(today, Policy(is_local=False, public_read=True)).get("/timeline").status_int == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.test"},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81", "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://wiki.example.org", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:80", "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_a_form_of_another_page_neither_logs_in_nor_out(today: Storage, headers: dict[str, str]) -> None:
    secret = secret_of(make_token(today, "read"))
    app = a_browser(today, Policy.of("127.0.0.1", origins=["https://wiki.example.org"]))
    answer = app.post("/login", {"token": secret}, headers=headers, expect_errors=True)
    assert (answer.status_int, answer.content_type) == (403, "text/html")
    assert "Set-Cookie" not in answer.headers
    log_in(app, secret)
    assert app.post("/logout", headers=headers, expect_errors=True).status_int == 403
    assert len(page_tokens(today)) == 1


@pytest.mark.parametrize("headers", [{"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}], ids=str)
def test_one_sign_of_the_own_page_is_enough(today: Storage, headers: dict[str, str]) -> None:
    app = a_browser(today)
    answer = app.post("/login", {"token": secret_of(make_token(today, "read"))}, headers=headers)
    assert answer.status_int == 303


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_pages_refuse_other_sites_except_a_link_that_is_followed(today: Storage, site: str) -> None:
    app = a_browser(today, Policy.of("127.0.0.1", origins=["http://localhost:81"]))
    for path in ("/", "/timeline", "/timeline.csv", "/board.json", "/login"):
        for more in ({"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Mode": "cors", "Origin": "http://localhost:81"}):
            answer = app.get(path, headers={"Sec-Fetch-Site": site, **more}, expect_errors=True)
            assert answer.status_int == 403
        assert app.get(path, headers=NAVIGATION | {"Sec-Fetch-Site": site}).status_int == 200


def test_a_link_from_another_site_leads_to_the_page_after_one_more_click(today: Storage) -> None:
    make_token(today, "read")
    headers = NAVIGATION | {"Sec-Fetch-Site": "cross-site"}
    answer = a_browser(today).get("/timeline?team=backend", headers=headers, expect_errors=True)
    assert answer.status_int == 401
    assert '<a href="/timeline?team=backend">open this page</a>' in answer.text


@pytest.mark.parametrize(
    "where",
    [
        "//evil.test",
        "https://evil.test",
        "/\\evil.test",
        "javascript:alert(1)",
        "/login",
        "/a//b",
        "/x\r\nY: z",
        "x",
        "/?a=<",
    ],
)
def test_a_login_leads_to_a_page_of_this_server_only(today: Storage, where: str) -> None:
    app = a_browser(today)
    answer = log_in(app, secret_of(make_token(today, "read")), where)
    assert answer.headers["Location"] == "/"


def test_the_login_form_has_a_type_and_a_length(today: Storage) -> None:
    app = a_browser(today)
    for body, content_type, status in (
        (b"token=x", "text/plain", 415),
        (b'{"token":"x"}', "application/json", 415),
        (b"token=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"token=%ff%00&next=%ff", "application/x-www-form-urlencoded", 401),
        (b"", "application/x-www-form-urlencoded", 400),
    ):
        answer = app.post("/login", body, FORM, content_type=content_type, expect_errors=True)
        assert (answer.status_int, answer.content_type) == (status, "text/html"), content_type


def test_failed_logins_are_limited_by_address_and_logins_share_the_rate_of_their_token(
    today: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_FAILURES", 3)
    read = secret_of(make_token(today, "read"))
    app = a_browser(today)
    statuses = [log_in(app, tokens.mint()[1]).status_int for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert log_in(app, read).status_int == 303
    limited = a_browser(today, Policy.of("127.0.0.1", rate=4))
    for _ in range(2):
        log_in(limited, read)
        assert limited.get("/login").status_int == 200
    statuses = [limited.get("/timeline", expect_errors=True).status_int for _ in range(3)]
    assert statuses == [200, 200, 429]
