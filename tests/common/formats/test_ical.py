"""Calendars, whole, odd and broken."""

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.formats import BadItem, FormatError, FoundPeriod, Item, Skipped, ical
from ftlcommon.terminal import safe

WINDOW = {"from_": date(2026, 3, 1), "to": date(2026, 4, 1)}
PLAIN = "DTSTART:20260302T090000Z\nDTEND:20260302T100000Z"


def calendar(*events: str, more: str = "") -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{more}{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def read(data: bytes, from_: date | None = None, to: date | None = None) -> list[Item]:
    return list(ical.read(io.BytesIO(data), from_, to))


def times(found: list[Item]) -> list[tuple[str, str]]:
    return [(item.start_time, item.end_time) for item in found if isinstance(item, FoundPeriod)]


def bad(found: list[Item]) -> list[str]:
    return [f"{item.position}: {item.reason}" for item in found if isinstance(item, BadItem)]


@pytest.mark.parametrize(
    ("event", "start", "end"),
    [
        (PLAIN, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"),
        (
            "DTSTART;TZID=Europe/Berlin:20260302T090000\nDURATION:PT1H30M",
            "2026-03-02T09:00:00+01:00",
            "2026-03-02T10:30:00+01:00",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20260302T090000\nDTEND;TZID=America/New_York:20260302T090000",
            "2026-03-02T09:00:00+01:00",
            "2026-03-02T09:00:00-05:00",
        ),
        ("DTSTART:20260302T090000\nDTEND:20260302T100000", "2026-03-02T09:00:00", "2026-03-02T10:00:00"),
        (
            "DTSTART;TZID=Etc/UTC:20260302T090000\nDTEND;TZID=UTC:20260302T100000",
            "2026-03-02T09:00:00Z",
            "2026-03-02T10:00:00Z",
        ),
        (  # a time that clocks skipped is what it would have been before
            "DTSTART;TZID=Europe/Berlin:20260329T023000\nDTEND;TZID=Europe/Berlin:20260329T040000",
            "2026-03-29T03:30:00+02:00",
            "2026-03-29T04:00:00+02:00",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20251026T023000\nDTEND;TZID=Europe/Berlin:20251026T040000",
            "2025-10-26T02:30:00+02:00",
            "2025-10-26T04:00:00+01:00",
        ),
        (
            "DTSTART;TZID=Africa/Monrovia:19710302T090000\nDTEND;TZID=Africa/Monrovia:19710302T100000",
            "1971-03-02T09:44:30Z",
            "1971-03-02T10:44:30Z",
        ),
    ],
)
def test_times_say_what_the_clock_showed_as_far_as_the_calendar_knows(event: str, start: str, end: str) -> None:
    assert read(calendar(f"UID:a\n{event}")) == [FoundPeriod("event a", None, start, end)]


def test_a_zone_that_the_calendar_explains_is_understood() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0300\n"
        "TZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    found = read(calendar("DTSTART;TZID=Ours:20260302T090000\nDURATION:PT1H", more=zone))
    assert times(found) == [("2026-03-02T09:00:00+03:00", "2026-03-02T10:00:00+03:00")]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("DTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260303", "all-day"),
        ("DTSTART;VALUE=DATE:20260302", "all-day"),
        ("DTSTART:20260302T090000Z", "with zero length"),
        ("DTSTART:20260302T090000Z\nDTEND:20260302T090000Z", "with zero length"),
        (PLAIN + "\nSTATUS:CANCELLED", "cancelled"),
        (PLAIN + "\nTRANSP:TRANSPARENT", "shown as free"),
        ("DTSTART:20991231T090000Z\nDURATION:PT1H", "not over yet"),
        ("DTSTART:20991231T090000\nDURATION:PT1H", "not over yet"),
        ("DTSTART:20260228T233000Z\nDURATION:PT1H", "outside the requested dates"),
        ("DTSTART:20260331T233000\nDURATION:PT1H", "outside the requested dates"),
    ],
)
def test_what_is_no_activity_is_left_out(event: str, reason: str) -> None:
    assert read(calendar(event), **WINDOW) == [Skipped(reason)]


