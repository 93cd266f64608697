"""Tokens: their form and their expiry."""

import re

from ftlserver.domain import token as tokens
from ftlserver.domain.token import Token
from ftlserver.storage import Storage


def test_tokens_are_unique_and_have_a_form_that_secret_scanners_recognise(sqlite_storage: Storage) -> None:
    made = {tokens.mint() for _ in range(100)}
    assert len({id_ for id_, _ in made}) == len({secret for _, secret in made}) == 100
    for id_, secret in made:
        assert re.fullmatch(r"ftl_[0-9A-Za-z]{8}_[0-9A-Za-z_-]{43}", secret)
        assert tokens.id_of(secret) == id_
        assert re.fullmatch(r"[0-9a-f]{64}", tokens.digest(secret))


def test_keys_are_what_the_clients_of_wakatime_take_for_one() -> None:
    made = {tokens.mint_key() for _ in range(100)}
    assert len({id_ for id_, _ in made}) == len({key for _, key in made}) == 100
    for id_, key in made:
        assert re.fullmatch(r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}", key)
        assert tokens.id_of_key(key) == id_
        assert re.fullmatch(r"[a-z2-7]{8}", id_)
        assert id_ not in key
        assert tokens.id_of(key) is tokens.id_of_key(tokens.mint()[1]) is None


def test_a_token_is_invalid_from_the_instant_of_its_expiry(sqlite_storage: Storage) -> None:
    token = Token("a" * 8, "n", "", ("read",), None, 0, 1_000)
    assert token.is_valid(999)
    assert not token.is_valid(1_000)
