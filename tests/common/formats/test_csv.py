"""Tables of periods."""

import csv as stdlib_csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.formats import FormatError, FoundPeriod, FoundUser, Item, csv
from tests.common.formats.conftest import TIMES, bad_positions


def read(text: str | bytes) -> list[Item]:
    return list(csv.read(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def test_csv_of_periods() -> None:
    expected = [FoundPeriod("line 2", "a", *TIMES)]
    assert read("user_id,start_time,end_time\na,{},{}\n".format(*TIMES)) == expected
    assert read("end_time;user_id;start_time\r\n{1};a;{0}".format(*TIMES)) == expected
    assert read('"user_id"\t"start_time"\t"end_time"\r\n"a"\t{}\t{}\r\n'.format(*TIMES)) == expected


def test_csv_without_the_columns_of_a_user_yields_no_users() -> None:
    found = read("user_id,start_time,end_time\na,1,2\nb,3,4\n")
    assert [type(item) for item in found] == [FoundPeriod, FoundPeriod]


def test_csv_yields_a_user_before_their_first_period() -> None:
    text = (
        "user_id,real_name,tz,start_time,end_time,seconds\n" + 'a,"Doe, A",UTC,1,2,3600\n' * 2 + "b,B,UTC,3,4,0\n"
    )
    assert read(text) == [
        FoundUser("line 2", "a", "Doe, A", "UTC"),
        FoundPeriod("line 2", "a", "1", "2"),
        FoundPeriod("line 3", "a", "1", "2"),
        FoundUser("line 4", "b", "B", "UTC"),
        FoundPeriod("line 4", "b", "3", "4"),
    ]


def test_csv_refuses_two_names_or_zones_of_a_user() -> None:
    found = read("user_id,real_name,tz,start_time,end_time\na,A,UTC,1,2\na,B,UTC,1,2\na,A,Asia/Tokyo,1,2\n")
    assert bad_positions(found) == ["line 3", "line 4"]
    assert len(found) == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column user_id, start_time, end_time"),
        ("user_id,start_time\n", "no column end_time"),
        ('{"members":[]}', "no column"),
        ("user_id,start_time,end_time,color\n", "unknown columns: 'color'"),
        ("user_id,start_time,end_time,\n", "unknown columns: ''"),
        ("user_id,start_time,end_time,end_time\n", "twice"),
        ("user_id,start_time,end_time,tz\n", "only one of the columns"),
        ('user_id,start_time,end_time\na,"b"c,d\n', "begins on line 2 is not CSV"),
        ('user_id,start_time,end_time\na,b,c\na,"b\n\n', "begins on line 3 is not CSV"),
        ('user_id,start_time,end_time\na,b,"' + "x\n" * 40_000, "begins on line 2 is longer than 64 KiB"),
        ("user_id,start_time,end_time\na,b," + "x" * 140_000, "begins on line 2 is longer than 64 KiB"),
        (b"user_id,start_time,end_time\na,b,\xff\n", "line 2 is not UTF-8"),
        ("user_id,start_time,end_time\ra,b,c\rd,e,f", "line 1 is not CSV|no column"),
        ("user_id,start_time,end_time\n".encode("utf-16"), "line 1 is not UTF-8"),
    ],
)
def test_invalid_csv_is_refused(text: str | bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read(text)


@pytest.mark.parametrize("row", ["a,b", "a,b,c,d", "a,b\0,c"])
def test_csv_reports_a_bad_row_and_continues(row: str) -> None:
    found = read(f'user_id,start_time,end_time\n"a\n\nb",x,y\n\n{row}\na,x,y\n')
    assert bad_positions(found) == ["line 6"]
    assert found[0] == FoundPeriod("line 2", "a\n\nb", "x", "y")
    assert found[2] == FoundPeriod("line 7", "a", "x", "y")


fields = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@given(st.lists(st.tuples(fields, fields, fields)), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]))
def test_csv_reads_what_the_standard_library_writes(
    rows: list[tuple[str, str, str]], delimiter: str, end: str
) -> None:
    text = io.StringIO()
    writer = stdlib_csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=stdlib_csv.QUOTE_ALL)
    writer.writerows([("user_id", "start_time", "end_time"), *rows])
    found = read(text.getvalue())
    assert [
        (item.user_id, item.start_time, item.end_time) for item in found if isinstance(item, FoundPeriod)
    ] == rows
    assert len(found) == len(rows)
