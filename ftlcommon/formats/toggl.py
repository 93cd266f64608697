"""Toggl Track's detailed report as CSV; who and when are kept, projects and descriptions dropped."""

from typing import BinaryIO

from ftlcommon.formats import Items, time_entries
from ftlcommon.formats.time_entries import Order, read_entries

# Reports of 2024 and later call some columns otherwise.
_COLUMNS = {
    "User": time_entries.USER,
    "Member": time_entries.USER,
    "Email": time_entries.EMAIL,
    "Start date": time_entries.START_DATE,
    "Start time": time_entries.START_TIME,
    "End date": time_entries.END_DATE,
    "End time": time_entries.END_TIME,
    "Stop date": time_entries.END_DATE,
    "Stop time": time_entries.END_TIME,
    "Duration": time_entries.DURATION,
}


def read(file: BinaryIO, zone: str | None = None, dates: Order | None = None) -> Items:
    """Yield each user before their first time entry, and the time entries."""
    return read_entries(file, _COLUMNS, "Toggl", zone, dates)
