"""Read the objects of a large JSON document one at a time, in constant memory."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, BinaryIO

import ijson
from ijson.common import ObjectBuilder

from ftlcommon.formats import FormatError

Path = tuple[str | int, ...]
Found = tuple[Path, dict[str, Any], Any]

DEEPEST = 32

_STARTS = {"start_map": None, "start_array": -1}
_ENDS = {"end_map", "end_array"}
_EMPTY: dict[str, Any] = {"start_map": {}, "start_array": []}


def read_objects(
    file: BinaryIO,
    wanted: Callable[[Path], bool],
    array: str = "",
    required: Collection[str] = (),
    optional: Collection[str] = (),
) -> Iterator[Found]:
    """Yield (path, fields, None) for each *wanted* object, then (path, fields, element) for each of its *array*.

    Elements are yielded while they are read if the *required* fields precede the array, else when the object ends.
    If *optional* fields follow an element, (path, fields, None) is yielded again when the object ends.

    Nested objects and arrays among the fields are empty; one of their fields that is *optional* is a field of its
    own, such as ``response_metadata.next_cursor``. For another value in place of a wanted object,
    (path, {}, value) is yielded. A wanted object inside another replaces it. Raise FormatError for invalid JSON.
    """
    current: _Object | None = None
    element: ObjectBuilder | None = None
    element_path: Path = ()
    for path, event, value in _walk(file):
        if element is not None:
            element.event(event, value)
            if path == element_path and event in _ENDS:
                assert current is not None
                yield from current.add(path, element.value)
                element = None
        elif event in _ENDS:
            if current is not None and path == current.path:
                yield from current.end()
                current = None
        elif event == "map_key":
            pass
        elif current is not None and path[:-1] == (*current.path, array) and isinstance(path[-1], int):
            if event in _STARTS:
                element, element_path = ObjectBuilder(), path
                element.event(event, value)
            else:
                yield from current.add(path, value)
        else:
            if current is not None:
                current.take(path, _EMPTY.get(event, value))
            if (current is None or not current.yielded) and wanted(path):
                if event == "start_map":
                    current = _Object(path, required, optional)
                else:
                    yield path, {}, _EMPTY.get(event, value)


def pointer(path: Path) -> str:
    """Return a path as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


class _Object:
    """A wanted object while it is read; *yielded* tells whether its fields have been yielded."""

    def __init__(self, path: Path, required: Collection[str], optional: Collection[str]) -> None:
        self.path = path
        self.fields: dict[str, Any] = {}
        self.yielded = False
        self._required = required
        self._optional = optional
        self._changed = False
        self._waiting: list[tuple[Path, Any]] = []

    def take(self, path: Path, value: Any) -> None:
        """Take the value at *path* if it is a field of this object, or a nested one that is optional."""
        names = path[len(self.path) :]
        name = ".".join(map(str, names))
        if path[: len(self.path)] != self.path or (len(names) > 1 and name not in self._optional):
            return
        self.fields[name] = value
        self._changed = self._changed or (self.yielded and name in self._optional)

    def add(self, path: Path, element: Any) -> Iterator[Found]:
        if not self.yielded and any(name not in self.fields for name in self._required):
            self._waiting.append((path, element))
            return
        yield from self._begin()
        yield path, self.fields, element

    def end(self) -> Iterator[Found]:
        yield from self._begin()
        if self._changed:
            yield self.path, self.fields, None

    def _begin(self) -> Iterator[Found]:
        if not self.yielded:
            self.yielded = True
            yield self.path, self.fields, None
        for path, element in self._waiting:
            yield path, self.fields, element
        self._waiting = []


def _walk(file: BinaryIO) -> Iterator[tuple[Path, str, Any]]:
    """Yield the events of a JSON document, each with the path of its value."""
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
        raise FormatError(f"invalid or incomplete JSON: {reason.splitlines()[0].strip()}") from exc
