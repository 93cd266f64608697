"""Finding users by a part of their id, name or alias."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain.user import Match, User, folded
from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.web.app import create_app
from tests.helpers import EGON, GLINDA, check_shape, make_token

PEOPLE = [
    EGON,
    GLINDA,
    User("egon", "Ego Nomen", "UTC"),
    User("x.egon@example.org", "Xaver Ünal", "UTC"),
    User("y", "egon", "UTC"),
    User("strasse", "Anna Straße", "UTC"),
    User("jose", "Jose\u0301 Lo\u0301pez", "UTC"),  # as macOS writes it
    User("wild", "100% _sure_", "UTC"),
]


@pytest.fixture
def people(storage: Storage) -> TestApp:
    storage.bulk_import.store(PEOPLE, [])
    return TestApp(create_app(storage))


def find(app: TestApp, text: str, **more: str) -> Any:
    response = app.get("/api/users/", {"query": text, **more}, expect_errors=True)
    check_shape(response)
    return response.json


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("egon", ["egon", "y", "W012A3CDE", "x.egon@example.org"]),
        ("EGON SPENGLER", ["W012A3CDE"]),
        ("w012", ["W012A3CDE"]),
        ("org", ["x.egon@example.org"]),
        ("an", ["strasse"]),
        ("x", ["x.egon@example.org"]),
        ("ünal", ["x.egon@example.org"]),
        ("ÜNAL", ["x.egon@example.org"]),
        ("STRASSE", ["strasse"]),
        ("straße", ["strasse"]),
        ("josé", ["jose"]),
        ("%", ["wild"]),
        ("_", ["wild"]),
        ("\\", []),
        ("nobody", []),
        ("", sorted(user.id for user in PEOPLE)),
    ],
)
def test_a_query_finds_parts_of_ids_and_names_exact_ones_first(people: TestApp, text: str, ids: list[str]) -> None:
    answer = find(people, text)
    assert [member["id"] for member in answer["members"]] == ids
    assert all(member.keys() == {"id", "real_name", "tz"} for member in answer["members"])


def test_what_is_found_comes_in_pages(people: TestApp) -> None:
    for text, count in (("e", 1), ("egon", 2), ("", 3)):
        whole = find(people, text)["members"]
        pages: list[Any] = []
        more: dict[str, str] = {}
        while True:
            answer = find(people, text, limit=str(count), **more)
            pages += answer["members"]
            assert len(answer["members"]) <= count
            if "response_metadata" not in answer:
                break
            more = {"cursor": answer["response_metadata"]["next_cursor"]}
        assert pages == whole


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("query=a%00", "invalid_argument"),
        ("query=" + "a" * 201, "invalid_argument"),
        ("query=%ff", "invalid_argument"),
        ("query=a&query=b", "invalid_argument"),
        ("query=a&limit=0", "invalid_argument"),
        ("query=a&cursor=MTp1MA", "invalid_cursor"),  # of the list of all users
        ("query=a&tz=UTC", "unknown_field"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(people: TestApp, query: str, error: str) -> None:
    response = people.get(f"/api/users/?{query}", expect_errors=True)
    check_shape(response)
    assert (response.status_int, response.json["error"]) == (400, error)


def test_the_cursor_of_a_query_is_not_one_of_the_list(people: TestApp) -> None:
    cursor = find(people, "e", limit="1")["response_metadata"]["next_cursor"]
    assert people.get(f"/api/users/?cursor={cursor}", expect_errors=True).json["error"] == "invalid_cursor"


def test_a_bound_token_finds_only_its_own_users(sqlite_storage: Storage) -> None:
    sqlite_storage.bulk_import.store(PEOPLE, [])
    app = TestApp(create_app(sqlite_storage))
    bound = make_token(sqlite_storage, "read", users=(EGON.id, "y", "absent"))
    for text, ids in (("egon", ["y", EGON.id]), ("", [EGON.id, "y"]), ("jose", []), ("absent", [])):
        answer = app.get("/api/users/", {"query": text}, headers=bound).json
        assert [member["id"] for member in answer["members"]] == ids
    assert app.get("/api/users/", headers=bound, expect_errors=True).status_int == 403
    writer = make_token(sqlite_storage, "write")
    assert app.get("/api/users/", {"query": "egon"}, headers=writer, expect_errors=True).status_int == 403


words = st.text(st.characters(codec="utf-8", categories=["L", "M", "Z"]), min_size=1, max_size=6)


@given(st.lists(words, min_size=2, max_size=2), words)
def test_a_match_is_a_part_without_regard_to_case(names: list[str], text: str) -> None:
    user = User("id", names[0], "UTC")
    found = Match.of(folded(text), user, [names[1]])
    texts = [folded(name) for name in ("id", *names)]
    assert (found is not None) == any(folded(text) in whole for whole in texts)
    if found is not None:
        if folded(text) in texts:
            assert found.kind == "exact"
        else:
            around = [whole.split(folded(text)) for whole in texts if folded(text) in whole]
            assert found.kind == "part" or any(len(pieces) > 1 for pieces in around)
        assert found.aliases == ([names[1]] if folded(text) in folded(names[1]) else [])
        assert (
            Match.of(folded(text.swapcase()), user, [names[1]]) is not None or text != text.swapcase().swapcase()
        )


def test_a_user_is_found_by_an_alias_which_is_named(people: TestApp, storage: Storage) -> None:
    with transaction(storage.database, write=True):
        for alias, user_id in (("egon@old.example", "y"), ("other@old.example", "y"), ("anna", "strasse")):
            storage.database.table("user_aliases").insert({"alias": alias, "user_id": user_id})
    (found,) = find(people, "OLD.example")["members"]
    assert (found["id"], found["aliases"]) == ("y", ["egon@old.example", "other@old.example"])
    assert [member["id"] for member in find(people, "egon@old.example")["members"]] == ["y"]
    assert find(people, "anna")["members"][0]["aliases"] == ["anna"]
    assert "aliases" not in find(people, "straße")["members"][0]


def test_whole_words_come_before_other_parts(storage: Storage) -> None:
    names = {
        "a": "Joanna",
        "b": "Anna Berg",
        "c": "Hannah",
        "d.anna@x": "D",
        "e": "anna",
        "anna": "E",
        "f": "Mary-anna",
    }
    storage.users.add_new([User(user_id, name, "UTC") for user_id, name in names.items()])
    app = TestApp(create_app(storage))
    ids = [member["id"] for member in find(app, "anna")["members"]]
    assert ids == ["anna", "e", "b", "d.anna@x", "f", "a", "c"]
    pages = []
    more: dict[str, str] = {}
    for _ in range(4):
        answer = find(app, "ANNA", limit="2", **more)
        pages += [member["id"] for member in answer["members"]]
        more = {"cursor": answer.get("response_metadata", {}).get("next_cursor", "")}
    assert pages == ids
