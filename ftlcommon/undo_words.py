"""What an undo did, in words: the answer of the API, as both programs show it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ftlcommon.wording import time_of_day

_COUNTS = (
    ("deleted", "deleted"),
    ("restored", "restored"),
    ("set_back", "with their earlier end again"),
    ("kept", "kept"),
)


def undone_lines(undone: Mapping[str, Any]) -> Iterator[str]:
    """Yield how many periods were taken back, which have another end now, and what was kept."""
    counts = undone["periods"]
    if found := [f"{counts[name]:,} {words}" for name, words in _COUNTS if counts[name]]:
        yield f"periods: {', '.join(found)}"
    yield from set_back_lines(undone)
    if counts["kept"]:
        yield "kept, because a later change extended them further:"
        periods = [item for item in undone["kept"] if "start_time" in item]
        yield from (f"  {_beginning(item)} to {_end(item, item['end_time'])}" for item in periods)
        yield from _more(counts["kept"], periods)
    if undone["users_kept"]:
        yield "kept, because they have other activity:"
        users = [item for item in undone["kept"] if "start_time" not in item]
        yield from (f"  {item['id']}" for item in users)
        yield from _more(undone["users_kept"], users)


def set_back_lines(undone: Mapping[str, Any]) -> Iterator[str]:
    """Yield which periods have another end than before the undo, from which end to which."""
    for item in undone["set_back"]:
        now, was = (_end(item, item[name]) for name in ("end_time", "previous_end_time"))
        yield f"{_beginning(item)}: ends at {now} again, not at {was}"
    yield from _more(undone["periods"]["set_back"], undone["set_back"])


def _more(count: int, listed: Sequence[Any]) -> Iterator[str]:
    if count > len(listed):
        yield f"  and {count - len(listed):,} more"


def _beginning(item: Mapping[str, Any]) -> str:
    start = datetime.fromisoformat(item["start_time"])
    return f"{item['user_id']}, {start:%a %Y-%m-%d} {_clock(start)} {start:%Z}"


def _end(item: Mapping[str, Any], text: str) -> str:
    """Return a time, without what it has in common with the start: the date, the offset."""
    start, end = (datetime.fromisoformat(time) for time in (item["start_time"], text))
    date = "" if end.date() == start.date() else f"{end:%a %Y-%m-%d} "
    offset = "" if end.utcoffset() == start.utcoffset() else f" {end:%Z}"
    return f"{date}{_clock(end)}{offset}"


def _clock(moment: datetime) -> str:
    return time_of_day(moment, seconds=bool(moment.second))
