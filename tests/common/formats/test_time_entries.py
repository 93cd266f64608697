"""Detailed reports of Toggl Track and Clockify."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.formats import FormatError, FoundPeriod, FoundUser, Item, Skipped, clockify, toggl
from tests.common.formats.conftest import bad
from tests.conftest import DATA

TOGGL = "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags"
CLOCKIFY = (
    "Project,Client,Description,Task,User,Group,Email,Tags,Billable,Start Date,Start Time,End Date,End Time,"
    "Duration (h),Duration (decimal)"
)


def entry(start: str, end: str, duration: str = "", email: str = "ada@x") -> str:
    """Return a row of Clockify's from two dates with their times."""
    return ",".join(["P,C,D,T,Ada L,G", email, ",No", *start.split(" ", 1), *end.split(" ", 1), duration, "0"])


def read(*rows: str, zone: str | None = "UTC", dates: Any = None, header: str = CLOCKIFY) -> list[Item]:
    return list(clockify.read(io.BytesIO("\n".join([header, *rows]).encode()), zone, dates))


def times(found: list[Item]) -> list[tuple[str, str]]:
    return [(item.start_time, item.end_time) for item in found if isinstance(item, FoundPeriod)]


def test_a_report_of_toggl_is_users_and_time_entries() -> None:
    with (DATA / "toggl-detailed.csv").open("rb") as file:
        assert list(toggl.read(file, "Europe/Berlin")) == [
            FoundUser("line 2", "glinda@example.org", "Glinda Southgood", "Europe/Berlin", guessed=True),
            FoundPeriod("line 2", "glinda@example.org", "2026-03-02T08:00:00Z", "2026-03-02T09:30:00Z"),
            FoundPeriod("line 3", "glinda@example.org", "2026-03-02T21:30:00Z", "2026-03-02T23:15:00Z"),
            Skipped("with zero length"),
            FoundUser("line 6", "egon@example.org", "Egon Spengler", "Europe/Berlin", guessed=True),
            FoundPeriod("line 6", "egon@example.org", "2026-03-03T13:05:09Z", "2026-03-03T16:00:00Z"),
        ]


def test_without_a_zone_the_times_are_those_of_each_users_clock() -> None:
    with (DATA / "clockify-detailed.csv").open("rb") as file:
        assert list(clockify.read(file)) == [
            FoundUser("line 2", "glinda@example.org", "Glinda Southgood", None, guessed=True),
            FoundPeriod("line 2", "glinda@example.org", "2026-03-02T09:00:00", "2026-03-02T10:30:00"),
            FoundUser("line 3", "egon@example.org", "Egon Spengler", None, guessed=True),
            FoundPeriod("line 3", "egon@example.org", "2026-03-13T23:30:00", "2026-03-14T00:15:00"),
        ]


def test_newer_reports_of_toggl_call_columns_otherwise() -> None:
    text = "Description,Email,Member,Start date,Start time,Stop date,Stop time\nx,a@x,A,2026-03-02,9:00,2026-03-02,9:30\n"
    assert list(toggl.read(io.BytesIO(text.encode()))) == [
        FoundUser("line 2", "a@x", "A", None, guessed=True),
        FoundPeriod("line 2", "a@x", "2026-03-02T09:00:00", "2026-03-02T09:30:00"),
    ]


def test_who_has_no_name_is_called_by_their_address() -> None:
    text = TOGGL + "\n,Ada@X,,,,,,2026-03-02,09:00,2026-03-02,09:30,,\n"
    found = next(toggl.read(io.BytesIO(text.encode()), "UTC"))
    assert found == FoundUser("line 2", "ada@x", "Ada@X", "UTC", guessed=True)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-03-13 9:00", "2026-03-13 17:30:05", ("2026-03-13T09:00:00Z", "2026-03-13T17:30:05Z")),
        ("13/03/2026 09:00", "14/03/2026 00:00", ("2026-03-13T09:00:00Z", "2026-03-14T00:00:00Z")),
        ("03/13/2026 09:00 AM", "03/13/2026 12:00 PM", ("2026-03-13T09:00:00Z", "2026-03-13T12:00:00Z")),
        ("03-13-2026 12:00 AM", "03-13-2026 12:30 am", ("2026-03-13T00:00:00Z", "2026-03-13T00:30:00Z")),
        ("13-3-2026 1:05 p.m.", "13-3-2026 11:59\u202fPM", ("2026-03-13T13:05:00Z", "2026-03-13T23:59:00Z")),
        ("03.04.2026 09:00", "03.04.2026 10:00", ("2026-04-03T09:00:00Z", "2026-04-03T10:00:00Z")),
        ("2026/03/04 09:00", "2026/03/04 10:00", ("2026-03-04T09:00:00Z", "2026-03-04T10:00:00Z")),
        ("04/04/2026 09:00", "04/04/2026 10:00", ("2026-04-04T09:00:00Z", "2026-04-04T10:00:00Z")),
    ],
)
def test_dates_and_times_are_read_as_profiles_have_them(start: str, end: str, expected: tuple[str, str]) -> None:
    assert times(read(entry(start, end))) == [expected]


