"""What a question may cost is counted before it is answered."""

import pytest
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain.user import User
from ftlserver.questions import limits
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import ask

QUESTIONS = ["summary", "overlap", "coverage", "rest", "presence", "hours", "meeting", "clock-changes"]
DAY = 24 * instants.HOUR


@pytest.fixture
def large(sqlite_storage: Storage) -> TestApp:
    """Return an application about four members, each active in every one of the last ten hours."""
    users = [User(f"u{number}", "U", "UTC") for number in range(4)]
    now = instants.now()
    rows = [
        (user.id, now - hour * instants.HOUR - instants.MINUTE, now - hour * instants.HOUR, 0, 0)
        for user in users
        for hour in range(1, 11)
    ]
    sqlite_storage.bulk_import.store(users, rows)
    return TestApp(create_app(sqlite_storage))


def refusal(app: TestApp, question: str, **document: object) -> tuple[int, str, str]:
    response = app.post_json(f"/api/{question}/", document, status=400)
    return response.json["max"], response.json["error"], response.json["message"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_too_many_periods_is_refused(
    large: TestApp, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    monkeypatch.setattr(limits, "PERIODS", 39)
    message = "this is too much at once: more than 39 periods; ask about fewer members or a shorter window"
    assert refusal(large, question, all=True) == (39, "too_much", message)
    assert ask(large, question, id_list=["u0", "u1", "u2"])["members"]


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_too_many_members_is_refused(
    sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    most = {
        "overlap": limits.MEMBERS_OF_OVERLAP,
        "coverage": limits.MEMBERS_OF_OVERLAP,
        "meeting": limits.MEMBERS_OF_MEETING,
        "clock-changes": limits.MEMBERS_OF_MEETING,
    }.get(question, limits.MEMBERS)
    sqlite_storage.bulk_import.store([User(f"u{number}", "U", "UTC") for number in range(most + 1)], [])
    app = TestApp(create_app(sqlite_storage))
    message = f"this is too much at once: more than {most:,} members; name fewer"
    assert refusal(app, question, all=True) == (most, "too_much", message)
    sqlite_storage.users.delete("u0")
    assert len(ask(app, question, all=True)["members"]) == most


def test_an_overlap_of_too_many_members_with_too_many_periods_is_refused(
    large: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "COMPARISONS", 159)
    assert refusal(large, "overlap", all=True)[:2] == (159, "too_much")
    assert ask(large, "overlap", id_list=["u0", "u1", "u2"])["overlap_seconds"] == 600


def test_an_overlap_whose_intervals_have_too_many_members_is_refused(
    large: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ATTENDANCES", 39)
    limit, code, message = refusal(large, "overlap", all=True)
    assert (limit, code) == (39, "too_much")
    assert message.endswith("ask about fewer members or a shorter window, or with a larger min_members")
    assert len(ask(large, "overlap", id_list=["u0", "u1", "u2"])["stretches"]) == 10


def test_an_overlap_of_too_many_intervals_is_refused(large: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "INTERVALS", 9)
    limit, code, message = refusal(large, "overlap", id_list=["u0", "u1", "u2"])
    assert (limit, code) == (9, "too_much")
    assert "more than 9 intervals" in message


def test_a_summary_of_too_many_days_is_refused(large: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DAYS", 12)
    window = {"from": "2020-01-01", "to": "2020-01-05", "tz": "UTC"}
    assert refusal(large, "summary", all=True, **window)[:2] == (12, "too_much")
    assert len(ask(large, "summary", id_list=["u0", "u1", "u2"], **window)["members"]) == 3


def test_a_coverage_of_too_many_gaps_or_comparisons_is_refused(
    large: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(ask(large, "coverage", all=True)["gaps"]) == 10
    monkeypatch.setattr(limits, "INTERVALS", 9)
    limit, code, message = refusal(large, "coverage", all=True)
    assert (limit, code) == (9, "too_much")
    assert "more than 9 gaps" in message
    monkeypatch.setattr(limits, "COMPARISONS", 159)
    assert refusal(large, "coverage", all=True)[:2] == (159, "too_much")
