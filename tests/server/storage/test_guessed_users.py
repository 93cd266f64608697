"""Users whose names and zones imports guess, on both databases."""

from dataclasses import replace

import pytest

from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.token import EVERYTHING
from ftlserver.domain.user import User
from ftlserver.errors import UserExistsError
from ftlserver.storage import Storage
from ftlserver.storage.bulk_import import Imported
from ftlserver.storage.guessed_users import GuessedUser, ZoneSource
from tests.helpers import EGON, GLINDA, all_rows, at

ADA = User("ada@x", "Ada", "UTC")
HOUR = 3_600_000_000


def period(day: str, offset: int) -> ActivityPeriod:
    start = at(f"{day}T12:00:00Z")
    return ActivityPeriod(ADA.id, start, start + HOUR, offset, offset)


def guessed(user: User, *periods: ActivityPeriod, zone: ZoneSource = ZoneSource.JUDGED) -> GuessedUser:
    latest = max((one.started_at, one.ended_at) for one in periods)
    return GuessedUser(user, latest, zone)


def store(storage: Storage, found: GuessedUser, *periods: ActivityPeriod) -> Imported:
    return storage.bulk_import.store([], periods, guessed=[found])


def stored(storage: Storage, user_id: str = ADA.id) -> tuple[str, str, bool]:
    [row] = [dict(row) for row in storage.database.query("SELECT * FROM users") if row["id"] == user_id]
    return row["real_name"], row["tz"], bool(row["guessed"])


WINTER = [period(f"2020-01-{day:02}", 3_600) for day in range(1, 5)]
TOKYO = [period(f"2020-02-{day:02}", 32_400) for day in range(1, 4)]


def test_the_zone_is_judged_from_all_periods_and_the_name_is_the_latest_sources(storage: Storage) -> None:
    late = replace(guessed(ADA, *TOKYO), user=User(ADA.id, "Ada Lovelace", "UTC"))
    imported = store(storage, late, *TOKYO)
    assert (imported.users_added, imported.guesses[ADA.id].zone) == (1, "Asia/Tokyo")
    assert stored(storage) == ("Ada Lovelace", "Asia/Tokyo", True)
    imported = store(storage, guessed(ADA, *WINTER), *WINTER)
    assert (imported.users_added, imported.users_updated, imported.periods_added) == (0, 1, 4)
    assert stored(storage) == ("Ada Lovelace", "Europe/Berlin", True)
    assert store(storage, late, *TOKYO) == Imported(periods_known=3)


def test_a_user_without_periods_keeps_the_zone_that_was_found(storage: Storage) -> None:
    found = GuessedUser(replace(ADA, tz="Asia/Tokyo"), (-1, -1), ZoneSource.JUDGED)
    assert store(storage, found) == Imported(users_added=1)
    assert stored(storage) == ("Ada", "Asia/Tokyo", True)


@pytest.mark.parametrize("zone", list(ZoneSource))
def test_a_person_says_name_and_zone_for_good(storage: Storage, zone: ZoneSource) -> None:
    store(storage, guessed(ADA, *WINTER), *WINTER)
    storage.bulk_import.store([User(ADA.id, "Ada", "Europe/Berlin")], [])
    assert stored(storage) == ("Ada", "Europe/Berlin", False)
    other = guessed(User(ADA.id, "Other", "Asia/Tokyo"), *TOKYO, zone=zone)
    store(storage, other, *TOKYO)
    given = zone is ZoneSource.GIVEN
    assert stored(storage) == ("Ada", "Asia/Tokyo" if given else "Europe/Berlin", False)
    store(storage, replace(other, update=True), *TOKYO)
    found = "Europe/Berlin" if zone is ZoneSource.JUDGED else "Asia/Tokyo"
    assert stored(storage) == ("Other", found, not given)


def test_a_zone_for_new_users_is_for_them_alone(storage: Storage) -> None:
    store(storage, guessed(replace(ADA, tz="Europe/Vienna"), *WINTER, zone=ZoneSource.FOR_NEW), *WINTER)
    assert stored(storage) == ("Ada", "Europe/Vienna", True)
    store(storage, guessed(replace(ADA, tz="Asia/Tokyo"), *TOKYO, zone=ZoneSource.FOR_NEW), *TOKYO)
    assert stored(storage) == ("Ada", "Europe/Vienna", True)


def test_aliases_and_leavers_are_counted_and_undone(team: Storage) -> None:
    before = all_rows(team), list(team.users.all()), stored(team, EGON.id)
    imported = team.bulk_import.store(
        [], WINTER, aliases={"egon@x": EGON.id}, guessed=[guessed(ADA, *WINTER)], left=[EGON.id, EGON.id]
    )
    assert (imported.aliases_added, imported.users_left, imported.users_added) == (1, 1, 1)
    assert team.aliases.all() == {"egon@x": EGON.id}
    assert imported.change is not None
    team.changes.undo(imported.change, EVERYTHING)
    assert team.aliases.all() == {}
    assert (all_rows(team), list(team.users.all()), stored(team, EGON.id)) == before


def test_an_alias_that_is_taken_is_refused(team: Storage) -> None:
    team.bulk_import.store([], [], aliases={"egon@x": EGON.id})
    for alias in ("egon@x", GLINDA.id):
        with pytest.raises(UserExistsError, match=alias):
            team.bulk_import.store([], WINTER, aliases={alias: EGON.id}, guessed=[guessed(ADA, *WINTER)])
    assert team.aliases.all() == {"egon@x": EGON.id}
    assert team.users.find(ADA.id) is None


def test_a_guessed_user_whose_id_is_an_alias_is_refused(team: Storage) -> None:
    team.bulk_import.store([], [], aliases={ADA.id: EGON.id})
    with pytest.raises(UserExistsError, match="ada@x is an alias of the user W012A3CDE"):
        store(team, guessed(ADA, *WINTER), *WINTER)
    assert len(all_rows(team)) == 6
