"""The command import: what it refuses and what it reports."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.helpers import DATA, EGON, query, run, usage_error


def test_import_of_a_bad_item_stores_nothing_unless_it_is_skipped(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    document = json.loads((DATA / "members.json").read_text())
    document["members"][1]["activity_periods"][1]["end_time"] = "soon"
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    status, out, err = run(capsys, "import", "members", str(path))
    assert (status, out) == (2, "")
    assert err.startswith("ftlserver: /members/1/activity_periods/1: expected a time")
    assert query(database, "SELECT count(*) FROM users") == [(0,)]
    status, out, err = run(capsys, "import", "members", "--skip-bad", str(path))
    assert status == 0
    assert out == "users: 2 added, 0 updated; periods: 5 added, 0 already known; skipped: 1 bad\n"
    assert err.startswith("ftlserver: skipped: /members/1/activity_periods/1: ")


def times(start: str, end: str) -> dict[str, str]:
    return {"start_time": start, "end_time": end}


GOOD = times("2026-03-02T09:00:00", "2026-03-02T17:00:00")


@pytest.mark.parametrize(
    ("member", "position", "words", "left"),
    [
        ({"tz": "GMT+5"}, "/members/0", "an IANA name", (0, 0)),
        ({"id": "a b"}, "/members/0", "id: expected 1 to 120 characters", (0, 0)),
        ({"real_name": ""}, "/members/0", "real_name: expected 1 to 200", (0, 0)),
        (
            {"activity_periods": [GOOD, times("2020-02-01T02:00Z", "2020-02-01T01:00Z")]},
            "/members/0/activity_periods/1",
            "end after it starts",
            (1, 1),
        ),
        (
            {"activity_periods": [times("Mar 29 2026 02:30AM", "Mar 29 2026 05:30AM"), GOOD]},
            "/members/0/activity_periods/0",
            "does not exist in Europe/Berlin",
            (1, 1),
        ),
        (
            {"activity_periods": [times("Oct 25 2026 01:30AM", "Oct 25 2026 02:30AM"), GOOD]},
            "/members/0/activity_periods/0",
            "occurs twice in Europe/Berlin",
            (1, 1),
        ),
        (
            {"activity_periods": [GOOD, times("2020-02-01T00:00Z", "2020-02-08T00:00:00.000001Z")]},
            "/members/0/activity_periods/1",
            "7 days",
            (1, 1),
        ),
    ],
)
def test_import_names_the_position_of_an_invalid_user_or_period(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    database: Path,
    member: dict[str, object],
    position: str,
    words: str,
    left: tuple[int, int],
) -> None:
    whole = {"id": "a", "real_name": "A", "tz": "Europe/Berlin", "activity_periods": [GOOD], **member}
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"members": [whole]}))
    everything = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM activity_periods)"
    status, out, err = run(capsys, "import", "members", str(path))
    assert (status, out) == (2, "")
    assert err.startswith(f"ftlserver: {position}: ")
    assert words in err
    assert query(database, everything) == [(0, 0)]
    status, out, err = run(capsys, "import", "members", "--skip-bad", str(path))
    assert (status, "skipped: 1 bad" in out) == (0, True)
    assert err.startswith(f"ftlserver: skipped: {position}: ")
    assert len(err.splitlines()) == 1  # the periods of a bad member are skipped too
    assert query(database, everything) == [left]


@pytest.mark.usefixtures("egon")
@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"timestamp": "2026-11-02T04:40:36Z", "duration": -5}, "end after it starts"),
        ({"timestamp": "2026-11-02T04:40:36Z", "duration": 604801}, "7 days"),
    ],
)
def test_import_names_the_position_of_an_event_that_is_not_a_valid_period(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, event: dict[str, object], words: str
) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"type": "afkstatus", "events": [{"data": {"status": "not-afk"}, **event}]}))
    status, _, err = run(capsys, "import", "activitywatch", "--user", EGON.id, str(path))
    assert (status, err.startswith("ftlserver: /events/0: "), words in err) == (2, True, True)


def test_import_dry_run_says_what_would_happen(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    out = run(capsys, "import", "members", "--dry-run", str(DATA / "members.json"))[1]
    assert out.startswith("Dry run, nothing stored: users: 2 added, 0 updated; periods: 6 added")
    assert not database.exists()


def test_import_reads_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO((DATA / "members.json").read_bytes())))
    assert run(capsys, "import", "members", "-")[1].startswith("users: 2 added")


def test_import_accepts_a_byte_order_mark(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "windows.json"
    path.write_bytes(b"\xef\xbb\xbf" + (DATA / "members.json").read_bytes())
    assert run(capsys, "import", "members", str(path))[1].startswith("users: 2 added")


@pytest.mark.parametrize(
    ("argv", "status", "words"),
    [
        (["members", "--user", "a", "members.json"], 2, "drop --user"),
        (["timewarrior", "timewarrior-export.json"], 2, "add --user"),
        (["timewarrior", "--user", "unknown", "timewarrior-export.json"], 1, 'User "unknown" not found !'),
        (["members", "none.json"], 2, "cannot read"),
        (["members", "timewarrior-export.json"], 2, 'no "members"'),
        (["slack", "timewarrior-export.json"], 2, "users.list"),
        (["csv", "members.json"], 2, "no column user_id"),
        (["ndjson", "members.json"], 2, "not NDJSON"),
        (["git", "members.json"], 2, "reads the directory of a repository"),
        (["git", "--user", "a", "."], 2, "drop --user"),
        (["csv", "--gap", "2h", "x.csv"], 2, "--gap is for the format git, not for csv; drop it"),
        (["members", "--tz", "a=UTC", "members.json"], 2, "--tz is for the format git"),
        (["ical", "x.ics"], 2, "add --user"),
        (
            ["ical", "--user", "W012A3CDE", "--lead", "1h", "x.ics"],
            2,
            "--lead is for the format git, not for ical",
        ),
        (["slack", "--from", "2026-03-01", "x.json"], 2, "--from is for the format ical, not for slack; drop it"),
        (["csv", "--no-merge-names", "x.csv"], 2, "--no-merge-names is for the format git, not for csv; drop it"),
        (["git", "--zone", "UTC", "."], 2, "--zone is for the formats toggl and clockify, not for git; drop it"),
        (["slack", "--update", "x.json"], 2, "the format slack always replaces names and zones; drop --update"),
        (["toggl", "clockify-detailed.csv"], 2, "it has no column Start date, Start time, End date, End time"),
        (["clockify", "--zone", "Mars", "clockify-detailed.csv"], 2, "--zone: 'Mars' is no time zone"),
    ],
)
def test_an_import_that_fails_says_why(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    status: int,
    words: str,
) -> None:
    monkeypatch.chdir(DATA)
    got, _, err = run(capsys, "import", *argv)
    assert got == status
    assert words in err


@pytest.mark.parametrize(
    "argv",
    [
        *(
            ["git", option, text, "."]
            for option in ("--gap", "--lead")
            for text in ("", "2", "0h", "-1h", "169h", "x")
        ),
        *(["git", "--tz", text, "."] for text in ("", "a", "=", "a=", "=UTC")),
        *(["ical", "--user", "a", "--from", text, "x.ics"] for text in ("", "9", "2026-02-30", "20260")),
        ["clockify", "--dates", "ymd", "x.csv"],
        ["svn", "."],
    ],
)
def test_import_refuses_invalid_options(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    assert "usage: ftlserver import" in usage_error(capsys, "import", *argv)
