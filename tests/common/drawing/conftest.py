"""Answers of the API to draw, and pictures read back."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from ftlcommon import drawing
from ftlcommon.drawing import Heading, Picture
from ftlcommon.drawing.sheet import BAR

SVG = "{http://www.w3.org/2000/svg}"
BERLIN, KOLKATA = "Europe/Berlin", "Asia/Kolkata"
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
NOW = MONDAY + timedelta(hours=10)
WEEK = {"from": "2026-11-15T23:00:00+00:00", "to": "2026-11-22T23:00:00+00:00", "rule": ""}
NAMES = ("Jonas Weber", "Maya Iyer", "Ali")


@dataclass(frozen=True)
class Block:
    """A rectangle that was drawn, with the words of its title."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


def read(picture: Picture) -> ET.Element:
    return ET.fromstring(picture.svg())


def blocks(picture: Picture, *kinds: str) -> list[Block]:
    """Return the rectangles of those classes, or all of them, without the samples of a legend."""
    found = []
    for rect in read(picture).iter(f"{SVG}rect"):
        place = (float(rect.get(key, "0")) for key in ("x", "y", "width", "height"))
        block = Block(rect.get("class", ""), *place, rect.findtext(f"{SVG}title") or "")
        is_sample = block.width == block.height == BAR and not block.title
        if not is_sample and (not kinds or block.kind in kinds):
            found.append(block)
    return found


def texts(picture: Picture) -> list[str]:
    """Return what is written, each text once, in order."""
    found = []
    for text in read(picture).iter(f"{SVG}text"):
        title = text.find(f"{SVG}title")
        found.append((text.text or "") + ("" if title is None else title.tail or ""))
    return found


def member(number: int = 0, name: str = "", tz: str = BERLIN, **more: Any) -> dict[str, Any]:
    return {"id": f"m{number}", "real_name": name or f"Member {number}", "tz": tz, **more}


def period(start: datetime, hours: float) -> dict[str, str]:
    return {"start_time": start.isoformat(), "end_time": (start + timedelta(hours=hours)).isoformat()}


def activity(
    names: Sequence[str] = NAMES, days: int = 1, window: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Return an answer in which each member works from 8 to 16 UTC, with an hour's break, and once at night."""
    members = []
    for number, name in enumerate(names):
        starts = [MONDAY + timedelta(days=day, hours=8, minutes=10 * number) for day in range(days)]
        periods = [period(start, 3) for start in starts] + [
            period(start + timedelta(hours=4), 4) for start in starts
        ]
        periods.append(period(MONDAY + timedelta(hours=22), 2))
        members.append(member(number, name, KOLKATA if number % 2 else BERLIN, activity_periods=periods))
    end = MONDAY + timedelta(days=days) - timedelta(hours=1)
    edges = window or {"from": "2026-11-15T23:00:00+00:00", "to": end.isoformat(), "rule": ""}
    return {"ok": True, "members": members, "window": edges, **more}


def summary(
    names: Sequence[str] = NAMES, per: str = "day", count: int = 7, first: date = date(2026, 11, 16)
) -> dict[str, Any]:
    members = []
    for number, name in enumerate(names):
        found = []
        for unit in range(count):
            day = first + timedelta(days=unit * {"day": 1, "week": 7, "month": 31}[per])
            form = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}[per]
            seconds = 3600 * ((unit + number) % 7)
            key = "date" if per == "day" else per
            found.append({key: f"{day:{form}}", "active_seconds": seconds, "length_seconds": 86_400})
        total = sum(unit["active_seconds"] for unit in found)
        members.append(member(number, name, active_seconds=total) | {f"{per}s": found})
    return {"ok": True, "members": members, "window": WEEK}


def ranking(names: Sequence[str] = NAMES) -> dict[str, Any]:
    members = [member(number, name, active_seconds=3600 * number) for number, name in enumerate(names)]
    return {"ok": True, "members": members, "window": WEEK}


def hours(names: Sequence[str] = NAMES, tz: str | None = BERLIN) -> dict[str, Any]:
    shares = [0.5 if 9 <= hour % 24 < 17 and hour < 120 else 0.0 for hour in range(168)]
    members = []
    for number, name in enumerate(names):
        own = [min(1.0, share * (1 + number / 7)) for share in shares]
        members.append(member(number, name, KOLKATA if number % 2 else BERLIN, hours=own, weeks=4.0))
    return {"ok": True, "members": members, "window": WEEK, "tz": tz}


