"""What a monitoring system reads."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from webtest import TestApp

from ftlserver import __version__
from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.timezones import TZDATA_VERSION
from ftlserver.serving import server
from ftlserver.storage import Storage, totals
from ftlserver.web.app import create_app, new_metrics
from ftlserver.web.handlers import metrics
from ftlserver.web.metrics import NO_ROUTE, Metrics
from ftlserver.web.middleware import Policy
from tests.helpers import EGON, make_token, send, store_team, talk

LINE = re.compile(r'ftlserver_[a-z_]+(?:\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? -?[0-9][0-9.e+-]*')


def scraped(app: TestApp, headers: dict[str, str] | None = None) -> dict[str, float]:
    """Return the samples by name and labels."""
    response = app.get("/metrics", headers=headers)
    assert response.headers["Content-Type"] == metrics.TEXT
    lines = response.text.splitlines()
    assert response.text.endswith("\n")
    assert all(LINE.fullmatch(line) for line in lines if not line.startswith("#"))
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    assert len({name for name, _ in pairs}) == len(pairs)
    return {name: float(value) for name, value in pairs}


def test_each_metric_has_help_and_a_type_before_its_samples(app: TestApp) -> None:
    send(app, "GET", "/healthz")
    described = ""
    for line in app.get("/metrics").text.splitlines():
        if line.startswith("# HELP "):
            described = line.split()[2]
        elif line.startswith("# TYPE "):
            assert line.split()[2:] in ([described, kind] for kind in ("counter", "gauge", "histogram"))
        else:
            assert re.match(rf"{described}(_bucket|_sum|_count)?[{{ ]", line)


def test_requests_count_by_the_pattern_of_their_route_and_never_by_an_id(app: TestApp) -> None:
    for path in (f"/api/users/{EGON.id}", f"/api/users/{EGON.id}/", "/api/users/absent", f"/{EGON.id}"):
        send(app, "GET", path)
    send(app, "OPTIONS", f"/api/users/{EGON.id}")
    send(app, "HEAD", f"/api/users/{EGON.id}")
    found = scraped(app)
    of_user = 'method="GET",route="/api/users/<user_id>"'
    assert found[f'ftlserver_requests_total{{{of_user},status="200"}}'] == 3
    assert found[f'ftlserver_requests_total{{{of_user},status="404"}}'] == 1
    assert found['ftlserver_requests_total{method="-",route="-",status="404"}'] == 1
    assert found['ftlserver_requests_total{method="-",route="-",status="405"}'] == 1
    assert found[f"ftlserver_request_duration_seconds_count{{{of_user}}}"] == 4
    assert found[f'ftlserver_request_duration_seconds_bucket{{{of_user},le="+Inf"}}'] == 4
    assert 0 < found[f"ftlserver_request_duration_seconds_sum{{{of_user}}}"] < 10
    text = app.get("/metrics").text
    assert not [canary for canary in (EGON.id, "OPTIONS", "absent") if canary in text]


def test_the_versions_and_the_size_of_the_database_are_there(team: Storage) -> None:
    ended_at = instants.now() - instants.HOUR
    team.bulk_import.store([EGON], [ActivityPeriod.in_zone(EGON, ended_at - instants.MINUTE, ended_at)])
    found = scraped(TestApp(create_app(team)))
    assert found[f'ftlserver_build_info{{version="{__version__}",tzdata="{TZDATA_VERSION}"}}'] == 1
    assert (found["ftlserver_users"], found["ftlserver_periods"]) == (2, 7)
    assert found["ftlserver_newest_period_age_seconds"] == pytest.approx(3_600, abs=60)
    assert found["ftlserver_workers"] == 1


def test_a_period_that_is_not_over_is_no_time_ago(sqlite_storage: Storage) -> None:
    assert "ftlserver_newest_period_age_seconds" not in scraped(TestApp(create_app(sqlite_storage)))
    now = instants.now()
    sqlite_storage.bulk_import.store([EGON], [ActivityPeriod.in_zone(EGON, now, now + instants.HOUR)])
    sqlite_storage.totals._found = None
    assert scraped(TestApp(create_app(sqlite_storage)))["ftlserver_newest_period_age_seconds"] == 0


def test_a_database_too_large_to_count_shows_no_number_until_it_is_known(
    team: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "EXACT", 5)
    if team.database.is_sqlite:
        assert "ftlserver_periods" not in scraped(TestApp(create_app(team)))


def test_only_an_admin_of_all_users_reads_them_wherever_the_request_comes_from(sqlite_storage: Storage) -> None:
    store_team(sqlite_storage)
    admin, of_one = make_token(sqlite_storage, "admin"), make_token(sqlite_storage, "admin", users=(EGON.id,))
    read = make_token(sqlite_storage, "read", "write")
    for policy in (Policy(), Policy(is_local=False), Policy(is_local=False, trusted_proxy="*", public_read=True)):
        app = TestApp(create_app(sqlite_storage, policy), extra_environ={"REMOTE_ADDR": "127.0.0.1"})
        assert scraped(app, admin)["ftlserver_users"] == 2
        statuses = [send(app, "GET", "/metrics", headers=headers).status_int for headers in (of_one, read, {})]
        assert statuses == [403, 403, 401]


@contextmanager
def counting(storage: Storage) -> Iterator[tuple[str, Metrics]]:
    """Give the URL of a server with three threads, and its counters."""
    counters = new_metrics()
    served = server.Server(
        create_app(storage, counters=counters), server.listen("127.0.0.1", 0), 3, metrics=counters
    )
    thread = threading.Thread(target=served.run)
    thread.start()
    try:
        yield served.url, counters
    finally:
        served.stop()
        thread.join()


def test_the_server_tells_its_connections_and_threads_and_counts_what_is_no_http(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAINTENANCE_SECONDS", 0)
    with counting(sqlite_storage) as (url, _):
        talk(url, b"nonsense\r\n\r\n")
        text = talk(url, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").decode()
    assert 'ftlserver_requests_total{method="-",route="-",status="400"} 1\n' in text
    assert "ftlserver_connections 1\n" in text
    assert "ftlserver_threads 3\n" in text
    assert "ftlserver_refused_connections_total 0\n" in text


def test_the_server_counts_connections_beyond_the_limit(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTIONS", 0)
    with counting(sqlite_storage) as (url, counters):
        assert b" 503 " in talk(url, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in talk(url, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert counters.refused() == 1
    assert list(counters.requests()) == [(("GET", "/healthz"), "200", 1), (NO_ROUTE, "503", 1)]