def test_a_tentative_and_an_opaque_event_are_activity() -> None:
    assert len(times(read(calendar(PLAIN + "\nSTATUS:TENTATIVE\nTRANSP:OPAQUE")))) == 1


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("SUMMARY:x", "event 1: No DTSTART"),
        ("DTSTART:2026x\nDURATION:PT1H", "event 1: DTSTART cannot be read"),
        ("DTSTART:20260302T090000Z\nDURATION:x", "event 1: DURATION cannot be read"),
        ("DTSTART:20260302T090000Z\nDTEND;VALUE=DATE:20260303", "event 1: "),
        ("DTSTART:20260302T090000Z\nDTEND:20260302T100000", "event 1: only one of start and end has a time zone"),
        (
            "DTSTART;TZID=Nowhere:20260302T090000\nDURATION:PT1H",
            "the time zone Nowhere is neither in the calendar",
        ),
        (PLAIN + "\nDURATION:PT1H", "event 1: Only one of DTEND and DURATION"),
        (PLAIN + "\nDTSTART:20260302T090000Z", "event 1: Multiple DTSTART"),
        (PLAIN + "\nRRULE:FREQ=OFTEN", "event 1: RRULE cannot be read"),
        (PLAIN + "\nRRULE;VALUE=DATE:20260302", "event 1: RRULE is not a rule"),
        (PLAIN + "\nRRULE:COUNT=5", "event 1: the event recurs hourly or more often"),
        (PLAIN + "\nRRULE:FREQ=SECONDLY", "event 1: the event recurs hourly or more often"),
        (PLAIN + "\nRRULE:FREQ=MINUTELY;COUNT=3", "event 1: the event recurs hourly or more often"),
        (
            PLAIN + "\nRRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3;BYSECOND=1,2,3",
            "event 1: the event recurs hourly or more often",
        ),
        (PLAIN + "\nRRULE:FREQ=DAILY;INTERVAL=0", "event 1: the event recurs with an interval of 0"),
        (PLAIN + "\nUID:a\nRECURRENCE-ID:20260302T090000Z\nRECURRENCE-ID:20260303T090000Z", "do not fit together"),
        ("UID:a\\nb\x7f" + "c" * 99 + "\nSUMMARY:x", "event a\ufffdb\ufffd" + "c" * 56 + ": "),
    ],
)
def test_a_bad_event_is_named(event: str, words: str) -> None:
    found = read(calendar(event, "UID:good\n" + PLAIN), **WINDOW)
    assert len(bad(found)) == 1
    assert words in bad(found)[0]
    assert len(times(found)) == 1


def test_recurring_events_are_expanded_in_the_window_on_the_clock_of_their_zone() -> None:
    event = "DTSTART;TZID=Europe/Berlin:20200105T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"
    assert times(read(calendar(event), **WINDOW)) == [
        ("2026-03-01T09:00:00+01:00", "2026-03-01T10:00:00+01:00"),
        ("2026-03-08T09:00:00+01:00", "2026-03-08T10:00:00+01:00"),
        ("2026-03-15T09:00:00+01:00", "2026-03-15T10:00:00+01:00"),
        ("2026-03-22T09:00:00+01:00", "2026-03-22T10:00:00+01:00"),
        ("2026-03-29T09:00:00+02:00", "2026-03-29T10:00:00+02:00"),
    ]


def test_exceptions_of_a_recurrence_are_heeded() -> None:
    series = (
        "UID:a\nDTSTART:20260302T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\n"
        "EXDATE:20260303T090000Z\nEXDATE:20260306T090000Z\nRDATE:20260310T120000Z"
    )
    moved = "UID:a\nRECURRENCE-ID:20260304T090000Z\nDTSTART:20260304T150000Z\nDURATION:PT2H"
    cancelled = "UID:a\nRECURRENCE-ID:20260305T090000Z\nDTSTART:20260305T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED"
    found = read(calendar(moved, series, cancelled), **WINDOW)
    assert sorted(times(found)) == [
        ("2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"),
        ("2026-03-04T15:00:00Z", "2026-03-04T17:00:00Z"),
        ("2026-03-10T12:00:00Z", "2026-03-10T13:00:00Z"),
    ]
    assert found.count(Skipped("cancelled")) == 1
    assert len(found) == 4


def test_the_first_and_the_last_day_are_those_of_the_events_clock() -> None:
    at_eight = "DTSTART;TZID=Pacific/Auckland:20260101T000000\nDURATION:PT24H\nRRULE:FREQ=DAILY"
    found = times(read(calendar(at_eight), date(2026, 2, 1), date(2026, 2, 3)))
    assert found == [
        ("2026-02-01T00:00:00+13:00", "2026-02-02T00:00:00+13:00"),
        ("2026-02-02T00:00:00+13:00", "2026-02-03T00:00:00+13:00"),
    ]


