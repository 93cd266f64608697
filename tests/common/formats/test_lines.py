"""Formats of lines: ndjson and csv, and long lines."""

import csv as stdlib_csv
import io
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.formats import (
    BadItem,
    FormatError,
    FoundPeriod,
    FoundPeriods,
    FoundUser,
    Item,
    csv,
    ndjson,
    one_by_one,
)
from ftlcommon.formats.lines import LONGEST_LINE, has_long_line, read_chunks, read_lines

USER = b'{"id":"a","real_name":"A","tz":"UTC"}\n'
PERIOD = b'{"user_id":"a","start_time":"2020-02-01T10:00Z","end_time":"2020-02-01T11:00Z"}\n'
TIMES = ("2020-02-01T10:00Z", "2020-02-01T11:00Z")


def of_ndjson(data: bytes) -> list[Item]:
    return list(one_by_one(ndjson.read(io.BytesIO(data))))


def of_csv(text: str | bytes) -> list[Item]:
    return list(csv.read(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def bad(found: list[Item]) -> list[str]:
    return [item.position for item in found if isinstance(item, BadItem)]


@given(st.lists(st.sampled_from([b"a", b"bb", b"\n", b"\r", b"x" * 65_530, b"y" * 140_000])))
def test_lines_are_those_of_the_whole_file(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    expected = [line if len(line) <= LONGEST_LINE else None for line in data.splitlines(keepends=True)]
    if b"\r" in data:  # which splitlines takes for an end
        expected = [line if len(line) <= LONGEST_LINE else None for line in io.BytesIO(data)]
    assert list(read_lines(io.BytesIO(data))) == expected


@given(st.lists(st.sampled_from([b"a", b"\n", b"b\n", b"x" * 65_534, b"x" * 65_535, b"x" * 65_536]), max_size=6))
def test_whole_lines_that_are_too_long_are_seen(pieces: list[bytes]) -> None:
    data = b"".join(pieces) + b"\n"
    assert has_long_line(data) == any(len(line) > LONGEST_LINE for line in io.BytesIO(data))


def test_chunks_are_whole_lines_and_not_much_longer_than_one_may_be() -> None:
    data = (b"x" * 999 + b"\n") * 1_000 + b"x" * 300_000 + b"\n" + b"end"
    chunks = list(read_chunks(io.BytesIO(data)))
    assert b"".join(chunks[:7]) == data[: len(b"".join(chunks[:7]))]
    assert all(chunk.endswith(b"\n") for chunk in chunks[:-1])
    assert chunks[-1].endswith(b"end")
    assert max(map(len, chunks)) < 256 * 1024


def test_what_a_pipe_has_is_read_before_it_has_more() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as file, open(writing, "wb", buffering=0) as pipe:
        pipe.write(USER + PERIOD)
        assert next(ndjson.read(file)) == FoundUser("line 1", "a", "A", "UTC")


odd_lines = st.sampled_from(
    [b"", b" ", b"{}", b"[]", b'{"ok":true,"count":3}', USER[:-1] + b"\r", b" " + PERIOD[:-1], PERIOD[:-1] * 2]
    + [PERIOD[:-1] + b"," + PERIOD[:-1], PERIOD[:-2], PERIOD[1:-1], PERIOD[:-1] + b" "]
    + [b'{"user_id":"a","start_time":["x"],"end_time":"y"}', b'{"user_id":"a","start_time":1,"end_time":"y"}']
    + [b'{"user_id":"a","start_time":"{","end_time":"}"}', b'{"user_id":"a","start_time":"\\"}","end_time":"{"}']
    + [b'{"user_id":"a","start_time":[{}', b'{}],"end_time":"x"}', b'{"user_id":"a","start_time":"x"}']
    + [
        b'{"id":"a","real_name":"A","tz":5}',
        b'{"id":"a","real_name":"A"}',
        b'{"id":"a","start_time":"","end_time":""}',
    ]
    + [
        b'{"user_id":"a","user_id":"b","start_time":"x","end_time":"y"}',
        b'{"tz":"UTC","id":"b","real_name":"\xff"}',
    ]
)


@given(st.lists(st.sampled_from([USER[:-1], PERIOD[:-1], PERIOD[:-1]]) | odd_lines, max_size=6), st.booleans())
def test_lines_that_are_read_together_are_what_they_are_one_by_one(lines: list[bytes], ends: bool) -> None:
    data = b"\n".join(lines) + b"\n" * ends

    def outcome() -> list[Item] | str:
        try:
            return of_ndjson(data)
        except FormatError as exc:
            return str(exc)

    together = outcome()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ndjson, "_canonical", lambda first, chunk: None)
        assert outcome() == together


def test_usual_lines_are_read_together() -> None:
    data = USER + PERIOD * 3 + USER + PERIOD
    periods = [("a", *TIMES)] * 3
    user = FoundUser("line 1", "a", "A", "UTC")
    assert list(ndjson.read(io.BytesIO(data))) == [
        user,
        FoundPeriods(2, periods),
        FoundUser("line 5", "a", "A", "UTC"),
        FoundPeriods(6, periods[:1]),
    ]


def test_ndjson_gives_users_and_periods_in_order() -> None:
    assert of_ndjson(USER + b"\n \r\n" + PERIOD) == [
        FoundUser("line 1", "a", "A", "UTC"),
        FoundPeriod("line 4", "a", *TIMES),
    ]


def test_ndjson_with_a_closing_line_is_whole() -> None:
    assert len(of_ndjson(USER + PERIOD + b'{"ok":true,"count":2}')) == 2
    assert of_ndjson(b'{"ok":true,"count":0}\n\n') == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"\n\n", "it is empty"),
        (b"user_id,start_time\n", "not NDJSON"),
        (b'["a"]\n', "not NDJSON"),
        (b'{\n  "members": []\n}\n', "not NDJSON"),
        (b'{"x":"' + b"x" * 70_000 + b'"}\n', "not NDJSON"),
        (USER + PERIOD + b'{"ok":true,"count":3}\n', "cut off: line 3 counts 3 lines, not 2"),
        (USER + b'{"ok":true,"count":1}\n' + PERIOD, "line 3 follows the closing line"),
        (USER + b'{"ok":true,"count":1}\n{"ok":true,"count":1}\n', "line 3 follows the closing line"),
        (USER + PERIOD[:-20], "cut off: line 2 is incomplete"),
    ],
)
def test_ndjson_that_is_none_or_not_whole_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        of_ndjson(data)


