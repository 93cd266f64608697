"""The commands, through main(), as a person or a script calls them."""

import io
import json
import logging
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from webtest import TestApp

from ftlclient import Client
from ftlserver.cli import main
from ftlserver.commands import COMMANDS
from ftlserver.domain import instants, timezones
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.user import User
from ftlserver.serving.server import STOP_SIGNALS
from ftlserver.storage import Storage, schema
from ftlserver.web.app import create_app
from tests.conftest import DATA, EGON, at
from tests.server.test_serving import wait_for_url


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ftl.sqlite3"
    monkeypatch.setenv("DATABASE_URL", str(path))
    return path


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    status = main(argv)
    out, err = capsys.readouterr()
    return status, out, "".join(line + "\n" for line in err.splitlines() if "new database" not in line)


def usage_error(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    with pytest.raises(SystemExit) as error:
        main(argv)
    assert error.value.code == 2
    return capsys.readouterr().err


def query(path: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.fixture
def egon(capsys: pytest.CaptureFixture[str]) -> None:
    main(["import", "slack", str(DATA / "slack-users-list.json")])
    capsys.readouterr()


def test_help_lists_every_command_with_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["--help"])
    assert error.value.code == 0
    out = capsys.readouterr().out
    for name, _, help_ in COMMANDS:
        assert re.search(rf"^ +{name}\s+{help_[:20]}", out, re.MULTILINE)


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit) as error:
        main([name, "--help"])
    assert error.value.code == 0
    assert f"usage: ftlserver {name}" in capsys.readouterr().out


