"""Exports of one user and of everything."""

import http.client
import json
import socket
import tracemalloc
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from webtest import TestApp, TestResponse

from ftlserver.cli import main
from ftlserver.domain import instants
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.web.app import create_app
from ftlserver.web.handlers import exports
from tests.helpers import EGON, GLINDA, all_rows, assignment_periods, record, serving, store_team


def test_the_export_of_a_user_can_be_imported(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    team = [EGON, User("quiet", 'Quiet "Q" \U0001f600', "Africa/Monrovia")]
    odd = ActivityPeriod(EGON.id, 1, 2, -28_800, -28_800)
    storage.bulk_import.store(team, [*assignment_periods(EGON), odd])
    app = TestApp(create_app(storage))
    for user in team:
        response = app.get(f"/api/users/{user.id}/export/")
        check_common_stream(response, "application/json")
        assert response.json["ok"] is True
        (tmp_path / user.id).write_bytes(response.body)
    other = tmp_path / "other.sqlite3"
    monkeypatch.setenv("DATABASE_URL", str(other))
    assert [main(["import", "members", str(tmp_path / user.id)]) for user in team] == [0, 0]
    with Storage.open(str(other)) as copy:
        assert list(copy.users.all()) == list(storage.users.all())
        assert [row[:5] for row in all_rows(copy)] == [row[:5] for row in all_rows(storage)]


def check_common_stream(response: TestResponse, content_type: str) -> None:
    assert response.content_type == content_type
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


def test_an_export_has_a_line_for_each_user_and_period_and_a_last_one_with_their_count(
    app: TestApp, team: Storage
) -> None:
    team.users.add_new([User("quiet", "Q", "UTC")])
    response = app.get("/api/export/")
    check_common_stream(response, "application/x-ndjson")
    *found, last = map(json.loads, response.text.splitlines())
    assert last == {"ok": True, "count": 9, "cursor": team.mirroring.now().cursor}
    assert len(found) == 9
    assert [line["id"] for line in found if "id" in line] == ["W012A3CDE", "W07QCRPA4", "quiet"]
    assert found[1] == {"user_id": EGON.id, **assignment_periods(EGON)[0].to_json("iso")}
    assert record(app, *[line for line in found if "user_id" in line])["duplicates"] == 6


def test_an_export_of_an_empty_database_is_one_line(sqlite_storage: Storage) -> None:
    cursor = sqlite_storage.mirroring.now().cursor
    body = TestApp(create_app(sqlite_storage)).get("/api/export").body
    assert body == b'{"ok":true,"count":0,"cursor":"%b"}\n' % cursor.encode()


@pytest.fixture
def eight_pages(sqlite_storage: Storage) -> Storage:
    sqlite_storage.bulk_import.store(
        [EGON],
        (ActivityPeriod(EGON.id, n * instants.MINUTE, (n + 1) * instants.MINUTE, 0, 0) for n in range(11_000)),
    )
    return sqlite_storage


@pytest.mark.slow
def test_an_export_takes_no_more_memory_for_more_periods(eight_pages: Storage) -> None:
    def peak(pieces: Any, most: int) -> tuple[int, int]:
        """Return the peak memory while the first pieces are made, and their length."""
        length = 0
        tracemalloc.start()
        for number, piece in enumerate(pieces):
            length += len(piece)
            if number == most:
                break
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return taken, length

    ways = ((lambda: exports.lines(eight_pages), 3), (lambda: exports.user_pieces(eight_pages, EGON), 4))
    for pieces, first_page in ways:
        peak(pieces(), first_page)  # fills the caches
        (few, short), (all_, long) = peak(pieces(), first_page), peak(pieces(), 1_000)
        assert long > 2 * short
        assert all_ < 1.5 * few


@pytest.mark.parametrize("path", ["/api/export", f"/api/users/{EGON.id}/export"])
def test_an_export_that_fails_midway_is_recognisably_incomplete(
    eight_pages: Storage, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    pages = eight_pages.periods.pages_of

    def fail(user_id: str) -> Any:
        """Drop the table after the answer has begun, before its last page has been read."""
        for number, page in enumerate(pages(user_id)):
            if number == 5:
                with transaction(eight_pages.database, write=True) as connection:
                    connection.execute(sa.text("DROP TABLE activity_periods"))
            yield page

    eight_pages.periods.pages_of = fail  # type: ignore[method-assign]
    with serving(create_app(eight_pages)) as url:
        parts = urlsplit(url)
        with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"Transfer-Encoding: chunked" in received
    assert EGON.real_name.encode() in received
    assert not received.endswith(b"0\r\n\r\n")
    assert b'"count"' not in received
    assert "no such table" in caplog.text


def test_a_short_export_is_sent_with_its_length(server_url: str) -> None:
    connection = http.client.HTTPConnection(str(urlsplit(server_url).netloc), timeout=10)
    for _ in range(2):  # on one connection
        connection.request("GET", "/api/export/")
        response = connection.getresponse()
        assert response.headers["Transfer-Encoding"] is None
        assert response.read().endswith(b'{"ok":true,"count":8,"cursor":"1"}\n')
    connection.request("HEAD", "/api/export/")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    connection.close()


def test_an_export_continues_while_a_user_is_deleted(storage: Storage) -> None:
    store_team(storage)
    pieces = exports.lines(storage)
    first = next(pieces)
    storage.users.delete(GLINDA.id)
    *found, last = map(json.loads, (first + b"".join(pieces)).splitlines())
    assert (last["ok"], last["count"]) == (True, len(found))
    assert len([line for line in found if line.get("user_id") == EGON.id]) == 3
