"""The option --ics."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
import recurring_ical_events

from ftlclient import time_ranges
from ftlserver.domain import instants
from tests.client.conftest import on_a_terminal, run
from tests.helpers import at

IDS = ("jonas", "maya", "amara")


def events(path: Path) -> list[Any]:
    return icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")


@pytest.mark.usefixtures("demo")
def test_a_meeting_is_written_as_an_event(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "meeting.ics"
    for options, rank in ((), 1), (("--slot", "3"), 3):
        status, out, err = run(
            capsys, "meeting", *IDS, "--format", "csv", "--ics", str(path), "--yes", "--minutes", "45", *options
        )
        assert (status, err) == (0, f"ftlclient: wrote {path}\n")
        starts = [line.split(",")[1:3] for line in out.splitlines() if line.startswith(f"{rank},")]
        (event,) = events(path)
        assert [event["DTSTART"].dt.isoformat(), event["DTEND"].dt.isoformat()] == starts[0]
        assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
        assert event["TRANSP"] == "OPAQUE"
        assert "Maya Johnson: " in event["DESCRIPTION"]


@pytest.mark.usefixtures("demo")
def test_times_in_turn_are_an_event_each(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "meeting.ics"
    status, out, _ = run(capsys, "meeting", *IDS, "--rotate", "3", "--format", "csv", "--ics", str(path))
    assert status == 0
    assert out.splitlines()[0].endswith(",attendance,outside_share")
    starts = list(dict.fromkeys(line.split(",")[1] for line in out.splitlines()[1:]))
    assert [event["DTSTART"].dt.isoformat() for event in events(path)] == starts
    assert len(starts) == 3


@pytest.mark.usefixtures("demo")
def test_a_slot_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "meeting.ics"
    status, _, err = run(capsys, "meeting", *IDS, "--slots", "2", "--slot", "3", "--ics", str(path))
    assert (status, err) == (2, "ftlclient: --slot 3: the answer has 2 times; ask for more with --slots\n")
    assert not path.exists()


@pytest.mark.usefixtures("demo")
def test_without_activity_nothing_is_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "meeting.ics"
    for options in ((), ("--rotate", "2")):
        status, _, err = run(capsys, "meeting", "jonas", "--range", "2001", "--ics", str(path), *options)
        assert (status, "too little activity" in err) == (2, True)
    assert not path.exists()


@pytest.mark.usefixtures("demo")
def test_a_file_is_replaced_only_if_a_person_agrees(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "meeting.ics"
    path.write_text("old")
    status, out, err = run(capsys, "meeting", *IDS, "--ics", str(path))
    refusal = f"ftlclient: {path} is there already; add --yes to replace it; nothing was written\n"
    assert (status, out, err) == (2, "", refusal)
    assert path.read_text() == "old"
    status, _, err = run(capsys, "meeting", *IDS, "--ics", str(tmp_path / "no" / "x.ics"))
    assert (status, "cannot write" in err) == (2, True)
    assert run(capsys, "meeting", *IDS, "--ics", str(path), "--watch", "1")[0] == 2


@pytest.mark.slow
def test_a_person_is_asked_on_a_terminal(demo: str, tmp_path: Path) -> None:
    path = tmp_path / "meeting.ics"
    path.write_text("old")
    for answer, is_written in (("n\n", False), ("y\n", True)):
        shown = on_a_terminal("meeting", *IDS, "--no-pager", "--ics", str(path), typed=answer)
        assert "replace it? [y/N]" in shown
        assert (path.read_text() != "old") is is_written


@pytest.mark.usefixtures("demo")
def test_clock_changes_are_written_as_days(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "changes.ics"
    status, out, _ = run(capsys, "clock-changes", *IDS, "--ics", str(path), "--format", "csv")
    assert status == 0
    assert {str(event["SUMMARY"]).split(" h ")[1] for event in events(path)} <= {"in Berlin", "in New York"}
    assert len(events(path)) == len({line.split(",")[0] for line in out.splitlines()[1:]}) > 0


@pytest.mark.usefixtures("demo")
def test_a_standing_meeting_is_written_with_its_moves(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instants, "now", lambda: at("2026-11-25T12:00:00Z"))
    monkeypatch.setattr(time_ranges, "now", lambda: datetime(2026, 11, 25, 12, tzinfo=UTC))
    path = tmp_path / "meeting.ics"
    when = "Tue 17:00 Europe/Berlin"
    status, out, _ = run(capsys, "clock-changes", *IDS, "--meeting", when, "--minutes", "30", "--ics", str(path))
    assert status == 0
    assert "Tuesday 17:00 Europe/Berlin, 30 minutes: moves 4 times for 2 members in 53 weeks" in out
    meeting, *notes = events(path)
    calendar = icalendar.Calendar.from_ical(path.read_bytes())
    found = [event for event in recurring_ical_events.of(calendar).all() if event["SUMMARY"] == "Meeting"]
    assert len(found) == 53
    assert {f"{event['DTSTART'].dt:%a %H:%M}-{event['DTEND'].dt:%H:%M}" for event in found} == {"Tue 17:00-17:30"}
    assert [note["DTSTART"].dt.isoformat() for note in notes] == [
        *("2027-03-16", "2027-03-30", "2027-11-02", "2027-11-09"),
    ]
    assert "Maya Johnson: Tue 12:00 instead of Tue 11:00" in notes[0]["DESCRIPTION"]
    assert meeting["TRANSP"] == "OPAQUE"
    assert {str(note["TRANSP"]) for note in notes} == {"TRANSPARENT"}


@pytest.mark.usefixtures("demo")
def test_the_length_of_no_meeting_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "clock-changes", *IDS, "--minutes", "30")
    assert (status, "--meeting" in err) == (2, True)
    assert run(capsys, "clock-changes", *IDS, "--tz", "member")[0] == 2
    status, _, err = run(capsys, "clock-changes", *IDS, "--meeting", "noon")
    assert (status, "such as Tue 17:00 Europe/Berlin" in err) == (1, True)


@pytest.mark.usefixtures("demo")
def test_who_says_when_others_are_back(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "who", "--all", "--back")
    assert (status, "Usually back" in out) == (0, True)
