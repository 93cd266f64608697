"""What leaves members time to rest: a row for each."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ftlclient.views._heading import heading
from ftlclient.views._tables import CutTable
from ftlclient.views.formatting import check_rows
from ftlcommon.wording import distinct_names, hours_and_minutes, window_words
from ftlcommon.zones import Zone

COLUMNS = (
    *("user_id", "real_name", "tz", "active_seconds", "active_days", "night_share", "weekend_share"),
    *("longest_active_start", "longest_active_end", "longest_active_seconds"),
    *("shortest_rest_start", "shortest_rest_end", "shortest_rest_seconds"),
    *("days_in_a_row", "first_date", "last_date"),
)
_HEADS = ("Name", "Active", "Night", "Weekend", "Longest unbroken", "Shortest rest", "Days in a row")
_ORDER = (0, 6, 5, 4)  # the columns that are cut where there is too little space


def view(answer: dict[str, Any], tz: Zone | None) -> CutTable:
    """Return the table of an answer; *tz* is the zone of its window, if it has one for all."""
    members = answer["members"]
    check_rows(len(members))
    names = distinct_names([(member["id"], member["real_name"]) for member in members])
    title = heading(
        "Rest and load",
        *window_words(answer["window"], ((member["id"], member["tz"]) for member in members), tz),
    )
    rows_ = [
        [
            (name, ""),
            (_length(member["active_seconds"]), ""),
            (_percent(member["night_share"]), ""),
            (_percent(member["weekend_share"]), ""),
            (_interval(member["longest_active"]), ""),
            (_interval(member["shortest_rest"]), ""),
            (_row(member["days_in_a_row"]), ""),
        ]
        for name, member in zip(names, members, strict=True)
    ]
    return CutTable(title, _HEADS, rows_, _ORDER)


def rows(answer: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of COLUMNS for each member; what is not known is empty."""
    for member in answer["members"]:
        cells: list[Any] = [member[key] for key in ("id", *COLUMNS[1:7])]
        for key in ("longest_active", "shortest_rest"):
            cells += [(member[key] or {}).get(name) for name in ("start_time", "end_time", "seconds")]
        cells += [(member["days_in_a_row"] or {}).get(name) for name in ("days", "first_date", "last_date")]
        yield tuple("" if cell is None else cell for cell in cells)


def _interval(found: dict[str, Any] | None) -> str:
    """Return how long something lasted, and from which day on."""
    if found is None:
        return "-"
    return f"{_length(found['seconds']):>6}  {datetime.fromisoformat(found['start_time']):%Y-%m-%d}"


def _row(found: dict[str, Any] | None) -> str:
    return "-" if found is None else f"{found['days']:>3}  until {found['last_date']}"


def _length(seconds: float) -> str:
    return hours_and_minutes(timedelta(seconds=seconds))


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}".replace("%", " %")
