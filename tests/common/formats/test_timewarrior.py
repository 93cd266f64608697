"""Timewarrior's export."""

import pytest

from ftlcommon.formats import FormatError, FoundPeriod, Skipped, timewarrior
from tests.common.formats.conftest import bad, items, load


def test_timewarrior_yields_intervals_and_skips_the_running_one() -> None:
    found = items(timewarrior.read, load("timewarrior-export.json"))
    assert found[0] == FoundPeriod("/0", None, "20261024T233000Z", "20261025T033000Z")
    assert len(found) == 5
    assert found[-1] == Skipped("still running")


def test_timewarrior_reports_bad_intervals() -> None:
    same = {"start": "20261024T233000Z", "end": "20261024T233000Z"}
    found = items(timewarrior.read, [same, 5, {}, {"start": "x"}, {"start": "x", "end": 5}])
    assert [found[0], found[3]] == [Skipped("with zero length"), Skipped("still running")]
    assert [text.split(": ")[0] for text in bad(found)] == ["/1", "/2", "/4"]


@pytest.mark.parametrize("document", [{}, {"start": "x"}, {"a": {"start": "20261024T233000Z", "end": None}}, 5])
def test_timewarrior_refuses_another_file(document: object) -> None:
    with pytest.raises(FormatError, match="Timewarrior"):
        items(timewarrior.read, document)
