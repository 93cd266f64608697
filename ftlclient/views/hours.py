"""The hours of the week in which members are active, as heat maps of days by hours."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from ftlclient.views._heading import heading
from ftlclient.views._scale import ASCII_SHADES, SHADES, STYLES
from ftlclient.views.formatting import check_rows, fit, shown_as
from ftlcommon.levels import Levels, percent
from ftlcommon.sentences import WEEKDAYS, most_likely
from ftlcommon.wording import counted, distinct_names, window_words
from ftlcommon.zones import zone_of

COLUMNS = ("user_id", "real_name", "tz", "weekday", "hour", "share", "clock")
LONGEST_NAME = 20

_DAY_NAME = 4  # columns
_GAP = 2  # columns between two maps


class Hours:
    """When all members are likely to be active, and a heat map of each, or a line each of many."""

    def __init__(self, answer: dict[str, Any]) -> None:
        members = answer["members"]
        check_rows(len(members))
        names = distinct_names([(member["id"], member["real_name"]) for member in members])
        named = [member | {"real_name": name} for member, name in zip(members, names, strict=True)]
        shares = [(member, [float(share) for share in member["hours"]]) for member in named]
        self.active = [pair for pair in shares if any(pair[1])]
        self.idle = [member["real_name"] for member, found in shares if not any(found)]
        self.is_on_own_clocks = answer["tz"] is None
        tz = None if answer["tz"] is None else zone_of(answer["tz"])
        self.words = window_words(answer["window"], ((member["id"], member["tz"]) for member in members), tz)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the smallest and the largest width."""
        return Measurement(_width(1), min(_width(2), options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as many maps side by side as fit."""
        yield heading("Active share of each hour of the week", *self.words)
        if not self.active:
            yield Text("no activity", "italic")
            return
        if len(self.active) > 1:
            yield Text()
            yield from self._together(options)
        yield Text()
        yield from self._members(options)
        if self.idle:
            names = ", ".join(shown_as(name, ascii_only=options.ascii_only) for name in self.idle[:10])
            more = f" and {len(self.idle) - 10:,} more" if len(self.idle) > 10 else ""
            yield Text(f"No activity: {names}{more}", "dim")

    def _together(self, options: ConsoleOptions) -> Iterator[Text]:
        count = len(self.active)
        title = Text.assemble((f"All {count} at once", "bold"))
        if self.is_on_own_clocks and len({member["tz"] for member, _ in self.active}) > 1:
            yield title.append(
                ": each is shown on another clock; --tz with a zone shows when all are there", "dim"
            )
            return
        words, together = most_likely([shares for _, shares in self.active])
        yield title.append(words, "" if together else "dim")
        if not together:
            return
        scale = _Scale(together)
        wide = 2 if options.max_width >= _width(2) else 1
        yield from _map(together, scale, wide, ascii_only=options.ascii_only)
        yield scale.legend("likely, the product of their shares", ascii_only=options.ascii_only)

    def _members(self, options: ConsoleOptions) -> Iterator[Text]:
        for wide, most_rows in ((2, 2), (1, 3)):
            in_row = max(1, (options.max_width + _GAP) // (_width(wide) + _GAP))
            if _width(wide) <= options.max_width and len(self.active) <= in_row * most_rows:
                yield from self._maps(wide, in_row, ascii_only=options.ascii_only)
                return
        yield from self._lines(options)

    def _maps(self, wide: int, in_row: int, *, ascii_only: bool) -> Iterator[Text]:
        scale = _Scale(share for _, shares in self.active for share in shares)
        days = {round(member["weeks"] * 7) for member, _ in self.active}
        maps = []
        for member, shares in self.active:
            details = [member["tz"]] if self.is_on_own_clocks else []
            details += [f"over {counted(max(1, round(member['weeks'] * 7)), 'day')}"] if len(days) > 1 else []
            title = _title(member["real_name"], ", ".join(details), _width(wide), ascii_only=ascii_only)
            maps.append([title, *_map(shares, scale, wide, ascii_only=ascii_only)])
        for first in range(0, len(maps), in_row):
            if first:
                yield Text()
            for parts in zip(*maps[first : first + in_row], strict=True):
                line = Text(no_wrap=True, overflow="crop")
                for number, part in enumerate(parts):
                    line.append(" " * (number * (_width(wide) + _GAP) - line.cell_len)).append_text(part)
                yield line
        yield Text()
        yield scale.legend("of the hour active", ascii_only=ascii_only)

    def _lines(self, options: ConsoleOptions) -> Iterator[Text]:
        """Yield a line for each member: the hours of the day, on average of the seven days."""
        ascii_only = options.ascii_only
        longest = max(cell_len(shown_as(member["real_name"], ascii_only=ascii_only)) for member, _ in self.active)
        name_width = min(longest, LONGEST_NAME, max(8, options.max_width - 1 - 24))
        wide = 2 if options.max_width >= name_width + 1 + 48 else 1
        averages = [[sum(shares[hour::24]) / 7 for hour in range(24)] for _, shares in self.active]
        scale = _Scale(share for average in averages for share in average)
        yield Text("The hours of the day, on average of the seven days", "dim")
        yield Text(" " * (name_width + 1), no_wrap=True).append_text(_axis(wide))
        for (member, _), average in zip(self.active, averages, strict=True):
            line = Text(fit(member["real_name"], name_width, ascii_only=ascii_only) + " ", no_wrap=True)
            for share in average:
                mark, style = scale.cell(share, ascii_only=ascii_only)
                line.append(mark * wide, style)
            yield line
        yield Text()
        yield scale.legend("of the hour active", ascii_only=ascii_only)


class _Scale:
    """The shades of *shares*."""

    def __init__(self, shares: Iterable[float]) -> None:
        self._levels = Levels.of_shares(shares)

    def cell(self, share: float, *, ascii_only: bool) -> tuple[str, str]:
        """Return the mark and the style of a share; the largest have the darkest shade."""
        number = self._levels.level(share)
        return (ASCII_SHADES if ascii_only else SHADES)[number], STYLES[number] if number else ""

    def legend(self, what: str, *, ascii_only: bool) -> Text:
        """Return what the shades mean."""
        parts = [f"{self.cell(bound, ascii_only=ascii_only)[0]} {percent(bound)}" for bound in self._levels.bounds]
        return Text(f"{' ' * _DAY_NAME}up to {'  '.join(parts)} {what}", "dim")


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each hour of the week of each member."""
    for member in answer["members"]:
        for number, share in enumerate(member["hours"]):
            who = (member["id"], member["real_name"], member["tz"])
            yield (*who, WEEKDAYS[number // 24], number % 24, share, answer["tz"] or member["tz"])


def _width(wide: int) -> int:
    return _DAY_NAME + 24 * wide


def _axis(wide: int) -> Text:
    step = 3 if wide == 2 else 6
    return Text("".join(f"{hour:02}".ljust(step * wide) for hour in range(0, 24, step)), "dim", no_wrap=True)


def _map(shares: Sequence[float], scale: _Scale, wide: int, *, ascii_only: bool) -> Iterator[Text]:
    yield Text(" " * _DAY_NAME, no_wrap=True).append_text(_axis(wide))
    for day, name in enumerate(WEEKDAYS):
        row = Text(name.ljust(_DAY_NAME), "dim" if day >= 5 else "", no_wrap=True)
        for share in shares[day * 24 : day * 24 + 24]:
            mark, style = scale.cell(share, ascii_only=ascii_only)
            row.append(mark * wide, style)
        yield row


def _title(name: str, details: str, width: int, *, ascii_only: bool) -> Text:
    shown = shown_as(name, ascii_only=ascii_only)
    detail = shown_as(details, ascii_only=ascii_only)
    if cell_len(shown) + 2 + cell_len(detail) > width:
        detail_width = min(cell_len(detail), max(0, width - 2 - min(cell_len(shown), 10)))
        detail = fit(detail, detail_width, ascii_only=ascii_only)
        shown = fit(
            shown, min(cell_len(shown), width - (2 + detail_width if detail else 0)), ascii_only=ascii_only
        )
    return Text(shown, "bold", no_wrap=True).append(f"  {detail}" if detail else "", "dim")
