"""What leaves members time to rest: a row for each."""

from datetime import datetime, timedelta
from typing import Any

from ftlclient.views._heading import heading
from ftlclient.views._tables import CutTable
from ftlclient.views.formatting import check_rows
from ftlcommon.wording import distinct_names, hours_and_minutes, window_words
from ftlcommon.zones import Zone

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
