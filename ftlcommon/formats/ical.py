"""An iCalendar file (RFC 5545): the events of one user's calendar.

Events are activity once they are over, unless they last all day, were cancelled, or are shown as free
(``TRANSP:TRANSPARENT``).
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import prod
from typing import Any, BinaryIO, NamedTuple

import icalendar
import recurring_ical_events

from ftlcommon.formats import BadItem, FormatError, FoundPeriod, Item, Items, Skipped
from ftlcommon.terminal import safe

_LARGEST = 16 * 1024 * 1024  # parsing this much takes half a gigabyte of memory
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  a wall clock
_DAY = timedelta(days=1)
_YEAR = timedelta(days=365)
_MOST_IN_A_DAY = 24
_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_TIMES = ("DTSTART", "DTEND", "DURATION")
_RECURRENCE = ("RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
# What the two libraries raise for invalid values; mostly ValueError.
_BROKEN = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)

# A DURATION with a time. Once parsed, PT24H and P1D are the same, so a parameter says its days.
_WITH_TIME = re.compile(r"^(DURATION(?:;[^:\r\n]*)?)(:\+?P(?:(\d{1,6})D)?T)", re.IGNORECASE | re.MULTILINE)
_DAYS = "X-DAYS"
_LENGTH = "X-LENGTH"

Event = Any


class _Length(NamedTuple):
    """A DURATION: its *days* go by the clock, the *rest* by elapsed time (RFC 5545, 3.3.6)."""

    days: timedelta
    rest: timedelta

    def after(self, start: datetime) -> datetime:
        shown = start + self.days
        return (shown.astimezone(UTC) + self.rest).astimezone(start.tzinfo)


def read(file: BinaryIO, from_: date | None = None, to: date | None = None) -> Items:
    """Yield the events that are over, from the date *from_* until the date *to*, which is not included.

    Dates are those of each event's own clock. Recurring events are expanded; without *from_* only over the year
    before *to* or now, as most recur forever.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    begin = datetime.combine(from_ or date.min, time())
    end = datetime.combine(to or date.max, time())
    recurring: dict[str | int, list[Event]] = {}
    for number, event in enumerate(_events(file), 1):
        uid = str(event["UID"]) if "UID" in event else number
        if (fault := _fault(event)) is not None:
            yield BadItem(_position(uid), fault)
            continue
        if (length := _length(event)) is not None:
            event[_LENGTH] = length  # which each occurrence keeps
        if any(name in event for name in _RECURRENCE):
            recurring.setdefault(uid, []).append(event)
        else:
            yield _item(_position(uid), event, begin, end, now)
    last = min(end, now + _DAY)
    first = max(begin, _EPOCH) if from_ else min(end, now) - _YEAR
    for uid, events in recurring.items():
        try:
            for event in _expanded(events, first, last):
                yield _item(_position(uid), event, begin, end, now)
        except _BROKEN as exc:
            yield BadItem(_position(uid), _reason(exc))


def _events(file: BinaryIO) -> Iterator[Event]:
    """Yield the VEVENTs of a complete calendar."""
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise FormatError("the calendar is larger than 16 MiB; export less of it")
    try:
        text = data.decode()
    except UnicodeDecodeError as exc:
        raise FormatError("the calendar is not UTF-8") from exc
    _check_nesting(text)
    try:
        marked = _WITH_TIME.sub(lambda found: f"{found[1]};{_DAYS}={found[3] or 0}{found[2]}", text)
        calendars = icalendar.Calendar.from_ical(marked, multiple=True)
    except _BROKEN as exc:
        raise FormatError(safe(f"the file is not a calendar: {exc}")[:200]) from exc
    for calendar in calendars:
        yield from calendar.walk("VEVENT")


def _check_nesting(text: str) -> None:
    """Raise FormatError unless each BEGIN has its END, which the library does not check."""
    open_ = []
    seen = False
    for number, line in enumerate(text.splitlines(), 1):
        keyword, _, name = line.rstrip().upper().partition(":")
        if not seen and keyword and (keyword, name) != ("BEGIN", "VCALENDAR"):
            break
        seen = seen or bool(keyword)
        if keyword == "BEGIN":
            open_.append(name)
        elif keyword == "END" and (not open_ or open_.pop() != name):
            raise FormatError(safe(f"line {number} of the calendar ends {name}, which is not open")[:200])
    if not seen:
        raise FormatError("the file is not a calendar: it does not begin with BEGIN:VCALENDAR")
    if open_:
        raise FormatError(safe(f"the calendar is cut off: {open_[-1]} does not end")[:200])


