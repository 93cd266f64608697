"""Histories of real repositories, whole, odd and broken."""

import itertools
import os
import shutil
import tracemalloc
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftlcommon.formats import FormatError, FoundPeriod, FoundUser, Item, Skipped, git
from ftlcommon.zone_guess import Guess
from tests.repositories import HOUR, MONDAY, commit, make_repository
from tests.repositories import git as run

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

ADA = "Ada <ada@example.org>"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Path]:
    def make(*commits: bytes, name: str = "repository") -> Path:
        return make_repository(tmp_path / name, *commits)

    return make


def read(path: Path, **options: object) -> list[Item]:
    return list(git.read(str(path), **options))  # type: ignore[arg-type]


def users(found: list[Item]) -> list[tuple[str, str, str]]:
    return [(item.id, item.real_name, item.tz) for item in found if isinstance(item, FoundUser)]


def times(found: list[Item]) -> list[tuple[str, str]]:
    return [(item.start_time, item.end_time) for item in found if isinstance(item, FoundPeriod)]


def test_commits_become_users_and_periods(repository: Callable[..., Path]) -> None:
    path = repository(
        commit("Ada <Ada@Example.org>", MONDAY, "+0100"),
        commit("Bob <bob@example.org>", MONDAY, "-0500"),
        commit("Ada <ada@example.org>", MONDAY + HOUR, "+0100"),
        commit("Ada <ada@example.org>", MONDAY + 6 * HOUR, "+0100"),
    )
    hashes = run(path, "log", "--reverse", "--format=%H").split()
    assert read(path) == [
        FoundUser(
            "ada@example.org",
            "ada@example.org",
            "Ada",
            "Europe/Berlin",
            guessed=True,
            guess=Guess("Europe/Berlin", 3, 3),
        ),
        FoundPeriod(
            f"commit {hashes[0]}", "ada@example.org", "2020-03-02T09:30:00+01:00", "2020-03-02T11:00:00+01:00"
        ),
        FoundPeriod(
            f"commit {hashes[3]}", "ada@example.org", "2020-03-02T15:30:00+01:00", "2020-03-02T16:00:00+01:00"
        ),
        FoundUser(
            "bob@example.org",
            "bob@example.org",
            "Bob",
            "America/New_York",
            guessed=True,
            guess=Guess("America/New_York", 1, 1),
        ),
        FoundPeriod(
            f"commit {hashes[1]}", "bob@example.org", "2020-03-02T03:30:00-05:00", "2020-03-02T04:00:00-05:00"
        ),
    ]


def test_a_period_shows_the_clock_of_its_first_and_of_its_last_commit(repository: Callable[..., Path]) -> None:
    path = repository(commit(ADA, MONDAY, "+0530"), commit(ADA, MONDAY + HOUR, "-0030"))
    assert times(read(path)) == [("2020-03-02T14:00:00+05:30", "2020-03-02T09:30:00-00:30")]


@pytest.mark.parametrize(
    ("apart", "gap", "lead", "count"),
    [
        (2 * HOUR - 1, 2 * HOUR, HOUR, 1),
        (2 * HOUR, 2 * HOUR, HOUR, 2),
        (2 * HOUR, HOUR, 2 * HOUR, 1),  # the lead of the second reaches the first
        (2 * HOUR + 1, HOUR, 2 * HOUR, 2),
    ],
)
def test_gap_and_lead_say_what_is_one_period(
    repository: Callable[..., Path], apart: int, gap: int, lead: int, count: int
) -> None:
    path = repository(commit(ADA, MONDAY), commit(ADA, MONDAY + apart))
    assert len(times(read(path, gap=gap, lead=lead))) == count


clocks = st.lists(st.tuples(st.integers(1, 40 * 24 * HOUR), st.sampled_from([0, 3600, -9000])), max_size=30)
lengths = st.sampled_from([1, 60, HOUR, 24 * HOUR, git.LONGEST_PERIOD]) | st.integers(1, git.LONGEST_PERIOD)


