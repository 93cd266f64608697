"""The times of an interval, to the minute."""

from datetime import datetime, timedelta
from typing import Any

from ftlclient.views.formatting import time_of_day


def times(interval: dict[str, Any]) -> str:
    """Return the date of an interval, and when it starts and ends."""
    start, end = _edges(interval)
    later = (end.date() - start.date()).days
    return f"{start:%Y-%m-%d %a}  {time_of_day(start)}-{time_of_day(end)}{f' +{later}' if later else ''}"


def length_shown(interval: dict[str, Any]) -> timedelta:
    """Return the length that lies between the times shown."""
    start, end = _edges(interval)
    return end - start


def _edges(interval: dict[str, Any]) -> tuple[datetime, datetime]:
    start, end = (
        datetime.fromisoformat(interval[key]) + timedelta(seconds=30) for key in ("start_time", "end_time")
    )
    return start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
