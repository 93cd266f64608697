"""Levels and spark lines."""

from ftlclient.views.formatting import counted, level, spark_line


def test_levels_and_spark_lines_show_any_activity() -> None:
    assert level(0.001, ascii_only=False) == "▁"
    assert level(1, ascii_only=False) == "█"
    assert level(1, ascii_only=True) == "#"
    assert spark_line([0, 1, 8], ascii_only=False) == " ▂█"
    assert spark_line([], ascii_only=False) == ""
    assert spark_line([0, 0], ascii_only=True) == "  "


def test_counted_nouns_are_in_the_plural_unless_there_is_one() -> None:
    assert [counted(number, "interval") for number in (0, 1, 3, 1000)] == [
        "0 intervals",
        "1 interval",
        "3 intervals",
        "1,000 intervals",
    ]