@given(clocks, lengths, lengths)
def test_periods_are_what_the_commits_cover(clocks: list[tuple[int, int]], gap: int, lead: int) -> None:
    """The oracle joins each commit's lead, and what lies between commits that are near."""
    clocks.sort()
    instants = [at for at, _ in clocks]
    covered = [(max(at - lead, 0), at) for at in instants]
    covered += [(one, two) for one, two in itertools.pairwise(instants) if two - one < gap]
    found = [
        (datetime.fromisoformat(start), datetime.fromisoformat(end))
        for _, start, end in git.periods([(at, shown, str(at)) for at, shown in clocks], gap, lead)
    ]
    spans = [(int(start.timestamp()), int(end.timestamp())) for start, end in found]
    assert _joined(spans) == _joined(covered)
    assert all(0 < end - start <= git.LONGEST_PERIOD for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    shown_at = {at: {shown for then, shown in clocks if then == at} for at in instants}
    for (_, ended), (_, end) in zip(found, spans, strict=True):
        shown = ended.utcoffset()
        assert shown is not None
        if end in shown_at:
            assert int(shown.total_seconds()) in shown_at[end]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def test_a_period_of_more_than_seven_days_is_cut_into_ones_that_touch() -> None:
    day = 24 * HOUR
    commits = [(MONDAY + number * HOUR, 3600 if number < 150 else 7200, str(number)) for number in range(16 * 24)]
    found = list(git.periods(commits, 2 * HOUR, HOUR))
    starts = [datetime.fromisoformat(start).timestamp() for _, start, _ in found]
    assert starts == [MONDAY - HOUR + number * 7 * day for number in range(3)]
    assert [end for _, _, end in found[:-1]] == [start for _, start, _ in found[1:]]
    assert [start[-6:] for _, start, _ in found] == ["+01:00", "+02:00", "+02:00"]


def test_the_mailmap_says_who_is_who(repository: Callable[..., Path]) -> None:
    path = repository(commit("ada <ada@old.example>", MONDAY), commit(ADA, MONDAY + HOUR))
    (path / ".mailmap").write_text("Ada Lovelace <ada@example.org> <ada@old.example>\n")
    assert [id_ for id_, _, _ in users(read(path))] == ["ada@example.org"]


def aliases(found: list[Item]) -> dict[str, tuple[str, ...]]:
    return {item.id: item.aliases for item in found if isinstance(item, FoundUser)}


def test_addresses_with_one_full_name_are_one_person_with_the_busiest_as_id(
    repository: Callable[..., Path],
) -> None:
    path = repository(
        commit("Ada Lovelace <ada@home.example>", MONDAY, "+0100"),
        commit("ada  lovelace <Ada@Work.example>", MONDAY + HOUR, "+0100"),
        commit("Ada Lovelace <ada@work.example>", MONDAY + 2 * HOUR, "+0100"),
        commit("Ada Lovelace <ada@phone.example>", MONDAY + 9 * HOUR, "+0100"),
        commit("Ada Byron <byron@example.org>", MONDAY, "+0100"),
    )
    found = read(path)
    assert users(found) == [
        ("ada@work.example", "Ada Lovelace", "Europe/Berlin"),
        ("byron@example.org", "Ada Byron", "Europe/Berlin"),
    ]
    assert aliases(found)["ada@work.example"] == ("ada@home.example", "ada@phone.example")
    assert [(item.user_id, item.start_time[11:16]) for item in found if isinstance(item, FoundPeriod)] == [
        ("ada@work.example", "09:30"),
        ("ada@work.example", "18:30"),
        ("byron@example.org", "09:30"),
    ]
    apart = read(path, no_merge_names=True)
    assert sorted(aliases(apart)) == [
        "ada@home.example",
        "ada@phone.example",
        "ada@work.example",
        "byron@example.org",
    ]
    assert set(aliases(apart).values()) == {()}


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("Ada Lovelace", "ada lovelace"),
        (" ADA\u00a0 Lovelace ", "ada lovelace"),
        ("A. Lovelace", "a. lovelace"),
        ("Zoe\u0308 Maas", "zoë maas"),
        ("李 小龙", "李 小龙"),
        ("ada", None),
        ("ada 2", None),
        ("李小龙", None),
        ("", None),
        ("Your Name", None),
        ("unknown author", None),
    ],
)
def test_a_full_name_has_two_words(name: str, full: str | None) -> None:
    assert git.full_name(name) == full


