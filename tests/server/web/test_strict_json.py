"""Strict reading of JSON."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.errors import InvalidRequestError
from ftlserver.web import strict_json
from tests.helpers import JSON_SUITE

BY_POLICY = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}


def refused(data: bytes) -> bool:
    try:
        strict_json.loads(data)
    except InvalidRequestError as exc:
        assert exc.code == "invalid_json"
        return True
    return False


@pytest.mark.parametrize("path", JSON_SUITE, ids=lambda path: path.stem)
def test_the_json_test_suite_is_read_or_refused_as_it_requires(path: Path) -> None:
    match path.name[0]:
        case "n":
            assert refused(path.read_bytes())
        case "y":
            assert refused(path.read_bytes()) == (path.name in BY_POLICY)
        case _:
            refused(path.read_bytes())  # either, as long as it is an answer


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf{}",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b"[NaN]",
        b"[-Infinity]",
        b"[1e999]",
        b'["\\ud800"]',
    ]
    + [b'{"\\uDfFF":1}', b"[1234567890123456789]", b"[" * 33 + b"]" * 33, b'{"a":' * 33 + b"1" + b"}" * 33]
    + [
        b"[" * 100_000,
        b'[{"":' * 50_000,
        '["é"]'.encode("latin-1"),
        '"a"'.encode("utf-16"),
        b"",
        b"[" + b"9" * 5000 + b"]",
    ],
    ids=lambda data: data[:20],
)
def test_ambiguous_json_is_refused(data: bytes) -> None:
    assert refused(data)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"[" * 32 + b"]" * 32, None),
        (b'["\\ud83d\\ude00"]', ["😀"]),
        (b'["\\\\ud800"]', ["\\ud800"]),
        (b'["' + b"[{" * 100 + b'"]', None),
        (b'["\\"' + b"[" * 100 + b'"]', None),
        (b"[-999999999999999999]", [-(10**18) + 1]),
        (b"[0.5]", [0.5]),
    ],
)
def test_json_that_only_looks_invalid_is_read(data: bytes, value: object) -> None:
    assert strict_json.loads(data) == (json.loads(data) if value is None else value)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_what_json_dumps_writes_is_read_back(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert strict_json.loads(text.encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refused(data)


def test_the_time_to_refuse_grows_with_the_length_only() -> None:
    """Quotes and backslashes after many brackets once took quadratic time: 54 s for 120 kB."""
    for hostile in (b'\\"', b'"', b'"\\'):
        assert refused(b"[" * 33 + b'"' + hostile * 500_000)


def depth(data: bytes) -> int:
    """Return how deep a JSON text nests, byte by byte."""
    deepest = level = 0
    in_string = is_escaped = False
    for byte in data:
        if is_escaped:
            is_escaped = False
        elif byte in b"\\":
            is_escaped = in_string
        elif byte in b'"':
            in_string = not in_string
        elif not in_string:
            level += (byte in b"[{") - (byte in b"]}")
            deepest = max(deepest, level)
    return deepest


def is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


strings = st.lists(st.sampled_from(["[[", "{", "]", "}", '\\"', "\\\\", "a", "\\n", "[[[["]), max_size=12).map(
    "".join
)


@given(st.integers(20, 40), st.lists(st.booleans(), min_size=40, max_size=40), st.lists(strings, max_size=5))
def test_nesting_is_counted_outside_of_strings_only(levels: int, kinds: list[bool], texts: list[str]) -> None:
    value = ",".join(f'"{text}"' for text in [*texts, ""])
    for number, is_list in enumerate(kinds[:levels]):
        names = texts or ["a"]
        key = f'"{names[number % len(names)]}"'
        value = f"[{value}]" if is_list or not number else f"{{{key}:{value}}}"
    data = value.encode()
    assert depth(data) == levels
    assert refused(data) == (levels > strict_json.DEEPEST)


pieces = st.sampled_from([b"[" * 17, b"]" * 17, b"[", b"]", b"{", b"}", b'"', b"\\", b",", b'"":', b"1", b'""'])


@given(st.lists(pieces, max_size=20).map(b"".join))
def test_what_is_read_is_json_that_nests_no_deeper_than_allowed(data: bytes) -> None:
    if is_json(data) and depth(data) <= strict_json.DEEPEST:
        assert not refused(data) or b'"":' in data  # a key may occur twice
    else:
        assert refused(data)


texts = st.text(st.sampled_from('ab"\\\u00e9\ud83d\ude00{}[],: 1e9'), max_size=6).map(
    lambda text: json.dumps(text, ensure_ascii=False)
)

numbers = st.sampled_from(
    ["0", "-0", "1.5", "1e5", "-7", "12345678901234567", "0.1234567890123456789", "1e999", "NaN"]
)

written = st.recursive(
    texts | numbers | st.sampled_from(["true", "null", "nul"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(st.sampled_from(['"a"', '"b"', '"\\u0061"']), inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{key}: {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=8,
)


@given(written, st.sampled_from([b"{}", b'{"a":"x","b":null}', b"[]", b'"[", true']))
def test_a_large_text_is_read_as_strictly_as_a_small_one(text: str, filling: bytes) -> None:
    small = text.encode(errors="surrogatepass")
    for large in (
        b"[" + (filling + b",") * 40 + small + b"]",
        b'{"c": [' + (filling + b",") * 40 + small + b"]}",
        b'{"c": [' + (filling + b",") * 40 + b'""], "d": ' + small + b"}",
        b'{"c": [' + (filling + b",") * 40 + b'{"d": ' + small + b"}]}",
    ):
        assert refused(large) == refused(small)
        if not refused(small):
            alone, among = strict_json.loads(small), strict_json.loads(large)
            while among != alone:
                among = list(among.values())[-1] if isinstance(among, dict) else among[-1]
            assert str(among) == str(alone)


def test_periods_are_read_by_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The offset -08:00 once looked like a number, which sent them down the slow path."""
    monkeypatch.setattr(json, "loads", None)
    times = {"start_time": "2026-01-05T09:00:00-08:00", "end_time": "2026-01-05T10:00:00Z"}
    sent = {"periods": [{"user_id": "ada", **times}] * 50, "partial": True}
    assert strict_json.loads(json.dumps(sent).encode()) == sent


def test_more_values_than_any_request_has_are_refused() -> None:
    """They would take twenty times as much memory as the body."""
    for body in (b"[" + b"{}," * 60_000 + b"{}]", b"[" * 20 + b"]" * 20 + b"," * 100_000):
        with pytest.raises(InvalidRequestError):
            strict_json.loads(body)
    with pytest.raises(InvalidRequestError, match="more than 100,000 values"):
        strict_json.loads(b"[" + b"[],[]," * 40_000 + b"[]]")
    assert len(strict_json.loads(b"[" + b"[]," * 40_000 + b"[]]")) == 40_001
