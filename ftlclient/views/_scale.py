"""A scale of four shades with as many values in each, so that sparse activity shows as well as dense."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import timedelta

from rich.text import Text

from ftlclient.views.formatting import hours_and_minutes

_SHADES = " ░▒▓█"
_ASCII = " -+*#"
_STYLES = ("dim", "#2e7d32", "#388e3c", "#4caf50", "#81c784")
_LEVELS = 4
_FINE, _COARSE = 60, 900  # the bounds are whole minutes, or quarters of an hour if some values are long
_LONG = 4 * 3600


class Scale:
    """The shades of *seconds*; the bounds are their quartiles, rounded up."""

    def __init__(self, seconds: Iterable[float]) -> None:
        found = sorted(value for value in seconds if value > 0)
        step = _COARSE if found and found[-1] > _LONG else _FINE
        quartiles = (found[-(-len(found) * number // _LEVELS) - 1] for number in range(1, _LEVELS + 1) if found)
        self._bounds = sorted({int(-(-value // step) * step) for value in quartiles})

    def cell(self, seconds: float | None, *, ascii_only: bool, width: int = 1) -> tuple[str, str]:
        """Return the mark, so wide, and the style of a value; None is not in the window, or still to come."""
        if seconds is None:
            return " " * width, "none"
        if not seconds:
            return ("." if ascii_only else "·").ljust(width), "dim"
        number = self._level(seconds)
        return (_ASCII if ascii_only else _SHADES)[number] * width, _STYLES[number]

    def legend(self, unit: str, *, ascii_only: bool) -> Text:
        """Return what the shades mean."""
        legend = Text()
        for number, bound in enumerate(self._bounds):
            legend.append(*self.cell(bound, ascii_only=ascii_only))
            length = hours_and_minutes(timedelta(seconds=bound))
            is_last = number == len(self._bounds) - 1
            legend.append(f"{'' if number else ' up to'} {length}{f' a {unit}' if is_last else ''}  ", "dim")
        return legend.append(f"{self.cell(0, ascii_only=ascii_only)[0]} none", "dim")

    def _level(self, seconds: float) -> int:
        """Return the shade of a value from 1 to 4; the largest values always have the darkest."""
        above = len(self._bounds) - 1 - bisect_left(self._bounds, seconds)
        return max(1, _LEVELS - max(0, above))
