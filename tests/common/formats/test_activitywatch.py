"""ActivityWatch's export."""

import dataclasses
import json

import pytest

from ftlcommon.formats import FormatError, FoundPeriod, Item, Skipped, activitywatch
from tests.common.formats.conftest import bad, items, load


def without_position(found: list[Item]) -> list[Item]:
    return [dataclasses.replace(item, position="") if isinstance(item, FoundPeriod) else item for item in found]


def test_activitywatch_yields_the_time_at_the_computer() -> None:
    found = items(activitywatch.read, load("activitywatch-export.json"))
    periods = [item for item in found if isinstance(item, FoundPeriod)]
    assert len(periods) == 84
    assert [item for item in found if not isinstance(item, FoundPeriod)] == [Skipped("with zero length")] * 13


def test_activitywatch_skips_durations_that_round_to_zero() -> None:
    event = {"data": {"status": "not-afk"}, "timestamp": "2026-11-02T04:40:36Z", "duration": 1e-7}
    document = {"buckets": {"x": {"type": "afkstatus", "events": [event]}}}
    assert items(activitywatch.read, document) == [Skipped("with zero length")]


def test_activitywatch_yields_instants_without_a_wall_clock() -> None:
    for timestamp in ("2026-11-02T06:40:36.5+02:00", "2026-11-02T04:40:36.5Z", "2026-11-02T04:40:36.5"):
        event = {"data": {"status": "not-afk"}, "timestamp": timestamp, "duration": 1.25}
        document = {"buckets": {"x": {"type": "afkstatus", "events": [event]}}}
        start, end = "2026-11-02T04:40:36.500000Z", "2026-11-02T04:40:37.750000Z"
        assert items(activitywatch.read, document) == [FoundPeriod("/buckets/x/events/0", None, start, end)]


def test_activitywatch_reads_one_bucket_in_any_order_of_keys() -> None:
    export = load("activitywatch-export.json")
    bucket = next(bucket for bucket in export["buckets"].values() if bucket["type"] == "afkstatus")
    expected = without_position(items(activitywatch.read, export))
    for document in (bucket, {"buckets": {"x.y/z": bucket}}):
        for data in (document, json.dumps(document, sort_keys=True).encode()):
            assert without_position(items(activitywatch.read, data)) == expected


@pytest.mark.parametrize(
    "event",
    [
        5,
        {},
        {"data": {"status": "not-afk"}, "timestamp": "2026-11-02T04:40:36Z"},
        {"data": {"status": "not-afk"}, "timestamp": 5, "duration": 5},
        {"data": {"status": "not-afk"}, "timestamp": "now", "duration": 5},
        {"data": {"status": "not-afk"}, "timestamp": "2026-11-02T04:40:36Z", "duration": True},
        {"data": {"status": "not-afk"}, "timestamp": "2026-11-02T04:40:36Z", "duration": 1e300},
        {"data": {"status": "not-afk"}, "timestamp": "9999-12-31T23:59:59Z", "duration": 5},
    ],
)
def test_activitywatch_reports_a_bad_event(event: object) -> None:
    found = items(activitywatch.read, {"buckets": {"x": {"type": "afkstatus", "events": [event]}}})
    assert [text.split(": ")[0] for text in bad(found)] == ["/buckets/x/events/0"]


@pytest.mark.parametrize("document", [[], {}, {"members": []}, 5])
def test_activitywatch_refuses_another_file(document: object) -> None:
    with pytest.raises(FormatError, match="ActivityWatch"):
        items(activitywatch.read, document)


def test_activitywatch_without_buckets_yields_nothing() -> None:
    assert items(activitywatch.read, {"buckets": {}}) == []
