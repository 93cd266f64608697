"""Four levels with as many values in each, so that sparse activity shows as well as dense."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from math import ceil, floor, log10

LEVELS = 4
_FINE, _COARSE = 60, 900  # the bounds are whole minutes, or quarters of an hour if some values are long
_LONG = 4 * 3600
_FINEST = 0.0001  # of a share: 0.01 %


class Levels:
    """The levels of *values*; their upper *bounds* are the quartiles, as *rounded_up*."""

    def __init__(self, values: Iterable[float], rounded_up: Callable[[float], float]) -> None:
        found = sorted(value for value in values if value > 0)
        quartiles = (found[-(-len(found) * number // LEVELS) - 1] for number in range(1, LEVELS + 1) if found)
        self.bounds = sorted({rounded_up(value) for value in quartiles})

    @classmethod
    def of_seconds(cls, seconds: Iterable[float]) -> "Levels":
        """Return the levels of durations, whose bounds are whole minutes or quarters of an hour."""
        found = [value for value in seconds if value > 0]
        step = _COARSE if found and max(found) > _LONG else _FINE
        return cls(found, lambda value: int(-(-value // step) * step))

    @classmethod
    def of_shares(cls, shares: Iterable[float]) -> "Levels":
        """Return the levels of shares from 0 to 1, whose bounds have two digits."""
        return cls(shares, _two_digits)

    def level(self, value: float) -> int:
        """Return the level of a value: 0 for none, else 1 to 4; the largest values always have the highest."""
        if not value:
            return 0
        above = len(self.bounds) - 1 - bisect_left(self.bounds, value)
        return max(1, LEVELS - max(0, above))


def percent(share: float) -> str:
    """Return a share in percent with two digits."""
    if share < _FINEST:
        return "under 0.01 %"
    return f"{share * 100:.2g} %" if share < 0.995 else "100 %"


def _two_digits(share: float) -> float:
    """Return a share rounded up to two digits, as the legend shows it."""
    if share <= _FINEST:
        return _FINEST
    unit = 10.0 ** (floor(log10(share)) - 1)
    return min(1.0, round(ceil(round(share / unit, 6)) * unit, 6))
