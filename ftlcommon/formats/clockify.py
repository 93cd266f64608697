"""Clockify's detailed report as CSV; who and when are kept, projects and descriptions dropped.

Its times are on the clock of the person who exported it: https://clockify.me/help/users/time-zones
"""

from typing import BinaryIO

from ftlcommon.formats import Items, time_entries
from ftlcommon.formats.time_entries import Order, read_entries

_COLUMNS = {
    "User": time_entries.USER,
    "Email": time_entries.EMAIL,
    "Start Date": time_entries.START_DATE,
    "Start Time": time_entries.START_TIME,
    "End Date": time_entries.END_DATE,
    "End Time": time_entries.END_TIME,
    "Duration (h)": time_entries.DURATION,
}


def read(file: BinaryIO, zone: str | None = None, dates: Order | None = None) -> Items:
    """Yield each user before their first time entry, and the time entries."""
    return read_entries(file, _COLUMNS, "Clockify", zone, dates)
