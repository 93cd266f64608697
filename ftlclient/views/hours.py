"""The hours of the week in which members are active, as a heat map of days by hours."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from ftlclient.views.formatting import check_rows, counted, plain

COLUMNS = ("user_id", "real_name", "tz", "weekday", "hour", "share")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_SHADES = " ░▒▓█"
_ASCII = " .-=#"
_STYLES = ("", "#2e7d32", "#388e3c", "#4caf50", "#81c784")


class Hours:
    """A heat map of each member, preceded by the average of all members."""

    def __init__(self, answer: dict[str, Any]) -> None:
        check_rows(len(answer["members"]) * (1 + len(WEEKDAYS)))
        self.members = [(member, [float(share) for share in member["hours"]]) for member in answer["members"]]

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the smallest and the largest width."""
        return Measurement(28, min(52, options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw two columns per hour if they fit, else one."""
        wide = 2 if options.max_width >= 4 + 48 else 1
        if len(self.members) > 1:
            columns = zip(*(shares for _, shares in self.members), strict=True)
            together = [sum(column) / len(self.members) for column in columns]
            yield Text(f"All {len(self.members)} together", "bold")
            yield from _map(together, wide, ascii_only=options.ascii_only)
        for member, shares in self.members:
            if len(self.members) > 1:
                yield Text()
            title = Text()
            title.append_text(plain(member["real_name"], "bold"))
            title.append_text(plain(f"  {member['tz']}", "dim"))
            title.append(f", over {counted(max(1, round(member['weeks'] * 7)), 'day')}", "dim")
            yield title
            yield from _map(shares, wide, ascii_only=options.ascii_only)
        shades = _ASCII if options.ascii_only else _SHADES
        marks = " ".join(f"{mark * wide}" for mark in shades[1:])
        yield Text(f"\n    {marks}  up to 25, 50, 75, 100 % of the hour", "dim")


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each hour of the week of each member."""
    for member in answer["members"]:
        for number, share in enumerate(member["hours"]):
            who = (member["id"], member["real_name"], member["tz"])
            yield (*who, WEEKDAYS[number // 24], number % 24, share)


def _map(shares: Sequence[float], wide: int, *, ascii_only: bool) -> Iterator[Text]:
    marks = _ASCII if ascii_only else _SHADES
    step = 3 if wide == 2 else 6
    yield Text(
        "    " + "".join(f"{hour:02}".ljust(step * wide) for hour in range(0, 24, step)), "dim", no_wrap=True
    )
    for day, name in enumerate(WEEKDAYS):
        row = Text(f"{name} ", "dim" if day >= 5 else "", no_wrap=True)
        for share in shares[day * 24 : day * 24 + 24]:
            step_ = -int(-share * 4 // 1)  # rounded up, so that any activity shows
            row.append(marks[step_] * wide, _STYLES[step_])
        yield row
