"""Times as people type them."""

import re
from datetime import datetime
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "times.md").read_text()
NOW = datetime.fromisoformat("2026-11-25T14:30:00+01:00")


def rows(head: str) -> list[list[str]]:
    """Return the cells of the table with that head."""
    table = PAGE.split(f"| {head} |")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def typed(cell: str) -> str:
    found = re.match(r"`(.*?)`", cell)
    assert found
    return found[1]


UNDERSTOOD = rows("typed | begins | ends before")
REFUSED = rows("typed | where | the answer says")


def test_the_page_has_40_texts_of_which_20_are_refused() -> None:
    assert (len(UNDERSTOOD), len(REFUSED)) == (20, 20)


def test_the_page_is_about_a_wednesday_in_berlin() -> None:
    assert f"{NOW:%A, %Y-%m-%d, %H:%M} in Europe/Berlin" in PAGE


@pytest.mark.parametrize(("cell", "begins", "ends"), UNDERSTOOD)
def test_each_row_names_what_is_typed(cell: str, begins: str, ends: str) -> None:
    assert typed(cell)
    assert re.match(r"2\d{3}-", begins)
    assert ends == "the same" or ends > begins
