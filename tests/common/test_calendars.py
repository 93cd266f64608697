"""Calendars that are written, read by a calendar library."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from ftlcommon import calendars
from ftlcommon.calendars import Event

CHANGED_AT = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = [
    *(
        "Europe/Berlin",
        "Europe/Dublin",
        "America/New_York",
        "America/St_Johns",
        "Africa/Casablanca",
        "Asia/Kolkata",
    ),
    *(
        "Australia/Lord_Howe",
        "Pacific/Auckland",
        "Pacific/Apia",
        "America/Santiago",
        "Antarctica/Troll",
        "Asia/Gaza",
    ),
    *("Pacific/Kiritimati", "Africa/Cairo"),
]


def hours_of_a_year(tz: ZoneInfo) -> list[datetime]:
    first = datetime(2026, 1, 1, tzinfo=UTC)
    return [(first + timedelta(hours=hour)).astimezone(tz) for hour in range(0, 370 * 24, 13)]


@pytest.mark.parametrize("name", ZONES)
def test_a_zone_is_written_so_that_a_program_without_zones_reads_every_time(name: str) -> None:
    """The zone is renamed, so that the library has to use the VTIMEZONE."""
    starts = hours_of_a_year(ZoneInfo(name))
    events = [
        Event((str(n),), "x", start, start + timedelta(minutes=1), CHANGED_AT)
        for n, start in enumerate(starts)
        if start.astimezone(UTC) == start.replace(fold=0).astimezone(UTC)  # a calendar cannot say the second one
    ]
    text = calendars.calendar("x", events)
    assert text.count(b"BEGIN:VTIMEZONE") == 1
    own = text.replace(f"TZID:{name}".encode(), f"TZID:x-{name}".encode())
    own = own.replace(f"TZID={name}".encode(), f"TZID=x-{name}".encode())
    found = icalendar.Calendar.from_ical(own).walk("VEVENT")
    assert [event["DTSTART"].dt.astimezone(UTC) for event in found] == [
        event.start.astimezone(UTC) for event in events
    ]


def test_an_event_recurs_on_its_clock_until_its_end() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 19, 9, tzinfo=berlin)
    event = Event(
        *(("a",), "Standup", start, start + timedelta(hours=1), CHANGED_AT),
        weekdays=(0, 3),
        until=datetime(2026, 11, 2, 8, tzinfo=UTC),
    )
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(calendars.calendar("x", [event]))).all()
    assert sorted(one["DTSTART"].dt.astimezone(UTC).isoformat() for one in found) == [
        "2026-10-19T07:00:00+00:00",
        "2026-10-22T07:00:00+00:00",
        "2026-10-26T08:00:00+00:00",
        "2026-10-29T08:00:00+00:00",
        "2026-11-02T08:00:00+00:00",
    ]


def test_text_is_escaped_and_lines_are_folded() -> None:
    name = 'Zoë; "山田", \\n ' * 12
    day = date(2026, 10, 25)
    text = calendars.calendar(name, [Event(("a",), name, day, day + timedelta(1), CHANGED_AT, f"{name}\n2")])
    assert max(map(len, text.split(b"\r\n"))) <= 75
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (name, f"{name}\n2")
    assert event["DTSTART"].dt == day


def test_events_are_told_apart_by_their_keys_alone() -> None:
    def uid(*key: str, summary: str = "x") -> str:
        text = calendars.calendar("x", [Event(key, summary, CHANGED_AT, CHANGED_AT, CHANGED_AT)])
        (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
        return str(event["UID"])

    assert uid("a", "b@example.org") == uid("a", "b@example.org", summary="y")
    assert len({uid("a", "bc"), uid("ab", "c"), uid("a"), uid("abc")}) == 4
    assert "example" not in uid("a", "b@example.org")
