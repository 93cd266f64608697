"""How long one member was active each day of a year: a heat map of 7 weekdays by 53 weeks."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.views._heading import heading
from ftlclient.views._scale import Scale
from ftlclient.views.formatting import axis, check_rows, fit, in_runs
from ftlcommon.summary_units import seconds_of, unit_start
from ftlcommon.wording import counted, hours_and_minutes, window_words
from ftlcommon.zones import Zone, zone_of

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LABEL = 5
_WEEKS = 54  # of a leap year that begins on a Sunday


class Year:
    """The days of one member of a summary, a block for each year if they are more than one."""

    def __init__(self, answer: Mapping[str, Any], tz: Zone | None, now: datetime) -> None:
        member = answer["members"][0]
        self.member = member
        self.found = seconds_of(member, "day")
        self.today = now.astimezone(tz or zone_of(member["tz"])).date()
        self.words = window_words(answer["window"], [(member["id"], member["tz"])], tz)
        check_rows(len(self.found) // 30)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw two columns for a week if they fit, else one."""
        ascii_only = options.ascii_only
        name = fit(self.member["real_name"], 40, ascii_only=ascii_only).rstrip()
        yield heading(f"{name}: active time per day", *self.words)
        scale = Scale(self.found.values())
        for number, days in enumerate(self._blocks()):
            if number:
                yield Text()
            yield from self._block(days, scale, options)
        yield scale.legend("day", ascii_only=ascii_only)
        been = [seconds for day, seconds in self.found.items() if day <= self.today or seconds]
        total = hours_and_minutes(timedelta(seconds=self.member["active_seconds"]))
        yield Text.assemble(
            (total, "bold"), f" in all, on {sum(map(bool, been)):,} of {counted(len(been), 'day')}"
        )

    def _blocks(self) -> list[Sequence[date]]:
        days = sorted(self.found)
        if not days or (days[-1] - unit_start("week", days[0])).days < 7 * _WEEKS:
            return [days] if days else []
        return [[day for day in days if day.year == year] for year in sorted({day.year for day in days})]

    def _block(self, days: Sequence[date], scale: Scale, options: ConsoleOptions) -> Iterator[Text]:
        monday = unit_start("week", days[0])
        weeks = [monday + timedelta(weeks=n) for n in range((days[-1] - monday).days // 7 + 1)]
        wide = max(1, min(2, (options.max_width - _LABEL) // len(weeks)))
        line = axis(_months(days[0], weeks, wide), max(len(weeks) * wide, 3))
        yield Text(f"{days[0]:%Y}".ljust(_LABEL) + line, "dim", no_wrap=True)
        listed = set(days)
        for weekday, name in enumerate(_WEEKDAYS):
            row = Text(no_wrap=True)
            row.append(name.ljust(_LABEL), "dim" if weekday >= 5 else "")
            shown = (week + timedelta(days=weekday) for week in weeks)
            seconds = (self._seconds(day) if day in listed else None for day in shown)
            row.append_text(
                in_runs(scale.cell(value, ascii_only=options.ascii_only, width=wide) for value in seconds)
            )
            yield row

    def _seconds(self, day: date) -> float | None:
        """Return None for a day that is still to come."""
        seconds = self.found[day]
        return None if day > self.today and not seconds else seconds


def _months(first: date, weeks: Sequence[date], wide: int) -> Iterator[tuple[int, str]]:
    """Yield the names of months with the column of the week that they begin in."""
    yield 0, f"{first:%b}"
    for number, week in enumerate(weeks[1:], 1):
        begun = next((day for n in range(7) if (day := week + timedelta(days=n)).day == 1), None)
        if begun is not None:
            yield number * wide, f"{begun:%b}"
