"""Text from outside, made safe."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.terminal import escaped, safe
from tests.common.conftest import STEERS
from tests.conftest import DATA


def test_what_steers_a_terminal_is_replaced() -> None:
    assert safe("a" + "".join(STEERS) + "b") == "a" + "\ufffd" * len(STEERS) + "b"


def test_names_of_the_world_are_left_alone() -> None:
    for name in ("Zoë", "李小龍", "علی‌رضا", "नरेन्द्र", "👩‍👩‍👧", "[bold]Bob[/bold]", "O'Brien"):
        assert safe(name) == name


@given(st.text())
def test_json_keeps_its_meaning_and_loses_what_steers(text: str) -> None:
    shown = escaped(json.dumps({text: [text]}, ensure_ascii=False, indent=2))
    assert json.loads(shown) == {text: [text]}
    assert not set(shown) & (STEERS - {"\n"})


def test_naughty_strings_come_out_without_anything_that_steers() -> None:
    for text in json.loads((DATA / "naughty-strings.json").read_text()):
        assert not set(safe(text)) & STEERS
