"""The command import git: who is who over several repositories and imports."""

import itertools
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import few_examples, query, run
from tests.repositories import HOUR, MONDAY, commit, make_repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

Capsys = pytest.CaptureFixture[str]
DAY = 24 * HOUR
HOME, WORK, PHONE = (f"Ada Lovelace <ada@{place}.example>" for place in ("home", "work", "phone"))
BOB = "Bob Miller <bob@x>"


def users(database: Path) -> list[tuple[str, str, str, bool]]:
    rows = query(database, "SELECT id, real_name, tz, guessed FROM users ORDER BY id")
    return [(id_, name, tz, bool(guessed)) for id_, name, tz, guessed in rows]


def aliases(database: Path) -> dict[str, str]:
    return dict(query(database, "SELECT alias, user_id FROM user_aliases"))


def test_addresses_of_one_name_are_aliases_of_one_member(capsys: Capsys, tmp_path: Path, database: Path) -> None:
    history = commit(WORK, MONDAY), commit(HOME, MONDAY + HOUR), commit(WORK, MONDAY + 2 * HOUR)
    path = str(make_repository(tmp_path / "r", *history))
    status, out, err = run(capsys, "import", "git", path)
    assert (status, err) == (0, "")
    assert out.startswith("users: 1 added, 0 updated; aliases: 1 added; periods: 1 added, ")
    assert users(database) == [("ada@work.example", "Ada Lovelace", "Europe/London", True)]
    assert aliases(database) == {"ada@home.example": "ada@work.example"}
    assert run(capsys, "import", "git", path)[1].startswith("users: 0 added, 0 updated; periods: 0 added, ")


def test_names_do_not_join_if_they_shall_not(capsys: Capsys, tmp_path: Path, database: Path) -> None:
    path = str(make_repository(tmp_path / "r", commit(WORK, MONDAY), commit(HOME, MONDAY)))
    other = str(make_repository(tmp_path / "s", commit(PHONE, MONDAY)))
    for repository in (path, other):
        assert run(capsys, "import", "git", "--no-merge-names", repository)[2] == ""
    assert [id_ for id_, *_ in users(database)] == ["ada@home.example", "ada@phone.example", "ada@work.example"]
    assert aliases(database) == {}


def test_a_further_address_joins_the_member_who_is_known(capsys: Capsys, tmp_path: Path, database: Path) -> None:
    run(capsys, "import", "git", str(make_repository(tmp_path / "r", commit(WORK, MONDAY))))
    err = run(capsys, "import", "git", str(make_repository(tmp_path / "s", commit(HOME, MONDAY + DAY))))[2]
    assert err == "ftlserver: ada@home.example joins ada@work.example (Ada Lovelace), who is known, as an alias\n"
    assert [id_ for id_, *_ in users(database)] == ["ada@work.example"]
    assert query(database, "SELECT user_id, count(*) FROM activity_periods GROUP BY 1") == [
        ("ada@work.example", 2)
    ]


def test_an_address_joins_a_member_of_another_source_by_name(
    capsys: Capsys, tmp_path: Path, database: Path
) -> None:
    run(capsys, "import", "slack", "tests/data/slack-users-list.json")
    path = make_repository(tmp_path / "r", commit("egon SPENGLER <egon@x>", MONDAY, "+0530"))
    run(capsys, "import", "git", str(path))
    assert aliases(database) == {"egon@x": "W012A3CDE"}
    assert users(database)[0] == ("W012A3CDE", "Egon Spengler", "America/Los_Angeles", False)