def _fault(event: Event) -> str | None:
    """Return why an event cannot be used, or None."""
    for name, reason in event.errors:
        if name is None or name in (*_TIMES, *_RECURRENCE):
            return safe(f"{name or 'a line'} cannot be read: {reason}")[:200]
    for name in ("DTSTART", "DTEND"):
        value = event.get(name)
        zone = getattr(value, "params", {}).get("TZID")
        if zone is not None and isinstance(value.dt, datetime) and value.dt.tzinfo is None:
            return safe(f"the time zone {zone} is neither in the calendar nor an IANA name")[:200]
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if not isinstance(rule, icalendar.vRecur):
            return "RRULE is not a rule"
        # An event every minute would fill the memory, and an interval of 0 would never end.
        in_a_day = prod(len(rule.get(name, [0])) for name in ("BYHOUR", "BYMINUTE", "BYSECOND"))
        if rule.get("FREQ", [""])[0] not in _FREQUENCIES or in_a_day > _MOST_IN_A_DAY:
            return "the event recurs hourly or more often"
        if rule.get("INTERVAL", [1])[0] < 1:
            return "the event recurs with an interval of 0"
    return None


def _expanded(events: list[Event], first: datetime, last: datetime) -> Iterator[Event]:
    """Yield the occurrences of *events*, which share a UID, whose own clock shows [*first*, *last*)."""
    calendar = icalendar.Calendar()
    calendar.subcomponents = events
    query = recurring_ical_events.of(calendar)
    while first < last:
        stop = min(first + _YEAR, last)
        for event in query.between(first, stop):
            start = event.start
            wall = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
            if first <= wall < stop:
                yield event
        first = stop


def _item(position: str, event: Event, begin: datetime, end: datetime, now: datetime) -> Item:
    try:
        start, finish = event.start, _end(event)
        if (reason := _unwanted(event, start, finish)) is not None:
            return Skipped(reason)
        if (start.tzinfo is None) != (finish.tzinfo is None):
            return BadItem(position, "only one of start and end has a time zone")
        if finish > (now if finish.tzinfo is None else now.replace(tzinfo=UTC)):
            return Skipped("not over yet")
        if start.replace(tzinfo=None) < begin or finish.replace(tzinfo=None) > end:
            return Skipped("outside the requested dates")
        return FoundPeriod(position, None, _text(start), _text(finish))
    except _BROKEN as exc:
        return BadItem(position, _reason(exc))


def _length(event: Event) -> _Length | None:
    duration = event.get("DURATION")
    if isinstance(duration, list) or not isinstance(getattr(duration, "dt", None), timedelta):
        return None
    marked = str(duration.params.get(_DAYS, ""))  # which a file may say itself, however it likes
    days = timedelta(int(marked) if re.fullmatch("[0-9]{1,6}", marked) else duration.dt.days)
    return _Length(days, duration.dt - days)


def _end(event: Event) -> Any:
    """Return the end; the libraries add every DURATION to what the clock showed."""
    start, finish, length = event.start, event.end, event.get(_LENGTH)
    if length is None or not isinstance(start, datetime) or start.tzinfo is None:
        return finish
    # An occurrence that an RDATE gives another end keeps that.
    return length.after(start) if finish - start == length.days + length.rest else finish


def _unwanted(event: Event, start: date, finish: date) -> str | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return "cancelled"
    if not isinstance(start, datetime):
        return "all-day"
    if str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return "shown as free"
    return "with zero length" if start == finish else None


def _text(moment: datetime) -> str:
    """Return a time for the server: floating times without an offset, UTC with Z, others with their offset."""
    if moment.tzinfo is None:
        return moment.isoformat()
    instant = moment.astimezone(UTC)
    shown = instant.astimezone(moment.tzinfo)  # moves a time that the clock skipped to one that exists
    offset = shown.utcoffset()
    if offset is None or offset.seconds % 60 or shown.tzname() == "UTC":
        return instant.replace(tzinfo=None).isoformat() + "Z"
    return shown.isoformat()


def _reason(error: Exception) -> str:
    if isinstance(error, ValueError):
        return safe(str(error))[:200]
    return "the event's times and rules do not fit together"


def _position(uid: str | int) -> str:
    return f"event {uid}" if isinstance(uid, int) else f"event {safe(uid)[:60]}"
