"""Members with their periods that reach into a window, piece by piece: an answer may be larger than the memory."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from ftlserver import clock
from ftlserver.clock import TimeFormat, Zone
from ftlserver.intervals import Interval
from ftlserver.models import Span, User
from ftlserver.questions import who
from ftlserver.window import shown_in


def member(user: User, pages: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the JSON of a member whose periods are in *pages*, each a JSON list."""
    yield orjson.dumps(who(user))[:-1] + b',"activity_periods":['
    separator = b""
    for page in pages:
        if len(page) > 2:
            yield separator + page[1:-1]
            separator = b","
    yield b"]}"


def shown_minutes(minutes: list[int]) -> bytes:
    """Return the JSON list of periods that are given as ``Store.minutes`` gives them, in display times."""
    # One text a period takes 0.27 us, two lists of times and a dict for each 0.61.
    days, clocks = clock.DAYS_DISPLAYED, clock.CLOCKS_DISPLAYED
    periods = [
        f'{{"start_time":"{days[(start := pair >> 16) // 1440]}{clocks[start % 1440]}",'
        f'"end_time":"{days[(end := start + (pair & 65535) - 4096) // 1440]}{clocks[end % 1440]}"}}'
        for pair in minutes
    ]
    return f"[{','.join(periods)}]".encode()


def shown(
    spans: Sequence[Span], user: User, edges: Interval, tz: Zone | None, time_format: TimeFormat, *, clip: bool
) -> bytes:
    """Return the JSON list of periods, shown in *tz* or as recorded; *clip* cuts them at the edges."""
    if clip:
        spans = [_clipped(user, span, *edges) for span in spans]
    if tz is not None:
        offset = shown_in(tz)
        spans = [(start, end, offset(start, first), offset(end, last)) for start, end, first, last in spans]
    if time_format == "display":
        second, minute = clock.SECOND, clock.MINUTE
        return shown_minutes(
            [
                (start + first * second) // minute * 65535 + (end + last * second) // minute + 4096
                for start, end, first, last in spans
            ]
        )
    iso = clock.iso
    periods = [
        f'{{"start_time":"{iso(start, first)}","end_time":"{iso(end, last)}"}}'
        for start, end, first, last in spans
    ]
    return f"[{','.join(periods)}]".encode()


def answer(
    members: Iterable[Iterator[bytes]], opening: dict[str, Any], closing: dict[str, Any]
) -> Iterator[bytes]:
    """Yield the JSON of a whole answer: the keys of *opening*, ``members``, the keys of *closing*."""
    yield orjson.dumps(opening)[:-1] + b',"members":['
    separator = b""
    for pieces in members:
        yield separator
        yield from pieces
        separator = b","
    yield b"]" + (b"," + orjson.dumps(closing)[1:-1] if closing else b"") + b"}"


def _clipped(user: User, span: Span, first: int, last: int) -> Span:
    started_at, ended_at, start_offset, end_offset = span
    start, end = max(started_at, first), min(ended_at, last)
    if start_offset != end_offset:  # the cut may lie on either side of the change
        tz = clock.zone(user.tz)
        offsets = start_offset, end_offset
        if start != started_at and clock.offset_at(start, tz) == offsets[1]:
            start_offset = offsets[1]
        if end != ended_at and clock.offset_at(end, tz) == offsets[0]:
            end_offset = offsets[0]
    return start, end, start_offset, end_offset
