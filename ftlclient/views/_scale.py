"""The four levels of activity as shades, and their legend."""

from collections.abc import Iterable
from datetime import timedelta

from rich.text import Text

from ftlcommon.levels import Levels
from ftlcommon.wording import hours_and_minutes

SHADES = " ░▒▓█"
ASCII_SHADES = " -+*#"
STYLES = ("dim", "#2e7d32", "#388e3c", "#4caf50", "#81c784")


class Scale:
    """The shades of *seconds*."""

    def __init__(self, seconds: Iterable[float]) -> None:
        self._levels = Levels.of_seconds(seconds)

    def cell(self, seconds: float | None, *, ascii_only: bool, width: int = 1) -> tuple[str, str]:
        """Return the mark, so wide, and the style of a value; None is not in the window, or still to come."""
        if seconds is None:
            return " " * width, "none"
        if not seconds:
            return ("." if ascii_only else "·").ljust(width), "dim"
        number = self._levels.level(seconds)
        return (ASCII_SHADES if ascii_only else SHADES)[number] * width, STYLES[number]

    def legend(self, unit: str, *, ascii_only: bool) -> Text:
        """Return what the shades mean."""
        legend = Text()
        for number, bound in enumerate(self._levels.bounds):
            legend.append(*self.cell(bound, ascii_only=ascii_only))
            length = hours_and_minutes(timedelta(seconds=bound))
            is_last = number == len(self._levels.bounds) - 1
            legend.append(f"{'' if number else ' up to'} {length}{f' a {unit}' if is_last else ''}  ", "dim")
        return legend.append(f"{self.cell(0, ascii_only=ascii_only)[0]} none", "dim")
