"""Users, their ids and their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlserver.domain.user import User, is_real_name, is_user_id
from ftlserver.errors import InvalidUserError, UnknownZoneError


@pytest.mark.parametrize("user_id", ["W012A3CDE", "a", "a" * 120, "ada.lovelace+x@example.com", "a_b-c"])
def test_a_user_id_has_the_characters_of_an_email_address(user_id: str) -> None:
    assert is_user_id(user_id)


@pytest.mark.parametrize("user_id", ["", "a" * 121, "a b", "ä", "a\n", "a/b", "\ud800", None, 5, ["a"], {">": ""}])
def test_anything_else_is_not_a_user_id(user_id: object) -> None:
    assert not is_user_id(user_id)


@given(st.text(max_size=250))
def test_a_real_name_is_short_text_that_can_be_stored(name: str) -> None:
    if is_real_name(name):
        assert 1 <= len(name) <= 200
        assert name.encode()
        assert "\0" not in name
        assert "\x1b" not in name


def test_an_invalid_user_cannot_be_created() -> None:
    with pytest.raises(InvalidUserError):
        User("a b", "A", "UTC")
    with pytest.raises(InvalidUserError):
        User("a", "A\x1b[31m", "UTC")
    with pytest.raises(UnknownZoneError):
        User("a", "A", "GMT+5")
