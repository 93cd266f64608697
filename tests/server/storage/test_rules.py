"""What the operator lets callers store: overlapping periods, and old ones."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.config import Config
from ftlserver.domain import instants, intervals
from ftlserver.domain.instants import DAY, HOUR, MINUTE
from ftlserver.domain.rules import Rules
from ftlserver.errors import ConfigError
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import (
    EGON,
    all_rows,
    few_examples,
    in_seconds,
    make_key,
    make_period,
    period_json,
    record,
    request,
    send,
    start_over,
    store_team,
)

batches = st.lists(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40), st.integers(1, 10)), max_size=8), max_size=4
)


@pytest.fixture
def apart(url: str) -> Iterator[Storage]:
    """Give a storage that takes no overlaps."""
    with Storage.open(url, rules=Rules(may_overlap=False)) as storage:
        yield storage


@few_examples
@given(batches)
def test_a_period_that_overlaps_another_is_rejected(
    apart: Storage, batches: list[list[tuple[str, int, int]]]
) -> None:
    start_over(apart)
    stored: dict[tuple[str, int], int] = {}
    for batch in batches:
        expected = []
        for user_id, start, length in batch:
            end = start + length
            known = stored.get((user_id, start))
            others = [(s, e) for (u, s), e in stored.items() if u == user_id and s != start]
            if known is not None and end <= known:
                expected.append("duplicate")
            elif any(s < end and start < e for s, e in others):
                expected.append("rejected")
            else:
                expected.append("inserted" if known is None else "extended")
                stored[user_id, start] = end
        periods = [make_period(user_id, start, start + length) for user_id, start, length in batch]
        recorded = apart.recording.record(periods, partial=True)
        assert [status.status for status in recorded.statuses] == expected
        assert {row[:2]: row[2] for row in all_rows(apart)} == stored
    for user_id in "ab":
        assert intervals.are_disjoint([row[1:3] for row in all_rows(apart) if row[0] == user_id])


def test_an_overlap_is_named_and_keeps_all_from_storage(apart: Storage) -> None:
    store_team(apart)
    app = TestApp(create_app(apart))
    times = [
        period_json("2026-01-05T09:00Z", "2026-01-05T10:00Z"),
        period_json("2026-01-05T09:30Z", "2026-01-05T11:00Z"),
    ]
    answer = request(app, "POST", "/api/activity", {"periods": times}).json
    assert (answer["status"], answer["error"], answer["errors"][0]["code"]) == (422, "invalid_period", "overlaps")
    assert "2026-01-05T09:00:00Z to 2026-01-05T10:00:00Z" in answer["errors"][0]["message"]
    assert len(all_rows(apart)) == 6
    answer = record(app, *times, partial=True)
    assert (answer["inserted"], answer["rejected"]) == (1, 1)
    assert app.get("/api/whoami/").json["policies"] == {"overlaps": "reject", "oldest": None}
    edit = {
        **times[0],
        "new_start_time": "2020-02-01T13:00:00-08:00",
        "new_end_time": "2020-02-01T14:00:00-08:00",
    }
    assert request(app, "PATCH", "/api/activity", edit).json["error"] == "invalid_period"
    edit |= {"new_start_time": "2026-01-05T09:15Z", "new_end_time": "2026-01-05T11:00Z"}
    assert request(app, "PATCH", "/api/activity", edit).json["ok"] is True


def test_a_period_that_ended_too_long_ago_is_rejected(url: str) -> None:
    with Storage.open(url, rules=Rules(most_days=30)) as storage:
        store_team(storage)
        assert len(all_rows(storage)) == 0  # an import leaves them out
        assert storage.bulk_import.store([], [make_period(EGON.id, 0, HOUR)]).periods_too_old == 1
        app = TestApp(create_app(storage))
        times = [period_json(*in_seconds(-day * 86_400 - 600, -day * 86_400)) for day in (29, 31)]
        answer = record(app, *times, partial=True)
        assert [found.get("code") for found in answer["verdicts"]] == [None, "too_old"]
        names = ("start_time", "end_time")
        edit = {**times[0], **{f"new_{name}": times[1][name] for name in names}}
        assert request(app, "PATCH", "/api/activity", edit).json["error"] == "invalid_period"
        heartbeat = {"user_id": EGON.id, "at": times[1]["end_time"]}
        assert request(app, "POST", "/api/heartbeat", heartbeat).json["error"] == "invalid_period"
        oldest = app.get("/api/whoami/").json["policies"]["oldest"]
        now = instants.now() // instants.SECOND * instants.SECOND
        assert times[1]["end_time"] < oldest < times[0]["start_time"]
        sent = [{"time": (now - 31 * DAY) / instants.SECOND}, {"time": (now - 29 * DAY) / instants.SECOND}]
        path = "/api/wakatime/users/current/heartbeats.bulk"
        answer = send(app, "POST", path, sent, make_key(storage)).json
        assert [status for _, status in answer["responses"]] == [400, 201]


def test_what_is_too_old_can_be_deleted(storage: Storage) -> None:
    store_team(storage)
    strict = Storage(storage.database, Rules(most_days=1))
    assert strict.recording.delete([row[:5] for row in all_rows(storage)[:1]]).change is not None


def test_the_environment_says_the_policies() -> None:
    config = Config.from_env({"FTL_OVERLAPS": "reject", "FTL_OLDEST": "400"})
    assert (config.overlaps, config.oldest) == ("reject", 400)
    assert Config.from_env({"FTL_OVERLAPS": "", "FTL_OLDEST": ""}) == Config.from_env({"FTL_OVERLAPS": "store"})
    for name, value in (("FTL_OVERLAPS", "merge"), ("FTL_OLDEST", "0"), ("FTL_OLDEST", "2020-01-01")):
        with pytest.raises(ConfigError, match=name):
            Config.from_env({name: value})
    assert Rules(most_days=36_500).oldest(10 * MINUTE) == 0
