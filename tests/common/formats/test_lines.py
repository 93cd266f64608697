"""Lines of any length, and the formats of lines with any bytes."""

import io
import os

from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.formats import FormatError, FoundUser, csv, ndjson
from ftlcommon.formats.lines import LONGEST_LINE, has_long_line, read_chunks, read_lines
from tests.common.formats.conftest import PERIOD, USER


@given(st.lists(st.sampled_from([b"a", b"bb", b"\n", b"\r", b"x" * 65_530, b"y" * 140_000])))
def test_lines_are_those_of_the_file_read_at_once(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    expected = [line if len(line) <= LONGEST_LINE else None for line in data.splitlines(keepends=True)]
    if b"\r" in data:  # which splitlines takes for an end
        expected = [line if len(line) <= LONGEST_LINE else None for line in io.BytesIO(data)]
    assert list(read_lines(io.BytesIO(data))) == expected


@given(st.lists(st.sampled_from([b"a", b"\n", b"b\n", b"x" * 65_534, b"x" * 65_535, b"x" * 65_536]), max_size=6))
def test_lines_that_are_too_long_are_noticed(pieces: list[bytes]) -> None:
    data = b"".join(pieces) + b"\n"
    assert has_long_line(data) == any(len(line) > LONGEST_LINE for line in io.BytesIO(data))


def test_chunks_are_complete_lines_of_limited_length() -> None:
    data = (b"x" * 999 + b"\n") * 1_000 + b"x" * 300_000 + b"\n" + b"end"
    chunks = list(read_chunks(io.BytesIO(data)))
    assert b"".join(chunks[:7]) == data[: len(b"".join(chunks[:7]))]
    assert all(chunk.endswith(b"\n") for chunk in chunks[:-1])
    assert chunks[-1].endswith(b"end")
    assert max(map(len, chunks)) < 256 * 1024


def test_a_pipe_is_read_without_waiting_for_more() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as file, open(writing, "wb", buffering=0) as pipe:
        pipe.write(USER + PERIOD)
        assert next(ndjson.read(file)) == FoundUser("line 1", "a", "A", "UTC")


@given(st.binary(max_size=60))
def test_any_bytes_are_items_or_a_clear_error(noise: bytes) -> None:
    for read, head in ((csv.read, b"user_id;start_time;end_time\n"), (ndjson.read, USER)):
        for data in (noise, head + noise):
            try:
                list(read(io.BytesIO(data)))
            except FormatError as exc:
                assert str(exc)