NEW_YORK = "DTSTART;TZID=America/New_York"


@pytest.mark.parametrize(
    ("event", "end"),
    [
        (f"{NEW_YORK}:20251101T230000\nDURATION:PT4H", "2025-11-02T02:00:00-05:00"),
        (f'{NEW_YORK}:20251101T230000\nduration;X-A="b:c":+PT4H', "2025-11-02T02:00:00-05:00"),
        (f"{NEW_YORK}:20251101T230000\nDURATION:PT24H", "2025-11-02T22:00:00-05:00"),
        (f"{NEW_YORK}:20251101T230000\nDURATION:P1D", "2025-11-02T23:00:00-05:00"),
        (f"{NEW_YORK}:20251101T120000\nDURATION;X-DAYS=x;X-DAYS=y:P1D", "2025-11-02T12:00:00-05:00"),
        (f"{NEW_YORK}:20251101T230000\nDURATION;X-DAYS=7:PT4H", "2025-11-02T02:00:00-05:00"),
        (f"{NEW_YORK}:20251101T120000\nDURATION:P1DT3H", "2025-11-02T15:00:00-05:00"),
        (f"{NEW_YORK}:20251101T000000\nDURATION:P0DT26H", "2025-11-02T01:00:00-05:00"),
        (f"{NEW_YORK}:20251031T230000\nDURATION:P1W", "2025-11-07T23:00:00-05:00"),
        (f"{NEW_YORK}:20250308T230000\nDURATION:PT4H", "2025-03-09T04:00:00-04:00"),
        (f"{NEW_YORK}:20251102T003000\nDURATION:PT1H", "2025-11-02T01:30:00-04:00"),
        (f"{NEW_YORK}:20251102T003000\nDURATION:PT2H", "2025-11-02T01:30:00-05:00"),
        (f"{NEW_YORK}:20251101T230000\nDTEND;TZID=America/New_York:20251102T030000", "2025-11-02T03:00:00-05:00"),
    ],
)
def test_hours_of_a_duration_are_elapsed_time_and_days_go_by_the_clock(event: str, end: str) -> None:
    """RFC 5545, 3.3.6: the exact duration over a clock change."""
    assert [end for _, end in times(read(calendar(event)))] == [end]


def test_each_occurrence_lasts_its_duration() -> None:
    """RFC 5545, 3.8.5.3: the exact duration of each depends on its start."""
    event = "DTSTART;TZID=America/New_York:20251031T230000\nDURATION:PT4H\nRRULE:FREQ=DAILY;COUNT=3"
    assert times(read(calendar(event), date(2025, 10, 1), date(2025, 12, 1))) == [
        ("2025-10-31T23:00:00-04:00", "2025-11-01T03:00:00-04:00"),
        ("2025-11-01T23:00:00-04:00", "2025-11-02T02:00:00-05:00"),
        ("2025-11-02T23:00:00-05:00", "2025-11-03T03:00:00-05:00"),
    ]
    other = (
        "DTSTART;TZID=America/New_York:20251101T230000\nDURATION:PT4H\nRDATE;VALUE=PERIOD:20251105T000000Z/PT1H"
    )
    found = times(read(calendar(other), date(2025, 10, 1), date(2025, 12, 1)))
    lengths = [datetime.fromisoformat(end) - datetime.fromisoformat(start) for start, end in found]
    assert lengths == [timedelta(hours=4), timedelta(hours=1)]


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]),
    st.datetimes(datetime(2015, 1, 1), datetime(2025, 1, 1)),  # noqa: DTZ001
    st.integers(0, 3),
    st.integers(1, 200_000),
)
def test_a_duration_is_its_days_on_the_clock_and_then_its_seconds(
    zone: str, start: datetime, days: int, seconds: int
) -> None:
    """The oracle counts the seconds from the instant that the clock shows so many days later."""
    start = start.replace(microsecond=0)
    moved = (start + timedelta(days=days)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    event = f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}\nDURATION:P{f'{days}D' if days else ''}T{seconds}S"
    [(_, end)] = times(read(calendar(event)))
    assert datetime.fromisoformat(end) == moved + timedelta(seconds=seconds)


