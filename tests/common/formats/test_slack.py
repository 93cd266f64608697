"""Slack's users.list."""

import pytest

from ftlcommon.formats import FormatError, FoundUser, Skipped, slack
from tests.common.formats.conftest import bad, items, load


def test_slack_yields_people_with_their_real_names() -> None:
    assert items(slack.read, load("slack-users-list.json")) == [
        FoundUser("/members/0", "W012A3CDE", "Egon Spengler", "America/Los_Angeles"),
        FoundUser("/members/1", "W07QCRPA4", "Glinda Southgood", "America/Los_Angeles"),
    ]


def test_slack_skips_bots_and_deleted_accounts() -> None:
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


def test_slack_of_an_empty_list_yields_nothing() -> None:
    assert items(slack.read, {"ok": True, "members": []}) == []


def test_slack_refuses_an_answer_without_members() -> None:
    with pytest.raises(FormatError, match="users.list"):
        items(slack.read, {"ok": False, "error": "not_authed"})
