"""The answer of this API as a file."""

import json
import tracemalloc
from collections.abc import Iterator

import pytest

from ftlcommon.formats import FormatError, FoundPeriod, FoundUser, Item, members
from tests.common.formats.conftest import bad, items, load


def test_members_reads_the_assignments_answer() -> None:
    expected: list[Item] = []
    for number, member in enumerate(load("members.json")["members"]):
        position = f"/members/{number}"
        expected.append(FoundUser(position, member["id"], member["real_name"], member["tz"]))
        for index, period in enumerate(member["activity_periods"]):
            times = (period["start_time"], period["end_time"])
            expected.append(FoundPeriod(f"{position}/activity_periods/{index}", member["id"], *times))
    assert items(members.read, load("members.json")) == expected


def test_members_yields_times_as_they_are_written() -> None:
    period = {"start_time": "2020-02-01T13:33:00.000001-05:00", "end_time": "soon"}
    document = {"members": [{**member_with("a", "nowhere"), "activity_periods": [period]}]}
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
def test_members_refuses_another_file(document: object) -> None:
    with pytest.raises(FormatError, match='no "members"'):
        items(members.read, document)


def test_members_of_an_empty_answer_yields_nothing() -> None:
    assert items(members.read, {"ok": True, "members": []}) == []


def member_with(id_: object = "a", tz: object = "UTC") -> dict[str, object]:
    return {"id": id_, "real_name": "A", "tz": tz}


@pytest.mark.parametrize(
    ("member", "position"),
    [
        (5, "/members/0"),
        ([], "/members/0"),
        ({}, "/members/0"),
        (member_with(id_=5), "/members/0"),
        (member_with(tz=None), "/members/0"),
        ({**member_with(), "activity_periods": {"a": {}}}, "/members/0"),
        ({**member_with(), "activity_periods": 5}, "/members/0"),
        ({**member_with(), "activity_periods": [5]}, "/members/0/activity_periods/0"),
        ({**member_with(), "activity_periods": [[]]}, "/members/0/activity_periods/0"),
        (
            {**member_with(), "activity_periods": [{"start_time": 5, "end_time": 6}]},
            "/members/0/activity_periods/0",
        ),
    ],
)
def test_a_bad_item_is_reported_with_its_position(member: object, position: str) -> None:
    found = items(members.read, {"members": [member, member_with("b")]})
    assert len(bad(found)) == 1
    assert bad(found)[0].startswith(position + ": ")
    assert found[-1] == FoundUser("/members/1", "b", "A", "UTC")


def test_the_periods_of_a_bad_member_are_dropped() -> None:
    found = items(members.read, {"members": [{**load("members.json")["members"][0], "tz": 5}]})
    assert len(found) == len(bad(found)) == 1


def test_a_user_is_yielded_again_if_an_optional_field_follows_the_periods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(members, "_OPTIONAL", ("email",))
    period = {"start_time": "x", "end_time": "y"}
    before = {"email": "e", **member_with("a"), "activity_periods": [period]}
    behind = {**member_with("b"), "activity_periods": [period], "email": "e"}
    assert items(members.read, {"members": [before, behind]}) == [
        FoundUser("/members/0", "a", "A", "UTC"),
        FoundPeriod("/members/0/activity_periods/0", "a", "x", "y"),
        FoundUser("/members/1", "b", "A", "UTC"),
        FoundPeriod("/members/1/activity_periods/0", "b", "x", "y"),
        FoundUser("/members/1", "b", "A", "UTC"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("tail", "users"), [(b"]}]}", 1), (b'],"email":"e"}]}', 2)])
def test_a_large_file_is_read_in_constant_memory(monkeypatch: pytest.MonkeyPatch, tail: bytes, users: int) -> None:
    monkeypatch.setattr(members, "_OPTIONAL", ("email",))

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
            yield tail

        def read(self, size: int = -1) -> bytes:
            while len(self.rest) < size and (piece := next(self.pieces, b"")):
                self.rest += piece
            data, self.rest = self.rest[:size], self.rest[size:]
            return data

    tracemalloc.start()
    count = sum(1 for _ in members.read(Endless()))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 10_000 + users
    assert peak < 2_000_000
