"""Detailed reports of time trackers: a row for each time entry, with its user's e-mail, and times on one clock."""

import re
import shutil
import tempfile
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Literal
from zoneinfo import ZoneInfo

from ftlcommon.formats import BadItem, FormatError, FoundPeriod, FoundUser, Items, Skipped, address_id
from ftlcommon.formats.rows import read_rows

zoneinfo.reset_tzpath([])

Order = Literal["dmy", "mdy"]
Row = Mapping[str, str]

# The columns that are read, all others are dropped.
USER, EMAIL, DURATION = "user", "email", "duration"
START_DATE, START_TIME, END_DATE, END_TIME = "start date", "start time", "end date", "end time"
_REQUIRED = (EMAIL, START_DATE, START_TIME, END_DATE, END_TIME)

_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})", re.ASCII)
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\s*(?:([AP])\.?M\.?)?", re.IGNORECASE)
_DURATION = re.compile(r"(\d{1,4}):(\d\d)(?::(\d\d))?", re.ASCII)
_ROUNDED = timedelta(minutes=30)  # less than by what two readings of a clock differ


class _UnreadableError(Exception):
    """A row cannot be read; the message says why."""


def read_entries(
    file: BinaryIO, names: Mapping[str, str], tracker: str, zone: str | None, dates: Order | None
) -> Items:
    """Yield each user before their first time entry, and the time entries; *names* says what a column is here.

    The clock is that of *zone*, which new users get too, or each user's own. An order of day and month that the
    file leaves open has to be given as *dates*.
    """
    if zone is not None and zone not in zoneinfo.available_timezones():
        raise FormatError(f"--zone: {zone!r} is no time zone; expected an IANA name, such as Europe/Berlin")
    tz = ZoneInfo(zone) if zone else None
    users: set[str] = set()
    with tempfile.TemporaryFile() as copy:  # to read it twice, also from a pipe
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        day_first = (dates or _order(_rows(copy, names, tracker))) == "dmy"
        copy.seek(0)
        for number, row in _rows(copy, names, tracker):
            position = f"line {number}"
            if isinstance(row, str):
                yield BadItem(position, row)
                continue
            user_id = address_id(row[EMAIL])
            if not (user_id or row[START_DATE]):
                yield Skipped("totals")
            elif not row[END_TIME]:
                yield Skipped("still running")
            elif not user_id:
                yield BadItem(position, "the row has no e-mail address")
            else:
                try:
                    start, end = _times(row, tz, day_first=day_first)
                except _UnreadableError as exc:
                    yield BadItem(position, str(exc))
                    continue
                if start == end:
                    yield Skipped("with zero length")
                    continue
                if user_id not in users:
                    users.add(user_id)
                    name = row.get(USER, "").strip() or row[EMAIL].strip()
                    yield FoundUser(position, user_id, name, zone, guessed=True)
                yield FoundPeriod(position, user_id, start, end)


def _rows(file: BinaryIO, names: Mapping[str, str], tracker: str) -> Iterator[tuple[int, Row | str]]:
    """Yield the number of each row, and the row, or why it is none."""
    rows = read_rows(file)
    header = [names.get(name.strip(), "") for name in next(rows, (1, []))[1]]
    if missing := [name for name in _REQUIRED if name not in header]:
        wanted = ", ".join(next(known for known, name in names.items() if name == column) for column in missing)
        raise FormatError(f"the file is not a detailed report of {tracker}: it has no column {wanted}")
    if any(header.count(name) > 1 for name in names.values()):
        raise FormatError("the header has a column twice")
    for number, row in rows:
        if not row:
            continue
        if len(row) != len(header):
            yield number, f"the header has {len(header)} columns, the row has {len(row)}"
        else:
            yield number, {name: field.strip() for name, field in zip(header, row, strict=True) if name}


def _order(rows: Iterable[tuple[int, Row | str]]) -> Order:
    """Return the order that the dates of the file have; raise FormatError if they leave it open."""
    open_: tuple[int, str] | None = None
    telling: dict[Order, tuple[int, str]] = {}
    for number, row in rows:
        for text in () if isinstance(row, str) else (row[START_DATE], row[END_DATE]):
            match = _DATE.fullmatch(text)
            if match is None or len(match[1]) > 2 or match[2] == ".":
                continue  # the year comes first, or with dots the day
            first, second = int(match[1]), int(match[3])
            if first > 12 or second > 12:
                telling.setdefault("dmy" if first > 12 else "mdy", (number, text))
            elif first != second:
                open_ = open_ or (number, text)
    if len(telling) == 2:
        (day, day_text), (month, month_text) = telling["dmy"], telling["mdy"]
        raise FormatError(
            f"the dates do not go together: {day_text} on line {day} begins with the day, and {month_text} on line"
            f" {month} with the month"
        )
    if open_ is not None and not telling:
        raise FormatError(
            f"{open_[1]} on line {open_[0]} can be read in two ways, and no other date tells which;"
            " add --dates dmy if the day comes first, --dates mdy if the month does"
        )
    return next(iter(telling), "dmy")


def _times(row: Row, tz: ZoneInfo | None, *, day_first: bool) -> tuple[str, str]:
    """Return the start and the end of a row: in UTC, or, without a zone, as the clock showed them."""
    start = _wall(row[START_DATE], row[START_TIME], day_first=day_first)
    end = _wall(row[END_DATE], row[END_TIME], day_first=day_first)
    if tz is None:
        return start.isoformat(), end.isoformat()
    pairs = [(one, two) for one in _instants(start, tz) for two in _instants(end, tz)]
    if len(pairs) > 1 and (match := _DURATION.fullmatch(row.get(DURATION, ""))):
        lasted = timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3] or 0))
        pairs = [(one, two) for one, two in pairs if abs(two - one - lasted) < _ROUNDED]
    if len(pairs) != 1:
        raise _UnreadableError(f"the clock in {tz.key} did not show these times just once, as it was changed then")
    return _utc(pairs[0][0]), _utc(pairs[0][1])


def _wall(date: str, time: str, *, day_first: bool) -> datetime:
    ymd, hms = _DATE.fullmatch(date), _TIME.fullmatch(time)
    try:
        if ymd is None or hms is None:
            raise ValueError
        first, second, third = int(ymd[1]), int(ymd[3]), int(ymd[4])
        if len(ymd[1]) == 4 and len(ymd[4]) < 3:
            year, month, day = first, second, third
        elif len(ymd[4]) == 4 and len(ymd[1]) < 3:
            year, month, day = (third, second, first) if day_first or ymd[2] == "." else (third, first, second)
        else:
            raise ValueError
        hour = int(hms[1])
        if hms[4]:
            if not 1 <= hour <= 12:
                raise ValueError
            hour = hour % 12 + (12 if hms[4] in "Pp" else 0)
        return datetime(year, month, day, hour, int(hms[2]), int(hms[3] or 0))  # noqa: DTZ001  a wall clock
    except ValueError:
        raise _UnreadableError(f"cannot read the date {date[:40]!r} with the time {time[:40]!r}") from None


def _instants(wall: datetime, tz: ZoneInfo) -> list[datetime]:
    """Return the instants, none, one or two, at which a clock in *tz* showed *wall*."""
    found = sorted({wall.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1)})
    return [at for at in found if at.astimezone(tz).replace(tzinfo=None, fold=0) == wall]


def _utc(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat() + "Z"
