"""Corrections of what was recorded: recent, edit and unlog, each taken back by undo."""

import re

import pytest

from ftlclient.config import Config, write_login
from ftlserver.storage import Storage
from tests.client.commands.conftest import stored_instants
from tests.client.conftest import run
from tests.helpers import EGON, GLINDA, at

DAY = ("--on", "2026-11-16", "--user", EGON.id)
START, END = at("2026-11-16T09:00-08:00"), at("2026-11-16T10:00-08:00")


@pytest.fixture(autouse=True)
def logged(capsys: pytest.CaptureFixture[str], url: str) -> None:
    assert run(capsys, "log", "09:00", "10:00", *DAY)[0] == 0


def test_unlog_deletes_a_period_and_undo_brings_it_back(
    capsys: pytest.CaptureFixture[str], storage: Storage
) -> None:
    status, out, err = run(capsys, "unlog", "9", "10", *DAY)
    assert (status, err) == (0, "")
    assert out == f"deleted: {EGON.id}, Mon 2026-11-16 09:00 to 10:00 America/Los_Angeles (1:00)\n"
    assert stored_instants(storage) == []
    assert run(capsys, "undo")[0] == 0
    assert stored_instants(storage) == [(EGON.id, START, END)]


@pytest.mark.parametrize(
    ("new", "start", "end"),
    [
        (("--new-end", "09:45"), "2026-11-16T09:00-08:00", "2026-11-16T09:45-08:00"),
        (("--new-start", "8am"), "2026-11-16T08:00-08:00", "2026-11-16T10:00-08:00"),
        (("--new-start", "8", "--new-end", "11"), "2026-11-16T08:00-08:00", "2026-11-16T11:00-08:00"),
        (
            ("--new-start", "2026-11-15T22:00", "--new-end", "2026-11-16T01:00"),
            "2026-11-15T22:00-08:00",
            "2026-11-16T01:00-08:00",
        ),
    ],
)
def test_edit_changes_the_times_and_undo_sets_them_back(
    capsys: pytest.CaptureFixture[str], storage: Storage, new: tuple[str, ...], start: str, end: str
) -> None:
    status, out, err = run(capsys, "edit", "9", "10", *DAY, *new)
    assert (status, out.startswith(f"now: {EGON.id}, "), err) == (0, True, "")
    assert stored_instants(storage) == [(EGON.id, at(start), at(end))]
    assert run(capsys, "undo")[0] == 0
    assert stored_instants(storage) == [(EGON.id, START, END)]


def test_what_is_not_stored_is_refused_with_what_is_there(
    capsys: pytest.CaptureFixture[str], storage: Storage
) -> None:
    for command in (("unlog", "9", "11"), ("edit", "9", "11", "--new-end", "12")):
        status, out, err = run(capsys, *command, *DAY)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "there is no such period" in err
        assert "there is: W012A3CDE, Mon 2026-11-16 09:00 to 10:00" in err
    assert run(capsys, "edit", "9", "10", *DAY)[0] == 2
    assert run(capsys, "edit", "9", "10", *DAY, "--new-end", "09:00")[0] == 2
    assert run(capsys, "edit", "9", "10", *DAY, "--new-start", "2026-11-15T20:00")[0] == 2  # 14 hours
    assert stored_instants(storage) == [(EGON.id, START, END)]


def test_a_period_with_seconds_is_named_by_the_minutes_that_screens_show(
    capsys: pytest.CaptureFixture[str], storage: Storage
) -> None:
    exact = ("2026-11-16T13:00:13-08:00", "2026-11-16T14:00:47-08:00")
    run(capsys, "log", *exact, "--user", EGON.id)
    assert run(capsys, "unlog", "13:00", "14:00", *DAY)[0] == 0
    assert stored_instants(storage) == [(EGON.id, START, END)]


def test_a_shorter_end_is_no_edit_and_says_how_to_make_one(
    capsys: pytest.CaptureFixture[str], storage: Storage
) -> None:
    out = run(capsys, "log", "09:00", "09:30", *DAY)[1]
    found = re.search(r"to shorten it: ftlclient edit (\S+) (\S+) --new-end TIME", out)
    assert found is not None
    assert run(capsys, "edit", found[1], found[2], "--new-end", "09:30", "--user", EGON.id)[0] == 0
    assert stored_instants(storage) == [(EGON.id, START, at("2026-11-16T09:30-08:00"))]


def test_recent_shows_my_last_periods(capsys: pytest.CaptureFixture[str], url: str) -> None:
    for hour in range(11, 17):
        run(capsys, "log", f"{hour}:00", f"{hour}:30", *DAY)
    write_login(Config(url, None, EGON.id))
    out = run(capsys, "recent")[1]
    assert out.count("0:30") == 6
    assert "09:00" in out
    out = run(capsys, "recent", "--last", "2", "--format", "csv")[1]
    assert [line.split(",")[0] for line in out.splitlines()[1:]] == [EGON.id] * 2
    assert "16:00" in out
    assert GLINDA.id not in run(capsys, "recent")[1]
