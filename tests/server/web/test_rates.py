"""How often callers may ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp, TestResponse

from ftlserver.domain import token as tokens
from ftlserver.errors import RefusedError
from ftlserver.storage import Storage
from ftlserver.web import rates
from ftlserver.web.app import create_app
from ftlserver.web.middleware import Policy
from ftlserver.web.rates import Rate
from tests.helpers import make_token, send

PUBLIC = Policy(is_local=False, public_read=True, rate=3)
BAD = {"Authorization": f"Bearer {tokens.mint()[1]}"}


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def took(rate: Rate, caller: str) -> bool:
    try:
        rate.take(caller, "too many")
    except RefusedError:
        return False
    return True


@given(st.integers(1, 50), st.lists(st.floats(0, 30), max_size=80))
def test_in_no_minute_more_than_twice_the_limit_and_over_long_the_limit(most: int, waits: list[float]) -> None:
    clock = Clock()
    rate = Rate(most, clock)
    taken = []
    for wait in waits:
        clock.now += wait
        if took(rate, "a"):
            taken.append(clock.now)
    for index, first in enumerate(taken):
        for count, last in enumerate(taken[index:], 1):
            assert count <= most + (last - first) * most / 60 + 0.01


@given(st.integers(1, 50), st.integers(1, 200))
def test_after_the_wait_that_is_named_the_request_succeeds(most: int, requests: int) -> None:
    clock = Clock()
    rate = Rate(most, clock)
    for number in range(requests):
        try:
            rate.take("a", "too many")
        except RefusedError as exc:
            assert number >= most
            clock.now += float(str(exc.more["retry_after"]))
            assert took(rate, "a")


def test_callers_have_limits_of_their_own_and_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_MOST_CALLERS", 5)
    clock = Clock()
    rate = Rate(1, clock)
    for name in "abcdefgh":
        assert took(rate, name)
        assert not took(rate, name)
    assert list(rate._used_until) == [*"defgh"]  # those who asked last, however many ask
    assert not took(rate, "h")


def status(response: TestResponse) -> tuple[int, str]:
    return response.status_int, response.json.get("error", "")


def test_a_token_beyond_its_rate_is_told_when_to_retry(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage, PUBLIC))
    one, other = make_token(sqlite_storage, "read"), make_token(sqlite_storage, "read")
    assert [send(app, "GET", "/api/whoami", headers=one).status_int for _ in range(4)] == [200, 200, 200, 429]
    response = send(app, "GET", "/api/whoami", headers=one)
    assert (status(response), response.json["max"]) == ((429, "ratelimited"), 3)
    assert 1 <= int(response.headers["Retry-After"]) == response.json["retry_after"] <= 20
    assert send(app, "GET", "/api/whoami", headers=other).status_int == 200


def test_invalid_tokens_are_throttled_by_address_and_valid_ones_never(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage, Policy(is_local=False)))
    good = make_token(sqlite_storage, "read")
    found = [status(send(app, "GET", "/api/whoami", headers=BAD)) for _ in range(25)]
    assert found == [(401, "invalid_auth")] * 20 + [(429, "ratelimited")] * 5
    assert status(send(app, "GET", "/api/whoami", headers=good)) == (200, "")
    elsewhere = app.get("/api/whoami", headers=BAD, status="*", extra_environ={"REMOTE_ADDR": "192.0.2.9"})
    assert status(elsewhere) == (401, "invalid_auth")


@pytest.mark.parametrize("proxy", [None, "*"])
def test_callers_behind_a_proxy_are_told_apart(sqlite_storage: Storage, proxy: str | None) -> None:
    policy = Policy(is_local=False, public_read=True, rate=2, trusted_proxy=proxy)
    app = TestApp(create_app(sqlite_storage, policy))
    for client in ("198.51.100.1", "198.51.100.2"):
        found = [
            app.get("/api/users", headers={"X-Forwarded-For": client}, status="*").status_int for _ in range(3)
        ]
        assert found == [200, 200, 429]


def test_a_local_server_without_tokens_has_no_limit(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage, Policy(rate=2)))
    assert {app.get("/api/users").status_int for _ in range(10)} == {200}


@pytest.mark.parametrize(
    ("headers", "caller"),
    [
        ({"AUTHORIZATION": "Bearer x", "X_FORWARDED_FOR": "198.51.100.1"}, "Bearer x"),
        ({}, "192.0.2.1"),
        ({"X_FORWARDED_FOR": "198.51.100.1"}, "192.0.2.1 198.51.100.1"),
    ],
)
def test_callers_are_told_apart_before_their_token_is_checked(headers: dict[str, str], caller: str) -> None:
    assert Policy(is_local=False).caller_of(headers, "192.0.2.1") == caller
    assert Policy().caller_of({}, "127.0.0.1") is None
    trusting = Policy(is_local=False, trusted_proxy="192.0.2.1")
    assert trusting.caller_of({"X_FORWARDED_FOR": "1.1.1.1, 198.51.100.1"}, "192.0.2.1") == "198.51.100.1"