def test_members_who_both_exist_are_reported_and_kept_apart(
    capsys: Capsys, tmp_path: Path, database: Path
) -> None:
    both = str(
        make_repository(tmp_path / "r", commit(WORK, MONDAY), commit(WORK, MONDAY + DAY), commit(HOME, MONDAY))
    )
    run(capsys, "import", "git", "--no-merge-names", both)
    before = query(database, "SELECT * FROM activity_periods")
    err = run(capsys, "import", "git", both)[2]
    assert err == (
        "ftlserver: ada@home.example and ada@work.example are both Ada Lovelace; if they are one:"
        " ftlserver user merge ada@home.example ada@work.example\n"
    )
    assert query(database, "SELECT * FROM activity_periods") == before
    third = str(make_repository(tmp_path / "s", commit(PHONE, MONDAY)))
    err = run(capsys, "import", "git", third)[2]
    assert err.count("ftlserver user merge") == 2
    assert len(users(database)) == 3
    assert aliases(database) == {}
    assert run(capsys, "user", "merge", "ada@home.example", "ada@work.example")[0] == 0
    assert run(capsys, "user", "merge", "ada@phone.example", "ada@work.example")[0] == 0
    for path in (both, third):
        status, out, err = run(capsys, "import", "git", path)
        assert (status, err) == (0, "")
        assert out.startswith("users: 0 added, 0 updated; periods: 0 added, ")
    assert len(users(database)) == 1


def test_what_a_person_set_stays_unless_it_is_to_be_updated(
    capsys: Capsys, tmp_path: Path, database: Path
) -> None:
    path = str(make_repository(tmp_path / "r", commit(WORK, MONDAY, "+0900")))
    run(capsys, "import", "git", path)
    assert users(database) == [("ada@work.example", "Ada Lovelace", "Asia/Tokyo", True)]
    run(capsys, "user", "rename", "ada@work.example", "Countess of Lovelace")
    run(capsys, "user", "zone", "ada@work.example", "Asia/Seoul")
    run(capsys, "import", "git", path)
    assert users(database) == [("ada@work.example", "Countess of Lovelace", "Asia/Seoul", False)]
    run(capsys, "import", "git", "--update", path)
    assert users(database) == [("ada@work.example", "Ada Lovelace", "Asia/Tokyo", True)]


def test_a_zone_that_is_given_is_one_that_a_person_set(capsys: Capsys, tmp_path: Path, database: Path) -> None:
    path = str(make_repository(tmp_path / "r", commit(WORK, MONDAY, "+0900"), commit(HOME, MONDAY, "+0900")))
    for _ in range(2):
        run(capsys, "import", "git", "--tz", "ada@home.example=Asia/Seoul", path)
        assert users(database) == [("ada@home.example", "Ada Lovelace", "Asia/Seoul", False)]
        run(capsys, "import", "git", path)
    assert users(database) == [("ada@home.example", "Ada Lovelace", "Asia/Seoul", False)]


def test_a_file_that_says_the_same_as_a_guess_makes_it_certain(
    capsys: Capsys, tmp_path: Path, database: Path
) -> None:
    run(capsys, "import", "git", str(make_repository(tmp_path / "r", commit(WORK, MONDAY, "+0900"))))
    file = tmp_path / "users"
    file.write_text('{"id":"ada@work.example","real_name":"Ada Lovelace","tz":"Asia/Tokyo"}\n')
    run(capsys, "import", "ndjson", str(file))
    assert users(database) == [("ada@work.example", "Ada Lovelace", "Asia/Tokyo", False)]


def test_a_guessed_zone_is_judged_from_all_periods(capsys: Capsys, tmp_path: Path, database: Path) -> None:
    few = make_repository(tmp_path / "r", commit(WORK, MONDAY, "-0500"))
    many = make_repository(tmp_path / "s", *(commit(WORK, MONDAY + n * DAY, "+0530") for n in range(1, 4)))
    for path in (few, many, few):
        run(capsys, "import", "git", str(path))
    assert users(database)[0][2] == "Asia/Kolkata"


def test_a_weak_guess_is_listed_with_its_share(capsys: Capsys, tmp_path: Path, database: Path) -> None:
    shown = ["+0100", "+0100", "+0900", "-0500"]
    path = make_repository(tmp_path / "r", *(commit(WORK, MONDAY + n * DAY, zone) for n, zone in enumerate(shown)))
    err = run(capsys, "import", "git", str(path))[2]
    assert err == (
        "ftlserver: these zones are weak guesses:\n"
        "ftlserver: ada@work.example: Europe/Berlin fits 50% of 4 times\n"
        "ftlserver: set one with --tz ADDRESS=ZONE\n"
    )
    assert run(capsys, "import", "git", str(path))[2] == ""


