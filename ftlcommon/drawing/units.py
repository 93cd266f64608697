"""How long members were active in each day, week or month, from a summary or from their spans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ftlcommon.drawing.rows import Answer, Row, most_active, names_of
from ftlcommon.drawing.sheet import Sheet
from ftlcommon.levels import Levels
from ftlcommon.sentences import length_words
from ftlcommon.summary_units import NAMES, next_unit, seconds_of, unit_start
from ftlcommon.zones import Zone, day_edges, zone_of

_LONG = 400  # days


@dataclass(frozen=True)
class Units:
    """The seconds *found* of a member by the first day of each unit; units lie from *first* to *last*."""

    member: Answer
    name: str
    seconds: float
    found: Mapping[date, float]
    first: date
    last: date

    def folded(self, per: str) -> dict[date, float]:
        """Return the seconds of each longer unit."""
        folded: dict[date, float] = {}
        for day, seconds in self.found.items():
            start = unit_start(per, day)
            folded[start] = folded.get(start, 0.0) + seconds
        return folded

    def until(self, now: datetime | None, tz: Zone | None) -> date:
        """Return the last day that has begun, or that has activity."""
        if now is None:
            return self.last
        today = now.astimezone(tz or zone_of(self.member["tz"])).date()
        return min(self.last, max([today, *(day for day, seconds in self.found.items() if seconds)]))


def reach(rows: Sequence[Units], now: datetime | None, tz: Zone | None) -> tuple[date, date]:
    """Return the first and the last day to draw: those of the rows, and of more than 400 those with activity."""
    first, last = min(row.first for row in rows), max(row.until(now, tz) for row in rows)
    active = [day for row in rows for day, seconds in row.found.items() if seconds]
    if (last - first).days > _LONG and active:
        return max(first, min(active)), min(last, max(active))
    return first, min(last, first + timedelta(days=_LONG)) if not active else last


def per_of(answer: Answer) -> str:
    """Return what a summary adds up: ``day``, ``week``, ``month`` or ``total``."""
    return next((per for per in NAMES if any(f"{per}s" in member for member in answer["members"])), "total")


def units_of(answer: Answer) -> list[Units]:
    """Return the members to draw of a summary per day, week or month; those without a unit are left out."""
    per = per_of(answer)
    drawn = most_active(answer["members"], lambda member: float(member["active_seconds"]))
    found = []
    for member, name in zip(drawn, names_of(drawn), strict=True):
        seconds = seconds_of(member, per)
        if seconds:
            last = next_unit(per, max(seconds)) - timedelta(days=1)
            found.append(Units(member, name, float(member["active_seconds"]), seconds, min(seconds), last))
    return found


def days_of(rows: Sequence[Row], first: date, last: date, tz: Zone | None) -> list[Units]:
    """Return how long each member was active on each day from *first* to *last*."""
    found = []
    for row in rows:
        seconds: dict[date, float] = {}
        zone = tz or row.tz
        day, closes = first, 0.0
        for start, end in row.spans:
            at = start
            while at < end:
                if at >= closes:
                    day = datetime.fromtimestamp(at, zone).date()
                    closes = day_edges(day, zone)[1].timestamp()
                until = min(end, closes)
                seconds[day] = seconds.get(day, 0.0) + until - at
                at = until
        found.append(Units(row.member, row.name, row.seconds, seconds, first, last))
    return found


def unit_words(per: str, unit: date) -> str:
    """Return the name of a unit."""
    forms = {"day": "%a %Y-%m-%d", "week": "%G-W%V", "month": "%b %Y", "year": "%Y"}
    return f"{unit:{forms[per]}}"


def level_legend(sheet: Sheet, levels: Levels, per: str, *words: str) -> None:
    """Explain the shades of *levels*."""
    parts = []
    for number, bound in enumerate(levels.bounds):
        is_last = number == len(levels.bounds) - 1
        text = f"{'' if number else 'up to '}{length_words(bound)}{f' a {per}' if is_last else ''}"
        parts.append((f"l{levels.level(bound)}", text))
    sheet.legend([*parts, ("track", "none")], *words)