def test_one_date_tells_the_order_of_all() -> None:
    open_ = entry("03/04/2026 09:00", "03/04/2026 10:00")
    day, month = entry("13/04/2026 09:00", "13/04/2026 10:00"), entry("04/13/2026 09:00", "04/13/2026 10:00")
    assert times(read(open_, day))[0] == ("2026-04-03T09:00:00Z", "2026-04-03T10:00:00Z")
    assert times(read(open_, month))[0] == ("2026-03-04T09:00:00Z", "2026-03-04T10:00:00Z")
    late = entry("12/04/2026 23:00", "13/04/2026 01:00")
    assert times(read(late))[0][0] == "2026-04-12T23:00:00Z"


def test_an_order_that_no_date_tells_is_asked_for() -> None:
    row = entry("03/04/2026 09:00", "03/04/2026 10:00")
    with pytest.raises(FormatError, match=r"03/04/2026 on line 3 .* --dates dmy .* --dates mdy"):
        read(entry("04/04/2026 09:00", "04/04/2026 10:00"), row)
    assert times(read(row, dates="dmy"))[0][0] == "2026-04-03T09:00:00Z"
    assert times(read(row, dates="mdy"))[0][0] == "2026-03-04T09:00:00Z"


def test_dates_that_contradict_each_other_are_refused() -> None:
    rows = entry("13/04/2026 09:00", "13/04/2026 10:00"), entry("04/13/2026 09:00", "04/13/2026 10:00")
    with pytest.raises(FormatError, match="13/04/2026 on line 2 begins with the day, and 04/13/2026 on line 3"):
        read(*rows)
    assert bad(read(*rows, dates="mdy")) == ["line 2: cannot read the date '13/04/2026' with the time '09:00'"]


@pytest.mark.parametrize(
    ("start", "end", "duration", "expected"),
    [
        ("2025-10-26 01:30", "2025-10-26 03:30", "03:00:00", ("2025-10-25T23:30:00Z", "2025-10-26T02:30:00Z")),
        ("2025-10-26 01:30", "2025-10-26 02:30", "01:00:00", ("2025-10-25T23:30:00Z", "2025-10-26T00:30:00Z")),
        ("2025-10-26 01:30", "2025-10-26 02:30", "2:00", ("2025-10-25T23:30:00Z", "2025-10-26T01:30:00Z")),
        ("2025-10-26 02:50", "2025-10-26 02:10", "00:20:00", ("2025-10-26T00:50:00Z", "2025-10-26T01:10:00Z")),
    ],
)
def test_the_duration_tells_which_of_two_times_a_clock_showed(
    start: str, end: str, duration: str, expected: tuple[str, str]
) -> None:
    assert times(read(entry(start, end, duration), zone="Europe/Berlin")) == [expected]


