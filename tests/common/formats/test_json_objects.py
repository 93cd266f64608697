"""Objects of large JSON documents, and the formats that are JSON with any bytes."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.formats import FormatError, activitywatch, members, slack, timewarrior
from ftlcommon.formats.json_objects import pointer, read_objects
from tests.common.formats.conftest import items
from tests.conftest import DATA

READERS = [
    (members.read, "members.json"),
    (slack.read, "slack-users-list.json"),
    (timewarrior.read, "timewarrior-export.json"),
    (activitywatch.read, "activitywatch-export.json"),
]


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"x":'])
def test_deep_nesting_is_refused_at_once(opening: bytes) -> None:
    for read, start in ((members.read, b'{"members":[{"x":'), (slack.read, b'{"members":[{"x":')):
        with pytest.raises(FormatError, match="deeper"):
            items(read, start + opening * 200_000)


@pytest.mark.slow
@pytest.mark.parametrize(("read", "name"), READERS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_truncated_file_is_refused(read: Any, name: str) -> None:
    data = (DATA / name).read_bytes().rstrip()
    step = max(1, len(data) // 150)
    for length in range(0, len(data), step):
        with pytest.raises(FormatError):
            items(read, data[:length])


@pytest.mark.parametrize(("read", "name"), READERS, ids=lambda value: value if isinstance(value, str) else "")
@given(noise=st.binary(max_size=60))
def test_any_bytes_are_items_or_a_clear_error(read: Any, name: str, noise: bytes) -> None:
    for data in (
        noise,
        b'{"members":[' + noise + b"]}",
        b'{"buckets":{"x":{"type":"afkstatus","events":[' + noise + b"]}}}",
    ):
        try:
            items(read, data)
        except FormatError as exc:
            assert str(exc)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "list", "x.y"]), children, max_size=4)
    ),
    max_leaves=25,
)


@given(json_values)
def test_objects_are_those_of_the_document_loaded_at_once(document: object) -> None:
    """The oracle loads the document whole and looks the objects up."""

    def oracle(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, object]]:
        if isinstance(value, list):
            for index, child in enumerate(value):
                yield from oracle(child, (*path, index))
        if isinstance(value, dict):
            if len(path) == 1:
                yield pointer(path), None
                if isinstance(value.get("list"), list):
                    for index, child in enumerate(value["list"]):
                        yield pointer((*path, "list", index)), child
                return
            for key, child in value.items():
                yield from oracle(child, (*path, key))

    data = io.BytesIO(json.dumps(document).encode())
    wanted = list(oracle(document, ()))
    names = {path for path, _ in wanted}
    found = [
        (pointer(path), element)
        for path, _, element in read_objects(data, lambda path: len(path) == 1, "list", ("b",))
        if pointer(path) in names  # less what stands in the place of an object
    ]
    assert found == wanted


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"email": "x", "id": 1, "list": [5]}, [({"email": "x", "id": 1, "list": []}, None), "list"]),
        (
            {"id": 1, "list": [5], "email": "x"},
            [({"id": 1, "list": []}, None), "list", ({"id": 1, "list": [], "email": "x"}, None)],
        ),
        ({"list": [5], "email": "x", "id": 1}, [({"list": [], "email": "x", "id": 1}, None), "list"]),
        ({"id": 1, "list": [5], "other": "x"}, [({"id": 1, "list": []}, None), "list"]),
    ],
)
def test_an_object_is_yielded_again_if_an_optional_field_follows_its_elements(
    document: object, expected: list[object]
) -> None:
    data = io.BytesIO(json.dumps([document]).encode())
    found = read_objects(data, lambda path: len(path) == 1, "list", required=("id",), optional=("email",))
    assert [
        (dict(fields), None) if element is None else str(path[1]) for path, fields, element in found
    ] == expected
