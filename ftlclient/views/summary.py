"""How long each member was active each day, week or month, in all, and on an average day."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.views._heading import heading
from ftlclient.views.formatting import check_rows, column, fit
from ftlcommon.summary_units import NAMES, seconds_of
from ftlcommon.wording import distinct_names, hours_and_minutes, in_minutes, window_words
from ftlcommon.zones import Zone, zone_of

COLUMNS = (
    *("user_id", "real_name", "tz", "date", "active_seconds", "length_seconds"),
    *("first_start", "last_end"),
)
LONGEST_NAME = 20
_CELLS = {"day": 6, "week": 7, "month": 7}
_HEADS = {"day": ("%G-W%V", "%a"), "week": ("%G", "W%V"), "month": ("%Y", "%b")}
_TOTALS = f"{'Total':>9}{'a day':>7}"


class Summary:
    """The members of a summary *per* day, week or month: a row each, in as many blocks as the width requires.

    Days are those in *tz*, or on each member's own clock.
    """

    def __init__(self, answer: Mapping[str, Any], per: str, tz: Zone | None, now: datetime) -> None:
        members, window = answer["members"], answer["window"]
        self.per = per
        self.rows = [_Row(member, per, window, tz, now) for member in members]
        self.names = distinct_names([(member["id"], member["real_name"]) for member in members])
        self.units = sorted({unit for row in self.rows for unit in row.minutes})
        self.words = window_words(window, ((member["id"], member["tz"]) for member in members), tz)
        check_rows((1 + len(self.units) // 7) * len(members))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the totals and the first units, then the other units."""
        ascii_only = options.ascii_only
        yield heading(f"Active time per {self.per}", *self.words)
        if not self.units:
            yield Text("no activity", "italic")
            return
        most = min(LONGEST_NAME, options.max_width // 4)
        name_width, names = column(self.names, most, ascii_only=ascii_only, least=8)
        at, totals = 0, _TOTALS
        while at < len(self.units):
            space = (options.max_width - name_width - len(totals)) // _CELLS[self.per]
            units = self.units[at : at + max(1, space)]
            if at:
                yield Text()
            yield from self._heads(units, " " * name_width + totals)
            for name, row in zip(names, self.rows, strict=True):
                yield self._line(name, row.totals if totals else "", [row.shown(unit) for unit in units])
            if len(self.rows) > 1:
                yield self._all(units, fit("All", name_width, ascii_only=ascii_only), totals)
            at, totals = at + len(units), ""

    def _heads(self, units: Sequence[date], lead: str) -> Iterator[Text]:
        """Yield two lines above the *units*: what they belong to, and their names."""
        cell = _CELLS[self.per]
        outer, inner = _HEADS[self.per]
        line = ""
        before = ""
        for number, unit in enumerate(units):
            group, start = f"{unit:{outer}}", number * cell + 1
            if group != before and start >= len(line):
                line = line.ljust(start) + group
                before = group
        names = (f"{unit:%a}"[:2] + f"{unit: %d}" if self.per == "day" else f"{unit:{inner}}" for unit in units)
        yield Text(" " * len(lead) + line, "dim", no_wrap=True)
        yield Text(lead + "".join(name.rjust(cell) for name in names), "dim", no_wrap=True)

    def _line(self, name: str, totals: str, cells: Sequence[str]) -> Text:
        line = Text(name, no_wrap=True)
        line.append(totals, "bold")
        for cell in cells:
            line.append(cell.rjust(_CELLS[self.per]), "dim" if cell == "-" else "green")
        return line

    def _all(self, units: Sequence[date], name: str, totals: str) -> Text:
        """Return the sums of the lengths as they are shown."""
        total = _shown(sum(row.total for row in self.rows)).rjust(9).ljust(len(totals)) if totals else ""
        sums = [sum(row.minutes.get(unit, 0) for row in self.rows) for unit in units]
        line = self._line(name, total, [_shown(minutes) if minutes else "-" for minutes in sums])
        line.stylize("bold")
        return line


class _Row:
    """A member of a summary: the minutes of each unit, which add up to the total."""

    def __init__(
        self, member: Mapping[str, Any], per: str, window: Mapping[str, Any], tz: Zone | None, now: datetime
    ) -> None:
        zone = tz or zone_of(member["tz"])
        seconds = dict(sorted(seconds_of(member, per).items()))
        self.minutes = dict(zip(seconds, in_minutes(seconds.values()), strict=True))
        self.total = sum(self.minutes.values())
        self._active = {unit for unit, length in seconds.items() if length}
        self._today = now.astimezone(zone).date()
        days = _days_been(window.get("by_member", {}).get(member["id"], window), member[f"{per}s"], zone, now)
        a_day = hours_and_minutes(timedelta(minutes=self.total) / days) if days else "-"
        self.totals = f"{_shown(self.total, some=bool(self._active)):>9}{a_day:>7}"

    def shown(self, unit: date) -> str:
        """Return how long the member was active in a unit; nothing if it is still to come, or not theirs."""
        if unit not in self.minutes or (unit > self._today and unit not in self._active):
            return ""
        return _shown(self.minutes[unit], some=True) if unit in self._active else "-"


def rows(answer: Mapping[str, Any], per: str) -> Iterator[tuple[Any, ...]]:
    """Yield a row of ``columns(per)`` for each day, week or month of each member."""
    for member in answer["members"]:
        for unit in member[f"{per}s"]:
            yield (
                *(member[key] for key in ("id", "real_name", "tz")),
                *(unit[key] for key in (NAMES[per], "active_seconds", "length_seconds")),
                *(unit.get(key, "") for key in ("first_start", "last_end")),
            )


def columns(per: str) -> tuple[str, ...]:
    """Return the names of the columns of ``rows``."""
    return tuple(NAMES[per] if name == "date" else name for name in COLUMNS)


def _days_been(edges: Mapping[str, Any], units: Sequence[Mapping[str, Any]], zone: Zone, now: datetime) -> int:
    """Return how many days of a window have begun; without a beginning it begins with the first activity."""
    firsts = [datetime.fromisoformat(unit["first_start"]) for unit in units if "first_start" in unit]
    start = min(firsts, default=now) if edges.get("from") is None else datetime.fromisoformat(edges["from"])
    last = min(datetime.fromisoformat(edges["to"]), now) - timedelta(microseconds=1)
    return max(0, (last.astimezone(zone).date() - start.astimezone(zone).date()).days + 1)


def _shown(minutes: int, *, some: bool = False) -> str:
    """Return minutes as h:mm; *some* says that there was activity, even if it rounds to none."""
    return "<0:01" if some and not minutes else hours_and_minutes(timedelta(minutes=minutes))
