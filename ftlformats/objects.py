"""Objects inside a large JSON document, one at a time, in flat memory."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, BinaryIO

import ijson
from ijson.common import ObjectBuilder

from ftlformats import FormatError

Path = tuple[str | int, ...]
Found = tuple[Path, dict[str, Any], Any]

DEEPEST = 32

_STARTS = {"start_map": None, "start_array": -1}
_ENDS = {"end_map", "end_array"}
_EMPTY: dict[str, Any] = {"start_map": {}, "start_array": []}


def read_objects(
    file: BinaryIO, wanted: Callable[[Path], bool], array: str = "", needed: Collection[str] = ()
) -> Iterator[Found]:
    """Yield (path, fields, None) for each *wanted* object, and (path, fields, element) for its *array*.

    Fields that are objects or arrays are given as empty ones. What stands in the place of a wanted object
    is given as (path, {}, value). A wanted object within another takes its place. Elements are handed on as
    they are read if the *needed* fields stand before the array; if not, when the object ends.
    Raise FormatError for what is not JSON.
    """
    current: _Object | None = None
    element: ObjectBuilder | None = None
    element_path: Path = ()
    for path, event, value in _walk(file):
        if element is not None:
            element.event(event, value)
            if path == element_path and event in _ENDS:
                assert current is not None
                yield from current.take(path, element.value)
                element = None
        elif event in _ENDS:
            if current is not None and path == current.path:
                yield from current.rest()
                current = None
        elif event == "map_key":
            pass
        elif current is not None and path[:-1] == (*current.path, array) and isinstance(path[-1], int):
            if event in _STARTS:
                element, element_path = ObjectBuilder(), path
                element.event(event, value)
            else:
                yield from current.take(path, value)
        else:
            if current is not None and path[:-1] == current.path:
                current.fields[str(path[-1])] = _EMPTY.get(event, value)
            if (current is None or not current.told) and wanted(path):
                if event == "start_map":
                    current = _Object(path, needed)
                else:
                    yield path, {}, _EMPTY.get(event, value)


def pointer(path: Path) -> str:
    """Return a path as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


class _Object:
    """A wanted object while it is being read."""

    def __init__(self, path: Path, needed: Collection[str]) -> None:
        self.path = path
        self.fields: dict[str, Any] = {}
        self.told = False  # whether the object itself was handed on
        self._needed = needed
        self._kept: list[tuple[Path, Any]] = []

    def take(self, path: Path, element: Any) -> Iterator[Found]:
        if not self.told and any(name not in self.fields for name in self._needed):
            self._kept.append((path, element))
            return
        yield from self.rest()
        yield path, self.fields, element

    def rest(self) -> Iterator[Found]:
        if not self.told:
            self.told = True
            yield self.path, self.fields, None
        for path, element in self._kept:
            yield path, self.fields, element
        self._kept = []


def _walk(file: BinaryIO) -> Iterator[tuple[Path, str, Any]]:
    """Yield the events of a JSON document, each with the keys and indexes that lead to its value."""
    keys: list[Any] = []
    try:
        for event, value in ijson.basic_parse(file, use_float=True):
            if event == "map_key":
                keys[-1] = value
            elif event in _ENDS:
                keys.pop()
            elif keys and isinstance(keys[-1], int):
                keys[-1] += 1
            if len(keys) > DEEPEST:
                raise FormatError(f"the file nests deeper than {DEEPEST} levels")
            yield tuple(keys), event, value
            if event in _STARTS:
                keys.append(_STARTS[event])
    except ijson.JSONError as exc:
        reason = exc.args[0].decode(errors="replace") if isinstance(exc.args[0], bytes) else str(exc)
        raise FormatError(f"the file is not whole JSON: {reason.splitlines()[0].strip()}") from exc