def test_one_word_is_no_full_name(repository: Callable[..., Path]) -> None:
    found = read(repository(commit("ada <a@x>", MONDAY), commit("ada <b@x>", MONDAY)))
    assert aliases(found) == {"a@x": (), "b@x": ()}


def test_an_address_that_the_mailmap_gives_to_one_person_is_an_alias(repository: Callable[..., Path]) -> None:
    path = repository(
        commit("ada <ada@old.example>", MONDAY),
        commit("Ada L <ada@shared.example>", MONDAY),
        commit("Bob B <ada@shared.example>", MONDAY),
        commit("Bob B <bob@example.org>", MONDAY),
    )
    (path / ".mailmap").write_text(
        "Ada Lovelace <ada@example.org> <ada@old.example>\n"
        "Ada Lovelace <ada@example.org> Ada L <ada@shared.example>\n"
        "Bob B <bob@example.org> Bob B <ada@shared.example>\n"
    )
    for no_merge_names in (False, True):
        found = read(path, no_merge_names=no_merge_names)
        assert aliases(found) == {"ada@example.org": ("ada@old.example",), "bob@example.org": ()}


def test_members_who_are_known_are_told_apart_though_they_have_one_name(repository: Callable[..., Path]) -> None:
    path = repository(
        *(commit(f"Jo Smith <{name}@x>", MONDAY + number) for number, name in enumerate("abccd")),
    )

    def known(ids: Collection[str]) -> dict[str, str]:
        assert set(ids) == {"a@x", "b@x", "c@x", "d@x"}
        return {id_: member for id_, member in members.items() if id_ in ids}

    members = {"a@x": "W1"}
    assert aliases(read(path, known=known)) == {"c@x": ("a@x", "b@x", "d@x")}
    members |= {"b@x": "W1", "d@x": "W2"}
    assert aliases(read(path, known=known)) == {"a@x": ("b@x",), "c@x": (), "d@x": ()}


BOTS = [
    "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
    "dependabot-preview[bot] <support@dependabot.com>",
    "Renovate Bot <bot@renovateapp.com>",
    "github-actions <41898282+github-actions@users.noreply.github.com>",
    "GitHub Actions <actions@github.com>",
    "pre-commit-ci[bot] <66853113+pre-commit-ci[bot]@users.noreply.github.com>",
    "snyk-bot <snyk-bot@snyk.io>",
]
PEOPLE = ["Jan Bot <bot@jan.example>", "Abbott <abbot@x>", "Robot <robot@x>", "Renée <r@x>"]


def test_programs_are_left_out_and_counted(repository: Callable[..., Path]) -> None:
    path = repository(*(commit(author, MONDAY) for author in (*BOTS, *BOTS, *PEOPLE)))
    found = read(path)
    assert found.count(Skipped("bots")) == len(BOTS)
    assert sorted(name for _, name, _ in users(found)) == ["Abbott", "Jan Bot", "Renée", "Robot"]
    everyone = read(path, bots=True)
    assert Skipped("bots") not in everyone
    assert len(users(everyone)) == len(BOTS) + len(PEOPLE)


def test_a_history_of_programs_alone_has_no_users(repository: Callable[..., Path]) -> None:
    assert read(repository(commit(BOTS[0], MONDAY))) == [Skipped("bots")]


def test_the_name_is_the_most_recent_one(repository: Callable[..., Path]) -> None:
    path = repository(
        commit("New <a@example.org>", MONDAY + HOUR),
        commit("Old <a@example.org>", MONDAY),
        commit("B <b>", MONDAY),
    )
    assert users(read(path))[0][:2] == ("a@example.org", "New")


@pytest.mark.parametrize(
    ("author", "id_", "name"),
    [
        (b"Ren\xe9\x07e <Ren\xe9 of@x>", "ren__of@x", "Ren\ufffde"),
        (b"<A@x>", "a@x", "A@x"),
        ("Zoë <zoë@x>".encode(), "zo_@x", "Zoë"),
        (b"n" * 300 + b" <" + b"a" * 300 + b">", "a" * 120, "n" * 200),
        (b"\x01\x02 <a@x>", "a@x", "a@x"),
        (b"--help <--all@x>", "--all@x", "--help"),
    ],
)
def test_odd_names_and_addresses_become_names_and_ids(
    repository: Callable[..., Path], author: bytes, id_: str, name: str
) -> None:
    assert users(read(repository(commit(author, MONDAY)))) == [(id_, name, "Europe/London")]


