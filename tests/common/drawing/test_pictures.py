"""What holds for every picture."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftlcommon import drawing
from ftlcommon.drawing import Heading, Picture
from ftlcommon.drawing.texts import width_of
from tests.common.drawing.conftest import (
    CLASSES,
    NAMES,
    NOW,
    PICTURES,
    SVG,
    activity,
    blocks,
    heading,
    presence,
    read,
    texts,
)
from tests.helpers import NAUGHTY

HOSTILE = [
    "</svg><script>alert(1)</script>",
    '" onload="alert(1)" x="',
    "<![CDATA[ ]]> &amp; <!-- -->",
    "url(javascript:alert(1)) https://example.org/",
    "\x00\x1b[31m\u202e\ud800\ufffe\uffff",
    "名" * 60,
    "é" + "\u0301" * 50,
    "",
    " ",
]


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("names", [NAMES, NAMES[:1], (), [*HOSTILE, *HOSTILE], [f"Member {n}" for n in range(60)]])
def test_a_picture_is_rectangles_and_texts_within_its_edges(name: str, names: list[str]) -> None:
    picture = PICTURES[name](names)
    root = read(picture)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "title", "style", "rect", "text"}
    for element in root.iter():
        assert set(element.keys()) <= {"class", "x", "y", "width", "height", "viewBox", "role", "aria-label"}
        assert set(element.get("class", "").split()) <= CLASSES
    for block in blocks(picture):
        assert block.width >= 0
        assert block.height >= 0
        assert block.x >= -0.1
        assert block.x + block.width <= picture.width + 0.1
        assert block.y >= 0
        assert block.y + block.height <= picture.height + 0.1
    for text in root.iter(f"{SVG}text"):
        assert 0 < float(text.get("y", "")) < picture.height
        assert 0 <= float(text.get("x", "")) <= picture.width


@pytest.mark.parametrize("name", PICTURES)
def test_texts_do_not_reach_beyond_the_edge(name: str) -> None:
    picture = PICTURES[name](
        [*NAMES, "A name that is longer than any column of a picture would ever be", "名" * 60]
    )
    for text in read(picture).iter(f"{SVG}text"):
        kinds, x = text.get("class", "").split(), float(text.get("x", ""))
        title = text.find(f"{SVG}title")
        words = (text.text or "") + ("" if title is None else title.tail or "")
        size = 16 if "head" in kinds else 11 if "small" in kinds else 12
        width = width_of(words, size, bold="bold" in kinds or "head" in kinds)
        left = x - width if "end" in kinds else x - width / 2 if "mid" in kinds else x
        assert left >= -1, words
        assert left + width <= picture.width + 1, words


@settings(max_examples=30)
@given(
    st.sampled_from(sorted(PICTURES)),
    st.lists(st.text(max_size=40) | st.sampled_from([*HOSTILE, *NAUGHTY]), max_size=4),
)
def test_a_picture_is_well_formed_whatever_the_names_are(name: str, names: list[str]) -> None:
    picture = PICTURES[name](names)
    svg = picture.svg()
    root = read(picture)
    assert root.get("viewBox") == f"0 0 {picture.width} {picture.height}"
    assert " style=" not in re.sub(r">[^<]*<|\"[^\"]*\"", "", svg)
    assert not re.search(r"<(script|a|image|use|foreignObject|animate)\b", svg)
    assert all(title.text is None or len(title.text) < 600 for title in root.iter(f"{SVG}title"))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("name", PICTURES)
def test_an_embedded_picture_needs_nothing_but_the_pages_stylesheet(name: str) -> None:
    page = _Page()
    page.feed(PICTURES[name](HOSTILE).embedded())
    assert page.tags <= {"svg", "rect", "text", "title"}
    assert page.attributes <= {"class", "x", "y", "width", "height", "viewbox", "role", "aria-label"}


def test_the_stylesheet_has_no_address_and_its_hash_matches() -> None:
    digest = base64.b64encode(hashlib.sha256(drawing.STYLE.encode()).digest()).decode()
    assert f"'sha256-{digest}'" == drawing.STYLE_HASH
    assert not re.search(r"url\(|@import|//|<|&", drawing.STYLE)
    style = read(drawing.badge("a", "b")).findtext(f"{SVG}style")
    assert style == drawing.STYLE
    selectors = re.findall(r"^(\..*?) \{", drawing.STYLE, re.MULTILINE)
    assert all(part.strip().startswith(".ftl") for selector in selectors for part in selector.split(","))


def test_each_class_has_a_colour_in_both_themes() -> None:
    light, _, dark = drawing.STYLE.partition("@media")

    def coloured(style: str) -> set[str]:
        rules = re.findall(r"^([^{}@]+)\{ fill:", style, re.MULTILINE)
        return {name for rule in rules for name in re.findall(r"\.ftl \.?([a-z0-9]+)", rule)}

    # White on a green badge is as readable in both.
    assert coloured(light) - coloured(dark) == {"on"}
    assert coloured(dark) <= coloured(light)


def test_the_heading_names_window_zone_and_team() -> None:
    answer = activity()
    picture = drawing.timeline(answer, Heading.of("Active time", answer, "Europe/Berlin", "Back end"))
    assert texts(picture)[:2] == ["Active time", "Mon 2026-11-16 · Europe/Berlin · team Back end"]
    assert picture.title == "Active time, Mon 2026-11-16, Europe/Berlin, team Back end"
    assert texts(drawing.timeline(answer, heading(answer, None)))[1] == (
        "Sun 2026-11-15 23:00 to Mon 2026-11-16 23:00 UTC · each member's own clock"
    )
    assert texts(drawing.board(presence(), heading(presence())))[1] == "Mon 2026-11-16 11:00 · Europe/Berlin"


def test_the_most_active_fifty_are_drawn_and_the_others_counted() -> None:
    answer = activity([f"Member {number}" for number in range(60)])
    for number in (3, 7):
        answer["members"][number]["activity_periods"] = []
    answer["omitted"] = {"inactive": 841, "beyond_limit": 5}
    drawn = texts(drawing.timeline(answer, heading(answer), now=NOW))
    names = [text for text in drawn if text.startswith("Member")]
    assert len(names) == 50
    assert not {"Member 3", "Member 7"} & set(names)
    assert names == sorted(names, key=lambda name: int(name.split()[1]))
    assert drawn[-1] == (
        "Not shown: 10 who were less active than these 50, 5 beyond the limit, 841 members without activity"
    )


def test_members_of_the_same_name_are_told_apart() -> None:
    answer = activity(["Ann", "Ann", "Bob"])
    assert {"Ann m0", "Ann m1", "Bob"} <= set(texts(drawing.timeline(answer, heading(answer))))


def test_a_badge_is_as_wide_as_its_texts() -> None:
    short, long = drawing.badge("active", "3 of 10"), drawing.badge("active", "3 of 10 members of the team")
    assert short.height == long.height == 20
    assert short.width < long.width < 400
    assert [block.kind for block in blocks(short)] == ["paper", "label", "active"]
    assert [block.kind for block in blocks(drawing.badge("active", "no one", is_active=False))][-1] == "idle"
    assert drawing.badge("x" * 5000, "y" * 5000).width < 450
    assert isinstance(short, Picture)
