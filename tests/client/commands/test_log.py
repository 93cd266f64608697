"""Recording one period."""

from datetime import UTC, datetime

import pytest

from ftlclient import time_ranges
from ftlclient.api.spool import Spool
from ftlclient.config import Config, spool_file, write_login
from ftlserver.domain.token import EVERYTHING
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.client.commands.conftest import stored_instants
from tests.client.conftest import make_token, on_a_terminal, run, unavailable_server
from tests.conftest import EGON, GLINDA, all_rows, at, serving


@pytest.mark.parametrize(
    ("argv", "started", "ended"),
    [
        (("09:00", "12:30"), "2026-11-16T09:00-08:00", "2026-11-16T12:30-08:00"),
        (("9", "17"), "2026-11-16T09:00-08:00", "2026-11-16T17:00-08:00"),
        (("9", "17 nov 2026 1am"), "2026-11-16T09:00-08:00", "2026-11-17T01:00-08:00"),
        (("9am", "5:15pm"), "2026-11-16T09:00-08:00", "2026-11-16T17:15-08:00"),
        (("22:00", "01:00"), "2026-11-16T22:00-08:00", "2026-11-17T01:00-08:00"),
        (("2026-11-16T09:00+01:00", "2026-11-16T10:00:30+01:00"), "2026-11-16T08:00Z", "2026-11-16T09:00:30Z"),
    ],
)
def test_log_takes_the_members_own_clock(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage, argv: tuple[str, ...], started: str, ended: str
) -> None:
    command = ("log", *argv, "--on", "2026-11-16", "--user", EGON.id, "--yes")
    status, out, err = run(capsys, *command)
    assert (status, out.startswith("recorded"), err) == (0, True, "")
    assert stored_instants(storage) == [(EGON.id, at(started), at(ended))]
    assert run(capsys, *command)[1].startswith("already recorded")
    assert len(all_rows(storage)) == 1


def test_log_reports_overlapping_periods(capsys: pytest.CaptureFixture[str], url: str) -> None:
    run(capsys, "log", "09:00", "12:00", "--on", "2026-11-16", "--user", EGON.id)
    out = run(capsys, "log", "11:00", "13:00", "--on", "2026-11-16", "--user", EGON.id)[1]
    assert "it overlaps 2026-11-16T09:00:00-08:00 to 2026-11-16T12:00:00-08:00" in out


def test_log_of_a_later_end_extends_and_of_an_earlier_one_shows_what_is_stored(
    capsys: pytest.CaptureFixture[str], url: str
) -> None:
    command = ("log", "--on", "2026-11-16", "--user", EGON.id, "09:00")
    run(capsys, *command, "12:00")
    assert run(capsys, *command, "13:00")[1].startswith("extended: ")
    out = run(capsys, *command, "10:00")[1].splitlines()
    assert out[0].startswith("already recorded: ")
    assert out[1] == "the stored period is 2026-11-16T09:00:00-08:00 to 2026-11-16T13:00:00-08:00"
    assert len(run(capsys, *command, "13:00")[1].splitlines()) == 1


