"""Reading a document, and what was bad in it; a user and a period as lines of NDJSON."""

import io
import json
from typing import Any

from ftlcommon.formats import BadItem, Item
from tests.conftest import DATA

USER = b'{"id":"a","real_name":"A","tz":"UTC"}\n'
PERIOD = b'{"user_id":"a","start_time":"2020-02-01T10:00Z","end_time":"2020-02-01T11:00Z"}\n'
TIMES = ("2020-02-01T10:00Z", "2020-02-01T11:00Z")


def items(read: Any, document: object) -> list[Item]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(read(io.BytesIO(data)))


def load(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def bad(found: list[Item]) -> list[str]:
    return [f"{item.position}: {item.reason}" for item in found if isinstance(item, BadItem)]


def bad_positions(found: list[Item]) -> list[str]:
    return [item.position for item in found if isinstance(item, BadItem)]
