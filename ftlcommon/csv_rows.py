"""The rows of an answer as CSV, which the client and the page write alike: names of columns, then rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Answer = Mapping[str, Any]
Rows = Iterator[Sequence[Any]]

COVERAGE = ("start_time", "end_time", "seconds", "left_last", "came_first")
MEETING = (
    *("rank", "start_time", "end_time", "expected_attendance", "outside_usual_hours"),
    *("user_id", "local_time", "expected", "usual", "attendance"),
)
ROTATION = (*MEETING, "outside_share")
CLOCK_CHANGES = (
    *("at", "tz", "offset_before", "offset_after", "user_id", "other_user_id"),
    *("overlap_before", "overlap_after"),
)
STANDING_MEETING = (
    *("start_time", "end_time", "user_id", "local_time_before", "local_time"),
    *("expected", "attendance"),
)
REST = (
    *("user_id", "real_name", "tz", "active_seconds", "active_days", "night_share", "weekend_share"),
    *("longest_active_start", "longest_active_end", "longest_active_seconds"),
    *("shortest_rest_start", "shortest_rest_end", "shortest_rest_seconds"),
    *("days_in_a_row", "first_date", "last_date"),
)


def coverage(answer: Answer) -> Rows:
    """Yield a row of COVERAGE for each gap; members are separated by spaces."""
    for gap in answer["gaps"]:
        yield (*(gap[key] for key in COVERAGE[:3]), *(" ".join(gap[key]) for key in COVERAGE[3:]))


def meeting(answer: Answer) -> Rows:
    """Yield a row of MEETING for each member of each slot."""
    for rank, slot in enumerate(answer["slots"], 1):
        for member in slot["members"]:
            usual = "yes" if member["usual"] else "no"
            yield (
                *(rank, *(slot[key] for key in MEETING[1:5])),
                *(member["id"], member["local_time"], member["expected"], usual, member["attendance"]),
            )


def rotation(answer: Answer) -> Rows:
    """Yield a row of ROTATION for each member of each slot of a rotation."""
    shares = {member["id"]: member["outside_share"] for member in answer["rotation"]["members"]}
    for row in meeting(answer["rotation"]):
        yield (*row, shares.get(row[5], ""))


def clock_changes(answer: Answer) -> Rows:
    """Yield a row of CLOCK_CHANGES for each pair whose overlap changes, or for each member if there is none."""
    for change in answer["changes"]:
        of_change = tuple(change[key] for key in CLOCK_CHANGES[:4])
        for pair in change["pairs"]:
            yield (*of_change, *pair["members"], pair["overlap_before"], pair["overlap_after"])
        if not change["pairs"]:
            for id_ in change["members"]:
                yield (*of_change, id_, "", "", "")


def standing_meeting(answer: Answer) -> Rows:
    """Yield a row of STANDING_MEETING for each member at the next time of a meeting, and where it moves."""
    meeting = answer["meeting"]
    for slot in [meeting["first"], *meeting["moves"]] if "first" in meeting else []:
        for member in slot["members"]:
            before = slot.get("moved", {}).get(member["id"], "")
            yield (
                *(slot["start_time"], slot["end_time"], member["id"], before),
                *(member[key] for key in STANDING_MEETING[4:]),
            )


def rest(answer: Answer) -> Rows:
    """Yield a row of REST for each member; what is not known is empty."""
    for member in answer["members"]:
        cells: list[Any] = [member[key] for key in ("id", *REST[1:7])]
        for key in ("longest_active", "shortest_rest"):
            cells += [(member[key] or {}).get(name) for name in ("start_time", "end_time", "seconds")]
        cells += [(member["days_in_a_row"] or {}).get(name) for name in ("days", "first_date", "last_date")]
        yield tuple("" if cell is None else cell for cell in cells)