def test_who_has_no_address_is_left_out(repository: Callable[..., Path]) -> None:
    found = read(repository(commit("Ada <>", MONDAY), commit("Ada < >", MONDAY), commit("B <b>", MONDAY)))
    assert found[:2] == [Skipped("without an address")] * 2
    assert len(users(found)) == 1


@pytest.mark.parametrize(
    "date",
    ["0 +0000", "253402128001 +0000", "99999999999999999999 +0000", "1583139600 +2400", "-5 +0000", "", "x"],
)
def test_a_date_that_cannot_be_used_is_left_out(repository: Callable[..., Path], date: str) -> None:
    path = repository(commit(ADA, MONDAY))
    tree = run(path, "rev-parse", "HEAD^{tree}")
    odd = f"tree {tree}\nauthor {ADA} {date}\ncommitter C <c@x> 1700000000 +0000\n\nm\n".encode()
    hash_ = run(path, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=odd)
    run(path, "update-ref", "refs/heads/odd", hash_)
    found = read(path)
    assert found[0] == Skipped("without a usable date")
    assert len(times(found)) == 1


@pytest.mark.slow
def test_the_first_and_the_last_moment_are_usable(repository: Callable[..., Path]) -> None:
    path = repository(commit(ADA, 1, "-2359"), commit(ADA, 253_402_128_000, "+2359"))
    assert times(read(path)) == [
        ("1969-12-31T00:01:00-23:59", "1969-12-31T00:01:01-23:59"),
        ("9999-12-30T23:29:00+23:59", "9999-12-30T23:59:00+23:59"),
    ]


def test_a_history_without_usable_dates_is_left_out(repository: Callable[..., Path]) -> None:
    assert read(repository(commit(ADA, 0))) == [Skipped("without a usable date")]


def test_head_branches_and_tags_are_read_and_nothing_else(repository: Callable[..., Path]) -> None:
    refs = [
        "heads/main",
        "heads/other",
        "remotes/origin/far",
        "tags/light",
        "stash",
        "notes/commits",
        "pull/1/head",
    ]
    path = repository(
        *(
            commit(f"X <{ref.replace('/', '-')}>", MONDAY + number, ref=f"refs/{ref}")
            for number, ref in enumerate(refs)
        ),
        commit("X <detached>", MONDAY, ref="refs/detached/head"),
    )
    run(path, "update-ref", "--no-deref", "HEAD", "refs/detached/head")
    run(path, "tag", "-a", "-m", "m", "annotated", "refs/heads/other")
    wanted = ["detached", "heads-main", "heads-other", "remotes-origin-far", "tags-light"]
    assert [id_ for id_, _, _ in users(read(path))] == wanted


def test_a_zone_that_is_given_is_taken(repository: Callable[..., Path]) -> None:
    path = repository(commit("Ada <Ada@Example.org>", MONDAY), commit("B <b>", MONDAY))
    assert [tz for _, _, tz in users(read(path, tz={"ADA@example.org": "Africa/Accra"}))] == [
        "Africa/Accra",
        "Europe/London",
    ]
    given = {item.id: item.zone_given for item in read(path, tz={"b": "UTC"}) if isinstance(item, FoundUser)}
    assert given == {"ada@example.org": False, "b": True}
    with pytest.raises(FormatError, match="no commit has the author address eve@example.org"):
        read(path, tz={"eve@example.org": "UTC"})


def test_a_zone_that_is_given_for_an_alias_is_the_persons(repository: Callable[..., Path]) -> None:
    path = repository(
        commit("Ada L <a@x>", MONDAY), commit("Ada L <a@x>", MONDAY + 1), commit("Ada L <b@x>", MONDAY)
    )
    assert users(read(path, tz={"b@x": "Africa/Accra"})) == [("a@x", "Ada L", "Africa/Accra")]


def test_the_share_that_a_guessed_zone_explains_is_known(repository: Callable[..., Path]) -> None:
    path = repository(
        *(commit(ADA, MONDAY + number, shown) for number, shown in enumerate(["+0100"] * 3 + ["-0500"]))
    )
    found = [item.guess for item in read(path) if isinstance(item, FoundUser)]
    assert found == [Guess("Europe/Berlin", 3, 4)]


