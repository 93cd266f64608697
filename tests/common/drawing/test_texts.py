"""Texts of a picture: escaped, measured and cut."""

from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.drawing.texts import cut, escaped, short, width_of


def test_texts_are_escaped_without_characters_that_xml_forbids() -> None:
    assert escaped('<a href="x">&\'</a>') == "&lt;a href=&quot;x&quot;&gt;&amp;&#x27;&lt;/a&gt;"
    assert escaped("a\x00\x1b\n\u202e\ud800\ufffe\uffffb") == "a" + "\ufffd" * 7 + "b"


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert cut("Maya Iyer", 200) == "Maya Iyer"
    shown = cut("Bartholomew Featherstonehaugh", 100)
    assert shown.startswith("Bartholomew")
    assert shown.endswith("…")
    assert width_of(shown) <= 100
    assert cut("x" * 100_000, 50).startswith("xxx")
    assert short("a" * 200) == "a" * 79 + "…"


def test_a_mark_stays_with_its_character() -> None:
    text = "e\u0301" * 30
    shown = cut(text, 60)
    assert len(shown) % 2 == 1  # pairs, and the ellipsis


def test_wide_characters_are_wider() -> None:
    assert width_of("名") > width_of("W") > width_of("n") > width_of("i") > width_of("\u0301") == 0
    assert width_of("n", bold=True) > width_of("n")


@given(st.text(max_size=60), st.floats(30, 300))
def test_a_cut_text_fits(text: str, width: float) -> None:
    assert width_of(cut(text, width)) <= width + 0.01
