"""Times as people type them."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlclient import time_expressions
from ftlclient.errors import ConfigError
from ftlclient.time_expressions import sent
from ftlcommon import zones

PAGE = (Path(__file__).parents[2] / "docs" / "times.md").read_text()
BERLIN = zones.zone("Europe/Berlin")
assert BERLIN is not None
NOW = datetime(2026, 11, 25, 14, 30, tzinfo=BERLIN)


def rows(head: str) -> list[list[str]]:
    """Return the cells of the table with that head."""
    table = PAGE.split(f"| {head} |")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def typed(cell: str) -> str:
    found = re.match(r"`(.*?)`", cell)
    assert found
    return found[1]


UNDERSTOOD = rows("typed | begins | ends before")
REFUSED = rows("typed | where | the answer says")


def edges(text: str, now: datetime = NOW, **options: str | bool) -> tuple[str, str]:
    found = time_expressions.read(text, now, **options)  # type: ignore[arg-type]
    return sent(found.start), sent(found.end)


def test_the_page_has_40_texts_of_which_20_are_refused() -> None:
    assert (len(UNDERSTOOD), len(REFUSED)) == (20, 20)


def test_the_page_is_about_a_wednesday_in_berlin() -> None:
    assert f"{NOW:%A, %Y-%m-%d, %H:%M} in Europe/Berlin" in PAGE


@pytest.mark.parametrize(("cell", "begins", "ends"), UNDERSTOOD)
def test_what_the_page_says_is_understood(cell: str, begins: str, ends: str) -> None:
    if cell.endswith("(a moment)"):
        found = sent(time_expressions.read_moment(typed(cell), NOW))
        assert (found, "the same") == (begins, ends)
    else:
        assert edges(typed(cell)) == (begins, begins if ends == "the same" else ends)


@pytest.mark.parametrize(("cell", "where", "says"), REFUSED)
def test_what_the_page_says_is_refused(cell: str, where: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        if where == "a moment":
            time_expressions.read_moment(typed(cell), NOW)
        else:
            time_expressions.read(typed(cell), NOW)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("Wednesday", "2026-11-25", "2026-11-26"),
        ("last wed", "2026-11-18", "2026-11-19"),
        ("next wed", "2026-12-02", "2026-12-03"),
        ("next monday", "2026-11-30", "2026-12-01"),
        ("Tue 2026-11-24", "2026-11-24", "2026-11-25"),
        ("2026-11-24 Tue", "2026-11-24", "2026-11-25"),
        ("2026-11-24 Tue 09:00", "2026-11-24T09:00:00", "2026-11-24T09:00:00"),
        ("20261124", "2026-11-24", "2026-11-25"),
        ("2026-W48", "2026-11-23", "2026-11-30"),
        ("2019-W01", "2018-12-31", "2019-01-07"),
        ("2026-W48-3", "2026-11-25", "2026-11-26"),
        ("2099", "2099-01-01", "2100-01-01"),
        ("2023-Q4", "2023-10-01", "2024-01-01"),
        ("2023/5/7", "2023-05-07", "2023-05-08"),
        ("25/12/2023", "2023-12-25", "2023-12-26"),
        ("12/25/2023", "2023-12-25", "2023-12-26"),
        ("25.12.2023", "2023-12-25", "2023-12-26"),
        ("05/05", "2026-05-05", "2026-05-06"),
        ("a week ago", "2026-11-18", "2026-11-19"),
        ("three months ago", "2026-08-25", "2026-08-26"),
        ("-1y", "2025-11-25", "2025-11-26"),
        ("in 2 weeks", "2026-12-09", "2026-12-10"),
        ("2 hours ago", "2026-11-25T11:30:00Z", "2026-11-25T11:30:00Z"),
        ("-90min", "2026-11-25T12:00:00Z", "2026-11-25T12:00:00Z"),
        ("12h", "2026-11-25T01:30:00Z", "2026-11-25T13:30:00Z"),
        ("last 3 months", "2026-08-26", "2026-11-26"),
        ("last-week", "2026-11-16", "2026-11-23"),
        ("next-week", "2026-11-30", "2026-12-07"),
        ("last month", "2026-10-01", "2026-11-01"),
        ("last-quarter", "2026-07-01", "2026-10-01"),
        ("last-year", "2025-01-01", "2026-01-01"),
        ("monday at 9", "2026-11-23T09:00:00", "2026-11-23T09:00:00"),
        ("9am yesterday", "2026-11-24T09:00:00", "2026-11-24T09:00:00"),
        ("14:30:15 on monday", "2026-11-23T14:30:15", "2026-11-23T14:30:15"),
        ("12am", "2026-11-25T00:00:00", "2026-11-25T00:00:00"),
        ("12:30 PM", "2026-11-25T12:30:00", "2026-11-25T12:30:00"),
        ("2026-11-16T09:00+01:00", "2026-11-16T09:00:00+01:00", "2026-11-16T09:00:00+01:00"),
        ("2026-11-16 09:00 +00:00", "2026-11-16T09:00:00+00:00", "2026-11-16T09:00:00+00:00"),
        ("2026-11-16T09:00Z", "2026-11-16T09:00:00Z", "2026-11-16T09:00:00Z"),
        ("2026-11-16 09:00:00.5Z", "2026-11-16T09:00:00.500000Z", "2026-11-16T09:00:00.500000Z"),
        ("2026-11-16T09:00", "2026-11-16T09:00:00", "2026-11-16T09:00:00"),
        ("Feb 01 2020 01:33PM", "2020-02-01T13:33:00", "2020-02-01T13:33:00"),
        ("5th of May", "2026-05-05", "2026-05-06"),
        ("may 5th, 2023", "2023-05-05", "2023-05-06"),
        ("May", "2026-05-01", "2026-06-01"),
        ("Sept. 2024", "2024-09-01", "2024-10-01"),
        ("5-may-2023", "2023-05-05", "2023-05-06"),
        ("  Last\tMonday  ", "2026-11-23", "2026-11-24"),
    ],
)
def test_more_is_understood(text: str, begins: str, ends: str) -> None:
    assert edges(text) == (begins, ends)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing is not a time"),
        ("31", "write a date such as"),
        ("9999-12-31", "out of range"),
        ("0001-01-01", "out of range"),
        ("999 years ago", "out of range"),
        ("0 days", "has no length"),
        ("29 feb", "needs its year"),
        ("29 feb 2026", "write a date such as"),
        ("5 may 23", "write a date such as"),
        ("12 may 12", "write a date such as"),
        ("may june 2026", "write a date such as"),
        ("2030", "write 20:30 or 2030-01"),
        ("9.30", "write a date such as"),
        ("9-30", "write a date such as"),
        ("3.4.2023", "write 2023-03-04 or 2023-04-03"),
        ("2023 week", "write a date such as"),
        ("-week", "write a date such as"),
        ("monday tuesday", "write a date such as"),
        ("9am 10am", "write a date such as"),
        ("2023 9am", "write a date such as"),
        ("monday 2026-11-24", "2026-11-24 is a Tuesday"),
        ("\u0669am", "write a date such as"),
        ("x" * 10_000, "write a date such as"),
        ("1 " * 500, "write a date such as"),
    ],
)
def test_more_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        time_expressions.read(text, NOW)
    assert says in str(error.value)
    assert len(str(error.value)) < 250


def test_a_week_begins_as_the_settings_say() -> None:
    sunday = datetime(2026, 11, 29, 9, tzinfo=BERLIN)
    assert edges("week", sunday) == ("2026-11-23", "2026-11-30")
    assert edges("week", sunday, week_start="sunday") == ("2026-11-29", "2026-12-06")
    assert edges("last-week", NOW, week_start="sunday") == ("2026-11-15", "2026-11-22")


def test_a_weekday_ahead_is_the_next_one() -> None:
    assert edges("monday", ahead=True)[0] == "2026-11-30"
    assert edges("wed", ahead=True)[0] == "2026-11-25"
    assert edges("30 nov", ahead=True)[0] == "2026-11-30"


def test_hours_ago_are_hours_also_over_a_clock_change() -> None:
    after = datetime(2026, 10, 25, 4, 0, tzinfo=BERLIN)  # 03:00 became 02:00
    assert edges("4 hours ago", after)[0] == "2026-10-24T23:00:00Z"
    assert edges("1 day ago", after)[0] == "2026-10-24"


TOKENS = [
    "9",
    "13",
    "32",
    "0",
    "2023",
    "may",
    "nov",
    "mon",
    "last",
    "next",
    "week",
    "days",
    "ago",
    "am",
    ":",
    "30",
]
TOKENS += [
    "-",
    "/",
    ".",
    ",",
    " ",
    " ",
    " ",
    "w",
    "q2",
    "at",
    "on",
    "of",
    "th",
    "T",
    "Z",
    "+01:00",
    "yesterday",
    "now",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=8).map("".join) | st.text(max_size=20))
def test_every_text_is_understood_or_refused_in_one_sentence(text: str) -> None:
    for read in (time_expressions.read_moment, time_expressions.read):
        try:
            found = read(text, NOW)
        except ConfigError as error:
            assert 0 < len(str(error)) < 250
            continue
        if isinstance(found, time_expressions.TimeExpression):
            assert (found.start == found.end) == (found.kind == "moment")
            assert sent(found.start) <= sent(found.end)


def test_dateparser_is_loaded_for_the_name_of_a_month_alone() -> None:
    program = (
        "import sys; from datetime import datetime, UTC; from ftlclient import time_expressions as t\n"
        "for text in ('yesterday 9am', '-7d', '2023-05', 'last-week', '2w'): t.read(text, datetime.now(UTC))\n"
        "print('dateparser' in sys.modules); t.read('May 2023', datetime.now(UTC)); print('dateparser' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["False", "True"]


def test_instants_are_sent_in_utc() -> None:
    assert sent(datetime(2026, 11, 25, 13, tzinfo=UTC)) == "2026-11-25T13:00:00Z"
    assert sent(NOW) == "2026-11-25T13:30:00Z"