def test_insert_user_creates_that_many_users(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    status, out, err = run(capsys, "insert_user", "3")
    assert (status, err) == (0, "")
    ids = re.findall(r'^User "([A-Za-z0-9]{12})" Created !$', out, re.MULTILINE)
    assert len(ids) == len(out.splitlines()) == 3
    assert {row[0] for row in query(database, "SELECT id FROM users")} == set(ids)
    for (tz,) in query(database, "SELECT tz FROM users"):
        timezones.zone(tz)


def test_insert_user_repeats_itself_for_a_seed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    first = run(capsys, "insert_user", "2", "--seed", "5")
    assert first == run(capsys, "--database", str(tmp_path / "other"), "insert_user", "2", "--seed", "5")
    status, out, err = run(capsys, "insert_user", "2", "--seed", "5")
    assert (status, out) == (1, "")
    assert "exists already" in err


@pytest.mark.parametrize("argv", [[], ["0"], ["-1"], ["x"], ["1", "2"], ["1.5"], ["٣"], ["1000001"]])
def test_insert_user_takes_one_number(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    assert "usage: ftlserver" in usage_error(capsys, "insert_user", *argv)


@pytest.mark.usefixtures("egon")
def test_insert_activity_logs_hours_a_day_apart(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    before = instants.now()
    status, out, _ = run(capsys, "insert_activity", "W012A3CDE", "4")
    assert (status, out) == (0, 'Random "W012A3CDE" activity logged !\n' * 4)
    rows = query(database, "SELECT started_at, ended_at, session_date FROM activity_periods ORDER BY 1 DESC")
    assert before <= rows[0][0] <= instants.now()
    assert all(end - start == instants.HOUR for start, end, _ in rows)
    assert len({day for _, _, day in rows}) == 4


@pytest.mark.usefixtures("egon")
def test_insert_activity_over_days_repeats_itself_for_a_seed(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    run(capsys, "insert_activity", "W012A3CDE", "30", "--days", "20", "--seed", "1")
    rows = query(database, "SELECT * FROM activity_periods")
    assert len(rows) == 30
    run(capsys, "insert_activity", "W012A3CDE", "30", "--days", "20", "--seed", "1")
    assert query(database, "SELECT min(started_at) FROM activity_periods") == [(min(row[1] for row in rows),)]


def test_insert_activity_of_nobody_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "insert_activity", "nobody", "1") == (1, "", 'User "nobody" not found !\n')


def test_import_of_the_assignments_answer(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    status, out, err = run(capsys, "import", "members", str(DATA / "members.json"))
    assert (status, err) == (0, "")
    assert out == "users: 2 added, 0 updated; periods: 6 added, 0 already known; skipped: nothing\n"
    row = query(
        database,
        "SELECT started_at, session_date, start_time FROM activity_periods WHERE user_id='W012A3CDE' ORDER BY 1",
    )[0]
    assert row == (at("2020-02-01T21:33:00Z"), "2020-02-01", "13:33:00")


@pytest.mark.usefixtures("egon")
def test_import_of_activitywatch_and_timewarrior_again_changes_nothing(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    activitywatch = (
        "import",
        "activitywatch",
        "--user",
        "W012A3CDE",
        str(DATA / "activitywatch-export.json"),
    )
    timewarrior = ("import", "timewarrior", "--user", "W07QCRPA4", str(DATA / "timewarrior-export.json"))
    users = "users: 0 added, 0 updated; periods: "
    assert run(capsys, *activitywatch)[1] == f"{users}84 added, 0 already known; skipped: 13 with zero length\n"
    assert run(capsys, *activitywatch)[1] == f"{users}0 added, 84 already known; skipped: 13 with zero length\n"
    assert query(database, "SELECT sum(ended_at - started_at) FROM activity_periods") == [(238_044_131_000,)]
    assert run(capsys, *timewarrior)[1] == f"{users}4 added, 0 already known; skipped: 1 still running\n"
    assert run(capsys, *timewarrior)[1] == f"{users}0 added, 4 already known; skipped: 1 still running\n"


def test_import_of_a_bad_item_stores_nothing_unless_it_is_skipped(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    document = json.loads((DATA / "members.json").read_text())
    document["members"][1]["activity_periods"][1]["end_time"] = "soon"
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    status, out, err = run(capsys, "import", "members", str(path))
    assert (status, out) == (2, "")
    assert err.startswith("/members/1/activity_periods/1: expected a time")
    assert query(database, "SELECT count(*) FROM users") == [(0,)]
    status, out, err = run(capsys, "import", "members", "--skip-bad", str(path))
    assert status == 0
    assert out == "users: 2 added, 0 updated; periods: 5 added, 0 already known; skipped: 1 bad\n"
    assert err.startswith("skipped: /members/1/activity_periods/1: ")


def _period(start: str, end: str) -> dict[str, str]:
    return {"start_time": start, "end_time": end}


GOOD = _period("2026-03-02T09:00:00", "2026-03-02T17:00:00")


@pytest.mark.parametrize(
    ("member", "position", "words", "left"),
    [
        ({"tz": "GMT+5"}, "/members/0", "an IANA name", (0, 0)),
        ({"id": "a b"}, "/members/0", "id: expected 1 to 120 characters", (0, 0)),
        ({"real_name": ""}, "/members/0", "real_name: expected 1 to 200", (0, 0)),
        (
            {"activity_periods": [GOOD, _period("2020-02-01T02:00Z", "2020-02-01T01:00Z")]},
            "/members/0/activity_periods/1",
            "end after it starts",
            (1, 1),
        ),
        (
            {"activity_periods": [_period("Mar 29 2026 02:30AM", "Mar 29 2026 05:30AM"), GOOD]},
            "/members/0/activity_periods/0",
            "does not exist in Europe/Berlin",
            (1, 1),
        ),
        (
            {"activity_periods": [_period("Oct 25 2026 01:30AM", "Oct 25 2026 02:30AM"), GOOD]},
            "/members/0/activity_periods/0",
            "occurs twice in Europe/Berlin",
            (1, 1),
        ),
        (
            {"activity_periods": [GOOD, _period("2020-02-01T00:00Z", "2020-02-08T00:00:00.000001Z")]},
            "/members/0/activity_periods/1",
            "7 days",
            (1, 1),
        ),
    ],
)
def test_import_names_what_no_user_and_no_period_can_be(
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
    assert err.startswith(f"{position}: ")
    assert words in err
    assert query(database, everything) == [(0, 0)]
    status, out, err = run(capsys, "import", "members", "--skip-bad", str(path))
    assert (status, "skipped: 1 bad" in out) == (0, True)
    assert err.startswith(f"skipped: {position}: ")
    assert len(err.splitlines()) == 1  # the periods of a bad member go with them
    assert query(database, everything) == [left]


@pytest.mark.usefixtures("egon")
@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"timestamp": "2026-11-02T04:40:36Z", "duration": -5}, "end after it starts"),
        ({"timestamp": "2026-11-02T04:40:36Z", "duration": 604801}, "7 days"),
    ],
)
def test_import_names_an_event_that_no_period_can_be(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, event: dict[str, object], words: str
) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"type": "afkstatus", "events": [{"data": {"status": "not-afk"}, **event}]}))
    status, _, err = run(capsys, "import", "activitywatch", "--user", EGON.id, str(path))
    assert (status, err.startswith("/events/0: "), words in err) == (2, True, True)


