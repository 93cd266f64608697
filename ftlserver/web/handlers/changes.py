"""Changes: taking one back."""

from typing import Any

from ftlserver.errors import ChangeNotFoundError
from ftlserver.storage import Storage
from ftlserver.web.requests import Request

_LONGEST_NUMBER = 18  # digits


def undo(storage: Storage, request: Request, number: str) -> dict[str, Any]:
    """Take a change back, whole or not at all."""
    request.document()  # a form of another site cannot send JSON
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
        raise ChangeNotFoundError(number)
    return {"ok": True, "change": storage.changes.undo(int(number), request.caller)}
