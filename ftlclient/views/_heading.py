"""The line above a table: what it counts, in which window, on whose clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from ftlcommon.wording import moment_words, window_words
from ftlcommon.zones import UTC_ZONE, Zone


def heading(what: str, *details: str) -> Text:
    """Return the line above a table."""
    return Text.assemble((what, "bold"), *((f", {detail}", "dim") for detail in details))


def no_activity(answer: Mapping[str, Any], tz: Zone | None) -> Text:
    """Return what stands in place of a table without members: the window, or the moment, that was asked about."""
    if "at" in answer:  # then members are active who were so within a week
        zone = tz or UTC_ZONE
        until = moment_words(datetime.fromisoformat(answer["at"]), zone)
        return heading("No activity", f"in the 7 days until {until}", zone.key)
    return heading("No activity", *(window_words(answer["window"], [], tz) if "window" in answer else []))