def test_a_bare_repository_and_a_directory_below_are_read(repository: Callable[..., Path], tmp_path: Path) -> None:
    path = repository(commit(ADA, MONDAY))
    (path / "below").mkdir()
    run(tmp_path, "clone", "-q", "--bare", str(path), "bare.git")
    assert read(path / "below") == read(tmp_path / "bare.git") == read(path)


def test_a_directory_is_no_option_and_no_shell_reads_it(
    repository: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("--help", "--output=x", "$(touch marker)"):
        repository(commit(ADA, MONDAY), name=name)
        assert len(read(Path(name))) == 2
    assert not (tmp_path / "marker").exists()


def test_no_variable_leads_elsewhere(
    repository: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = repository(commit(ADA, MONDAY))
    expected = read(path)
    other = repository(commit("B <b>", MONDAY), name="other")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE"):
        monkeypatch.setenv(name, str(other / ".git"))
    assert read(path) == expected


def test_the_settings_of_a_repository_start_nothing_and_change_nothing(
    repository: Callable[..., Path], tmp_path: Path
) -> None:
    path = repository(commit(ADA, MONDAY))
    expected = read(path)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/marker\n")
    program.chmod(0o755)
    settings = {"log.date": "relative", "color.ui": "always", "format.pretty": "oneline", "log.showRoot": "true"}
    settings |= {"log.mailmap": "false", "i18n.logOutputEncoding": "utf-16", "log.showSignature": "true"}
    settings |= {name: str(program) for name in ("core.pager", "gpg.program", "core.fsmonitor", "pager.log")}
    for name, value in settings.items():
        run(path, "config", name, value)
    assert read(path) == expected
    assert not (tmp_path / "marker").exists()


def test_what_is_no_repository_is_refused(repository: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("none", "file", "-", ""):
        with pytest.raises(FormatError, match="reads the directory of a repository"):
            list(git.read(name and str(tmp_path / name)))
    with pytest.raises(FormatError, match=r"cannot read the history of .*: not a git repository"):
        read(tmp_path)
    with pytest.raises(FormatError, match="has no commits"):
        read(repository())


def test_a_repository_that_lost_a_commit_is_refused(repository: Callable[..., Path]) -> None:
    path = repository(*(commit(ADA, MONDAY + number) for number in range(9)))
    for hash_ in run(path, "log", "--format=%H").split()[::4]:
        lost = path / ".git" / "objects" / hash_[:2] / hash_[2:]
        data = lost.read_bytes()
        lost.unlink()
        with pytest.raises(FormatError, match="cannot read the history of"):
            read(path)
        lost.write_bytes(data)
        assert len(read(path)) == 2


def test_without_git_it_says_so(
    repository: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = repository(commit(ADA, MONDAY))
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(FormatError, match="git is not installed"):
        read(path)
    (tmp_path / "bin" / "git").write_text("no program")
    (tmp_path / "bin" / "git").chmod(0o755)
    with pytest.raises(FormatError, match="git cannot be run in"):
        read(path)


def test_git_that_is_killed_is_no_whole_history(
    repository: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = repository(commit(ADA, MONDAY))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").write_text("#!/bin/sh\nkill -9 $$\n")
    (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    with pytest.raises(FormatError, match="git was killed"):
        read(path)


def test_nobody_waits_for_the_rest_of_a_history(repository: Callable[..., Path]) -> None:
    items = git.read(str(repository(*(commit("X <>", MONDAY) for _ in range(3000)))))
    assert next(items) == Skipped("without an address")
    items.close()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_long_history_is_read_in_flat_memory(repository: Callable[..., Path]) -> None:
    count = 10_000
    path = repository(*(commit(f"X <{n % 10}>", MONDAY + n * 3 * HOUR) for n in range(count)))
    read(repository(commit(ADA, MONDAY), commit(ADA, MONDAY + count * 3 * HOUR), name="zones"))
    tracemalloc.start()
    found = sum(isinstance(item, FoundPeriod) for item in git.read(str(path)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == count
    assert peak < 3_000_000