@pytest.mark.parametrize(
    "line",
    [
        b"5",
        b"[]",
        b"{",
        b"\xff",
        b'"\xff"',
        b"{}",
        b'{"id":"a","real_name":"A"}',
        b'{"id":"a","real_name":"A","tz":null}',
        b'{"id":"a","real_name":"A","tz":"UTC","x":1}',
        b'{"user_id":"a","start_time":"x"}',
        b'{"user_id":5,"start_time":"x","end_time":"y"}',
        b'{"user_id":null,"start_time":"x","end_time":"y"}',
        b'{"ok":true,"count":true}',
        b'{"x":"' + b"x" * 70_000 + b'"}',
    ],
)
def test_ndjson_names_a_bad_line_and_counts_it(line: bytes) -> None:
    found = of_ndjson(USER + line + b"\n" + PERIOD + b'{"ok":true,"count":3}\n')
    assert bad(found) == ["line 2"]
    assert found[2] == FoundPeriod("line 3", "a", *TIMES)


def test_ndjson_that_breaks_off_with_a_closing_line_is_refused_within_any_line() -> None:
    data = USER + PERIOD + b'{"ok":true,"count":2}'
    for length in range(len(data)):
        if data[:length] in (b"", USER, USER[:-1], USER + PERIOD, USER + PERIOD[:-1]):
            continue  # whole lines, which nobody has to close
        with pytest.raises(FormatError):
            of_ndjson(data[:length])


def test_a_line_without_end_is_read_in_flat_memory() -> None:
    class Endless(io.RawIOBase):
        """A user, and then a line of 50 MB."""

        def __init__(self) -> None:
            self.left = 50_000_000
            self.head = USER

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            data, self.head = self.head or b"x" * min(len(buffer), self.left), b""
            self.left -= len(data)
            buffer[: len(data)] = data
            return len(data)

    tracemalloc.start()
    found = list(one_by_one(ndjson.read(io.BufferedReader(Endless()))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert bad(found) == ["line 2"]
    assert peak < 1_000_000


def test_csv_of_periods() -> None:
    expected = [FoundPeriod("line 2", "a", *TIMES)]
    assert of_csv("user_id,start_time,end_time\na,{},{}\n".format(*TIMES)) == expected
    assert of_csv("end_time;user_id;start_time\r\n{1};a;{0}".format(*TIMES)) == expected
    assert of_csv('"user_id"\t"start_time"\t"end_time"\r\n"a"\t{}\t{}\r\n'.format(*TIMES)) == expected


def test_csv_tells_a_user_at_their_first_row() -> None:
    text = (
        "user_id,real_name,tz,start_time,end_time,seconds\n" + 'a,"Doe, A",UTC,1,2,3600\n' * 2 + "b,B,UTC,3,4,0\n"
    )
    assert of_csv(text) == [
        FoundUser("line 2", "a", "Doe, A", "UTC"),
        FoundPeriod("line 2", "a", "1", "2"),
        FoundPeriod("line 3", "a", "1", "2"),
        FoundUser("line 4", "b", "B", "UTC"),
        FoundPeriod("line 4", "b", "3", "4"),
    ]


def test_csv_refuses_two_names_or_zones_of_a_user() -> None:
    found = of_csv("user_id,real_name,tz,start_time,end_time\na,A,UTC,1,2\na,B,UTC,1,2\na,A,Asia/Tokyo,1,2\n")
    assert bad(found) == ["line 3", "line 4"]
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
def test_csv_that_cannot_be_is_refused(text: str | bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        of_csv(text)


@pytest.mark.parametrize("row", ["a,b", "a,b,c,d", "a,b\0,c"])
def test_csv_names_a_bad_row_and_goes_on(row: str) -> None:
    found = of_csv(f'user_id,start_time,end_time\n"a\n\nb",x,y\n\n{row}\na,x,y\n')
    assert bad(found) == ["line 6"]
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
    found = of_csv(text.getvalue())
    assert [
        (item.user_id, item.start_time, item.end_time) for item in found if isinstance(item, FoundPeriod)
    ] == rows
    assert len(found) == len(rows)


@given(st.binary(max_size=60))
def test_any_bytes_are_items_or_a_clear_error(noise: bytes) -> None:
    for read, head in ((csv.read, b"user_id;start_time;end_time\n"), (ndjson.read, USER)):
        for data in (noise, head + noise):
            try:
                list(read(io.BytesIO(data)))
            except FormatError as exc:
                assert str(exc)
