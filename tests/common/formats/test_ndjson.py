"""NDJSON, and its fast path."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.formats import FormatError, FoundPeriod, FoundPeriods, FoundUser, Item, ndjson, one_by_one
from tests.common.formats.conftest import PERIOD, TIMES, USER, bad_positions


def read(data: bytes) -> list[Item]:
    return list(one_by_one(ndjson.read(io.BytesIO(data))))


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
def test_the_fast_path_yields_what_the_plain_one_does(lines: list[bytes], ends: bool) -> None:
    data = b"\n".join(lines) + b"\n" * ends

    def outcome() -> list[Item] | str:
        try:
            return read(data)
        except FormatError as exc:
            return str(exc)

    together = outcome()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ndjson, "_canonical", lambda first, chunk: None)
        assert outcome() == together


def test_canonical_lines_take_the_fast_path() -> None:
    data = USER + PERIOD * 3 + USER + PERIOD
    periods = [("a", *TIMES)] * 3
    user = FoundUser("line 1", "a", "A", "UTC")
    assert list(ndjson.read(io.BytesIO(data))) == [
        user,
        FoundPeriods(2, periods),
        FoundUser("line 5", "a", "A", "UTC"),
        FoundPeriods(6, periods[:1]),
    ]


def test_ndjson_yields_users_and_periods_in_order() -> None:
    assert read(USER + b"\n \r\n" + PERIOD) == [
        FoundUser("line 1", "a", "A", "UTC"),
        FoundPeriod("line 4", "a", *TIMES),
    ]


def test_ndjson_with_a_closing_line_is_complete() -> None:
    assert len(read(USER + PERIOD + b'{"ok":true,"count":2}')) == 2
    assert read(b'{"ok":true,"count":0}\n\n') == []


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
def test_invalid_or_incomplete_ndjson_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read(data)


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
def test_ndjson_reports_a_bad_line_and_counts_it(line: bytes) -> None:
    found = read(USER + line + b"\n" + PERIOD + b'{"ok":true,"count":3}\n')
    assert bad_positions(found) == ["line 2"]
    assert found[2] == FoundPeriod("line 3", "a", *TIMES)


def test_ndjson_truncated_within_any_line_is_refused() -> None:
    data = USER + PERIOD + b'{"ok":true,"count":2}'
    for length in range(len(data)):
        if data[:length] in (b"", USER, USER[:-1], USER + PERIOD, USER + PERIOD[:-1]):
            continue  # complete lines, for which a closing line is optional
        with pytest.raises(FormatError):
            read(data[:length])


def test_an_endless_line_is_read_in_constant_memory() -> None:
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
    assert bad_positions(found) == ["line 2"]
    assert peak < 1_000_000
