"""Tables: an answer of the API in, what a page shows in rows and columns out, and the rows of its CSV."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from itertools import combinations, islice
from typing import Any
from urllib.parse import quote

from ftlcommon import csv_rows
from ftlcommon.sentences import covered_words, rotation_words, standing_meeting_words
from ftlserver.domain.time_formats import MONTHS
from ftlserver.web.pages.templates import Html, escaped

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_ROWS = 200
NONE = range(0)  # columns
NO_SHARE = "-"
_IN_MATRIX = 12  # members of a matrix; of more, the pairs that share most are shown
_PAIRS = 20
_FORMULA = ("=", "+", "-", "@")

Answer = Mapping[str, Any]
Rows = Iterator[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names the rows; the columns *numbers*, by default all others, are numbers."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    numbers: range = range(1, 1_000)
    note: str = ""


# ---- cells


def member_path(user_id: str) -> str:
    return f"/members/{quote(user_id, safe='')}"


def member_cell(member: Answer) -> Html:
    """Return the name of a member, with a link to their page."""
    return Html(f'<a href="{member_path(member["id"])}">{escaped(member["real_name"])}</a>')


def time_cell(iso: str, shows: str = "date time") -> Html:
    """Return a time on the clock that *iso* names; the script shows it as the reader's locale has it.

    *shows* are the parts: ``weekday``, ``date``, ``time``.
    """
    moment = datetime.fromisoformat(iso)
    parts = {
        "weekday": WEEKDAYS[moment.weekday()],
        "date": f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}",
        "time": f"{moment:%H:%M}",
    }
    text = " ".join(parts[name] for name in shows.split())
    return Html(f'<time datetime="{escaped(iso)}" data-shows="{shows}">{text}</time>')


def length(seconds: float) -> str:
    """Return a length as hours and minutes."""
    minutes = round(seconds / 60)
    return "<0:01" if seconds and not minutes else f"{minutes // 60}:{minutes % 60:02}"


def share(value: float) -> str:
    """Return a share as a percentage."""
    return f"{value:.0%}" if round(value, 2) else NO_SHARE


def _capped(rows: Iterable[Sequence[object]], count: int, what: str) -> tuple[list[Sequence[object]], str]:
    """Return the first rows, and what is said about the others."""
    note = f"The first {MOST_ROWS} of {count:,} {what}; CSV and JSON have all." if count > MOST_ROWS else ""
    return list(islice(rows, MOST_ROWS)), note


def _who(member: Answer) -> tuple[str, str, str]:
    return member["id"], member["real_name"], member["tz"]


def _seconds(period: Answer) -> str:
    start, end = (datetime.fromisoformat(period[name]) for name in ("start_time", "end_time"))
    return f"{(end - start).total_seconds():.6f}".rstrip("0").rstrip(".")


# ---- timeline

_TIMELINE_COLUMNS = ("user_id", "real_name", "tz", "start_time", "end_time", "seconds")


def timeline_csv(answer: Answer) -> Rows:
    """Yield the names of the columns, then a row for each period."""
    yield _TIMELINE_COLUMNS
    for member in answer["members"]:
        for period in member["activity_periods"]:
            yield *_who(member), period["start_time"], period["end_time"], _seconds(period)


def count_periods(answer: Answer) -> int:
    return sum(len(member["activity_periods"]) for member in answer["members"])


def timeline(answer: Answer) -> list[Table]:
    rows, note = _capped(
        (
            (
                member_cell(member),
                time_cell(period["start_time"]),
                time_cell(period["end_time"]),
                length(float(_seconds(period))),
            )
            for member in answer["members"]
            for period in member["activity_periods"]
        ),
        count_periods(answer),
        "periods",
    )
    return [Table("Periods of activity", ("Member", "Start", "End", "Length"), rows, range(3, 4), note)]


# ---- summary

_UNIT_NAMES = {"day": "date", "week": "week", "month": "month"}


def _per_of(answer: Answer) -> str:
    """Return what a summary adds up."""
    return next((per for per in _UNIT_NAMES if any(f"{per}s" in member for member in answer["members"])), "day")


def summary_csv(answer: Answer) -> Rows:
    """Yield the names of the columns, then a row for each day, week or month of each member."""
    per = _per_of(answer)
    names = (_UNIT_NAMES[per], "active_seconds", "length_seconds", "first_start", "last_end")
    yield "user_id", "real_name", "tz", *names
    for member in answer["members"]:
        for unit in member[f"{per}s"]:
            yield *_who(member), *(unit.get(name, "") for name in names)


def summary(answer: Answer, note: str = "") -> list[Table]:
    per = _per_of(answer)
    name = _UNIT_NAMES[per]
    units = sorted({unit[name] for member in answer["members"] for unit in member[f"{per}s"]})
    rows = []
    for member in answer["members"]:
        active = {unit[name]: unit["active_seconds"] for unit in member[f"{per}s"]}
        cells = (length(active[unit]) if active.get(unit) else NO_SHARE for unit in units)
        rows.append((member_cell(member), length(member["active_seconds"]), *cells))
    return [Table(f"Active hours and minutes per {per}", ("Member", "Total", *units), rows, note=note)]


# ---- hours

_HOURS_COLUMNS = ("user_id", "real_name", "tz", "weekday", "hour", "share", "clock")
_HOURS = tuple(f"{hour:02}" for hour in range(24))


def hours_csv(answer: Answer) -> Rows:
    """Yield the names of the columns, then a row for each hour of the week of each member."""
    yield _HOURS_COLUMNS
    for member in answer["members"]:
        for number, value in enumerate(member["hours"]):
            yield *_who(member), WEEKDAYS[number // 24], number % 24, value, answer["tz"] or member["tz"]


def hours(answer: Answer) -> list[Table]:
    members = answer["members"]
    if len(members) == 1:
        values = members[0]["hours"]
        rows = [(day, *(share(value) for value in values[24 * n : 24 * n + 24])) for n, day in enumerate(WEEKDAYS)]
        return [Table("Share of each hour of the week that is active", ("Day", *_HOURS), rows)]
    rows = [
        (member_cell(member), *(share(sum(member["hours"][hour::24]) / 7) for hour in range(24)))
        for member in members
    ]
    return [Table("Share of each hour that is active, on average of the seven days", ("Member", *_HOURS), rows)]


# ---- overlap

_OVERLAP_COLUMNS = ("start_time", "end_time", "seconds", "members")


def overlap_csv(answer: Answer) -> Rows:
    """Yield the names of the columns, then a row for each interval; its members are separated by spaces."""
    yield _OVERLAP_COLUMNS
    for interval in answer["stretches"]:
        yield *(interval[name] for name in _OVERLAP_COLUMNS[:3]), " ".join(interval["members"])


def overlap(answer: Answer) -> list[Table]:
    members = answer["members"]
    names = {member["id"]: member["real_name"] for member in members}
    intervals = answer["stretches"]
    rows, note = _capped(
        (
            (
                time_cell(one["start_time"]),
                time_cell(one["end_time"]),
                length(one["seconds"]),
                ", ".join(names[id_] for id_ in one["members"]),
            )
            for one in intervals
        ),
        len(intervals),
        "intervals",
    )
    least = answer["min_members"]
    title = f"When at least {least} {'were' if least != 1 else 'was'} active at once"
    counts = [
        (f"{number} or more", length(seconds)) for number, seconds in enumerate(answer["at_least"], 1) if seconds
    ]
    return [
        Table("How long so many were active at once", ("Members", "Time"), counts),
        _pairs(members, answer["matrix"]),
        Table(title, ("Start", "End", "Length", "Members"), rows, range(2, 3), note),
    ]


def _pairs(members: Sequence[Answer], matrix: Sequence[Sequence[float]]) -> Table:
    if len(members) <= _IN_MATRIX:
        rows: list[Sequence[object]] = [
            (member_cell(member), *(length(seconds) if seconds else NO_SHARE for seconds in row))
            for member, row in zip(members, matrix, strict=True)
        ]
        names = [member["real_name"] for member in members]
        return Table(
            "How long each two were active together; on the diagonal each alone", ("Member", *names), rows
        )
    pairs = ((matrix[one][other], one, other) for one, other in combinations(range(len(members)), 2))
    best = [
        (member_cell(members[one]), member_cell(members[other]), length(seconds))
        for seconds, one, other in nlargest(_PAIRS, pairs, key=lambda pair: (pair[0], -pair[1], -pair[2]))
        if seconds
    ]
    return Table("The pairs that were active together longest", ("Member", "With", "Time"), best, range(2, 3))


# ---- coverage


def coverage_csv(answer: Answer) -> Rows:
    """Yield the names of the columns, then a row for each gap; its members are separated by spaces."""
    yield csv_rows.COVERAGE
    yield from csv_rows.coverage(answer)


def coverage(answer: Answer) -> list[Table]:
    cells = {member["id"]: member_cell(member) for member in answer["members"]}
    most, quiet = answer["max_members"], answer["quiet"]
    counted, covered = answer["counted_seconds"], answer["covered_seconds"]
    times = [
        ("Covered", length(covered), covered_words(answer["share"])),
        ("In gaps", length(counted - covered), ""),
        ("Counted in all", length(counted), ""),
        *([("Covered of all 24 hours", length(covered), covered_words(answer["share_24h"]))] if quiet else []),
    ]
    rows, note = _capped(
        (
            (
                time_cell(gap["start_time"], "weekday date time"),
                time_cell(gap["end_time"], "weekday date time"),
                length(gap["seconds"]),
                *(Html(", ".join(cells[id_] for id_ in gap[name])) or "-" for name in ("left_last", "came_first")),
            )
            for gap in answer["gaps"]
        ),
        len(answer["gaps"]),
        "gaps",
    )
    hours = [
        (
            day,
            *("" if value is None else f"{int(value * 100)}%" for value in answer["hours"][24 * n : 24 * n + 24]),
        )
        for n, day in enumerate(WEEKDAYS)
    ]
    pairs, more = _capped(
        (
            (cells[pair["from"]], cells[pair["to"]], f"{pair['count']:,}", length(pair["seconds"] / pair["count"]))
            for pair in answer["hand_overs"]
        ),
        len(answer["hand_overs"]),
        "pairs",
    )
    who = f"more than {most} active" if most else "anyone active"
    meant = f"; gaps in {quiet} are meant and do not count" if quiet else ""
    return [
        Table(f"Time with {who}", ("Time", "Length", "Share"), times),
        Table(f"Gaps{meant}", ("Start", "End", "Length", "Left last", "Came first"), rows, range(2, 3), note),
        Table("Covered share of each hour of the week; empty where it does not count", ("Day", *_HOURS), hours),
        Table(
            "Hand-overs: one leaves while another, who came later, stays",
            ("From", "To", "Times", "Average overlap"),
            *(pairs, range(2, 4), more.replace("CSV and JSON have", "JSON has")),
        ),
    ]


# ---- meeting


def meeting_csv(answer: Answer) -> Rows:
    """Yield the names of the columns, then a row for each member of each time, or of each time in turn."""
    in_turn = "rotation" in answer
    yield csv_rows.ROTATION if in_turn else csv_rows.MEETING
    yield from (csv_rows.rotation if in_turn else csv_rows.meeting)(answer)


def meeting(answer: Answer) -> list[Table]:
    slots = answer["slots"]
    times = [
        (
            time_cell(slot["start_time"], "weekday date time"),
            time_cell(slot["end_time"], "time"),
            f"{slot['expected_attendance']:.1f}",
            slot["outside_usual_hours"],
        )
        for slot in slots
    ]
    found = [
        Table("The best times", ("Start", "End", "Expected members", "Outside their hours"), times, range(2, 4))
    ]
    if slots:
        clocks = "Each member's own clock, and whether they are likely to be there"
        found.append(_clocks(clocks, answer["members"], slots, "weekday time"))
    if answer.get("rotation", {}).get("slots"):
        found.append(_rotation(answer["rotation"], answer["members"]))
    if changes := [_change(change) for change in answer["changes"]]:
        found.append(Table("Clock changes until then, in UTC", ("At", "Zone", "Before", "After"), changes, NONE))
    return found


def _rotation(rotation: Answer, members: Sequence[Answer]) -> Table:
    clocks = _clocks(f"In turn: {rotation_words(rotation)}", members, rotation["slots"], "weekday time")
    shares = {member["id"]: f"{member['outside_share']:.0%}" for member in rotation["members"]}
    rows = [(*row, shares.get(member["id"], "")) for row, member in zip(clocks.rows, members, strict=True)]
    return Table(clocks.caption, (*clocks.columns, "Outside"), rows, NONE)


def _clocks(caption: str, members: Sequence[Answer], slots: Sequence[Answer], shows: str) -> Table:
    """Return a row for each member and a column for each slot."""
    heads = [time_cell(slot["start_time"], shows) for slot in slots]
    rows = [
        (member_cell(member), *(_clock(found, slot) for found, slot in zip(local, slots, strict=True)))
        for member, local in zip(members, zip(*(slot["members"] for slot in slots), strict=True), strict=False)
    ]
    return Table(caption, ("Member", *heads), rows, NONE)


def _clock(found: Answer, slot: Answer) -> Html:
    """Return a member's clock at a slot, and what it was before the slot moved for them."""
    was = slot.get("moved", {}).get(found["id"])
    before = f", was {time_cell(was, 'time')}" if was else ""
    return Html(f"{time_cell(found['local_time'], 'time')} {escaped(found['attendance'])}{before}")