def test_what_recurs_for_ever_is_expanded_for_a_year() -> None:
    single = "DTSTART:20010302T090000Z\nDURATION:PT1H"
    daily = "DTSTART:20010302T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    assert len(times(read(calendar(single, daily), to=date(2026, 1, 1)))) == 366
    assert len(times(read(calendar(daily), date(2024, 1, 1), date(2026, 1, 1)))) == 731
    now = datetime.now(UTC)
    found = [datetime.fromisoformat(end) for _, end in times(read(calendar(daily)))]
    assert 363 <= len(found) <= 366
    assert now - timedelta(days=1) <= max(found) <= datetime.now(UTC)


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
    st.datetimes(datetime(2023, 1, 1), datetime(2026, 3, 20)),  # noqa: DTZ001
    st.integers(1, 9),
    st.integers(0, 400),
)
def test_a_daily_event_is_where_counting_days_finds_it(
    zone: str, start: datetime, interval: int, count: int
) -> None:
    """The oracle adds days to a wall clock, and takes the instant that the zone gives it."""
    start = start.replace(microsecond=0)
    rule = f"RRULE:FREQ=DAILY;INTERVAL={interval};COUNT={count + 1}"
    event = f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}\nDURATION:PT1S\n{rule}"
    walls = [start + timedelta(days=interval * number) for number in range(count + 1)]
    wanted = [
        wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for wall in walls
        if datetime(2026, 3, 1) <= wall < wall + timedelta(seconds=1) <= datetime(2026, 4, 1)  # noqa: DTZ001
    ]
    found = times(read(calendar(event), **WINDOW))
    assert [datetime.fromisoformat(begin).astimezone(UTC) for begin, _ in found] == wanted


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "does not begin with BEGIN:VCALENDAR"),
        (b"hello", "does not begin with BEGIN:VCALENDAR"),
        (b"\xff\xfe", "not UTF-8"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "does not begin with BEGIN:VCALENDAR"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n", "line 3 of the calendar ends VCALENDAR"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nEND:VCALENDAR\r\n", "line 3 of the calendar ends VCALENDAR"),
        (b"BEGIN:VCALENDAR\r\nfoo bar\r\nEND:VCALENDAR\r\n", "not a calendar"),
        (b"BEGIN:VCALENDAR\r\n" + b" " * 16 * 1024 * 1024, "larger than 16 MiB"),
    ],
)
def test_what_is_no_calendar_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read(data)


def test_a_calendar_that_breaks_off_is_refused_wherever_it_does() -> None:
    data = calendar("UID:a\n" + PLAIN, "UID:b\n" + PLAIN)
    for length in range(len(data.rstrip())):
        with pytest.raises(FormatError):
            read(data[:length])


def test_several_calendars_in_a_file_are_read_and_none_is_none() -> None:
    assert len(times(read(calendar(PLAIN) + b"\r\n" + calendar(PLAIN)))) == 2
    assert read(calendar()) == []


names = ["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "UID", "STATUS", "X"]
params = ["", ";VALUE=DATE", ";TZID=Europe/Berlin", ";TZID=x", ";VALUE=PERIOD", ";RANGE=THISANDFUTURE", ";"]
values = ["20260302T090000", "20260302T090000Z", "20260304", "PT1H", "-P1D", "FREQ=DAILY;COUNT=2", "x", "", "0", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "20260302T090000/PT1H", "FREQ=WEEKLY;UNTIL=20260309", "99991231T235959Z", "00010101T000000"]  # fmt: skip
lines = st.builds("{}{}:{}".format, st.sampled_from(names), st.sampled_from(params), st.sampled_from(values))


heads = st.sampled_from(
    ["UID:a", "UID:a\nDTSTART:20260302T090000Z\nDURATION:PT1H", PLAIN + "\nRRULE:FREQ=DAILY;COUNT=3"]
)


@given(st.lists(st.tuples(heads, st.lists(lines, max_size=5)), min_size=1, max_size=3))
def test_any_events_are_items(events: list[tuple[str, list[str]]]) -> None:
    found = read(calendar(*("\n".join([head, *more]) for head, more in events)), **WINDOW)
    assert all(safe(text) == text for text in bad(found))


@given(st.text(max_size=40))
def test_any_text_is_items_or_a_clear_error(noise: str) -> None:
    for data in (noise.encode(), calendar(more=noise + "\n"), calendar(noise)):
        try:
            read(data)
        except FormatError as exc:
            assert str(exc) == safe(str(exc))
