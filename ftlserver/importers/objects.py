"""Objects inside a large JSON document, one at a time, in flat memory."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, BinaryIO

import ijson
from ijson.common import ObjectBuilder

from ftlserver.errors import ImportFileError

Path = tuple[str | int, ...]
_STARTS = {"start_map": None, "start_array": -1}
_ENDS = {"end_map", "end_array"}
_EMPTY: dict[str, Any] = {"start_map": {}, "start_array": []}


def read_objects(
    file: BinaryIO, wanted: Callable[[Path], bool], array: str = "", needed: Collection[str] = ()
) -> Iterator[tuple[Path, dict[str, Any], Any]]:
    """Yield (path, fields, None) for each *wanted* object, and (path, fields, element) for each element of
    its *array*.

    What stands in the place of a wanted object without being one is yielded without fields. Fields that are objects or arrays are given as empty ones. Elements are handed on as they are read if
    the *needed* fields stand before the array, and are kept to the end of the object if not. A wanted
    object within another takes its place. Raise ImportFileError for what is not JSON.
    """
    keys: list[Any] = []  # down to the value at hand: a key in an object, an index in an array
    path: Path | None = None  # of the wanted object at hand
    fields: dict[str, Any] = {}
    kept: list[tuple[Path, Any]] = []
    told = False  # whether the object itself was handed on
    element: ObjectBuilder | None = None
    depth = 0
    try:
        for event, value in ijson.basic_parse(file, use_float=True):
            if element is not None:
                element.event(event, value)
                depth += (event in _STARTS) - (event in _ENDS)
            elif event == "map_key":
                keys[-1] = value
                continue
            elif event in _ENDS:
                keys.pop()
                if path is not None and len(keys) == len(path):
                    if not told:
                        yield path, fields, None
                    for where, item in kept:
                        yield where, fields, item
                    path, kept = None, []
                continue
            else:
                if keys and isinstance(keys[-1], int):
                    keys[-1] += 1
                here = None if path is None else len(keys) - len(path)
                if here == 1:
                    fields[keys[-1]] = _EMPTY.get(event, value)
                if here == 2 and keys[-2] == array and isinstance(keys[-1], int):
                    element = ObjectBuilder()
                    element.event(event, value)
                    depth = event in _STARTS
                else:
                    if (path is None or not told) and wanted(tuple(keys)):
                        if event == "start_map":
                            path, fields, told = tuple(keys), {}, False
                        else:
                            yield tuple(keys), {}, None
                    if event in _STARTS:
                        keys.append(_STARTS[event])
                    continue
            if depth == 0:
                assert path is not None
                item, element = element.value, None
                where = tuple(keys)
                if not told and fields.keys() >= set(needed):
                    yield path, fields, None
                    told = True
                if told:
                    yield where, fields, item
                else:
                    kept.append((where, item))
    except ijson.JSONError as exc:
        reason = str(exc).splitlines()[0].strip()
        raise ImportFileError(f"the file is not whole JSON: {reason}") from exc


def pointer(path: Path) -> str:
    """Return a path as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
