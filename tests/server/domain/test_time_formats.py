"""The wire formats: display and iso, written and read."""

import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain import instants, time_formats, timezones
from ftlserver.errors import InvalidValueError, LocalTimeError
from tests.helpers import at, instants_to_2100, zones


def test_an_offset_with_seconds_is_rounded_for_rfc_3339_and_read_back_exactly() -> None:
    monrovia = timezones.zone("Africa/Monrovia")
    instant = at("1971-06-01T12:00:00Z")
    assert timezones.offset_at(instant, monrovia) == -2670
    assert time_formats.iso(instant, -2670) == "1971-06-01T11:16:00-00:44"
    assert time_formats.parse("1971-06-01T11:16:00-00:44", monrovia) == (instant, -2670)


@given(instants_to_2100, zones)
def test_iso_is_read_back_to_the_microsecond(instant: int, tz: ZoneInfo) -> None:
    offset = timezones.offset_at(instant, tz)
    assert time_formats.parse(time_formats.iso(instant, offset), tz) == (instant, offset)


@given(instants_to_2100, zones)
def test_display_is_read_back_to_the_minute_unless_the_wall_clock_was_ambiguous(
    instant: int, tz: ZoneInfo
) -> None:
    offset = timezones.offset_at(instant, tz)
    text = time_formats.display(instant, offset)
    minute = instant - (instant + offset * instants.SECOND) % instants.MINUTE
    try:
        assert time_formats.parse(text, tz)[0] == minute
    except LocalTimeError as exc:
        choices = [time_formats.parse(choice, tz)[0] for choice in exc.choices]
        assert minute in choices or exc.code == "nonexistent_local_time"


@given(instants_to_2100)
def test_display_equals_strftime_in_english(instant: int) -> None:
    wall = instants.wall_clock(instant, 0)
    assert time_formats.display(instant, 0) == f"{wall:%b %d %Y %I:%M%p}"


def test_display_does_not_depend_on_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    # Python formats %b and %p by these; a German locale would make them "Mär" and "".
    monkeypatch.setattr(time, "strftime", lambda *_args: "Mär")
    assert time_formats.display(at("2020-03-01T21:33:00Z"), 0) == "Mar 01 2020 09:33PM"
    assert time_formats.parse("Mar 01 2020 09:33PM", timezones.zone("UTC"))[0] == at("2020-03-01T21:33:00Z")


@pytest.mark.parametrize(
    "text",
    [
        "Feb 01 2020 01:33PM",
        "Feb 1 2020  1:33PM",
        "feb 1 2020 1:33pm",
        "FEB 01 2020  01:33 PM",
        " Feb 1 2020 1:33PM ",
    ],
)
def test_display_is_read_in_every_variant_of_the_field(text: str) -> None:
    assert time_formats.parse(text, timezones.zone("America/Los_Angeles")) == (at("2020-02-01T21:33:00Z"), -28800)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2020-02-01T13:33:00-08:00", "2020-02-01T21:33:00Z"),
        ("2020-02-01t13:33:00.5-0800", "2020-02-01T21:33:00.500000Z"),
        ("2020-02-01 13:33-08", "2020-02-01T21:33:00Z"),
        ("20200201T213300Z", "2020-02-01T21:33:00Z"),
        ("2020-02-01T21:33:00z", "2020-02-01T21:33:00Z"),
    ],
)
def test_iso_is_read_in_its_variants(text: str, instant: str) -> None:
    assert time_formats.parse(text, timezones.zone("America/Los_Angeles")) == (at(instant), -28800)


def test_a_given_offset_is_kept_and_z_means_the_offset_of_the_zone() -> None:
    berlin = timezones.zone("Europe/Berlin")
    assert time_formats.parse("2026-07-01T12:00:00-07:00", berlin)[1] == -25200
    assert time_formats.parse("2026-07-01T12:00:00+00:00", berlin)[1] == 0
    assert time_formats.parse("2026-07-01T12:00:00Z", berlin)[1] == 7200
    assert time_formats.parse("2026-07-01T12:00:00-00:00", berlin)[1] == 7200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2020-02-30T00:00:00Z",
        "2020-02-01T24:01:00Z",
        "2020-02-01T00:00:60Z",
        "2020-02-01",
        "2020-02-01T10",
    ]
    + ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "2020-02-01T00:00:00+24:00", "2020-02-01T00:00:00+01:60"]
    + ["9999-12-30T12:00:00-23:59", "9999-12-31T00:00:01"]
    + [
        "Feb 30 2020 01:33PM",
        "Foo 01 2020 01:33PM",
        "Feb 01 2020 13:33PM",
        "Feb 01 2020 00:33AM",
        "Feb 01 0000 01:33PM",
    ]
    + ["2020-02-01T00:00:00Z ", "٢٠٢٠-02-01T00:00:00Z", "2020-0201T00:00:00Z", "1969-12-30T00:00:00Z"],
)
def test_what_is_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        time_formats.parse(text, timezones.zone("UTC"))


@given(st.text(max_size=40))
def test_reading_any_text_gives_a_time_or_a_clear_error(text: str) -> None:
    try:
        instant, offset = time_formats.parse(text, timezones.zone("Europe/Berlin"))
    except InvalidValueError as exc:
        assert exc.message
    else:
        assert time_formats.iso(instant, offset)


def test_a_wall_clock_in_a_gap_is_refused_with_the_choices() -> None:
    with pytest.raises(LocalTimeError) as error:
        time_formats.parse("2026-03-29T02:30:00", timezones.zone("Europe/Berlin"))
    assert error.value.code == "nonexistent_local_time"
    assert error.value.choices == ["2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"]


def test_a_wall_clock_that_occurs_twice_is_refused_with_the_choices() -> None:
    with pytest.raises(LocalTimeError) as error:
        time_formats.parse("Nov 01 2020 01:30AM", timezones.zone("America/Los_Angeles"))
    assert error.value.code == "ambiguous_local_time"
    assert error.value.choices == ["2020-11-01T01:30:00-07:00", "2020-11-01T01:30:00-08:00"]


def test_a_skipped_day_does_not_exist() -> None:
    with pytest.raises(LocalTimeError) as error:
        time_formats.parse("2011-12-30T12:00:00", timezones.zone("Pacific/Apia"))
    assert error.value.code == "nonexistent_local_time"
