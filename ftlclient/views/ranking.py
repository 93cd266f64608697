"""Who was active most: the members by their active time in the window."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ftlclient.views._heading import heading
from ftlclient.views.formatting import bar, check_rows, column
from ftlcommon.wording import counted, distinct_names, hours_and_minutes, window_words
from ftlcommon.zones import Zone

COLUMNS = ("rank", "user_id", "real_name", "tz", "active_seconds", "share")
LONGEST_NAME = 24
_TOTAL, _SHARE = 9, 8


class Ranking:
    """The members of a summary in total, most active first, with their share of the time of all who are listed."""

    def __init__(self, answer: Mapping[str, Any], tz: Zone | None) -> None:
        check_rows(len(answer["members"]))
        self.is_cut = answer.get("omitted", {}).get("beyond_limit", 0) > 0
        self.ranked = list(_ranked(answer))
        self.names = distinct_names([(member["id"], member["real_name"]) for _, member, _ in self.ranked])
        people = ((member["id"], member["tz"]) for member in answer["members"])
        self.words = window_words(answer["window"], people, tz)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw bars as wide as the terminal allows."""
        ascii_only = options.ascii_only
        yield heading("Most active", *self.words)
        most = min(LONGEST_NAME, options.max_width // 3)
        name_width, names = column(self.names, most, ascii_only=ascii_only, least=6)
        place = max(2, len(f"{len(self.ranked)}"))
        width = max(5, options.max_width - place - 2 - name_width - _TOTAL - _SHARE - 2)
        heads = f"{'#':>{place}}  {'Name':{name_width}}{'Active':>{_TOTAL}}{'Share':>{_SHARE}}"
        yield Text(heads, "dim", no_wrap=True)
        longest = max((member["active_seconds"] for _, member, _ in self.ranked), default=0)
        minutes = 0
        for (rank, member, share), name in zip(self.ranked, names, strict=True):
            seconds = member["active_seconds"]
            row = Text(no_wrap=True)
            row.append(f"{rank if seconds else '-':>{place}}  ", "dim").append(name)
            row.append(f"{_length(seconds) if seconds else '-':>{_TOTAL}}", "bold")
            row.append(f"{f'{share:.1%}' if seconds else '-':>{_SHARE}}  ")
            row.append(bar(seconds / longest if longest else 0, width, ascii_only=ascii_only), "green")
            row.rstrip()
            yield row
            minutes += round(seconds / 60)
        active = sum(member["active_seconds"] > 0 for _, member, _ in self.ranked)
        total = hours_and_minutes(timedelta(minutes=minutes))
        yield Text.assemble(
            f"{'':{place + 2}}",
            ("Total".ljust(name_width) + total.rjust(_TOTAL), "bold"),
            (f"  of {f'the {active:,} listed' if self.is_cut else counted(active, 'active member')}", "dim"),
        )


def rows(answer: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each member."""
    for rank, member, share in _ranked(answer):
        who = (member[key] for key in ("id", "real_name", "tz"))
        yield (rank, *who, member["active_seconds"], f"{share:.6f}")


def _ranked(answer: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any], float]]:
    """Yield the rank, the member and the share of the time of all; who are equally active share a rank."""
    members = sorted(
        answer["members"], key=lambda member: (-member["active_seconds"], member["real_name"], member["id"])
    )
    total = sum(member["active_seconds"] for member in members)
    rank, before = 0, None
    for number, member in enumerate(members, 1):
        if member["active_seconds"] != before:
            rank, before = number, member["active_seconds"]
        yield rank, member, member["active_seconds"] / total if total else 0.0


def _length(seconds: float) -> str:
    return hours_and_minutes(timedelta(seconds=seconds))