@pytest.mark.parametrize(
    "row",
    [
        entry("2025-10-26 01:30", "2025-10-26 02:30"),
        entry("2025-10-26 02:10", "2025-10-26 02:30", "00:20:00"),
        entry("2025-03-30 02:30", "2025-03-30 04:30"),
    ],
)
def test_a_time_that_the_clock_showed_twice_or_never_is_refused(row: str) -> None:
    assert bad(read(row, zone="Europe/Berlin")) == [
        "line 2: the clock in Europe/Berlin did not show these times just once, as it was changed then"
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (entry("2026-03-02 09:00", " "), "still running"),
        (entry("2026-03-02 09:00", "2026-03-02 09:00"), "with zero length"),
        (entry(" ", " ", "09:10:00", email=""), "totals"),
    ],
)
def test_what_is_no_time_entry_is_skipped(row: str, reason: str) -> None:
    assert read(row) == [Skipped(reason)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (entry("2026-03-02 09:00", "2026-03-02 10:00", email=" "), "the row has no e-mail address"),
        (entry("2026-02-30 09:00", "2026-03-02 10:00"), "cannot read the date '2026-02-30' with the time '09:00'"),
        (entry("2026-03-02 24:00", "2026-03-03 10:00"), "cannot read"),
        (entry("2026-03-02 13:00 PM", "2026-03-03 10:00"), "cannot read"),
        (entry("2026-03-02 0:30 AM", "2026-03-03 10:00"), "cannot read"),
        (entry("2026-03-02 9", "2026-03-02 10:00"), "cannot read"),
        (entry("2/3/26 9:00", "2/3/26 10:00"), "cannot read"),
        (entry("2026-3-2026 9:00", "2026-03-02 10:00"), "cannot read"),
        (entry("monday 9:00", "2026-03-02 10:00"), "cannot read the date 'monday'"),
        ("a,b", "the header has 15 columns, the row has 2"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_others_are_taken(row: str, words: str) -> None:
    found = read(row, "", entry("2026-03-02 09:00", "2026-03-02 10:00"), dates="dmy")
    [problem] = bad(found)
    assert problem.startswith("line 2: ")
    assert words in problem
    assert len(times(found)) == 1


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (
            "",
            "not a detailed report of Clockify: it has no column Email, Start Date, Start Time, End Date, End Time",
        ),
        (TOGGL, "has no column Start Date, Start Time, End Date, End Time"),
        (CLOCKIFY.replace("Email", "E-mail"), "has no column Email"),
        (CLOCKIFY + ",Email", "has a column twice"),
    ],
)
def test_what_is_no_report_is_refused(header: str, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read(header=header)


@pytest.mark.parametrize("zone", ["Mars", "", "../etc/passwd", "europe/berlin"])
def test_a_zone_that_there_is_not_is_refused(zone: str) -> None:
    with pytest.raises(FormatError, match="--zone: .* is no time zone"):
        read(zone=zone)


def test_a_report_that_breaks_off_within_a_row_is_noticed(tmp_path: Path) -> None:
    data = (DATA / "clockify-detailed.csv").read_bytes().rstrip()
    last = data.rindex(b"\n") + 1
    for length in range(last + 1, data.rindex(b",")):  # the last field is one that is dropped
        try:
            found = list(clockify.read(io.BytesIO(data[:length])))
        except FormatError:
            continue
        assert len(bad(found)) == 1, data[last:length]


clocks = st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001
styles = [
    ("%Y-%m-%d", "%H:%M:%S"),
    ("%d/%m/%Y", "%H:%M:%S"),
    ("%m/%d/%Y", "%I:%M:%S %p"),
    ("%d.%m.%Y", "%H:%M:%S"),
    ("%m-%d-%Y", "%I:%M:%S%p"),
]


@given(
    st.lists(st.tuples(clocks, st.integers(1, 86_400)), max_size=6),
    st.sampled_from(styles),
    st.sampled_from(["Asia/Kolkata", "Asia/Tokyo", "UTC"]),
)
def test_any_style_says_the_same_instants(
    entries: list[tuple[datetime, int]], style: tuple[str, str], zone: str
) -> None:
    """The oracle writes instants as a profile would; its zones never change their clocks."""
    expected = [(start.replace(microsecond=0), seconds) for start, seconds in entries]
    expected = [(start.replace(tzinfo=UTC), seconds) for start, seconds in expected]
    text = io.StringIO()
    writer = csv.DictWriter(text, ["Email", "Start Date", "Start Time", "End Date", "End Time"])
    writer.writeheader()
    for start, seconds in expected:
        shown = [at.astimezone(ZoneInfo(zone)) for at in (start, start + timedelta(seconds=seconds))]
        fields = [at.strftime(part) for at in shown for part in style]
        writer.writerow(dict(zip(writer.fieldnames, ["a@x", *fields], strict=True)))
    order: Any = "mdy" if style[0].startswith("%m") else "dmy"
    found = times(list(clockify.read(io.BytesIO(text.getvalue().encode()), zone, order)))
    assert [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in found] == [
        (start, start + timedelta(seconds=seconds)) for start, seconds in expected
    ]


pieces = st.sampled_from([*"0123456789/-.: apmAPM", "2026", "\u0660", "\u202f", "", "12:00", "13/04/2026"])
words = st.lists(pieces, max_size=8).map("".join)


@given(
    st.lists(st.tuples(words, words, words, words, words), max_size=4), st.sampled_from([None, "Europe/Berlin"])
)
def test_any_fields_are_items_or_a_clear_error(rows: list[tuple[str, ...]], zone: str | None) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("Start Date", "Start Time", "End Date", "End Time", "Email"), *rows])
    try:
        found = list(clockify.read(io.BytesIO(text.getvalue().encode()), zone))
    except FormatError as exc:
        assert "date" in str(exc)
    else:
        assert all(datetime.fromisoformat(start) and datetime.fromisoformat(end) for start, end in times(found))