def test_programs_are_counted(capsys: Capsys, tmp_path: Path, database: Path) -> None:
    bot = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"
    path = str(make_repository(tmp_path / "r", commit(WORK, MONDAY), *(commit(bot, MONDAY + n) for n in range(3))))
    assert "skipped: 1 bots" in run(capsys, "import", "git", path)[1]
    assert len(users(database)) == 1
    assert run(capsys, "import", "git", "--bots", path)[1].startswith("users: 1 added")


def test_an_import_can_be_undone_with_its_aliases_and_guesses(
    capsys: Capsys, tmp_path: Path, database: Path
) -> None:
    tables = "users", "user_aliases", "activity_periods"
    run(capsys, "import", "git", str(make_repository(tmp_path / "r", commit(WORK, MONDAY, "+0100"))))
    before = [query(database, f"SELECT * FROM {table}") for table in tables]
    more = commit(HOME, MONDAY + DAY, "+0900"), commit(HOME, MONDAY + 2 * DAY, "+0900"), commit(BOB, MONDAY)
    out = run(capsys, "import", "git", str(make_repository(tmp_path / "s", *more)))[1]
    assert "users: 1 added, 1 updated; aliases: 1 added; periods: 3 added" in out
    [(number,)] = query(database, "SELECT max(number) FROM changes WHERE part_of IS NULL")
    status, _, err = run(capsys, "undo", str(number))
    assert (status, err) == (0, "")
    assert [query(database, f"SELECT * FROM {table}") for table in tables] == before


authors = st.sampled_from([HOME, WORK, PHONE, BOB, "Bob  Miller <bob@y>", "Kim <kim@x>", "Kim <kim@y>"])
histories = st.lists(st.tuples(authors, st.integers(0, 60)), min_size=1, max_size=12)


def shown_at(hour: int) -> str:
    """Return what clocks show: nobody's shows two times at once."""
    return ["+0100", "+0100", "-0500", "+0530"][hour % 4]


def members(database: Path) -> dict[frozenset[str], tuple[str, str, list[tuple[int, ...]]]]:
    """Return each member by all their ids, with name, zone and periods."""
    ids: dict[str, set[str]] = {id_: {id_} for id_, *_ in users(database)}
    for alias, user_id in aliases(database).items():
        ids[user_id].add(alias)
    of = "SELECT started_at, ended_at, start_offset, end_offset FROM activity_periods WHERE user_id = '{}' ORDER BY 1"
    return {
        frozenset(ids[id_]): (name, tz, query(database, of.format(id_))) for id_, name, tz, _ in users(database)
    }


@pytest.mark.slow
@settings(few_examples, max_examples=5)
@given(st.lists(histories, min_size=2, max_size=3))
def test_repositories_in_any_order_make_the_same_members(
    capsys: Capsys,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    several: list[list[tuple[str, int]]],
) -> None:
    tmp_path = tmp_path_factory.mktemp("orders")
    paths = [
        str(
            make_repository(
                tmp_path / str(n), *(commit(who, MONDAY + at * HOUR, shown_at(at)) for who, at in history)
            )
        )
        for n, history in enumerate(several)
    ]
    found = []
    for n, order in enumerate(itertools.permutations(paths)):
        database = tmp_path / f"{n}.sqlite3"
        monkeypatch.setenv("DATABASE_URL", str(database))
        for path in order:
            assert run(capsys, "import", "git", path)[0] == 0
        found.append(members(database))
    assert all(one == found[0] for one in found)


@pytest.mark.slow
def test_a_repository_imported_after_each_commit_is_as_imported_at_once(
    capsys: Capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = itertools.cycle([WORK, HOME, BOB, WORK, "Kim <kim@x>"])
    shown = itertools.cycle(["+0100", "+0100", "-0500"])
    commits = [commit(next(who), MONDAY + n * 40 * 60 + (n // 6) * 9 * HOUR, next(shown)) for n in range(20)]
    for count in range(1, len(commits) + 1):
        path = str(make_repository(tmp_path / "r", *commits[:count]))
        assert run(capsys, "import", "git", path)[0] == 0
    grown = run(capsys, "export")[1]
    monkeypatch.setenv("DATABASE_URL", str(tmp_path / "at-once.sqlite3"))
    run(capsys, "import", "git", path)
    assert run(capsys, "export")[1] == grown