@pytest.mark.usefixtures("egon")
def test_import_reads_timewarriors_compact_times_as_instants(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    path = tmp_path / "export.json"
    path.write_text('[{"start": "20261024T233000Z", "end": "20261025T033000Z"}, {"start": "x", "end": "y"}]')
    assert run(capsys, "import", "timewarrior", "--user", EGON.id, str(path))[2].startswith("/1: expected a time")
    run(capsys, "import", "timewarrior", "--skip-bad", "--user", EGON.id, str(path))
    rows = query(database, "SELECT started_at, ended_at, start_offset FROM activity_periods")
    assert rows == [(at("2026-10-24T23:30:00Z"), at("2026-10-25T03:30:00Z"), -7 * 3600)]


def test_import_keeps_the_offset_that_a_clock_showed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    period = _period("2020-02-01T13:33:00.000001-05:00", "2020-02-01T21:54:00Z")
    member = {"id": "a", "real_name": "A", "tz": "America/Los_Angeles", "activity_periods": [period]}
    path = tmp_path / "members.json"
    path.write_text(json.dumps({"members": [member]}))
    run(capsys, "import", "members", str(path))
    assert query(database, "SELECT * FROM activity_periods")[0][:5] == (
        *("a", at("2020-02-01T18:33:00.000001Z"), at("2020-02-01T21:54:00Z")),
        *(-18000, -28800),
    )


def test_import_dry_run_says_what_would_happen(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    out = run(capsys, "import", "members", "--dry-run", str(DATA / "members.json"))[1]
    assert out.startswith("Dry run, nothing stored: users: 2 added, 0 updated; periods: 6 added")
    assert query(database, "SELECT count(*) FROM users") == [(0,)]


def test_import_reads_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO((DATA / "members.json").read_bytes())))
    assert run(capsys, "import", "members", "-")[1].startswith("users: 2 added")


