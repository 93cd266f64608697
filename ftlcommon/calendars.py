"""Writing calendars (RFC 5545), and the events of a meeting and of clock changes, from answers of the API."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import icalendar

from ftlcommon.offset_changes import offset_changes
from ftlcommon.sentences import ATTENDANCES, length_words

MEDIA_TYPE = "text/calendar; charset=utf-8"
_DAY = timedelta(days=1)
_PRODUCT = "-//FTL Activity//ftl-activity//EN"
_AROUND = timedelta(days=200)  # the VTIMEZONE contains the clock changes before and after the events
_MOST_PAIRS = 10
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """An event: from an aware time to another, or whole days from a date to another, which is not included.

    *key* tells it apart from all other events, for good. It *changed_at* a time, which is that of what it is made
    from, so that the same event is always written the same. On *weekdays*, 0 for Monday, it recurs *until* a time.
    A *busy* event takes time in the calendars of its subscribers.
    """

    key: tuple[str, ...]
    summary: str
    start: datetime | date
    end: datetime | date
    changed_at: datetime
    description: str = ""
    weekdays: tuple[int, ...] = ()
    until: datetime | None = None
    busy: bool = False


def calendar(name: str, events: Iterable[Event], *, about: str = "", refresh: timedelta | None = None) -> bytes:
    """Return a calendar called *name*; *refresh* says how often its subscribers should fetch it again."""
    written = icalendar.Calendar()
    written.add("PRODID", _PRODUCT)
    written.add("VERSION", "2.0")
    for key, text in (("NAME", name), ("X-WR-CALNAME", name), ("DESCRIPTION", about), ("X-WR-CALDESC", about)):
        if text:
            written.add(key, text)
    if refresh is not None:
        for key in ("REFRESH-INTERVAL", "X-PUBLISHED-TTL"):
            written.add(key, icalendar.vDuration(refresh), {"VALUE": "DURATION"} if key[0] == "R" else {})
    events = list(events)
    for tz, start, end in _zones(events):
        written.add_component(_timezone(tz, start, end))
    for event in events:
        written.add_component(_event(event))
    return bytes(written.to_ical())


def meeting_event(
    slot: Answer,
    members: Iterable[Answer],
    tz: tzinfo,
    changed_at: datetime,
    key: tuple[str, ...],
    *,
    is_held: bool,
) -> Event:
    """Return the event of a *slot* in an answer about *members*, on the clock of *tz*.

    One that *is_held* takes time; another one is a proposal.
    """
    start, end = (datetime.fromisoformat(slot[name]).astimezone(tz) for name in ("start_time", "end_time"))
    summary = "Meeting" if is_held else "Best time to meet"
    return Event(("meeting", *key), summary, start, end, changed_at, _attendances(slot, members), busy=is_held)


def clock_change_events(answer: Answer, changed_at: datetime) -> list[Event]:
    """Return an event for each of the ``changes`` of an answer, on the day that the clock which changes shows."""
    names = _names(answer["members"])
    found = []
    for change in answer["changes"]:
        at = datetime.fromisoformat(change["at"])
        before, after = (at + timedelta(seconds=change[key]) for key in ("offset_before", "offset_after"))
        hours = (after - before) / timedelta(hours=1)
        direction = "forward" if hours > 0 else "back"
        city = change["tz"].rpartition("/")[2].replace("_", " ")
        lines = [
            f"{change['tz']}: from {before:%H:%M} to {after:%H:%M}",
            f"of {', '.join(names[id_] for id_ in change['members'])}",
        ]
        lines += [
            f"{' and '.join(names[id_] for id_ in pair['members'])}: the overlap expected in a week goes from "
            f"{length_words(pair['overlap_before'])} to {length_words(pair['overlap_after'])}"
            for pair in change.get("pairs", ())[:_MOST_PAIRS]
        ]
        summary = f"Clocks go {direction} {abs(hours):g} h in {city}"
        day = before.date()
        key = ("clock change", change["tz"], change["at"])
        found.append(Event(key, summary, day, day + _DAY, changed_at, "\n".join(lines)))
    return found


def standing_meeting_events(answer: Answer, tz: tzinfo, changed_at: datetime) -> list[Event]:
    """Return the standing ``meeting`` of an answer, each week, and a note for each day on which it moves."""
    meeting = answer["meeting"]
    if "first" not in meeting:
        return []
    names = _names(answer["members"])
    key = ("standing meeting", meeting["weekday"], meeting["time"], meeting["tz"])
    start = datetime.fromisoformat(meeting["first"]["start_time"]).astimezone(tz)
    # On the clock, and not by elapsed time.
    until = start + (meeting["times"] - 1) * timedelta(days=7)
    events = [
        Event(
            *(key, "Meeting", start, start + timedelta(minutes=meeting["minutes"]), changed_at),
            description=_attendances(meeting["first"], answer["members"]),
            weekdays=(start.weekday(),),
            until=until.astimezone(UTC),
            busy=True,
        )
    ]
    for slot in meeting["moves"]:
        day = datetime.fromisoformat(slot["start_time"]).astimezone(tz).date()
        times = {member["id"]: member["local_time"] for member in slot["members"]}
        lines = [
            f"{names[id_]}: {_clock(times[id_])} instead of {_clock(before)}"
            for id_, before in slot["moved"].items()
        ]
        outside = [names[member["id"]] for member in slot["members"] if member["attendance"] == "unlikely"]
        if outside:
            lines.append(f"Outside their usual hours: {', '.join(outside)}")
        summary = f"Meeting moves for {_some(names[id_] for id_ in slot['moved'])}"
        events.append(Event((*key, slot["start_time"]), summary, day, day + _DAY, changed_at, "\n".join(lines)))
    return events


def _attendances(slot: Answer, members: Iterable[Answer]) -> str:
    names = _names(members)
    return "\n".join(
        f"{names[member['id']]}: {_clock(member['local_time'])}, {_attendance(member['attendance'])}"
        for member in slot["members"]
    )


def _attendance(name: str) -> str:
    return ATTENDANCES[name][1] if name in ATTENDANCES else name


def _names(members: Iterable[Answer]) -> dict[str, str]:
    return {member["id"]: member["real_name"] for member in members}


def _some(names: Iterable[str]) -> str:
    first, *rest = names
    return f"{first} and {len(rest)} more" if rest else first


def _clock(text: str) -> str:
    return f"{datetime.fromisoformat(text):%a %H:%M}"


def _event(event: Event) -> icalendar.Event:
    written = icalendar.Event()
    # A digest, as a key may contain an e-mail address.
    digest = hashlib.sha256("\0".join(event.key).encode()).hexdigest()[:32]
    written.add("UID", f"{digest}@ftl-activity")
    written.add("DTSTAMP", event.changed_at.astimezone(UTC))
    written.add("DTSTART", event.start)
    written.add("DTEND", event.end)
    if event.weekdays:
        days = [_WEEKDAYS[number] for number in event.weekdays]
        written.add(
            "RRULE", {"FREQ": ["WEEKLY"], "BYDAY": days} | ({"UNTIL": [event.until]} if event.until else {})
        )
    written.add("SUMMARY", event.summary)
    if event.description:
        written.add("DESCRIPTION", event.description)
    written.add("TRANSP", "OPAQUE" if event.busy else "TRANSPARENT")
    return written


def _zones(events: Iterable[Event]) -> list[tuple[tzinfo, datetime, datetime]]:
    """Return the zones of *events* other than UTC, each with the time that its events lie in."""
    found: dict[str, tuple[tzinfo, datetime, datetime]] = {}
    for event in events:
        start, end = event.start, event.until or event.end
        if isinstance(start, datetime) and isinstance(end, datetime) and (tz := start.tzinfo) and str(tz) != "UTC":
            _, first, last = found.get(str(tz), (tz, start, end))
            found[str(tz)] = tz, min(first, start), max(last, end)
    return list(found.values())


def _timezone(tz: tzinfo, start: datetime, end: datetime) -> icalendar.Timezone:
    """Return the VTIMEZONE of *tz* around [*start*, *end*].

    That of icalendar (7.3) is an hour off where clocks go forward: it asks the zone about times that were skipped.
    """
    first, last = (int(edge.timestamp()) for edge in (start - _AROUND, end + _AROUND))
    written = icalendar.Timezone()
    written.add("TZID", str(tz))
    before = _offset_at(first, tz)
    observances = [(first, before), *offset_changes(lambda at: _offset_at(at, tz), first, last)]
    standard = min(offset for _, offset in observances)  # in Ireland, by law, winter time is the other one
    for second, offset in observances:
        at = datetime.fromtimestamp(second, tz)
        part = icalendar.TimezoneDaylight() if offset > standard else icalendar.TimezoneStandard()
        part.add("DTSTART", (at.astimezone(UTC) + timedelta(seconds=before)).replace(tzinfo=None))
        part.add("TZOFFSETFROM", timedelta(seconds=before))
        part.add("TZOFFSETTO", timedelta(seconds=offset))
        part.add("TZNAME", at.tzname())
        written.add_component(part)
        before = offset
    return written


def _offset_at(second: int, tz: tzinfo) -> int:
    offset = datetime.fromtimestamp(second, tz).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
