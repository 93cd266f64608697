"""Tokens that see rounded times only: what is equal after rounding cannot be told apart by any request."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain import token as tokens
from ftlserver.domain.instants import DAY, HOUR, MINUTE, SECOND
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.token import Token
from ftlserver.domain.user import User
from ftlserver.storage import Storage, periods, rounded_periods
from ftlserver.storage.database import transaction
from ftlserver.web.app import ROUTES, create_app
from tests.helpers import EGON, at, make_feed, send, store_team

QUARTER = 900
BEGIN = 1_772_000_100 * SECOND // (QUARTER * SECOND) * QUARTER * SECOND  # a quarter of an hour in February 2026
USERS = [User("a", "Ann A", "Europe/Berlin"), User("b", "Bob B", "Asia/Kathmandu")]
OFFSETS = [0, 3_600, 20_700, -28_800]
# The user, the first and the last unit, the offset, and where in them two histories begin and end.
rounded = st.tuples(
    st.sampled_from(USERS),
    st.integers(0, 300),
    st.integers(0, 20),
    st.sampled_from(OFFSETS),
    *(st.tuples(st.integers(0, 899), st.integers(1, 900)) for _ in range(2)),
)


def rounded_token(
    storage: Storage, unit: int, *scopes: str, users: tuple[str, ...] | None = None
) -> dict[str, str]:
    id_, secret = tokens.mint()
    storage.tokens.add(
        Token(id_, "t", tokens.digest(secret), scopes, users, instants.now(), None, round_seconds=unit)
    )
    return {"Authorization": f"Bearer {secret}"}


def two_histories(drawn: list[tuple[Any, ...]], unit: int) -> list[list[ActivityPeriod]]:
    """Return two lists of periods that are equal after rounding; the second may have some of them twice."""
    histories: list[dict[tuple[str, int], ActivityPeriod]] = [{}, {}]
    taken: set[tuple[str, int]] = set()
    for user, first, length, offset, *edges in drawn:
        start = BEGIN // (unit * SECOND) * unit * SECOND - offset * SECOND + first * unit * SECOND
        end = start + length * unit * SECOND
        if (user.id, first) in taken or end - start > 5 * DAY:
            continue
        taken.add((user.id, first))
        for history, (opens, closes) in zip(histories, edges, strict=True):
            a, b = start + opens * unit // 900 * SECOND, end + closes * unit // 900 * SECOND
            if a >= b:  # in the same unit
                a, b = start, end + unit * SECOND
            history[user.id, a] = ActivityPeriod(user.id, a, b, offset, offset)
    found = [list(history.values()) for history in histories]
    for period in list(histories[1].values())[:2]:
        again = period._replace(started_at=period.started_at + 1)
        if (period.started_at + 1 + period.start_offset * SECOND) % (unit * SECOND) > 1:
            found[1].append(again)
    return found


def fill(storage: Storage, history: list[ActivityPeriod]) -> None:
    with transaction(storage.database, write=True) as connection:
        connection.exec_driver_sql("DELETE FROM activity_periods")
    storage.bulk_import.store(USERS, history)


def requests(unit: int) -> Iterator[tuple[str, str, object]]:
    day = "2026-02-26"
    local, absolute = f"{day}T07:07:07", f"{day}T07:07:07+05:45"
    windows: list[dict[str, str]] = [
        {},
        {"from": day, "to": "2026-02-28"},
        {"from": local, "to": "Feb 27 2026 11:08PM"},
        {"from": absolute, "to": f"{day}T19:22:01.123456Z", "tz": "America/New_York"},
    ]
    for question in (
        "loguseractivity",
        "summary",
        "overlap",
        "coverage",
        "rest",
        "hours",
        "meeting",
        "clock-changes",
    ):
        for window in windows:
            about = {"id_list": ["a", "b"], **window}
            yield "POST", f"/api/{question}", about
            if question in ("loguseractivity", "overlap"):
                yield "POST", f"/api/{question}", about | {"active_only": True, "order": "active", "limit": 1}
            if question == "loguseractivity":
                yield "POST", f"/api/{question}", about | {"clip": True, "time_format": "iso"}
    for moment in (local, absolute, f"{day}T12:00:00Z", "2026-02-28T00:00:00Z"):
        yield "POST", "/api/presence", {"id_list": ["a", "b"], "at": moment, "order": "active"}
    yield "GET", f"/api/loguseractivity?id=a&id=b&from={local}&time_format=iso", None
    yield "GET", f"/api/loguseractivity?limit=1&from={local}", None
    yield "GET", "/api/loguseractivity", None
    yield "GET", "/api/users?query=ann", None


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all requests be made at the same time."""
    monkeypatch.setattr(instants, "now", lambda: BEGIN + 20 * DAY)