@pytest.mark.parametrize(
    ("argv", "status", "words"),
    [
        (["members", "--user", "a", "members.json"], 2, "drop --user"),
        (["timewarrior", "timewarrior-export.json"], 2, "add --user"),
        (["timewarrior", "--user", "nobody", "timewarrior-export.json"], 1, 'User "nobody" not found !'),
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
    ],
)
def test_import_that_cannot_be_says_why(
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
        *(["ical", "--user", "a", "--from", text, "x.ics"] for text in ("", "today", "2026-02-30", "20260")),
        ["svn", "."],
    ],
)
def test_import_refuses_options_that_cannot_be(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    assert "usage: ftlserver import" in usage_error(capsys, "import", *argv)


def test_import_of_ndjson_and_csv(capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text(
        '{"id":"a","real_name":"A","tz":"Asia/Tokyo"}\n'
        '{"user_id":"a","start_time":"2020-02-01T10:00Z","end_time":"2020-02-01T11:00Z"}\n'
        '{"ok":true,"count":2}\n'
    )
    table = tmp_path / "table.csv"
    table.write_text(
        "user_id;real_name;tz;start_time;end_time\na;A;Asia/Tokyo;2020-02-01T19:00:00+09:00;2020-02-01T20:00\n"
        "b;B;UTC;2020-02-01T10:00;2020-02-01T09:00\n"
    )
    assert run(capsys, "import", "ndjson", str(lines))[1].startswith("users: 1 added, 0 updated; periods: 1 added")
    assert run(capsys, "import", "csv", str(table))[2] == "line 3: a period must end after it starts\n"
    out = run(capsys, "import", "--skip-bad", "csv", str(table))[1]
    assert out == "users: 1 added, 0 updated; periods: 0 added, 1 already known; skipped: 1 bad\n"


@pytest.mark.usefixtures("egon")
def test_import_of_a_calendar_reads_floating_times_on_the_users_clock(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    events = [
        "DTSTART:20260302T090000\nDTEND:20260302T100000",
        "DTSTART:20260303T090000Z\nDTEND:20260303T100000Z",
        "DTSTART;TZID=Asia/Tokyo:20260304T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY",
        "DTSTART;VALUE=DATE:20260305",
        "UID:gap\nDTSTART:20260308T023000\nDTEND:20260308T040000",
    ]
    text = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    path = tmp_path / "calendar.ics"
    path.write_text(f"BEGIN:VCALENDAR\n{text}END:VCALENDAR\n")
    argv = ("--user", EGON.id, "--from", "2026-03-01", "--to", "2026-03-06", str(path))
    out = run(capsys, "import", "ical", *argv)[1]
    assert out.endswith("periods: 4 added, 0 already known; skipped: 1 all-day, 1 outside the requested dates\n")
    rows = query(database, "SELECT started_at, start_offset FROM activity_periods ORDER BY 1")
    assert rows == [
        (at("2026-03-02T17:00:00Z"), -8 * 3600),
        (at("2026-03-03T09:00:00Z"), -8 * 3600),
        (at("2026-03-04T00:00:00Z"), 9 * 3600),
        (at("2026-03-05T00:00:00Z"), 9 * 3600),
    ]
    err = run(capsys, "import", "ical", "--user", EGON.id, "--to", "2026-04-01", str(path))[2]
    assert err.startswith("event gap: ")
    assert "does not exist in America/Los_Angeles" in err


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    path = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    commit = "commit refs/heads/main\nauthor Ada <Ada@x> %d %s\ncommitter C <c@x> 1 +0000\ndata 0\n\n"
    history = "".join(commit % moment for moment in [(1583139600, "+0100"), (1583146799, "+0100"), (0, "+0000")])
    subprocess.run(["git", "-C", str(path), "fast-import", "--quiet"], input=history, text=True, check=True)
    return path


def test_import_of_a_repository(capsys: pytest.CaptureFixture[str], repository: Path, database: Path) -> None:
    counts = "periods: {} added, {} already known; skipped: 1 without a usable date\n"
    out = run(capsys, "import", "git", str(repository))[1]
    assert out == "users: 1 added, 0 updated; " + counts.format(1, 0)
    assert query(database, "SELECT id, real_name, tz FROM users") == [("ada@x", "Ada", "Europe/Berlin")]
    shown = query(database, "SELECT session_date, start_time, end_time, start_offset FROM activity_periods")
    assert shown == [("2020-03-02", "09:30:00", "11:59:59", 3600)]
    assert run(capsys, "import", "git", str(repository))[1].endswith(counts.format(0, 1))
    options = ("--gap", "90m", "--lead", "45s", "--tz", "ada@x=Europe/Paris")
    assert run(capsys, "import", "git", *options, str(repository))[1].endswith(counts.format(2, 0))
    assert query(database, "SELECT tz FROM users") == [("Europe/Paris",)]
    assert (
        "ada@x: a time zone is an IANA name"
        in run(capsys, "import", "git", "--tz", "ada@x=Mars", str(repository))[2]
    )


@pytest.mark.parametrize("format_", ["members", "git"])
def test_import_shows_a_bar_on_a_terminal(
    tmp_path: Path, database: Path, format_: str, request: pytest.FixtureRequest
) -> None:
    file = DATA / "members.json" if format_ == "members" else request.getfixturevalue("repository")
    main_end, terminal = pty.openpty()
    command = [sys.executable, "-m", "ftlserver", "import", format_, str(file)]
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=terminal, check=True, env=os.environ | {"TERM": "xterm"}
    )
    os.close(terminal)
    shown = os.read(main_end, 65536).decode()
    os.close(main_end)
    assert (b"6 added" if format_ == "members" else b"1 added") in result.stdout
    assert "reading" in shown


def test_export_is_read_back_to_the_same_database(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    with Storage.open(str(database)) as storage:
        periods = [
            ActivityPeriod.in_zone(EGON, n * 10**13 + n, n * 10**13 + n + instants.HOUR + 1) for n in range(1, 170)
        ]
        storage.bulk_import.store([EGON], [*periods, ActivityPeriod(EGON.id, 5, 6, 3600, -3600)])
    main(["import", "members", str(DATA / "members.json")])
    capsys.readouterr()
    exported = tmp_path / "out.json"
    assert run(capsys, "export", "--output", str(exported))[:2] == (0, "")
    assert exported.stat().st_mode & 0o077 == 0
    other = str(tmp_path / "other.sqlite3")
    assert run(capsys, "--database", other, "import", "members", str(exported))[0] == 0
    everything = "SELECT * FROM users, activity_periods ORDER BY 1, 4, 5, 6"
    assert query(Path(other), everything) == query(database, everything)
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_export_of_some_writes_those(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    main(["import", "members", str(DATA / "members.json")])
    capfdbinary.readouterr()
    assert main(["export", "W07QCRPA4"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert document["ok"] is True
    assert [member["id"] for member in document["members"]] == ["W07QCRPA4"]
    assert document["members"][0]["activity_periods"][0]["start_time"] == "2020-02-01T13:33:00+05:30"
    assert main(["export", "nobody"]) == 1
    assert capfdbinary.readouterr().out == b""


def test_export_writes_through_links_and_into_pipes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["import", "members", str(DATA / "members.json")])
    target, link, fifo = tmp_path / "target.json", tmp_path / "link.json", tmp_path / "fifo"
    target.write_text("old")
    link.symlink_to(target)
    assert run(capsys, "export", "--output", str(link))[0] == 0
    assert link.is_symlink()
    assert len(json.loads(target.read_text())["members"]) == 2
    os.mkfifo(fifo)
    reader = subprocess.Popen(["cat", str(fifo)], stdout=subprocess.PIPE)
    assert run(capsys, "export", "--output", str(fifo))[0] == 0
    assert reader.communicate()[0] == target.read_bytes()
    assert fifo.is_fifo()


def test_import_takes_a_byte_order_mark(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "windows.json"
    path.write_bytes(b"\xef\xbb\xbf" + (DATA / "members.json").read_bytes())
    assert run(capsys, "import", "members", str(path))[1].startswith("users: 2 added")


def test_export_to_a_place_that_is_none_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _, err = run(capsys, "export", "--output", str(tmp_path / "none" / "out.json"))
    assert (status, "cannot write" in err) == (2, True)


def test_users_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["import", "members", str(DATA / "members.json")])
    main(["insert_user", "1", "--seed", "1"])
    capsys.readouterr()
    status, out, _ = run(capsys, "users")
    assert status == 0
    assert re.search(r"W012A3CDE +Egon Spengler +America/Los_Angeles +3 +2020-03-16 20:02", out)
    assert re.search(r" 0 +never", out)


def test_users_show_the_clock_of_then_and_no_name_steers_the_terminal(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    with Storage.open(str(database)) as storage:
        there = User("u", "left\u202eright", "Europe/Berlin")
        storage.bulk_import.store(
            [there], [ActivityPeriod.from_text(there, "2026-01-05T09:00", "2026-01-05T17:00")]
        )
        storage.bulk_import.store([User("u", "left\u202eright", "America/Los_Angeles")], [])
    out = run(capsys, "users")[1]
    assert "2026-01-05 17:00" in out
    assert "left\ufffdright" in out


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", ">/dev/full"])
@pytest.mark.parametrize("command", ["-m ftlserver users", "-m ftlserver --help", "-m ftlclient --help"])
def test_streams_that_are_closed_or_full_are_no_reason_for_a_traceback(command: str, redirection: str) -> None:
    line = f"{sys.executable} {command} {redirection}"
    result = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr
    assert result.returncode == (2 if "full" in redirection and "users" in command else 0)


@pytest.mark.usefixtures("egon")
def test_delete_user_asks_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database: Path
) -> None:
    terminal = io.StringIO("no\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    status, _, err = run(capsys, "delete_user", "W012A3CDE")
    assert (status, "Egon Spengler" in err, "Nothing was deleted" in err) == (1, True, True)
    terminal = io.StringIO("y\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert run(capsys, "delete_user", "W012A3CDE")[1] == 'User "W012A3CDE" deleted !\n'
    assert query(database, "SELECT id FROM users") == [("W07QCRPA4",)]


@pytest.mark.usefixtures("egon")
def test_delete_user_without_a_terminal_needs_yes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    status, _, err = run(capsys, "delete_user", "W012A3CDE")
    assert (status, "--yes" in err) == (2, True)
    assert run(capsys, "delete_user", "W012A3CDE", "--yes")[0] == 0
    assert run(capsys, "delete_user", "W012A3CDE", "--yes")[0] == 1


def test_verbose_says_which_database(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    assert f"database: {database}" in run(capsys, "--verbose", "users")[2]
    assert f"database: {database}" in run(capsys, "users", "--verbose")[2]


def test_a_database_of_no_use_is_named_with_its_own_status(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, _, err = run(capsys, "--database", str(tmp_path), "users")
    assert status == 3
    assert str(tmp_path) in err
    status, _, err = run(capsys, "users", "--database", "postgres://ada:secret@127.0.0.1:9/x")
    assert status == 3
    assert "postgresql://ada@127.0.0.1:9/x" in err
    assert "secret" not in err


def test_a_reader_that_leaves_early_is_no_error(database: Path) -> None:
    main(["import", "members", str(DATA / "members.json")])
    command = f"{sys.executable} -m ftlserver export | head -c 20"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert result.stdout == '{"ok":true,"members"'
    assert result.stderr == ""


def test_demo_is_ready_in_moments_and_leaves_nothing(tmp_path: Path) -> None:
    environ = os.environ | {"TMPDIR": str(tmp_path), "DATABASE_URL": ""}
    command = [sys.executable, "-m", "ftlserver", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        url = re.search(r"http://[\d.:]+", first)
        assert url
        assert list(tmp_path.glob("ftlserver-demo-*"))
        ask = [sys.executable, "-m", "ftlclient", "activity", "--url", url[0], "W012A3CDE", "aroha"]
        shown = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
        process.terminate()
        assert process.wait(10) == 0
    assert "Egon Spengler" in shown
    assert "Aroha Ngata" in shown
    assert not list(tmp_path.glob("ftlserver-demo-*"))


def test_demo_goes_with_its_terminal(tmp_path: Path) -> None:
    environ = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "ftlserver", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert process.wait(10) == 0
    assert not list(tmp_path.glob("ftlserver-demo-*"))


def test_eight_processes_insert_activity_while_the_server_answers(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    main(["import", "slack", str(DATA / "slack-users-list.json")])
    serve = subprocess.Popen(
        [sys.executable, "-m", "ftlserver", "serve", "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    assert serve.stderr is not None
    url = next(line.split(" answers at ")[1].split(",")[0] for line in serve.stderr if " answers at " in line)
    insert = "from ftlserver.cli import main; import sys; sys.exit(max(main(['insert_activity', u, '5']) for _ in range(3) for u in ('W012A3CDE', 'W07QCRPA4')))"
    writers = [
        subprocess.Popen([sys.executable, "-c", insert], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    asked = 0
    with Client(url) as client:
        while any(writer.poll() is None for writer in writers):
            assert len(client.log_user_activity(["W012A3CDE", "W07QCRPA4"])) == 2
            asked += 1
            time.sleep(0.01)
        results = [writer.communicate() for writer in writers]
        assert [(writer.returncode, err) for writer, (_, err) in zip(writers, results, strict=True)] == [
            (0, "")
        ] * 8
        logged = sum(out.count("activity logged !") for out, _ in results)
        found = sum(
            len(member.activity_periods) for member in client.log_user_activity(["W012A3CDE", "W07QCRPA4"])
        )
    serve.terminate()
    serve.communicate()
    assert (logged, found, serve.returncode) == (240, 240, 0)
    assert asked > 3


# ---- token


def made_token(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    status, out, _ = run(capsys, "token", "create", "--name", "n", "--scope", "read", *argv, "--json")
    assert status == 0
    return dict(json.loads(out))


def listed_tokens(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    return {token["id"]: token for token in json.loads(run(capsys, "token", "list", "--json")[1])}


def whoami(database: Path, secret: str) -> int:
    with Storage.open(str(database)) as storage:
        headers = {"Authorization": f"Bearer {secret}"}
        return int(TestApp(create_app(storage)).get("/api/whoami", headers=headers, expect_errors=True).status_int)


def test_a_token_is_shown_once_and_the_first_one_says_that_it_closes(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    status, out, err = run(capsys, "token", "create", "--name", "laptop", "--scope", "read")
    assert status == 0
    assert re.fullmatch(r"ftl_[0-9A-Za-z]{8}_[0-9A-Za-z_-]{43}\n", out)
    assert "the first token" in err
    assert out.strip() not in err
    again = run(capsys, "token", "create", "--name", "laptop", "--scope", "write")
    assert "the first token" not in again[2]
    shown = run(capsys, "token", "list")[1] + run(capsys, "token", "list", "--json")[1]
    assert out.split("_")[1] in shown
    for secret in (out.strip(), again[1].strip()):
        assert secret[13:] not in shown
        assert secret[13:].encode() not in database.read_bytes()
        assert whoami(database, secret) == 200


def test_a_token_says_what_it_may_and_how_long(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    before = instants.now()
    token = made_token(capsys, "--scope", "write", "--scope", "read", "--user", "b", "--user", "a", "--user", "b")
    assert (token["scopes"], token["user_ids"]) == (["read", "write"], ["b", "a"])
    year = 365 * 24 * instants.HOUR
    assert before + year <= at(token["expires_at"]) <= instants.now() + year
    assert made_token(capsys)["user_ids"] is None
    assert made_token(capsys, "--expires", "never")["expires_at"] is None
    ninety = made_token(capsys, "--expires", "90m")
    assert at(ninety["expires_at"]) - at(ninety["created_at"]) == 90 * instants.MINUTE
    assert len(listed_tokens(capsys)) == 4


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["create", "--name", "n"], "--scope"),
        (["create", "--scope", "read"], "--name"),
        (["create", "--name", "n", "--scope", "root"], "invalid choice"),
        (["create", "--name", "n", "--scope", ""], "invalid choice"),
        (["create", "--name", "", "--scope", "read"], "1 to 200 characters"),
        (["create", "--name", "a\x1b[2J", "--scope", "read"], "without control characters"),
        (["create", "--name", "n", "--scope", "read", "--user", "a b"], "1 to 120 characters"),
        (["create", "--name", "n", "--scope", "read", "--expires", "5"], "with its unit"),
        (["create", "--name", "n", "--scope", "read", "--expires", "-1d"], "expected"),
        (["create", "--name", "n", "--scope", "read", "--expires", "999999d"], "with its unit"),
        (["create", "--name", "n", "--scope", "read", "--expires", "Never"], "with its unit"),
        (["rotate", "x", "--grace", "never"], "with its unit"),
        (["revoke"], "ID"),
        ([], "ACTION"),
    ],
)
def test_what_a_token_cannot_be_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], database: Path, argv: list[str], said: str
) -> None:
    assert said in usage_error(capsys, "token", *argv)
    assert not database.exists()


def test_a_token_that_is_revoked_ends_now_and_for_ever(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    token = made_token(capsys)
    assert whoami(database, token["token"]) == 200
    assert "is revoked" in run(capsys, "token", "revoke", token["id"])[1]
    assert whoami(database, token["token"]) == 401
    first = listed_tokens(capsys)[token["id"]]["revoked_at"]
    again = json.loads(run(capsys, "token", "revoke", token["id"], "--json")[1])
    assert again["revoked_at"] == first is not None
    assert run(capsys, "token", "rotate", token["id"])[0] == 2
    assert "revoked" in run(capsys, "token", "list")[1]


@pytest.mark.parametrize("action", ["revoke", "rotate"])
@pytest.mark.parametrize("id_", ["nobodys8", "", "x' OR '1'='1", "\ud800"])
def test_a_token_that_there_is_not_is_said_not_to_be(
    capsys: pytest.CaptureFixture[str], action: str, id_: str
) -> None:
    made_token(capsys)
    status, out, err = run(capsys, "token", action, id_)
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert "no token with that id" in err
    (token,) = listed_tokens(capsys).values()
    assert token["revoked_at"] is None


def test_rotating_gives_a_new_secret_for_the_same_and_ends_the_old_one(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    old = made_token(capsys, "--scope", "write", "--user", "a", "--expires", "90d")
    status, out, _ = run(capsys, "token", "rotate", old["id"], "--json")
    new = json.loads(out)
    assert status == 0
    assert new["id"] != old["id"]
    assert {name: new[name] for name in ("name", "scopes", "user_ids")} == {
        name: old[name] for name in ("name", "scopes", "user_ids")
    }
    assert at(new["expires_at"]) - at(new["created_at"]) == 90 * 24 * instants.HOUR
    assert whoami(database, old["token"]) == 401
    assert whoami(database, new["token"]) == 200
    assert run(capsys, "token", "rotate", old["id"])[0] == 2


def test_rotating_with_grace_lets_the_old_one_live_on_but_not_longer_than_it_would_have(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    for expires, left in (("never", instants.HOUR), ("365d", instants.HOUR), ("30m", 30 * instants.MINUTE)):
        old = made_token(capsys, "--expires", expires)
        before = instants.now()
        status, out, _ = run(capsys, "token", "rotate", old["id"], "--grace", "1h")
        assert status == 0
        assert whoami(database, old["token"]) == whoami(database, out.strip()) == 200
        ends = at(listed_tokens(capsys)[old["id"]]["expires_at"])
        assert ends <= instants.now() + left
        assert ends >= (before if expires != "30m" else at(old["created_at"])) + left


# ---- serve


@pytest.mark.parametrize("name", ["https://ftl.example.org", "x:y:z"])
def test_an_allowed_host_that_is_none_stops_the_start(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database: Path, name: str
) -> None:
    for argv in (["--allowed-host", name], []):
        status, out, err = run(capsys, "serve", "--port", "0", *argv)
        assert (status, out, len(err.splitlines())) == (2, "", 1)
        assert "is not a host name" in err
        assert not database.exists()
        monkeypatch.setenv("FTL_ALLOWED_HOSTS", f"ftl.example.org, {name}")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--public-read"], ["can read everything", "open to everyone on this machine"]),
        (["--allowed-host", "ftl.example.org"], ["locked until there is a token", "ftl.example.org, localhost"]),
    ],
)
def test_a_server_says_at_its_start_who_is_let_in(tmp_path: Path, argv: list[str], said: list[str]) -> None:
    command = [sys.executable, "-m", "ftlserver", "--database", str(tmp_path / "x"), "serve", "--port", "0", *argv]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        url = wait_for_url(process)
        answer = requests.get(f"{url}/api/whoami", timeout=10)
        process.terminate()
        assert process.stderr is not None
        log = process.stderr.read()
    assert all(words in log for words in said)
    assert answer.status_code == (401 if "locked" in log else 200)


# ---- backup, migrate


def saved(path: Path) -> set[tuple[str, int]]:
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    return set(query(path, "SELECT user_id, started_at FROM activity_periods"))


def test_a_backup_holds_all_that_was_acknowledged_before_it_began(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    acknowledged: set[tuple[str, int]] = set()
    done = threading.Event()

    def write(user: User) -> None:
        for number in range(1, 5_000):
            period = ActivityPeriod.in_zone(user, number * instants.HOUR, number * instants.HOUR + instants.MINUTE)
            storage.bulk_import.store([user], [period])
            acknowledged.add((user.id, period.started_at))
            if done.is_set():
                break

    copy = tmp_path / "copy.sqlite3"
    with Storage.open(str(database), threads=4) as storage:
        threads = [threading.Thread(target=write, args=[User(id_, "A", "UTC")]) for id_ in ("a", "b")]
        for thread in threads:
            thread.start()
        for round_ in range(1, 5):
            while len(acknowledged) < 10 * round_:
                time.sleep(0.001)
            before = acknowledged.copy()
            status, out, _ = run(capsys, "backup", str(copy))
            assert (status, out) == (0, f"{copy} holds {copy.stat().st_size:,} bytes\n")
            assert before <= saved(copy)
        done.set()
        for thread in threads:
            thread.join()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part*"))
    assert run(capsys, "--database", str(copy), "users")[0] == 0


def test_a_backup_replaces_an_old_file_and_one_that_fails_leaves_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    target, link = tmp_path / "old", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o644)
    link.symlink_to(target)
    main(["import", "members", str(DATA / "members.json")])
    assert run(capsys, "backup", str(link))[0] == 0
    assert (link.is_symlink(), target.stat().st_mode & 0o777, len(saved(target))) == (True, 0o600, 6)
    good = target.read_bytes()
    with database.open("r+b") as file:  # the pages behind the first one are gone
        file.truncate(4096)
    status, out, err = run(capsys, "backup", str(target))
    assert (status, out, len(err.splitlines())) == (3, "", 1)
    assert target.read_bytes() == good
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("ftl.sqlite3", "the copy would replace the database itself"),
        (".", "is no file"),
        ("/dev/null", "is no file"),
        ("none/copy", "cannot write"),
        ("ftl.sqlite3/copy", "cannot write"),
    ],
)
def test_a_backup_to_a_place_that_cannot_be_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, words: str
) -> None:
    main(["import", "members", str(DATA / "members.json")])
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "backup", target)
    assert (status, out, len(err.splitlines()), words in err) == (2, "", 1, True)
    assert len(saved(tmp_path / "ftl.sqlite3")) == 6


def test_a_backup_of_no_database_makes_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, database: Path
) -> None:
    status, _, err = run(capsys, "backup", str(tmp_path / "copy"))
    assert (status, "No such file" in err) == (3, True)
    assert not database.exists()
    assert not (tmp_path / "copy").exists()


def test_a_backup_of_postgresql_is_what_pg_dump_is_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, postgresql_url: str
) -> None:
    status, _, err = run(capsys, "--database", postgresql_url, "backup", str(tmp_path / "copy"))
    assert (status, "use pg_dump" in err) == (2, True)
    assert not (tmp_path / "copy").exists()


def test_migrate_brings_the_tables_up_to_date_once(capsys: pytest.CaptureFixture[str], url: str) -> None:
    for _ in range(2):
        status, out, err = run(capsys, "--database", url, "migrate")
        assert (status, err) == (0, "")
        assert out.endswith(f" is at version {len(schema.MIGRATIONS)}\n")
    assert run(capsys, "--database", url, "users")[0] == 0


def test_migrate_leaves_what_a_newer_version_has_written(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    main(["migrate"])
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("INSERT INTO migrations VALUES (999, 'of tomorrow', 0)")
    connection.close()
    capsys.readouterr()
    status, out, err = run(capsys, "migrate")
    assert (status, out, "newer ftlserver" in err) == (3, "", True)


def test_a_server_that_is_told_to_stop_does(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # until the server heeds them
    done = threading.Event()

    def tell() -> None:
        while not done.wait(0.2):
            os.kill(os.getpid(), signal.SIGTERM)

    teller = threading.Thread(target=tell)
    teller.start()
    try:
        assert main(["serve", "--port", "0"]) == 0
    finally:
        done.set()
        teller.join()
        for number, handler in before.items():
            signal.signal(number, handler)
        logging.getLogger("ftlserver").setLevel(logging.NOTSET)
    err = capsys.readouterr().err
    assert err.index("answers at http://127.0.0.1:") < err.index("open to everyone") < err.index("stopped")
