"""The plain way to answer the assignment's question: a row for each period, a datetime for each time.

The oracle that the fast way must equal.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction

_ROWS = sa.text("""
    SELECT u.id, u.real_name, u.tz, p.started_at, p.ended_at, p.start_offset, p.end_offset
    FROM users u LEFT JOIN activity_periods p ON p.user_id = u.id
    ORDER BY u.id, p.started_at, p.ended_at""")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def members(storage: Storage, ids: Sequence[str]) -> list[tuple[User, list[ActivityPeriod]]]:
    """Return the users with those ids, each once, with their periods."""
    with transaction(storage.database) as connection:
        rows = connection.execute(_ROWS).all()
    found = {
        user[0]: (User(*user), [ActivityPeriod(user[0], *row[3:]) for row in group if row[3] is not None])
        for user, group in groupby(rows, key=lambda row: tuple(row[:3]))
    }
    return [found[user_id] for user_id in dict.fromkeys(ids) if user_id in found]


def answer(
    storage: Storage,
    ids: Sequence[str],
    time_format: str,
    window: tuple[int, int] | None = None,
    tz: ZoneInfo | None = None,
) -> bytes:
    """Return the whole body of the answer, less what it says of the window."""
    read = members(storage, ids)
    if window is not None:
        read = [
            (user, [period for period in periods if period.started_at < window[1] and period.ended_at > window[0]])
            for user, periods in read
        ]

    def shown_at(instant: int, offset: int) -> str:
        if tz is not None:
            zone_offset = (_EPOCH + timedelta(microseconds=instant)).astimezone(tz).utcoffset()
            assert zone_offset is not None
            offset = int(zone_offset.total_seconds())
        return show(instant, offset, time_format)

    shown: dict[str, Any] = {
        "ok": True,
        "members": [
            {
                "id": user.id,
                "real_name": user.real_name,
                "tz": user.tz,
                "activity_periods": [
                    {
                        "start_time": shown_at(period.started_at, period.start_offset),
                        "end_time": shown_at(period.ended_at, period.end_offset),
                    }
                    for period in periods
                ],
            }
            for user, periods in read
        ],
    }
    missing = [user_id for user_id in dict.fromkeys(ids) if user_id not in {user.id for user, _ in read}]
    if missing:
        shown["not_found"] = missing
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def show(instant: int, offset: int, time_format: str) -> str:
    """Return a time by way of datetime."""
    if time_format == "iso":
        offset = (offset + 30) // 60 * 60  # RFC 3339 knows no seconds of offset
    wall = datetime(1970, 1, 1, tzinfo=timezone(timedelta(seconds=offset))) + timedelta(
        seconds=offset, microseconds=instant
    )
    if time_format == "iso":
        return wall.isoformat()
    return f"{_MONTHS[wall.month - 1]} {wall:%d} {wall.year:04} {wall:%I:%M}{'AM' if wall.hour < 12 else 'PM'}"


def subtract(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """Return the points of the disjoint list *left* that the disjoint list *right* does not have."""
    found = []
    j = 0
    for start, end in left:
        while j < len(right) and right[j][1] <= start:
            j += 1
        k, rest = j, start
        while k < len(right) and right[k][0] < end:
            if rest < right[k][0]:
                found.append((rest, right[k][0]))
            rest = right[k][1]
            k += 1
        if rest < end:
            found.append((rest, end))
    return found
