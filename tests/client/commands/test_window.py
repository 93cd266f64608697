"""What the options of a window stand for."""

import argparse
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftlclient import time_expressions, time_ranges
from ftlclient.commands import _window
from ftlclient.errors import ConfigError
from ftlclient.time_expressions import sent
from ftlserver.domain import instants, timezones
from ftlserver.domain.user import User
from ftlserver.domain.window import Window
from ftlserver.errors import InvalidRequestError

ZONES = ["Europe/Berlin", "America/Los_Angeles", "Pacific/Apia", "Pacific/Kiritimati"]
NOW = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # the clocks of Berlin went back half an hour ago

typed = st.sampled_from(
    [
        *(
            "2026-10-24",
            "2026-10-25",
            "2026-10-26",
            "2026-10-25T02:30",
            "2026-10-25 2:10",
            "2026-10-25T02:40+02:00",
        ),
        *(
            "2026-10-25T00:45Z",
            "now",
            "-1h",
            "yesterday",
            "today",
            "tomorrow",
            "9am",
            "2026-10",
            "week",
            "saturday",
        ),
    ]
)


@settings(max_examples=400)
@given(typed, typed | st.none(), st.sampled_from([*ZONES, None]))
def test_a_window_is_refused_if_the_server_would_find_it_empty(
    start: str, end: str | None, zone: str | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time_ranges, "now", lambda: NOW)
        options = argparse.Namespace(from_=start, to=end, on=None, range=None, default_range=None)
        try:
            _window.edges(options, zone)
        except ConfigError as error:
            assert "the window is empty" in str(error)
            is_refused = True
        else:
            is_refused = False
        now = _window.now_in(zone)
    window = Window(
        sent(time_expressions.read(start, now).start),
        sent(time_expressions.read(end, now).end) if end else None,
        None if zone is None else timezones.zone(zone),
        round(NOW.timestamp() * instants.SECOND),
    )
    empty = {is_empty(window, name) for name in ([zone] if zone else ZONES)}
    # In each member's own zone the client leaves to the server what is not the same for all.
    assert empty == {is_refused} if zone else not is_refused or empty == {True}


def is_empty(window: Window, zone: str) -> bool:
    try:
        window.edges(User("ann", "Ann", zone))
    except InvalidRequestError:
        return True
    return False
