"""Blocks lie where the arithmetic of their times says."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ftlcommon import drawing
from ftlcommon.zones import zone_of
from tests.common.drawing.conftest import (
    BERLIN,
    KOLKATA,
    MONDAY,
    NOW,
    SVG,
    Block,
    activity,
    blocks,
    heading,
    member,
    period,
    read,
    summary,
    texts,
)

MIN = datetime.min  # noqa: DTZ901  Hypothesis adds no zone
PIXEL = 0.11  # places have tenths


def of(window: tuple[str, str], *members: dict[str, Any]) -> dict[str, Any]:
    return {"members": list(members), "window": {"from": window[0], "to": window[1], "rule": ""}}


def drawn(answer: dict[str, Any], zone: str | None = BERLIN) -> drawing.Picture:
    return drawing.timeline(answer, heading(answer, zone))


def place(track: Block, start: datetime, end: datetime, instant: datetime) -> float:
    """Return where an instant lies on a track from *start* to *end*, to scale."""
    return track.x + track.width * ((instant - start) / (end - start))


def assert_covers(block: Block, left: float, right: float) -> None:
    assert block.x == pytest.approx(left, abs=PIXEL)
    assert block.x + block.width == pytest.approx(right, abs=2 * PIXEL)


@pytest.mark.parametrize(
    ("day", "window", "hours"),
    [
        ("2026-11-16", ("2026-11-15T23:00:00Z", "2026-11-16T23:00:00Z"), 24),
        ("2026-03-29", ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), 23),
        ("2026-10-25", ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 25),
    ],
)
def test_a_day_is_drawn_to_scale_whatever_its_length(day: str, window: tuple[str, str], hours: int) -> None:
    start, end = map(datetime.fromisoformat, window)
    assert end - start == timedelta(hours=hours)
    work = start + timedelta(hours=9.5)  # after the change, before 22:00
    answer = of(window, member(activity_periods=[period(work, 2)]))
    picture = drawn(answer)
    (track,), (block,) = blocks(picture, "track"), blocks(picture, "active")
    assert_covers(block, place(track, start, end, work), place(track, start, end, work + timedelta(hours=2)))
    begun = work.astimezone(zone_of(BERLIN))
    assert block.title == f"Member 0, {begun:%a %F} {begun:%H:%M} to {begun + timedelta(hours=2):%H:%M} (2:00)"
    labels = {
        text.text: float(text.get("x", ""))
        for text in read(picture).iter(f"{SVG}text")
        if "mid" in text.get("class", "")
    }
    for hour in range(0, 24, 3):
        instant = datetime.combine(date.fromisoformat(day), datetime.min.time(), zone_of(BERLIN)).replace(
            hour=hour
        )
        assert labels[f"{hour:02}"] == pytest.approx(place(track, start, end, instant.astimezone(UTC)), abs=PIXEL)
    assert (f"a day of {hours} hours" in texts(picture)) == (hours != 24)


def test_days_below_each_other_have_the_same_hours_at_the_same_place() -> None:
    """On a day of 25 hours the hour that occurs twice takes the place of one."""
    window = ("2026-10-22T22:00:00Z", "2026-10-27T23:00:00Z")
    tz = zone_of(BERLIN)
    periods = [
        period(datetime(2026, 10, day, 9, tzinfo=tz).astimezone(UTC), 3) for day in (23, 24, 25, 26, 27)
    ] + [period(datetime(2026, 10, 24, 23, tzinfo=UTC), 2.5)]  # Sunday 01:00 to the second 02:30
    picture = drawn(of(window, member(activity_periods=periods)))
    tracks = blocks(picture, "track")
    assert len({(track.x, track.width) for track in tracks}) == 1
    days = [block for block in blocks(picture, "active") if "09:00 to 12:00" in block.title]
    assert len(days) == 5
    for block in days:
        assert_covers(block, tracks[0].x + tracks[0].width * 9 / 24, tracks[0].x + tracks[0].width * 12 / 24)
    (night,) = blocks(picture, "late")
    # One hour until 02:00, then three quarters of the two hours between 02:00 and 03:00.
    assert_covers(night, tracks[0].x + tracks[0].width / 24, tracks[0].x + tracks[0].width * 2.75 / 24)
    assert "25 hours" in texts(picture)
    assert [block.title for block in blocks(picture, "gap")] == []


def test_an_hour_that_the_clock_skipped_is_a_gap() -> None:
    window = ("2026-03-26T23:00:00Z", "2026-03-31T22:00:00Z")
    picture = drawn(of(window, member(activity_periods=[period(datetime(2026, 3, 29, tzinfo=UTC), 2)])))
    track = blocks(picture, "track")[0]
    (gap,) = blocks(picture, "gap")
    assert_covers(gap, track.x + track.width * 2 / 24, track.x + track.width * 3 / 24)
    (block,) = blocks(picture, "late")  # 01:00 to 02:00, then 03:00 to 04:00
    assert_covers(block, track.x + track.width / 24, track.x + track.width * 4 / 24)
    assert "23 hours" in texts(picture)


@pytest.mark.parametrize(
    ("first", "last", "gaps"),
    [("2026-03-28T23:00:00Z", "2026-04-04T22:00:00Z", 2), ("2026-10-24T22:00:00Z", "2026-10-31T23:00:00Z", 0)],
)
def test_days_side_by_side_are_as_wide_as_each_other(first: str, last: str, gaps: int) -> None:
    """The first day has 23 or 25 hours; each day is a seventh of the row, and 12:00 is in its middle."""
    tz = zone_of(BERLIN)
    start = datetime.fromisoformat(first).astimezone(tz)
    noons = [start.replace(hour=12) + timedelta(days=day) for day in range(7)]
    periods = [period(noon.astimezone(UTC), 2) for noon in noons]
    picture = drawn(of((first, last), *(member(number, activity_periods=periods) for number in range(2))))
    track = blocks(picture, "track")[0]
    bars = [block for block in blocks(picture, "active") if block.y == track.y]
    assert len(bars) == 7
    for day, bar in enumerate(bars):
        left = track.x + track.width * (day + 0.5) / 7
        assert_covers(bar, left, left + track.width * 2 / 24 / 7)
    assert len(blocks(picture, "gap")) == gaps
    assert any(f"{start:%a}" in text and ", 2" in text for text in texts(picture))


def test_breaks_of_less_than_a_pixel_are_not_drawn() -> None:
    answer = activity(["A", "B"], 10)
    for one in answer["members"]:
        one["activity_periods"] = [
            period(MONDAY + timedelta(hours=8, minutes=number), 0.9 / 60) for number in range(60)
        ]
    (a, b) = blocks(drawn(answer), "active")
    assert a.title == "A, Mon 2026-11-16 09:00 to 09:59 (0:54 active)"
    assert a.width == pytest.approx(b.width)


def test_what_is_active_at_night_has_another_colour_on_the_members_own_clock() -> None:
    work = datetime(2026, 11, 16, 14, 30, tzinfo=UTC)  # 20:00 in Kolkata
    answer = of(
        ("2026-11-15T23:00:00Z", "2026-11-16T23:00:00Z"), member(tz=KOLKATA, activity_periods=[period(work, 4)])
    )
    picture = drawn(answer)
    (day,), (late,) = blocks(picture, "active"), blocks(picture, "late")
    assert day.x + day.width == pytest.approx(late.x, abs=2 * PIXEL)
    assert day.width == pytest.approx(late.width, abs=2 * PIXEL)
    assert day.title == late.title == "Member 0, Mon 2026-11-16 15:30 to 19:30 (4:00)"
    (track,) = blocks(picture, "track")
    nights = blocks(picture, "night")
    start = datetime(2026, 11, 15, 23, tzinfo=UTC)
    at = [
        place(track, start, start + timedelta(days=1), start + timedelta(hours=hours))
        for hours in (0, 1.5, 17.5, 24)
    ]
    assert_covers(nights[0], at[0], at[1])  # 22:00 to 06:00 there is 17:30 to 01:30 in Berlin
    assert_covers(nights[1], at[2], at[3])


@settings(max_examples=40)
@given(
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]),
    st.datetimes(MIN.replace(2011, 12, 26), MIN.replace(2012, 1, 3))
    | st.datetimes(MIN.replace(2026, 3, 1), MIN.replace(2026, 11, 5)),
    st.floats(0.1, 60),
    st.sampled_from([1, 2, 5, 9]),
)
def test_bars_lie_on_their_day_and_are_as_wide_as_they_are_long(
    zone: str, at: datetime, hours: float, days: int
) -> None:
    tz = zone_of(zone)
    first = at.date() - timedelta(days=1)
    midnights = [
        datetime(day.year, day.month, day.day, tzinfo=tz) for day in (first, first + timedelta(days=days))
    ]
    window = (midnights[0].astimezone(UTC).isoformat(), midnights[1].astimezone(UTC).isoformat())
    assume(window[0] < window[1])  # Apia had no 2011-12-30
    lengths = [length for number in range(days) if (length := _length(first, number, zone))]
    start = at.replace(tzinfo=UTC)
    answer = of(window, member(tz=zone, activity_periods=[period(start, hours)]))
    picture = drawn(answer, zone)
    tracks = blocks(picture, "track")
    found = blocks(picture, "active", "late")
    edges = [datetime.fromisoformat(edge) for edge in window]
    inside = max(timedelta(), min(start + timedelta(hours=hours), edges[1]) - max(start, edges[0]))
    assert bool(found) == bool(inside)
    rows = {track.y: track for track in tracks}
    for block in found:
        track = rows[block.y]
        assert track.x - PIXEL <= block.x
        assert block.x + block.width <= track.x + track.width + 2 * PIXEL
    if days <= 3 and inside > timedelta(hours=1):  # to scale
        pixels = sum(block.width / rows[block.y].width * lengths[tracks.index(rows[block.y])] for block in found)
        assert pixels == pytest.approx(inside / timedelta(hours=1), abs=0.2)


def _length(first: date, number: int, zone: str) -> float:
    """Return the hours of a day."""
    days = [first + timedelta(days=number), first + timedelta(days=number + 1)]
    a, b = (datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)).astimezone(UTC) for day in days)
    return (b - a) / timedelta(hours=1)


def test_the_current_time_is_marked() -> None:
    answer = activity(days=1)
    picture = drawing.timeline(answer, heading(answer), now=NOW)
    track = blocks(picture, "track")[0]
    start = datetime(2026, 11, 15, 23, tzinfo=UTC)
    marks = blocks(picture, "now")
    assert len(marks) == 3
    for mark in marks:
        assert mark.x + mark.width / 2 == pytest.approx(
            place(track, start, start + timedelta(days=1), NOW), abs=2 * PIXEL
        )
    assert "now 11:00" in texts(picture)
    assert "now" not in " ".join(texts(drawn(answer)))


@pytest.mark.parametrize(
    ("names", "days", "form"),
    [
        (["A", "B"], 3, "Sat"),
        (["A", "B"], 7, "days side by side"),
        (["A", "B"], 30, "cells"),
        (["A"], 30, "a row a day"),
        (["A"], 100, "year"),
    ],
)
def test_the_window_decides_the_form(names: list[str], days: int, form: str) -> None:
    answer = activity(names, days)
    picture = drawn(answer)
    shown = texts(picture)
    tracks = blocks(picture, "track")
    rows = {track.y for track in tracks}
    match form:
        case "days side by side":
            assert (len(rows), len(tracks)) == (2, 2)
            assert "Tue 2026-11-17" in shown
        case "cells":
            assert blocks(picture, "l1", "l2", "l3", "l4")
            assert "Nov 2026" in shown
        case "a row a day":
            assert len(rows) == 30
            assert "Total" in shown
        case "year":
            assert "2026" in shown
            assert (
                len([block for block in blocks(picture) if ": none" in block.title or ": 7:00" in block.title])
                > 90
            )
        case _:
            assert len(rows) == 6
            assert "Mon 2026-11-16" in shown


def test_a_summary_is_drawn_as_cells_and_that_of_one_member_as_a_year() -> None:
    answer = summary(count=20)
    assert len(blocks(drawing.timeline(answer, heading(answer)), "track")) == 3
    weeks = drawing.timeline(summary(["Ann"], "week", 20), heading(answer))
    assert any("2026-W48: " in block.title for block in blocks(weeks))
    one = summary(["Ann"], count=20)
    assert len(blocks(drawing.timeline(one, heading(one)), "track", "l1", "l2", "l3", "l4")) == 20


def test_cells_that_do_not_fit_stand_for_longer_units() -> None:
    answer = summary(count=300)
    picture = drawing.timeline(answer, heading(answer))
    cells = [block for block in blocks(picture, "l1", "l2", "l3", "l4") if block.title]
    assert all("2026-W" in block.title or "2027-W" in block.title for block in cells)
    total = sum(member_["active_seconds"] for member_ in answer["members"])
    minutes = 0
    for block in cells:
        hours, _, rest = block.title.rpartition(" ")[2].partition(":")
        minutes += int(hours) * 60 + int(rest)
    assert minutes * 60 == total


def test_days_that_have_not_begun_are_left_out() -> None:
    one = activity(["Ann"], 1, {"from": "2026-11-15T23:00:00Z", "to": "2026-11-29T23:00:00Z"})
    picture = drawing.timeline(one, heading(one), now=MONDAY + timedelta(days=2))
    assert len({track.y for track in blocks(picture, "track")}) == 3


@pytest.mark.parametrize("count", [1, 2])
def test_of_a_window_of_millennia_only_the_days_with_activity_are_drawn(count: int) -> None:
    periods = [period(MONDAY + timedelta(days=500 * number), 2) for number in range(count)]
    window = ("1970-01-01T00:00:00Z", "9999-11-30T00:00:00Z")
    one, idle = member(activity_periods=periods), member(1, activity_periods=[])
    for members in ([one], [one, idle], [idle], [idle, {**idle, "id": "m2"}]):
        picture = drawn(of(window, *members))
        assert picture.height < 600
        assert len(picture.svg()) < 100_000
        assert len([block for block in blocks(picture, "l4") if "2:00" in block.title]) == count * (one in members)
