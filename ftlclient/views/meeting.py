"""The best times to meet, with each member's local time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.text import Text

from ftlclient.views.formatting import check_rows, hours_and_minutes
from ftlcommon.terminal import safe

COLUMNS = (
    *("rank", "start_time", "end_time", "expected_attendance", "outside_usual_hours"),
    *("user_id", "local_time", "expected", "usual"),
)


class Meeting:
    """The proposed slots, best first, and the clock changes until then."""

    def __init__(self, answer: dict[str, Any]) -> None:
        check_rows(sum(1 + len(item["members"]) for key in ("slots", "changes") for item in answer[key]))
        self.answer = answer
        self.names = {member["id"]: safe(member["real_name"]) for member in answer["members"]}

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw a line for each slot, with the members below it."""
        if not self.answer["slots"]:
            yield Text("no activity in this window", "italic")
        for rank, slot in enumerate(self.answer["slots"], 1):
            start, end = (datetime.fromisoformat(slot[key]) for key in ("start_time", "end_time"))
            line = Text(f"{rank:>2}. {start:%a %Y-%m-%d  %H:%M}-{end:%H:%M} UTC{start:%z}", "bold")
            line.append(f"  {slot['expected_attendance']:g} of {len(self.names)} expected", "green")
            if outside := slot["outside_usual_hours"]:
                line.append(f", {outside} outside usual hours", "yellow")
            yield line
            yield Padding(self._members(slot, start), (0, 0, 0, 4))
        for change in self.answer["changes"]:
            yield self._change(change)

    def _members(self, slot: dict[str, Any], start: datetime) -> Text:
        found = Text()
        for number, member in enumerate(slot["members"]):
            local = datetime.fromisoformat(member["local_time"])
            days = (local.date() - start.date()).days
            shift = f" {days:+}" if days else ""
            text = f"{self.names[member['id']]} {local:%H:%M}{shift} ({member['expected']:.0%})"
            found.append(", " if number else "")
            found.append(text.replace(" ", "\N{NO-BREAK SPACE}"), "" if member["usual"] else "dim")
        return found

    def _change(self, change: dict[str, Any]) -> Text:
        at = datetime.fromisoformat(change["at"])
        hours = (change["offset_after"] - change["offset_before"]) / 3600
        direction = "forward" if hours > 0 else "back"
        city = safe(change["tz"]).rpartition("/")[2].replace("_", " ")
        names = ", ".join(self.names[id_] for id_ in change["members"])
        text = Text(f"\n{at:%Y-%m-%d}: clocks go {direction} {abs(hours):g} h in {city} ({names}); ", "yellow")
        before, after = change["overlap_before"], change["overlap_after"]
        shown = [hours_and_minutes(timedelta(seconds=seconds)) for seconds in (before, after)]
        if before == after:
            return text.append(f"weekly overlap stays at {shown[0]}")
        verb = "rises" if after > before else "falls"
        return text.append(f"weekly overlap {verb} from {shown[0]} to {shown[1]}")


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each member of each slot."""
    for rank, slot in enumerate(answer["slots"], 1):
        for member in slot["members"]:
            yield (
                rank,
                *(slot[key] for key in COLUMNS[1:5]),
                member["id"],
                *(member[key] for key in ("local_time", "expected")),
                "yes" if member["usual"] else "no",
            )
