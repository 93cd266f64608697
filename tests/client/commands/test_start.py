"""A period that begins now and is recorded at its end: start, stop and status."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from ftlclient import time_ranges
from ftlclient.api.spool import Spool
from ftlclient.config import spool_file
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.client.commands.conftest import stored_instants
from tests.client.conftest import make_token, run, unavailable_server
from tests.conftest import EGON, GLINDA, at, serving


class Clock:
    """The time that the commands see."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)  # 09:00 where Egon is


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time_ranges, "now", lambda: clock.now)
    return clock


def test_a_period_is_recorded_from_start_to_stop(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage, clock: Clock
) -> None:
    status, out, err = run(capsys, "start", "--user", EGON.id)
    assert (status, out, err) == (0, "started: W012A3CDE, Mon 2026-11-16 09:00 America/Los_Angeles\n", "")
    assert stored_instants(storage) == []
    clock.now += timedelta(hours=2, minutes=14)
    status, out, _ = run(capsys, "status")
    line = f"W012A3CDE since Mon 2026-11-16 09:00 America/Los_Angeles (2:14), at {url}"
    assert (status, out) == (0, f"{line}\nnothing waits to be sent\n")
    status, out, err = run(capsys, "stop", "--user", EGON.id)
    line = "recorded: W012A3CDE, Mon 2026-11-16 09:00 to 11:14 America/Los_Angeles (2:14)\n"
    assert (status, out, err) == (0, line, "")
    assert stored_instants(storage) == [(EGON.id, at("2026-11-16T17:00Z"), at("2026-11-16T19:14Z"))]
    assert run(capsys, "status")[1] == "nothing is running\nnothing waits to be sent\n"


@pytest.mark.parametrize(
    ("start", "stop", "started", "ended"),
    [
        ("8:30", "now", "2026-11-16T08:30-08:00", "2026-11-16T10:00-08:00"),
        ("-10min", "9:30", "2026-11-16T08:50-08:00", "2026-11-16T09:30-08:00"),
        ("yesterday 22:00", "1:00", "2026-11-15T22:00-08:00", "2026-11-16T01:00-08:00"),
        ("yesterday 9am", "12:00", "2026-11-15T09:00-08:00", "2026-11-15T12:00-08:00"),
    ],
)
def test_start_and_stop_take_times(
    capsys: pytest.CaptureFixture[str],
    url: str,
    storage: Storage,
    clock: Clock,
    start: str,
    stop: str,
    started: str,
    ended: str,
) -> None:
    assert run(capsys, "start", start, "--user", EGON.id)[0] == 0
    clock.now += timedelta(hours=1)
    assert run(capsys, "stop", stop, "--user", EGON.id)[0] == 0
    assert stored_instants(storage) == [(EGON.id, at(started), at(ended))]


@pytest.mark.slow
def test_a_period_survives_the_program_and_has_one_place_for_each_server_and_user(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage
) -> None:
    for user in (EGON, GLINDA):
        command = [sys.executable, "-m", "ftlclient", "start", "--user", user.id]
        subprocess.run(command, env=os.environ, check=True, capture_output=True)
    status, out, err = run(capsys, "start", "--user", EGON.id)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "ftlclient stop" in err
    with unavailable_server() as other:
        assert run(capsys, "stop", "--user", EGON.id, "--url", other)[0] == 2
    assert run(capsys, "stop", "--user", GLINDA.id)[0] == 0
    assert run(capsys, "stop", "--user", EGON.id)[0] == 0
    assert sorted(row[0] for row in stored_instants(storage)) == [EGON.id, GLINDA.id]


def test_start_and_stop_work_without_a_server(capsys: pytest.CaptureFixture[str], clock: Clock) -> None:
    with unavailable_server() as url:
        assert run(capsys, "start", "--user", EGON.id, "--url", url)[0] == 0
        clock.now += timedelta(hours=1)
        status, out, err = run(capsys, "stop", "--user", EGON.id, "--url", url)
        assert (status, out) == (0, "")
        assert (
            "saved; will be sent later (see ftlclient spool): W012A3CDE, Mon 2026-11-16 18:00 to 19:00 Europe/Berlin (1:00)"
            in err
        )
        shown = run(capsys, "status")[1]
    assert shown == f"nothing is running\n1 write to be sent to {url}\n"


def test_a_refused_stop_keeps_the_period(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage, clock: Clock
) -> None:
    run(capsys, "start", "--user", EGON.id)
    clock.now += timedelta(days=8)
    status, _, err = run(capsys, "stop", "--user", EGON.id)
    assert (status, "--yes" in err) == (2, True)
    assert run(capsys, "stop", "--user", EGON.id, "--yes")[0] == 1  # longer than 7 days
    assert "W012A3CDE since" in run(capsys, "status")[1]
    assert Spool(spool_file()).items() == []
    assert run(capsys, "stop", "17:00", "--user", EGON.id)[0] == 0
    assert stored_instants(storage) == [(EGON.id, at("2026-11-16T09:00-08:00"), at("2026-11-16T17:00-08:00"))]


def test_a_stop_with_an_insufficient_token_waits_in_the_spool(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, storage: Storage, clock: Clock
) -> None:
    monkeypatch.setenv("FTL_TOKEN", make_token(storage, "write"))
    with serving(create_app(storage)) as url:
        run(capsys, "start", "--user", EGON.id, "--url", url)
        monkeypatch.setenv("FTL_TOKEN", make_token(storage, "read"))
        clock.now += timedelta(hours=1)
        assert run(capsys, "stop", "--user", EGON.id, "--url", url)[0] == 1
        assert run(capsys, "status")[1] == f"nothing is running\n1 write to be sent to {url}\n"


@pytest.mark.parametrize(
    ("time", "says"),
    [
        ("10am", "still to come"),
        ("tomorrow", "needs a time of day"),
        ("2026-11-01 1:30", "occurs twice in America/Los_Angeles; write 2026-11-01T01:30:00-07:00 or "),
        ("2026-03-08 2:30", "does not exist in America/Los_Angeles; write 2026-03-08T01:30:00-08:00 or "),
    ],
)
def test_a_start_that_cannot_be_is_refused(
    capsys: pytest.CaptureFixture[str], url: str, clock: Clock, time: str, says: str
) -> None:
    status, out, err = run(capsys, "start", time, "--user", EGON.id)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert says in err
    assert run(capsys, "status")[1].startswith("nothing is running")


def test_a_start_that_the_server_would_not_record_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    with serving(create_app(storage)) as url:
        status, _, err = run(capsys, "start", "--user", "absent", "--url", url)
        assert (status, "no such member: absent" in err) == (1, True)
        monkeypatch.setenv("FTL_TOKEN", make_token(storage, "read"))
        status, _, err = run(capsys, "start", "--user", EGON.id, "--url", url)
        assert (status, "scope write" in err) == (1, True)
    assert run(capsys, "status")[1].startswith("nothing is running")


def test_a_stop_at_the_start_is_refused(capsys: pytest.CaptureFixture[str], url: str, clock: Clock) -> None:
    run(capsys, "start", "--user", EGON.id)
    status, _, err = run(capsys, "stop", "--user", EGON.id)
    assert (status, "would start at its end" in err) == (2, True)


def test_status_counts_refused_writes(capsys: pytest.CaptureFixture[str], url: str) -> None:
    with unavailable_server() as other:
        run(capsys, "log", "9", "10", "--user", "absent", "--url", other)
    Spool(spool_file())._execute("UPDATE items SET url = ?", (url,))
    run(capsys, "whoami")
    assert "1 write refused (see ftlclient spool)" in run(capsys, "status")[1]