def _change(change: Answer) -> tuple[object, ...]:
    offsets = (_offset(change[name]) for name in ("offset_before", "offset_after"))
    return time_cell(change["at"]), change["tz"], *offsets


# ---- clock changes


def clock_changes_csv(answer: Answer) -> Rows:
    """Yield the names of the columns, then a row for each pair of a change, or each member of each time."""
    has_meeting = "meeting" in answer
    yield csv_rows.STANDING_MEETING if has_meeting else csv_rows.CLOCK_CHANGES
    yield from (csv_rows.standing_meeting if has_meeting else csv_rows.clock_changes)(answer)


def clock_changes(answer: Answer) -> list[Table]:
    cells = {member["id"]: member_cell(member) for member in answer["members"]}
    effects = ("overlap_before", "overlap_after")
    changes = [
        (
            *_change(change),
            *(length(change[name]) for name in effects),
            Html(", ".join(cells[id_] for id_ in change["members"])),
        )
        for change in answer["changes"]
    ]
    heads = ("At", "Zone", "Before", "After", "Overlap before", "Overlap after", "Members")
    pairs = [
        (
            Html(" and ".join(cells[id_] for id_ in pair["members"])),
            *(time_cell(change["at"], "date"), change["tz"]),
            *(length(pair[name]) for name in effects),
        )
        for change in answer["changes"]
        for pair in change["pairs"]
    ]
    rows, note = _capped(pairs, len(pairs), "pairs")
    found = [Table("Clock changes ahead, in UTC, and the overlap expected in a week", heads, changes, range(4, 6))]
    if "meeting" in answer:
        meeting = answer["meeting"]
        slots = [meeting["first"], *meeting["moves"]] if "first" in meeting else []
        found.insert(0, _clocks(_standing(meeting), answer["members"], slots, "date time"))
    if rows:
        of_pair = ("Pair", "On", "Zone", "Overlap before", "Overlap after")
        found.append(Table("Pairs whose expected overlap changes", of_pair, rows, range(3, 5), note))
    return found


