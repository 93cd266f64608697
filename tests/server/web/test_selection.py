"""Which members a question is about: those who were active, the first of an order, all but some."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain.user import User
from ftlserver.questions import limits
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.web.app import create_app
from tests.helpers import EGON, GLINDA, ask, few_examples, make_period, refused

WINDOWED = ["loguseractivity", "summary", "overlap", "coverage", "rest", "hours", "meeting", "clock-changes"]
HOUR = instants.HOUR
BASE = 1_780_272_000 * instants.SECOND  # 2026-06-01T00:00Z
WINDOW = {"from": "2026-06-01T00:00:00Z", "to": "2026-06-03T00:00:00Z", "tz": "UTC"}

PEOPLE = [
    User("ann", "Ann Zorn", "UTC"),
    User("bob", "Bob Young", "Asia/Tokyo"),
    User("cat", "Äpfel Cat", "UTC"),
    User("dan", "dan abel", "UTC"),
    User("renovate[bot]".replace("[", "_").replace("]", "_"), "renovate[bot]", "UTC"),
]
BOT = PEOPLE[-1].id


def store(storage: Storage, **spans: list[tuple[float, float]]) -> None:
    """Store PEOPLE with the periods between those hours of the window."""
    periods = [
        make_period(user_id, BASE + int(start * HOUR), BASE + int(end * HOUR))
        for user_id, pairs in spans.items()
        for start, end in pairs
    ]
    storage.bulk_import.store(PEOPLE, periods)


@pytest.fixture
def people(storage: Storage) -> TestApp:
    store(
        storage,
        ann=[(1, 3), (2, 4)],  # three hours; overlapping time counts once
        bob=[(-2, 1), (10, 12), (47, 60)],  # four hours in the window
        cat=[(-5, 0)],  # ends as the window begins
        dan=[(5, 8)],
        **{BOT: [(0, 48)]},
    )
    return TestApp(create_app(storage))


def ids(answer: Any) -> list[str]:
    return [member["id"] for member in answer["members"]]


@pytest.mark.parametrize("question", WINDOWED)
@pytest.mark.parametrize(
    ("selected", "found", "omitted"),
    [
        ({"active_only": True}, ["ann", "bob", "dan", BOT], (1, 0)),
        ({"active_only": False}, ["ann", "bob", "cat", "dan", BOT], (0, 0)),
        ({"order": "active"}, [BOT, "bob", "ann", "dan", "cat"], (0, 0)),
        ({"order": "name"}, ["ann", "bob", "dan", BOT, "cat"], (0, 0)),
        ({"order": "id"}, ["ann", "bob", "cat", "dan", BOT], (0, 0)),
        ({"active_only": True, "order": "active", "limit": 2}, [BOT, "bob"], (1, 2)),
        ({"limit": 3}, ["ann", "bob", "cat"], (0, 2)),
        ({"exclude": ["*[[]BOT]", "d?n"], "order": "active", "limit": 1}, ["bob"], (0, 2)),
        ({"exclude": ["*"], "active_only": True}, [], (0, 0)),
    ],
)
def test_a_question_is_about_the_members_it_selects(
    people: TestApp, question: str, selected: dict[str, Any], found: list[str], omitted: tuple[int, int]
) -> None:
    answer = ask(people, question, all=True, **WINDOW, **selected)
    assert ids(answer) == found
    assert answer["omitted"] == {"inactive": omitted[0], "beyond_limit": omitted[1]}
    assert "not_found" not in answer
    if question == "overlap":
        assert len(answer["matrix"]) == len(found)


@pytest.mark.parametrize("question", WINDOWED)
def test_ids_are_selected_from_too_and_unknown_ones_are_named(people: TestApp, question: str) -> None:
    document = {"id_list": ["x", "dan", "cat", "ann", "y"], **WINDOW, "active_only": True, "exclude": ["y", "nn"]}
    answer = ask(people, question, **document)
    assert ids(answer) == ["dan", "ann"]
    assert (answer["not_found"], answer["omitted"]) == (["x", "y"], {"inactive": 1, "beyond_limit": 0})


@pytest.mark.parametrize("question", [*WINDOWED, "presence"])
def test_the_members_that_are_selected_are_answered_as_if_they_had_been_named(
    people: TestApp, question: str
) -> None:
    window = {"at": "2026-06-01T11:00:00Z"} if question == "presence" else WINDOW
    for more in ({}, {"time_format": "iso"}, {"time_format": "display"}):
        selected = ask(people, question, all=True, order="name", exclude=["cat"], **window, **more)
        named = ask(people, question, id_list=ids(selected), **window, **more)
        assert json.dumps({**selected, "omitted": None}) == json.dumps({**named, "omitted": None})


def test_without_a_window_the_order_is_that_of_all_activity(people: TestApp) -> None:
    for question in ("loguseractivity", "summary"):
        answer = ask(people, question, all=True, order="active", active_only=True)
        assert ids(answer) == [BOT, "bob", "cat", "ann", "dan"]
        assert ("window" in answer) == (question == "summary")


def test_presence_is_about_those_who_were_active_within_a_week_the_last_ones_first(people: TestApp) -> None:
    more = {"all": True, "active_only": True, "order": "active"}
    assert ids(ask(people, "presence", at="2026-06-01T11:00:00Z", **more)) == [BOT, "bob", "dan", "ann", "cat"]
    assert ids(ask(people, "presence", at="2026-06-01T06:00:00Z", **more)) == [BOT, "dan", "ann", "bob", "cat"]
    answer = ask(people, "presence", at="2026-06-09T11:00:00Z", **more)
    assert (ids(answer), answer["omitted"]) == ([BOT, "bob"][::-1], {"inactive": 3, "beyond_limit": 0})
    assert answer["members"][0]["last_active"] == "2026-06-03T21:00:00+09:00"


def test_limits_apply_to_the_members_that_remain(people: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MEMBERS_OF_MEETING", 2)
    monkeypatch.setattr(limits, "PERIODS", 6)
    assert refused(people, "meeting", all=True, **WINDOW)[:2] == (400, "too_much")
    assert ids(ask(people, "meeting", all=True, limit=2, **WINDOW)) == ["ann", "bob"]
    assert ids(ask(people, "summary", all=True, exclude=["bob"], **WINDOW)) == ["ann", "cat", "dan", BOT]
    # All are read to be ordered.
    assert refused(people, "summary", all=True, order="active", limit=1, **WINDOW)[:2] == (400, "too_much")
    monkeypatch.setattr(limits, "CANDIDATES", 4)
    assert refused(people, "summary", all=True, limit=1, **WINDOW)[:2] == (400, "too_much")


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"active_only": "yes"}, "/active_only"),
        ({"active_only": 1}, "/active_only"),
        ({"order": "size"}, "/order"),
        ({"order": None}, "/order"),
        ({"limit": 0}, "/limit"),
        ({"limit": 10_001}, "/limit"),
        ({"limit": True}, "/limit"),
        ({"limit": "5"}, "/limit"),
        ({"exclude": "x"}, "/exclude"),
        ({"exclude": [1]}, "/exclude"),
        ({"exclude": ["x"] * 21}, "/exclude"),
        ({"exclude": ["x" * 201]}, "/exclude"),
    ],
)
def test_a_selection_that_cannot_be_read_is_refused(
    people: TestApp, document: dict[str, Any], pointer: str
) -> None:
    for question in ("loguseractivity", "summary", "presence"):
        assert refused(people, question, all=True, **document) == (400, "invalid_argument", pointer)


def test_a_link_selects_too_and_a_page_of_all_users_does_not(app: TestApp) -> None:
    link = f"/api/loguseractivity/?id={GLINDA.id}&id={EGON.id}"
    answer = app.get(f"{link}&active_only=true&order=id").json
    assert (ids(answer), answer["omitted"]) == ([EGON.id, GLINDA.id], {"inactive": 0, "beyond_limit": 0})
    for query in ("active_only=true", "order=id"):
        response = app.get(f"/api/loguseractivity/?{query}", expect_errors=True)
        assert (response.status_int, response.json["error"]) == (400, "unknown_field")


hours = st.integers(-60, 108)
spans = st.lists(st.tuples(hours, st.integers(1, 40)), max_size=6)


@pytest.mark.slow
@few_examples
@given(
    st.fixed_dictionaries({user.id: spans for user in PEOPLE}),
    st.sampled_from([None, "active", "name", "id"]),
    st.booleans(),
    st.none() | st.integers(1, 6),
    st.lists(st.sampled_from(["a*", "*a*", "?ob", "*Y*", "zorn"]), max_size=2),
)
def test_selecting_agrees_with_a_look_at_every_hour(
    storage: Storage,
    active: dict[str, list[tuple[int, int]]],
    order: str | None,
    active_only: bool,
    limit: int | None,
    patterns: list[str],
) -> None:
    for user in PEOPLE:
        if storage.users.find(user.id):
            storage.users.delete(user.id)
    store(
        storage, **{user: [(start, start + length) for start, length in pairs] for user, pairs in active.items()}
    )
    found = {
        user: {hour for start, length in pairs for hour in range(start, start + length) if 0 <= hour < 48}
        for user, pairs in active.items()
    }
    wanted = [
        user
        for user in sorted(PEOPLE, key=lambda user: user.id)
        if not any(
            fnmatchcase(text.casefold(), pattern.casefold())
            for pattern in patterns
            for text in (user.id, user.real_name)
        )
    ]
    inactive = [user for user in wanted if active_only and not found[user.id]]
    wanted = [user for user in wanted if user not in inactive]
    if order == "active":
        wanted.sort(key=lambda user: -len(found[user.id]))
    elif order == "name":
        wanted.sort(key=lambda user: user.real_name.casefold())
    kept = wanted if limit is None else wanted[:limit]
    document = {"active_only": active_only, "order": order, "limit": limit, "exclude": patterns or None}
    selected = {name: value for name, value in document.items() if value is not None}
    answer = ask(TestApp(create_app(storage)), "summary", all=True, **WINDOW, **selected)
    assert ids(answer) == [user.id for user in kept]
    assert answer["omitted"] == {"inactive": len(inactive), "beyond_limit": len(wanted) - len(kept)}
    assert [member["active_seconds"] for member in answer["members"]] == [len(found[u.id]) * 3_600 for u in kept]


def test_who_left_before_the_window_is_left_out_of_all_active_members_alone(
    people: TestApp, storage: Storage
) -> None:
    with transaction(storage.database, write=True):
        storage.users.table.update({"id": "ann", "left_at": BASE - 1}, ["id"])
        storage.users.table.update({"id": "bob", "left_at": BASE}, ["id"])
    answer = ask(people, "summary", all=True, active_only=True, **WINDOW)
    assert (ids(answer), answer["omitted"]) == (["bob", "dan", BOT], {"inactive": 2, "beyond_limit": 0})
    assert "ann" in ids(ask(people, "summary", all=True, order="active", **WINDOW))
    assert ids(ask(people, "summary", id_list=["ann"], active_only=True, **WINDOW)) == ["ann"]
    assert "ann" in ids(ask(people, "summary", all=True, active_only=True))
    there = {
        member["id"]: member.get("left_at")
        for member in ask(people, "presence", all=True, at=WINDOW["from"])["members"]
    }
    assert (there["ann"], there["bob"], there["cat"]) == (
        "2026-05-31T23:59:59.999999+00:00",
        "2026-06-01T09:00:00+09:00",
        None,
    )


@pytest.mark.parametrize("question", [*WINDOWED, "presence"])
def test_an_alias_is_not_found_and_says_whose_it_is(people: TestApp, storage: Storage, question: str) -> None:
    with transaction(storage.database, write=True):
        storage.aliases.table.insert({"alias": "old", "user_id": "ann"})
    for more in ({}, {"time_format": "iso"}, {"limit": 1}):
        answer = ask(people, question, id_list=["old", "bob", "absent"], **more)
        assert (ids(answer), answer["not_found"], answer["renamed_to"]) == (
            ["bob"],
            ["old", "absent"],
            {"old": "ann"},
        )
    assert "renamed_to" not in ask(people, question, id_list=["bob", "absent"])


@pytest.mark.parametrize("question", WINDOWED)
def test_an_answer_about_nobody_has_the_window_that_was_asked_about(people: TestApp, question: str) -> None:
    for about in ({"all": True, "exclude": ["*"]}, {"id_list": ["absent"]}):
        window = ask(people, question, **about, **WINDOW)["window"]
        assert (window["from"], window["to"]) == (WINDOW["from"], WINDOW["to"])
        window = ask(people, question, **about, **{"from": "2026-06-01", "to": "2026-06-03"})["window"]
        assert (window["from"], window["to"]) == (WINDOW["from"], WINDOW["to"])
