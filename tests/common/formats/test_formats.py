"""Files of other systems, whole, odd and broken."""

import dataclasses
import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.formats import (
    BadItem,
    FormatError,
    FoundPeriod,
    FoundUser,
    Item,
    Skipped,
    activitywatch,
    members,
    slack,
    timewarrior,
)
from ftlcommon.formats.json_objects import pointer, read_objects
from tests.conftest import DATA


def items(read: Any, document: object) -> list[Item]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(read(io.BytesIO(data)))


def load(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def without_position(found: list[Item]) -> list[Item]:
    return [dataclasses.replace(item, position="") if isinstance(item, FoundPeriod) else item for item in found]


def bad(found: list[Item]) -> list[str]:
    return [f"{item.position}: {item.reason}" for item in found if isinstance(item, BadItem)]


def test_members_reads_the_assignments_answer() -> None:
    expected: list[Item] = []
    for number, member in enumerate(load("members.json")["members"]):
        position = f"/members/{number}"
        expected.append(FoundUser(position, member["id"], member["real_name"], member["tz"]))
        for index, period in enumerate(member["activity_periods"]):
            times = (period["start_time"], period["end_time"])
            expected.append(FoundPeriod(f"{position}/activity_periods/{index}", member["id"], *times))
    assert items(members.read, load("members.json")) == expected


def test_members_hands_on_every_time_as_it_is_written() -> None:
    period = {"start_time": "2020-02-01T13:33:00.000001-05:00", "end_time": "soon"}
    document = {"members": [{**_member("a", "nowhere"), "activity_periods": [period]}]}
    assert items(members.read, document) == [
        FoundUser("/members/0", "a", "A", "nowhere"),
        FoundPeriod("/members/0/activity_periods/0", "a", "2020-02-01T13:33:00.000001-05:00", "soon"),
    ]


def test_the_order_of_keys_does_not_matter() -> None:
    document = json.dumps(load("members.json"), sort_keys=True).encode()
    assert items(members.read, document) == items(members.read, load("members.json"))


@pytest.mark.parametrize(
    "document", [[], {}, {"members": {}}, {"members": None}, 5, "members", {"x": {"members": []}}]
)
def test_members_refuses_what_is_no_answer(document: object) -> None:
    with pytest.raises(FormatError, match='no "members"'):
        items(members.read, document)


def test_members_of_an_empty_answer_are_none() -> None:
    assert items(members.read, {"ok": True, "members": []}) == []


def _member(id_: object = "a", tz: object = "UTC") -> dict[str, object]:
    return {"id": id_, "real_name": "A", "tz": tz}


@pytest.mark.parametrize(
    ("member", "position"),
    [
        (5, "/members/0"),
        ([], "/members/0"),
        ({}, "/members/0"),
        (_member(id_=5), "/members/0"),
        (_member(tz=None), "/members/0"),
        ({**_member(), "activity_periods": {"a": {}}}, "/members/0"),
        ({**_member(), "activity_periods": 5}, "/members/0"),
        ({**_member(), "activity_periods": [5]}, "/members/0/activity_periods/0"),
        ({**_member(), "activity_periods": [[]]}, "/members/0/activity_periods/0"),
        (
            {**_member(), "activity_periods": [{"start_time": 5, "end_time": 6}]},
            "/members/0/activity_periods/0",
        ),
    ],
)
def test_a_bad_item_is_named_by_its_position(member: object, position: str) -> None:
    found = items(members.read, {"members": [member, _member("b")]})
    assert len(bad(found)) == 1
    assert bad(found)[0].startswith(position + ": ")
    assert found[-1] == FoundUser("/members/1", "b", "A", "UTC")


def test_the_periods_of_a_bad_member_go_with_them() -> None:
    found = items(members.read, {"members": [{**load("members.json")["members"][0], "tz": 5}]})
    assert len(found) == len(bad(found)) == 1


def test_slack_gives_people_by_their_real_names() -> None:
    assert items(slack.read, load("slack-users-list.json")) == [
        FoundUser("/members/0", "W012A3CDE", "Egon Spengler", "America/Los_Angeles"),
        FoundUser("/members/1", "W07QCRPA4", "Glinda Southgood", "America/Los_Angeles"),
    ]


def test_slack_leaves_out_bots_and_the_deleted() -> None:
    people = [
        {"id": "B1", "is_bot": True, "name": "b"},
        {"id": "USLACKBOT", "is_bot": False, "name": "slackbot", "tz": "UTC"},
        {"id": "D1", "deleted": True, "name": "d"},
        {"id": "P1", "tz": "Europe/Kiev", "name": "p", "real_name": ""},
        {"id": "P2", "tz": None, "name": "q"},
        "P3",
    ]
    found = items(slack.read, {"members": people})
    assert found[:3] == [Skipped("bots"), Skipped("bots"), Skipped("deleted")]
    assert found[3] == FoundUser("/members/3", "P1", "p", "Europe/Kiev")
    assert [text.split(":")[0] for text in bad(found)] == ["/members/4", "/members/5"]


def test_slack_of_nobody_is_nobody() -> None:
    assert items(slack.read, {"ok": True, "members": []}) == []


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"x":'])
def test_deep_nesting_is_refused_at_once(opening: bytes) -> None:
    for read, start in ((members.read, b'{"members":[{"x":'), (slack.read, b'{"members":[{"x":')):
        with pytest.raises(FormatError, match="deeper"):
            items(read, start + opening * 200_000)


def test_activitywatch_leaves_out_what_rounds_to_nothing() -> None:
    event = {"data": {"status": "not-afk"}, "timestamp": "2026-11-02T04:40:36Z", "duration": 1e-7}
    document = {"buckets": {"x": {"type": "afkstatus", "events": [event]}}}
    assert items(activitywatch.read, document) == [Skipped("with zero length")]


def test_slack_refuses_an_answer_without_members() -> None:
    with pytest.raises(FormatError, match="users.list"):
        items(slack.read, {"ok": False, "error": "not_authed"})


def test_activitywatch_gives_the_time_that_somebody_was_not_away() -> None:
    found = items(activitywatch.read, load("activitywatch-export.json"))
    periods = [item for item in found if isinstance(item, FoundPeriod)]
    assert len(periods) == 84
    assert [item for item in found if not isinstance(item, FoundPeriod)] == [Skipped("with zero length")] * 13


def test_activitywatch_gives_instants_that_say_nothing_about_the_clock() -> None:
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
def test_activitywatch_names_a_bad_event(event: object) -> None:
    found = items(activitywatch.read, {"buckets": {"x": {"type": "afkstatus", "events": [event]}}})
    assert [text.split(": ")[0] for text in bad(found)] == ["/buckets/x/events/0"]


@pytest.mark.parametrize("document", [[], {}, {"members": []}, 5])
def test_activitywatch_refuses_what_is_no_export(document: object) -> None:
    with pytest.raises(FormatError, match="ActivityWatch"):
        items(activitywatch.read, document)


def test_activitywatch_of_no_buckets_is_nothing() -> None:
    assert items(activitywatch.read, {"buckets": {}}) == []


def test_timewarrior_gives_intervals_and_leaves_the_running_one_out() -> None:
    found = items(timewarrior.read, load("timewarrior-export.json"))
    assert found[0] == FoundPeriod("/0", None, "20261024T233000Z", "20261025T033000Z")
    assert len(found) == 5
    assert found[-1] == Skipped("still running")


def test_timewarrior_names_what_is_bad() -> None:
    same = {"start": "20261024T233000Z", "end": "20261024T233000Z"}
    found = items(timewarrior.read, [same, 5, {}, {"start": "x"}, {"start": "x", "end": 5}])
    assert [found[0], found[3]] == [Skipped("with zero length"), Skipped("still running")]
    assert [text.split(": ")[0] for text in bad(found)] == ["/1", "/2", "/4"]


@pytest.mark.parametrize("document", [{}, {"start": "x"}, {"a": {"start": "20261024T233000Z", "end": None}}, 5])
def test_timewarrior_refuses_what_is_no_list(document: object) -> None:
    with pytest.raises(FormatError, match="Timewarrior"):
        items(timewarrior.read, document)


READERS = [
    (members.read, "members.json"),
    (slack.read, "slack-users-list.json"),
    (timewarrior.read, "timewarrior-export.json"),
    (activitywatch.read, "activitywatch-export.json"),
]


@pytest.mark.parametrize(("read", "name"), READERS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_file_that_breaks_off_is_refused_wherever_it_does(read: Any, name: str) -> None:
    data = (DATA / name).read_bytes().rstrip()
    step = max(1, len(data) // 150)
    for length in range(0, len(data), step):
        with pytest.raises(FormatError):
            items(read, data[:length])


@pytest.mark.parametrize(("read", "name"), READERS, ids=lambda value: value if isinstance(value, str) else "")
@given(noise=st.binary(max_size=60))
def test_any_bytes_are_items_or_a_clear_error(read: Any, name: str, noise: bytes) -> None:
    for data in (
        noise,
        b'{"members":[' + noise + b"]}",
        b'{"buckets":{"x":{"type":"afkstatus","events":[' + noise + b"]}}}",
    ):
        try:
            items(read, data)
        except FormatError as exc:
            assert str(exc)


def test_a_large_file_is_read_in_flat_memory() -> None:
    class Endless:
        """A member with 10,000 periods, made while it is read."""

        def __init__(self) -> None:
            head = b'{"members":[{"id":"a","real_name":"A","tz":"UTC","activity_periods":['
            self.pieces = self.make(head)
            self.rest = b""

        def make(self, head: bytes) -> Iterator[bytes]:
            yield head
            for number in range(10_000):
                comma = b"," if number else b""
                yield (
                    comma
                    + b'{"start_time":"2020-02-01T10:00:00.%06dZ","end_time":"2020-02-01T11:00:00Z"}' % number
                )
            yield b"]}]}"

        def read(self, size: int = -1) -> bytes:
            while len(self.rest) < size and (piece := next(self.pieces, b"")):
                self.rest += piece
            data, self.rest = self.rest[:size], self.rest[size:]
            return data

    tracemalloc.start()
    count = sum(1 for _ in members.read(Endless()))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 10_001
    assert peak < 2_000_000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "list", "x.y"]), children, max_size=4)
    ),
    max_leaves=25,
)


@given(json_values)
def test_objects_are_those_of_the_whole_document(document: object) -> None:
    """The oracle loads the document whole and looks the objects up."""

    def oracle(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str, object]]:
        if isinstance(value, list):
            for index, child in enumerate(value):
                yield from oracle(child, (*path, index))
        if isinstance(value, dict):
            if len(path) == 1:
                yield pointer(path), None
                if isinstance(value.get("list"), list):
                    for index, child in enumerate(value["list"]):
                        yield pointer((*path, "list", index)), child
                return
            for key, child in value.items():
                yield from oracle(child, (*path, key))

    data = io.BytesIO(json.dumps(document).encode())
    wanted = list(oracle(document, ()))
    names = {path for path, _ in wanted}
    found = [
        (pointer(path), element)
        for path, _, element in read_objects(data, lambda path: len(path) == 1, "list", ("b",))
        if pointer(path) in names  # less what stands in the place of an object
    ]
    assert found == wanted