def overlap(names: Sequence[str] = NAMES) -> dict[str, Any]:
    count = len(names)
    ids = [f"m{number}" for number in range(count)]
    intervals = [
        {
            **period(MONDAY + timedelta(days=day, hours=9), 1 + day / 4),
            "seconds": 3600,
            "members": ids[: 1 + day % count],
        }
        for day in range(20)
        if count
    ]
    return {
        "ok": True,
        "members": [member(number, name) for number, name in enumerate(names)],
        "window": WEEK,
        "tz": BERLIN,
        "min_members": min(2, count),
        "overlap_seconds": 72_000,
        "at_least": [90_000 - 1000 * number for number in range(count)],
        "stretches": intervals,
        "matrix": [[3600 * (1 + (a + b) % 9) for b in range(count)] for a in range(count)],
    }


def presence(names: Sequence[str] = NAMES) -> dict[str, Any]:
    members = []
    for number, name in enumerate(names):
        hour = ("since", 1) if number % 2 == 0 else ("last_active", 30)
        found = member(number, name, BERLIN, active=number % 2 == 0, local_time="2026-11-16T11:00:00+01:00")
        members.append(found | {hour[0]: (NOW - timedelta(hours=hour[1])).isoformat()})
    return {"ok": True, "members": members, "at": NOW.isoformat()}


