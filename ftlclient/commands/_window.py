"""What the options of a window stand for."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo

from ftlclient import time_expressions, time_ranges
from ftlclient.config import Settings
from ftlclient.errors import ConfigError
from ftlclient.time_expressions import Edge, TimeExpression, sent
from ftlcommon import zones


def edges(args: argparse.Namespace, zone: str | None) -> tuple[Edge | None, Edge | None]:
    """Return the window that the options give in the *zone* with that name, or in each member's own for None.

    An edge that was not given is None. Raise ConfigError, also for contradicting options and an empty window.
    """
    given = [name for name in ("on", "range") if getattr(args, name)] + (
        ["from and --to"] if args.from_ or args.to else []
    )
    if len(given) > 1:
        raise ConfigError(f"--{given[0]} and --{given[1]} cannot be combined; drop one")
    now = now_in(zone)
    if args.from_ or args.to:
        start = read("--from", args.from_, now).start if args.from_ else None
        end = _end(args.to, now) if args.to else None
        _check_order(args, start, end, now, None if zone is None else now.tzinfo)
        return start, end
    if args.on:
        day = read_day("--on", args.on, now)
        return day, time_ranges.day_after(day)
    if text := args.range or args.default_range:
        found = _range(text, now)
        return found.start, found.end
    return None, None


def read(option: str, text: str, now: datetime, *, ahead: bool = False) -> TimeExpression:
    """Return what the value of an *option* stands for; raise ConfigError, which names the option."""
    with _named(option):
        return time_expressions.read(text, now, week_start=Settings.load().week_start, ahead=ahead)


def read_day(option: str, text: str, now: datetime) -> date:
    """Return the day that the value of an *option* names; raise ConfigError."""
    found = read(option, text, now)
    if found.kind == "day":
        return found.start
    instead = "; use --range" if option == "--on" and found.kind != "moment" else ""
    raise ConfigError(f"{option} takes one day, such as yesterday or 2026-11-16, which {text} is not{instead}")


def moment(option: str, text: str, now: datetime) -> str:
    """Return the moment that the value of an *option* stands for, as the API takes it; raise ConfigError."""
    with _named(option):
        found = time_expressions.read_moment(text, now)
        return sent(found if found.tzinfo else found.replace(tzinfo=now.tzinfo))


def coming_week(text: str, now: datetime) -> str:
    """Return the first of the seven days that ``--week`` stands for, as the API takes it; raise ConfigError."""
    found = read("--week", text, now, ahead=True)
    if isinstance(found.start, datetime) or found.end not in [found.start + timedelta(days=n) for n in (1, 7)]:
        raise ConfigError(f"--week takes a day or a week, which {text} is not; write monday or next-week")
    return sent(found.start)


def now_in(zone: str | None) -> datetime:
    """Return the current time in the *zone* with that name, or in this machine's for None; raise ConfigError."""
    tz = zones.zone(zone or time_ranges.local_zone())
    if tz is None:
        raise ConfigError(f"--tz: {zone} is not an IANA time zone name, such as Europe/Berlin")
    return time_ranges.now().astimezone(tz)


@contextmanager
def _named(option: str) -> Iterator[None]:
    """Name the *option* in a ConfigError."""
    try:
        yield
    except ConfigError as exc:
        raise ConfigError(f"{option}: {exc}") from exc


def _end(text: str, now: datetime) -> Edge:
    found = read("--to", text, now)
    if found.kind == "length":
        raise ConfigError(f"--to: {text} is a length, not an end; use --range, or an end such as yesterday or -7d")
    return found.end


def _range(text: str, now: datetime) -> TimeExpression:
    found = read("--range", text, now)
    if found.kind == "moment":
        raise ConfigError(f"--range: {text} is a moment; use --from")
    if found.kind == "day" and (text.startswith("-") or text.endswith("ago")):
        raise ConfigError(f"--range: {text} is one day; use --on for that day, or --from for all since then")
    return found


def _check_order(
    args: argparse.Namespace, start: Edge | None, end: Edge | None, now: datetime, tz: tzinfo | None
) -> None:
    """Raise ConfigError if the window is empty; *tz* None leaves to the server what depends on the member."""
    until = now if end is None else end
    if start is None or (tz is None and _has_offset(start) != _has_offset(until)):
        return
    if _instant(start, tz or UTC) >= _instant(until, tz or UTC):
        ends = "now" if args.to is None else f"the end of --to {args.to} ({sent(until)})"
        raise ConfigError(f"the window is empty: --from {args.from_} ({sent(start)}) is not before {ends}")


def _has_offset(edge: Edge) -> bool:
    return isinstance(edge, datetime) and edge.tzinfo is not None


def _instant(edge: Edge, tz: tzinfo) -> datetime:
    """Return *edge* in UTC; without an offset it is read in *tz*."""
    if not isinstance(edge, datetime):
        edge = datetime(edge.year, edge.month, edge.day, tzinfo=tz)
    return (edge if edge.tzinfo else edge.replace(tzinfo=tz)).astimezone(UTC)
