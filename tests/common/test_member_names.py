"""Whom a text names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.member_names import did_you_mean, folded, is_ambiguous, is_unknown, named

TEAM = [
    {"id": "jonas", "real_name": "Jonas Weber"},
    {"id": "maya", "real_name": "Maya Chen"},
    {"id": "W012A3CDE", "real_name": "Egon Spengler"},
    {"id": "amara@example.org", "real_name": "Amara Okafor", "aliases": ["amara@old.example"]},
]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("jonass", "jonas"),
        ("jnoas", "jonas"),
        ("onas weber", "Jonas Weber (jonas)"),
        ("Egon Spengle", "Egon Spengler (W012A3CDE)"),
        ("egno", "Egon Spengler (W012A3CDE)"),
        ("spangler", "Egon Spengler (W012A3CDE)"),
        ("W012A3CDF", "W012A3CDE"),
        ("amarra", "amara@example.org"),
        ("mayy", "maya"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_similar_names_are_found(text: str, meant: str) -> None:
    assert did_you_mean(text, TEAM) == (f"did you mean {meant}?" if meant else "")


def test_the_sentences_name_what_was_typed_and_what_to_do() -> None:
    assert is_unknown("member", "jonass", TEAM) == "no such member: jonass; did you mean jonas?"
    assert is_unknown("team", "x", []) == "no such team: x"
    assert is_ambiguous("a", TEAM[:2]) == "a may be Jonas Weber (jonas) or Maya Chen (maya); name one by its id"
    assert is_ambiguous("a", TEAM[:2], are_more=True).endswith(" or others; name one by its id")
    assert is_ambiguous("a", [{"id": str(n), "real_name": str(n)} for n in range(9)]) == (
        "a may be 0 or 1 or 2 or 3 or 4 or others; name one by its id"
    )
    hostile = [{"id": "i" * 1_000, "real_name": "\x1b[31m" * 1_000}] * 9
    assert len(is_ambiguous("\x1b" * 1_000, hostile)) < 2_000
    assert "\x1b" not in is_ambiguous("\x1b" * 1_000, hostile) + is_unknown("member", "\x1b" * 1_000, hostile)


texts = st.text("abAB é\u0301", max_size=4)
members = st.fixed_dictionaries({"id": texts, "real_name": texts, "aliases": st.lists(texts, max_size=2)})


@given(texts, st.lists(members, max_size=5))
def test_what_a_text_names_agrees_with_the_rule(text: str, candidates: list[dict[str, object]]) -> None:
    """An exact id, else what is equal but for its case, else what contains it."""

    def names(member: dict[str, object]) -> list[str]:
        return [folded(str(name)) for name in (member["id"], member["real_name"], *member["aliases"])]  # type: ignore[misc]

    steps = [
        [member for member in candidates if member["id"] == text],
        [member for member in candidates if folded(text) in names(member)],
        [member for member in candidates if any(folded(text) in name for name in names(member))],
    ]
    assert named(text, candidates) == next((found for found in steps if found), [])