def test_log_of_a_skipped_time_is_refused_with_the_choices(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, _, err = run(capsys, "log", "02:30", "04:00", "--on", "2026-03-08", "--user", EGON.id)
    assert status == 1
    assert "write 2026-03-08T01:30:00-08:00 or 2026-03-08T03:30:00-07:00" in err
    assert Spool(spool_file()).items() == []


@pytest.fixture
def early_in_berlin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it 00:30 on 17 November in Berlin, where this machine is, and 15:30 on the 16th where Egon is."""
    monkeypatch.setattr(time_ranges, "now", lambda: datetime(2026, 11, 16, 23, 30, tzinfo=UTC))


@pytest.mark.usefixtures("early_in_berlin")
@pytest.mark.parametrize(
    ("argv", "started", "ended"),
    [
        (("09:00", "12:30"), "2026-11-16T09:00-08:00", "2026-11-16T12:30-08:00"),
        (("yesterday 9am", "12:30"), "2026-11-15T09:00-08:00", "2026-11-15T12:30-08:00"),
        (("9am", "now"), "2026-11-16T09:00-08:00", "2026-11-16T15:30-08:00"),
        (("-2h", "now"), "2026-11-16T13:30-08:00", "2026-11-16T15:30-08:00"),
        (("-2h", "14:00"), "2026-11-16T13:30-08:00", "2026-11-16T14:00-08:00"),
        (("2026-11-16T09:00+01:00", "12:30"), "2026-11-16T08:00Z", "2026-11-16T11:30Z"),
        (("2026-11-16T22:00+01:00", "1am"), "2026-11-16T21:00Z", "2026-11-17T00:00Z"),
        (("last friday 22:00", "1:00"), "2026-11-13T22:00-08:00", "2026-11-14T01:00-08:00"),
    ],
)
def test_the_day_is_the_members_and_a_bare_end_is_on_the_day_of_the_start(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage, argv: tuple[str, ...], started: str, ended: str
) -> None:
    status, _, err = run(capsys, "log", *argv, "--user", EGON.id)
    assert (status, err) == (0, "")
    assert stored_instants(storage) == [(EGON.id, at(started), at(ended))]


@pytest.mark.usefixtures("early_in_berlin")
def test_log_shows_date_zone_and_length(capsys: pytest.CaptureFixture[str], url: str) -> None:
    shown = run(capsys, "log", "9", "12:30", "--user", EGON.id)[1]
    assert shown == f"recorded: {EGON.id}, Mon 2026-11-16 09:00 to 12:30 America/Los_Angeles (3:30)\n"
    shown = run(capsys, "log", "yesterday 22:00", "1:00", "--user", EGON.id)[1]
    assert "Sun 2026-11-15 22:00 to Mon 2026-11-16 01:00 America/Los_Angeles (3:00)" in shown
    shown = run(capsys, "log", "2026-11-16T09:00+05:30", "10:00", "--user", EGON.id)[1]
    assert "Mon 2026-11-16 09:00 to 10:00 UTC+05:30 (1:00)" in shown
    run(capsys, "config", "clock", "12h")
    shown = run(capsys, "log", "13:00", "14:00", "--user", EGON.id)[1]
    assert "1:00pm to 2:00pm" in shown


def test_the_length_over_a_clock_change_is_exact(capsys: pytest.CaptureFixture[str], url: str) -> None:
    shown = run(capsys, "log", "0:00", "6:00", "--on", "2026-03-08", "--user", EGON.id)[1]
    assert shown.endswith("(5:00)\n")


@pytest.mark.slow
def test_a_long_period_is_refused_without_yes_unless_a_person_agrees(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage
) -> None:
    command = ("log", "9", "5", "--on", "2026-11-16", "--user", EGON.id)
    status, out, err = run(capsys, *command)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "(20:00)" in err
    assert "--yes" in err
    assert stored_instants(storage) == []
    assert "nothing was recorded" in on_a_terminal(*command, typed="n\n")
    assert stored_instants(storage) == []
    assert "recorded: " in on_a_terminal(*command, typed="y\n")
    assert len(stored_instants(storage)) == 1


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("9", "9"), "would start at its end"),
        (("9", "09:00"), "would start at its end"),
        (("2026-11-16 9am", "2026-11-15 9am"), "would start after its end"),
        (("25:00", "26:00"), "25:00 is not a time of day"),
        (("soon", "later"), "soon is not a time"),
        (("13pm", "14:00"), "13pm is not a time of day"),
        (("yesterday", "14:00"), "write yesterday 9am"),
        (("9", "17", "--on", "2023-05"), "--on takes one day"),
        (("2026-11-16 9am", "17", "--on", "2026-11-17"), "drop one"),
    ],
)
def test_log_refuses_times_in_one_sentence(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage, argv: tuple[str, ...], says: str
) -> None:
    status, out, err = run(capsys, "log", *argv, "--user", EGON.id)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert says in err
    assert stored_instants(storage) == []


@pytest.mark.usefixtures("early_in_berlin")
def test_a_token_that_may_not_read_takes_the_day_of_this_machine_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    monkeypatch.setenv("FTL_TOKEN", make_token(storage, "write"))
    with serving(create_app(storage)) as url:
        status, out, err = run(capsys, "log", "09:00", "12:30", "--user", EGON.id, "--url", url)
    assert status == 0
    assert "the token may not read, so the day is that of this machine (Europe/Berlin)" in err
    assert "Tue 2026-11-17 09:00 to 12:30 on the user's own clock (3:30)" in out
    assert stored_instants(storage) == [(EGON.id, at("2026-11-17T09:00-08:00"), at("2026-11-17T12:30-08:00"))]


def test_log_without_a_server_says_what_it_saved(capsys: pytest.CaptureFixture[str]) -> None:
    with unavailable_server() as url:
        status, out, err = run(capsys, "log", "9", "10", "--on", "2026-11-16", "--user", EGON.id, "--url", url)
    assert (status, out) == (0, "")
    assert (
        "saved; will be sent later (see ftlclient spool): W012A3CDE, Mon 2026-11-16 09:00 to 10:00 on the user's own clock (1:00)"
        in err
    )
    assert len(Spool(spool_file()).items()) == 1


def test_log_takes_an_alias(capsys: pytest.CaptureFixture[str], url: str, storage: Storage) -> None:
    storage.merging.merge(GLINDA.id, EGON.id, EVERYTHING)
    status, out, err = run(capsys, "log", "9", "10", "--on", "2026-11-16", "--user", GLINDA.id)
    assert (status, out.startswith("recorded: "), err) == (0, True, "")
    write_login(Config(url, None, GLINDA.id))  # what was saved is not looked up
    status, out, err = run(capsys, "log", "9", "10", "--on", "2026-11-16")
    assert (status, out.startswith("already recorded: ")) == (0, True)
    assert f"{GLINDA.id} is no user's own id" in err
    assert stored_instants(storage) == [(EGON.id, at("2026-11-16T09:00-08:00"), at("2026-11-16T10:00-08:00"))]


def test_log_of_an_unknown_user_is_refused(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, _, err = run(capsys, "log", "9", "10", "--user", "absent")
    assert (status, "no such member: absent" in err) == (1, True)
    assert Spool(spool_file()).items() == []


def test_log_needs_a_user(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, _, err = run(capsys, "log", "09:00", "10:00")
    assert (status, "--user" in err) == (2, True)


def test_log_on_the_last_day_of_the_calendar_is_refused(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, _, err = run(capsys, "log", "23:00", "01:00", "--on", "9999-12-31", "--user", EGON.id)
    assert (status, "out of range" in err) == (2, True)


def test_log_of_the_future_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, out, err = run(capsys, "log", "09:00", "10:00", "--user", EGON.id, "--on", "2999-01-07")
    assert (status, out) == (1, "")
    assert err == (
        "ftlclient: a period must not end more than an hour in the future: "
        f"{EGON.id}, Mon 2999-01-07 09:00 to 10:00 America/Los_Angeles (1:00); nothing was recorded\n"
    )
