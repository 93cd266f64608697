"""Recording one period."""

import pytest

from ftlclient.api.spool import Spool
from ftlclient.cli import main
from ftlclient.config import spool_file
from ftlserver.storage import Storage
from tests.client.commands.conftest import stored_instants
from tests.client.conftest import run
from tests.conftest import EGON, all_rows, at


@pytest.mark.parametrize(
    ("argv", "started", "ended"),
    [
        (("09:00", "12:30"), "2026-11-16T09:00-08:00", "2026-11-16T12:30-08:00"),
        (("9am", "5:15pm"), "2026-11-16T09:00-08:00", "2026-11-16T17:15-08:00"),
        (("22:00", "01:00"), "2026-11-16T22:00-08:00", "2026-11-17T01:00-08:00"),
        (("2026-11-16T09:00+01:00", "2026-11-16T10:00:30+01:00"), "2026-11-16T08:00Z", "2026-11-16T09:00:30Z"),
    ],
)
def test_log_takes_the_members_own_clock(
    capsys: pytest.CaptureFixture[str], url: str, storage: Storage, argv: tuple[str, ...], started: str, ended: str
) -> None:
    status, out, err = run(capsys, "log", *argv, "--on", "2026-11-16", "--user", EGON.id)
    assert (status, out.startswith("recorded"), err) == (0, True, "")
    assert stored_instants(storage) == [(EGON.id, at(started), at(ended))]
    assert run(capsys, "log", *argv, "--on", "2026-11-16", "--user", EGON.id)[1].startswith("already recorded")
    assert len(all_rows(storage)) == 1


def test_log_reports_overlapping_periods(capsys: pytest.CaptureFixture[str], url: str) -> None:
    run(capsys, "log", "09:00", "12:00", "--on", "2026-11-16", "--user", EGON.id)
    out = run(capsys, "log", "11:00", "13:00", "--on", "2026-11-16", "--user", EGON.id)[1]
    assert "it overlaps 2026-11-16T09:00:00-08:00 to 2026-11-16T12:00:00-08:00" in out


def test_log_of_a_skipped_time_is_refused_with_the_choices(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, _, err = run(capsys, "log", "02:30", "04:00", "--on", "2026-03-08", "--user", EGON.id)
    assert status == 1
    assert "write 2026-03-08T01:30:00-08:00 or 2026-03-08T03:30:00-07:00" in err
    assert Spool(spool_file()).items() == []


@pytest.mark.parametrize("argv", [("9", "10"), ("25:00", "26:00"), ("soon", "later"), ("13pm", "14:00")])
def test_log_refuses_invalid_times(capsys: pytest.CaptureFixture[str], argv: tuple[str, str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["log", *argv])


def test_log_needs_a_user(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, _, err = run(capsys, "log", "09:00", "10:00")
    assert (status, "--user" in err) == (2, True)


def test_log_on_the_last_day_of_the_calendar_is_refused(capsys: pytest.CaptureFixture[str], url: str) -> None:
    status, _, err = run(capsys, "log", "23:00", "01:00", "--on", "9999-12-31", "--user", EGON.id)
    assert (status, err) == (2, "ftlclient: no day follows 9999-12-31; name an earlier one\n")