def _standing(meeting: Answer) -> str:
    return f"{standing_meeting_words(meeting)}; each member's own clock next time, and where it moves for someone"


# ---- rest


def rest_csv(answer: Answer) -> Rows:
    """Yield the names of the columns, then a row for each member."""
    yield csv_rows.REST
    yield from csv_rows.rest(answer)


def rest(answer: Answer) -> list[Table]:
    rows = [
        (
            member_cell(member),
            *(length(member["active_seconds"]), member["active_days"]),
            *(
                "-" if (part := member[name]) is None else f"{part:.0%}"
                for name in ("night_share", "weekend_share")
            ),
            *_interval(member["longest_active"]),
            *_interval(member["shortest_rest"]),
            *_row(member["days_in_a_row"]),
        )
        for member in answer["members"]
    ]
    heads = (
        *("Member", "Active", "Days", "Nights", "Weekends", "Unbroken", "On", "Shortest rest", "On"),
        *("In a row", "Until"),
    )
    return [Table("Rest and load", heads, rows)]


def _interval(found: Answer | None) -> tuple[object, object]:
    return ("-", "-") if found is None else (length(found["seconds"]), time_cell(found["start_time"], "date"))


def _row(found: Answer | None) -> tuple[object, object]:
    return ("-", "-") if found is None else (found["days"], found["last_date"])


def _offset(seconds: int) -> str:
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    return f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}"


def without_formulas(lines: Rows) -> Rows:
    """Yield *lines* of a CSV; a name that a spreadsheet would take for a formula is kept from being one."""
    names: list[int] = []
    for number, line in enumerate(lines):
        cells = list(line)
        if number == 0:
            names = [place for place, column in enumerate(cells) if column == "real_name"]
        for place in names:
            if cells[place][:1] in _FORMULA:
                cells[place] = f"'{cells[place]}"
        yield cells