def in_turn(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer to ``meeting`` with a rotation of its slots."""
    shares = [
        {"id": member["id"], "outside_share": number / 10}
        for number, member in enumerate(answer["members"])
        if member["enough_history"]
    ]
    rotation = {"slots": answer["slots"][:3], "worst_share": 0.2, "is_lowest": True, "members": shares}
    return {**answer, "rotation": rotation}


def meeting(names: Sequence[str] = NAMES, slots: int = 5) -> dict[str, Any]:
    attendances = ("likely", "possible", "unlikely", "unknown")
    found = []
    for slot in range(slots if names else 0):
        start = MONDAY + timedelta(days=7 + slot, hours=14)
        there = [
            {
                "id": f"m{number}",
                "local_time": (start + timedelta(hours=12 * (number % 2))).isoformat(),
                "expected": 0.5,
                "usual": True,
                "attendance": attendances[number % 4],
            }
            for number in range(len(names))
        ]
        found.append({**period(start, 1), "expected_attendance": 2.5, "outside_usual_hours": 1, "members": there})
    change = {
        "tz": BERLIN,
        "at": "2027-03-28T01:00:00Z",
        "offset_before": 3600,
        "offset_after": 7200,
        "members": [f"m{number}" for number in range(len(names))],
        "overlap_before": 9000,
        "overlap_after": 7200,
    }
    members = [
        member(number, name, active_days=20 - number, enough_history=number % 4 != 3)
        for number, name in enumerate(names)
    ]
    return {
        "ok": True,
        "members": members,
        "window": WEEK,
        "week": WEEK,
        "tz": BERLIN,
        "slots": found,
        "changes": [change] if names else [],
    }


def clock_changes(names: Sequence[str] = NAMES) -> dict[str, Any]:
    answer = meeting(names)
    ids = [one["id"] for one in answer["members"]]
    pairs = [{"members": ids[:2], "overlap_before": 9000, "overlap_after": 5400}] if len(ids) > 1 else []
    slots = answer.pop("slots")
    standing = {"weekday": "Tuesday", "time": "17:00", "tz": BERLIN, "minutes": 60, "times": 53}
    standing["moves"] = [{**slot, "moved": {ids[0]: "16:00"}} for slot in slots[1:]]
    first = {"first": slots[0]} if slots else {}
    return {
        **answer,
        "ahead": answer.pop("week"),
        "changes": [{**change, "pairs": pairs} for change in answer["changes"]],
        "meeting": {**standing, **first},
    }


def coverage(names: Sequence[str] = NAMES) -> dict[str, Any]:
    count = len(names)
    ids = [f"m{number}" for number in range(count)]
    gaps = [
        {
            **period(MONDAY + timedelta(days=day, hours=18), 1 + day / 4),
            "seconds": 3600 + 900 * day,
            "left_last": ids[: day % (count + 1)],
            "came_first": ids[-1:] if day else [],
        }
        for day in range(20)
    ]
    return {
        "ok": True,
        "members": [member(number, name) for number, name in enumerate(names)],
        "window": WEEK,
        "tz": BERLIN,
        "max_members": 0,
        "quiet": "Sat-Sun",
        "counted_seconds": 432_000,
        "covered_seconds": 144_000,
        "share": 0.3333,
        "share_24h": 0.2381,
        "hours": [0.0] * 8 + [0.25, 0.26, 0.5, 0.75, 1.0] + [0.0] * 107 + [None] * 48,
        "gaps": gaps,
        "hand_overs": [
            {"from": one, "to": ids[0], "count": 20 - number % 20, "seconds": 5400.0}
            for number, one in enumerate(ids)
        ],
    }


def rest(names: Sequence[str] = NAMES) -> dict[str, Any]:
    members = [
        member(
            number,
            name,
            active_seconds=36_000 * number,
            active_days=4 * number,
            night_share=number % 5 / 8 if number else None,
            weekend_share=0.0 if number else None,
            longest_active=longest(number, 9, 4.5) if number else None,
            shortest_rest=longest(number, 23, 8.5) if number > 1 else None,
            days_in_a_row={"days": number, "first_date": "2026-11-16", "last_date": "2026-11-19"}
            if number
            else None,
        )
        for number, name in enumerate(names)
    ]
    return {"ok": True, "members": members, "window": WEEK}


def longest(number: int, hour: int, hours: float) -> dict[str, Any]:
    return {**period(MONDAY + timedelta(days=number, hours=hour), hours), "seconds": 3600 * hours}


Draw = Callable[[Sequence[str]], Picture]


def heading(answer: dict[str, Any], zone: str | None = BERLIN, team: str | None = None) -> Heading:
    return Heading.of("Active time", answer, zone, team)


def _pictures() -> Iterator[tuple[str, Draw]]:
    def timeline(days: int, zone: str | None = BERLIN) -> Draw:
        def draw(names: Sequence[str]) -> Picture:
            answer = activity(names, days)
            return drawing.timeline(answer, heading(answer, zone), now=NOW)

        return draw

    def summaries(function: Any, per: str, count: int) -> Draw:
        return lambda names: function(summary(names, per, count), heading(summary(names, per, count)), now=NOW)

    yield from ((f"timeline {days}", timeline(days)) for days in (1, 2, 7, 30, 200))
    yield "timeline on own clocks", timeline(2, None)
    yield "week on own clocks", timeline(7, None)
    yield from ((f"cells per {per}", summaries(drawing.timeline, per, 20)) for per in ("day", "week", "month"))
    yield from ((f"summary per {per}", summaries(drawing.summary, per, 20)) for per in ("day", "week", "month"))
    yield "ranking", lambda names: drawing.summary(ranking(names), heading(ranking(names)))
    yield "year", summaries(drawing.year, "day", 300)
    yield "hours", lambda names: drawing.hours(hours(names), heading(hours(names)))
    yield "hours on own clocks", lambda names: drawing.hours(hours(names, None), heading(hours(names, None), None))
    yield "overlap", lambda names: drawing.overlap(overlap(names), heading(overlap(names)))
    yield "meeting", lambda names: drawing.meeting(meeting(names), heading(meeting(names)))
    yield "rotation", lambda names: drawing.meeting(in_turn(meeting(names)), heading(meeting(names)))
    yield "coverage", lambda names: drawing.coverage(coverage(names), heading(coverage(names)))
    yield "rest", lambda names: drawing.rest(rest(names), heading(rest(names), None))
    yield "clock changes", lambda names: drawing.clock_changes(clock_changes(names), heading(clock_changes(names)))
    yield (
        "board",
        lambda names: drawing.board(
            presence(names), heading(presence(names), BERLIN, "Team"), back={"m1": NOW + timedelta(hours=3)}
        ),
    )
    yield "badge", lambda names: drawing.badge("active", ", ".join(names))


PICTURES: dict[str, Draw] = dict(_pictures())
CLASSES = set(re.findall(r"\.([a-z][a-z0-9]*)", drawing.STYLE))
