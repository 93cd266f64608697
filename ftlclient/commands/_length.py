"""How long the window of a question is, which decides the form of its table."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ftlclient import time_ranges


def days_in(window: Mapping[str, Any]) -> float | None:
    """Return about how many days a window has; None if it has no beginning, or the server has to read it."""
    if "from" not in window:
        return None
    try:
        start = datetime.fromisoformat(window["from"]).replace(tzinfo=None)
        end = datetime.fromisoformat(window["to"]) if "to" in window else time_ranges.now()
    except ValueError:
        return None
    return (end.replace(tzinfo=None) - start) / timedelta(days=1)