@pytest.mark.slow
@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("unit", [QUARTER, 86_400])
@settings(max_examples=10, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(drawn=st.lists(rounded, max_size=12))
def test_what_is_equal_after_rounding_gives_equal_answers(
    sqlite_module_storage: Storage, unit: int, drawn: list[tuple[Any, ...]]
) -> None:
    answers = []
    # Bound to both users, so that the token may ask about rest.
    headers = rounded_token(sqlite_module_storage, unit, "read", users=("a", "b"))
    whole = rounded_token(sqlite_module_storage, unit, "read")
    app = TestApp(create_app(sqlite_module_storage))
    for history in two_histories(drawn, unit):
        fill(sqlite_module_storage, history)
        answers.append(
            [
                (path, body, send(app, method, path, body, whole if method == "GET" else headers).body)
                for method, path, body in requests(unit)
            ]
        )
    for first, second in zip(*answers, strict=True):
        assert first == second


@pytest.mark.slow
@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("unit", [QUARTER, 86_400])
@settings(max_examples=8, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(drawn=st.lists(rounded, min_size=1, max_size=12))
def test_what_is_equal_after_rounding_gives_equal_feeds(
    sqlite_module_storage: Storage, unit: int, drawn: list[tuple[Any, ...]]
) -> None:
    paths = [make_feed(sqlite_module_storage, view, round_seconds=unit) for view in tokens.FEEDS]
    app = TestApp(create_app(sqlite_module_storage))
    feeds = []
    for history in two_histories(drawn, unit):
        fill(sqlite_module_storage, history)
        feeds.append([(path, app.get(path).body) for path in paths])
    assert feeds[0] == feeds[1]


def test_a_feed_shows_rounded_times(team: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instants, "now", lambda: at("2020-02-02T23:00:00Z"))
    app = TestApp(create_app(team))

    def times(round_seconds: int | None) -> list[str]:
        text = app.get(make_feed(team, "activity.ics", (EGON.id,), round_seconds=round_seconds)).text
        return re.findall(r"DT(?:START|END)[^:]*:(?:2020020[12]T)(\d{6}Z)", text)

    # 1 February, 1:33PM to 1:54PM in Los Angeles, is over at midnight in UTC.
    assert times(None)[:2] == ["213300Z", "215400Z"]
    assert times(900)[:2] == ["213000Z", "220000Z"]
    # As a day of that clock it ends at 08:00 of the next one, and the feed ends at midnight in UTC.
    assert times(86_400) == []


@pytest.fixture(scope="module")
def sqlite_module_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with Storage.open(str(tmp_path_factory.mktemp("rounded") / "ftl.sqlite3")) as storage:
        yield storage


@pytest.mark.parametrize(("unit", "edges"), [(900, ("13:30", "14:00")), (86_400, ("00:00", "00:00"))])
def test_periods_are_rounded_on_the_clock_that_the_user_had(
    team: Storage, unit: int, edges: tuple[str, str]
) -> None:
    app = TestApp(create_app(team))
    headers = rounded_token(team, unit, "read")
    answer = send(app, "POST", "/api/loguseractivity", {"id_list": [EGON.id], "time_format": "iso"}, headers).json
    first = answer["members"][0]["activity_periods"][0]
    assert (first["start_time"][11:16], first["end_time"][11:16]) == edges
    summary = send(app, "POST", "/api/summary", {"id_list": [EGON.id], "per": "total"}, headers).json
    expected = sum(end - start for start, end in ROUNDED_HOURS[unit])
    assert summary["members"][0]["active_seconds"] == expected * 3600


ROUNDED_HOURS = {900: [(13.5, 14), (11, 14), (17.5, 20.25)], 86_400: [(0, 24)] * 3}


def test_windows_are_rounded_on_their_clock(team: Storage) -> None:
    app = TestApp(create_app(team))
    headers = rounded_token(team, 900, "read")
    asked = {"id_list": [EGON.id], "from": "2020-02-01T13:40:00-08:00", "to": "2020-02-01T13:41:00-08:00"}
    window = send(app, "POST", "/api/summary", asked, headers).json["window"]
    assert (window["from"], window["to"]) == ("2020-02-01T21:30:00Z", "2020-02-01T21:45:00Z")
    at = send(
        app, "POST", "/api/presence", {"id_list": [EGON.id], "at": "2020-02-01T13:59:59-08:00"}, headers
    ).json
    assert (at["at"], at["members"][0]["active"]) == ("2020-02-01T21:45:00Z", True)


@pytest.mark.parametrize("scopes", [("read",), ("write",), ("read", "write"), ("admin",)])
def test_a_token_that_sees_rounded_times_only_reads(sqlite_storage: Storage, scopes: tuple[str, ...]) -> None:
    store_team(sqlite_storage)
    headers = rounded_token(sqlite_storage, 900, *scopes)
    app = TestApp(create_app(sqlite_storage))
    for route in ROUTES:
        if route.scope in ("write", "admin"):
            path = route.path.replace("<user_id>", EGON.id).replace("<team_id>", "t").replace("<number>", "1")
            assert send(app, route.method, path, {}, headers).status_int == 403
    shown = send(app, "GET", "/api/whoami", headers=headers).json
    assert shown["round_seconds"] == 900
    assert set(shown["scopes"]) <= {"read"}


times = st.integers(0, 40 * 24 * 60)


@settings(max_examples=60)
@given(
    pairs=st.lists(st.tuples(times, st.integers(1, 9_000), st.sampled_from(OFFSETS)), max_size=8),
    at=times,
    unit=st.sampled_from([900, 86_400]),
)
def test_rounded_periods_agree_with_rounding_all_of_them(
    sqlite_module_storage: Storage, pairs: list[tuple[int, int, int]], at: int, unit: int
) -> None:
    storage = sqlite_module_storage
    starts = {start: (length, offset) for start, length, offset in pairs}
    history = [
        ActivityPeriod("a", BEGIN + n * MINUTE + 7, BEGIN + (n + length) * MINUTE + 9, offset, offset)
        for n, (length, offset) in starts.items()
    ]
    fill(storage, history)
    expected = sorted({plainly(period, unit) for period in history})
    found = rounded_periods.RoundedPeriods(storage.database, unit)
    assert [span for page in found.pages_of("a") for span in page] == expected
    moment = BEGIN + at * MINUTE
    window = moment - 3 * HOUR, moment + 30 * HOUR
    inside = [span for span in expected if span[0] < window[1] and span[1] > window[0]]
    (extent,) = found.extents(USERS[:1], {"a": window})
    assert (extent.periods, extent.first_start) == (len(inside), inside[0][0] if inside else None)
    last = max((span[0] for span in expected if span[0] <= moment), default=None)
    latest = found.latest(USERS[:1], moment)["a"]
    assert latest == (moment if last is None else last - 7 * DAY, moment + 1)


def plainly(period: ActivityPeriod, unit: int) -> tuple[int, int, int, int]:
    """Round a period by its clock, the plain way."""
    start, end = (
        instants.wall_clock(at, offset)
        for at, offset in ((period.started_at, period.start_offset), (period.ended_at, period.end_offset))
    )
    texts = [time_formats.rounded(wall.isoformat(), unit, up=up) for wall, up in ((start, False), (end, True))]
    first, last = (time_formats.parse(text, timezones.zone("UTC"))[0] for text in texts)
    offset = period.start_offset
    return first - offset * SECOND, last - offset * SECOND, offset, offset


def test_rounding_a_text_keeps_what_it_cannot_read() -> None:
    for text in ("2026-02-26", "soon", "", "2026-13-01T00:00"):
        assert time_formats.rounded(text, 900, up=True) == text
    assert time_formats.rounded("Feb 26 2026 11:59PM", 86_400, up=True) == "2026-02-27T00:00:00"
    assert time_formats.rounded("2026-02-26T09:15:00.000001+05:45", 900, up=True) == "2026-02-26T09:30:00+05:45"
    assert time_formats.rounded("2026-02-26T09:15Z", 900, up=True) == "2026-02-26T09:15:00Z"


def test_pages_of_a_long_history_are_rounded(sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periods, "PAGE", 5)
    monkeypatch.setattr(rounded_periods, "PAGE", 5)
    rows = [ActivityPeriod("a", BEGIN + n * HOUR, BEGIN + n * HOUR + MINUTE, 0, 0) for n in range(23)]
    sqlite_storage.bulk_import.store(USERS, rows)
    headers = rounded_token(sqlite_storage, 900, "read")
    app = TestApp(create_app(sqlite_storage))
    found = json.loads(send(app, "POST", "/api/loguseractivity", {"id_list": ["a"]}, headers).body)
    assert len(found["members"][0]["activity_periods"]) == 23
