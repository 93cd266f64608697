"""Slack's users.list."""

import pytest

from ftlcommon.formats import FormatError, FoundLeaver, FoundUser, Notice, Skipped, slack
from tests.common.formats.conftest import bad, items, load


def test_slack_yields_people_with_their_real_names() -> None:
    *people, notice = items(slack.read, load("slack-users-list.json"))
    assert people == [
        FoundUser("/members/0", "W012A3CDE", "Egon Spengler", "America/Los_Angeles"),
        FoundUser("/members/1", "W07QCRPA4", "Glinda Southgood", "America/Los_Angeles"),
    ]
    assert isinstance(notice, Notice)


def test_slack_skips_bots_and_tells_who_has_left() -> None:
    people = [
        {"id": "B1", "is_bot": True, "name": "b"},
        {"id": "B2", "is_bot": True, "name": "b", "deleted": True},
        {"id": "USLACKBOT", "is_bot": False, "name": "slackbot", "tz": "UTC"},
        {"id": "D1", "deleted": True, "name": "d"},
        {"id": "D2", "deleted": True},
        {"id": "P1", "tz": "Europe/Kiev", "name": "p", "real_name": ""},
    ]
    assert items(slack.read, {"members": people}) == [
        *[Skipped("bots")] * 3,
        FoundLeaver("/members/3", "D1"),
        FoundLeaver("/members/4", "D2"),
        FoundUser("/members/5", "P1", "p", "Europe/Kiev"),
    ]


@pytest.mark.parametrize("zone", [{}, {"tz": None}, {"tz": ""}])
def test_somebody_without_a_zone_is_skipped(zone: dict[str, object]) -> None:
    people = [{"id": "P1", "name": "p", **zone}, {"id": "P2", "name": "q", "tz": "UTC"}]
    assert items(slack.read, {"members": people}) == [
        Skipped("without a time zone"),
        FoundUser("/members/1", "P2", "q", "UTC"),
    ]


def test_slack_names_members_that_are_none() -> None:
    people = [
        {"id": "P1", "name": "p", "tz": 5},
        "P2",
        {"name": "p", "tz": "UTC"},
        {"id": 3, "name": "p", "deleted": True},
        {"id": "P5", "tz": "UTC"},
    ]
    found = items(slack.read, {"members": people})
    assert [text.split(":")[0] for text in bad(found)] == [f"/members/{number}" for number in range(5)]


@pytest.mark.parametrize("order", [1, -1])
def test_a_list_that_goes_on_is_noticed(order: int) -> None:
    fields = [
        ("ok", True),
        ("members", [{"id": "P1", "name": "p", "tz": "UTC", "response_metadata": {"next_cursor": "x"}}]),
        ("response_metadata", {"next_cursor": "dXNlcjpVMEc5V0ZYTlo=", "messages": [{"next_cursor": "x"}]}),
    ]
    *people, notice = items(slack.read, dict(fields[::order]))
    assert people == [FoundUser("/members/0", "P1", "p", "UTC")]
    assert isinstance(notice, Notice)
    assert "next_cursor" in notice.text


@pytest.mark.parametrize(
    "metadata", [{"next_cursor": ""}, {"next_cursor": None}, {"warnings": ["x"]}, [], None, "x"]
)
def test_a_list_that_ends_is_not_noticed(metadata: object) -> None:
    person = {"id": "P1", "name": "p", "tz": "UTC"}
    for document in (
        {"response_metadata": metadata, "members": [person]},
        {"members": [person], "response_metadata": metadata},
    ):
        assert items(slack.read, document) == [FoundUser("/members/0", "P1", "p", "UTC")]


def test_slack_of_an_empty_list_yields_nothing() -> None:
    assert items(slack.read, {"ok": True, "members": []}) == []


def test_slack_refuses_an_answer_without_members() -> None:
    with pytest.raises(FormatError, match="users.list"):
        items(slack.read, {"ok": False, "error": "not_authed"})
