"""Shapes of answers, and what is said of an answer that does not have its own."""

from typing import Any

import pytest

from ftlclient.api import answers
from ftlclient.api.answers import Value, check
from ftlclient.errors import NotThisAPIError
from tests.client.views.conftest import PRESENCE
from tests.client.views.test_hours import HOURS
from tests.client.views.test_meeting import MEETING
from tests.client.views.test_overlap import OVERLAP
from tests.client.views.test_summary import SUMMARY

EVEN = Value("an even number", lambda value: value % 2 == 0)


@pytest.mark.parametrize(
    ("answer", "shape", "reason"),
    [
        ({"a": 1}, {"a": EVEN}, "/a is not an even number: 1"),
        ({"a": [2, 3]}, {"a": [EVEN]}, "/a/1 is not an even number: 3"),
        ({}, {"a": EVEN}, "/a is missing"),
        ({"a": 3}, {"a?": EVEN}, "/a is not an even number: 3"),
        ([], {"a": EVEN}, "it is not an object"),
        ({"a": "bcd"}, {"a": [EVEN]}, "/a is not a list: 'bcd'"),
        ({"a": 2, "b": 1}, ({"a": EVEN}, {"b": EVEN}), "/b is not an even number: 1"),
    ],
)
def test_an_answer_without_its_shape_is_not_usable(answer: Any, shape: Any, reason: str) -> None:
    with pytest.raises(NotThisAPIError) as error:
        check(answer, shape)
    assert str(error.value) == f"the server's answer is not usable: {reason}"


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        ({"a": 2, "more": 1}, {"a": EVEN, "b?": EVEN}),
        (SUMMARY, answers.SUMMARIES["day"]),
        (HOURS, answers.HOURS),
        (OVERLAP, answers.OVERLAP),
        (PRESENCE, answers.PRESENCE),
        (MEETING, answers.MEETING),
    ],
)
def test_an_answer_of_its_shape_passes_with_keys_of_later_versions(answer: Any, shape: Any) -> None:
    check(answer, shape)


@pytest.mark.parametrize("seconds", [1e308, -1, float("nan"), float("inf"), 10**30, True, None, "60", [60]])
def test_seconds_are_a_number_that_can_be_shown(seconds: Any) -> None:
    member = SUMMARY["members"][1] | {"active_seconds": seconds}
    with pytest.raises(NotThisAPIError, match="/members/0/active_seconds is not a number of seconds"):
        check(SUMMARY | {"members": [member]}, answers.SUMMARIES["day"])


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00Z",
        "1969-11-30T00:00:00Z",
        "9999-12-31T00:00:00Z",
        "2026-11-16T12:00:00",
        "noon",
        5,
        None,
    ],
)
def test_a_time_has_an_offset_and_a_year_that_can_be_shown(time: Any) -> None:
    with pytest.raises(NotThisAPIError, match="/at is not a time with an offset, from 1970 to 9999"):
        check(PRESENCE | {"at": time}, answers.PRESENCE)


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        (OVERLAP | {"matrix": [[1, 2], [3, 4]]}, answers.OVERLAP),
        (OVERLAP | {"members": OVERLAP["members"][:1] * 3}, answers.OVERLAP),
        (MEETING | {"members": MEETING["members"][:1]}, answers.MEETING),
        (PRESENCE | {"at": "2026-11-16T11:00:00Z"}, answers.PRESENCE),
    ],
)
def test_the_parts_of_an_answer_agree(answer: Any, shape: Any) -> None:
    with pytest.raises(NotThisAPIError, match="it is not an answer "):
        check(answer, shape)
