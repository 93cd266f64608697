"""The questions, from options to output."""

import csv
import io
import itertools
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ftlclient import time_ranges
from ftlclient.cli import main
from ftlserver.commands import sample_data
from ftlserver.domain import instants
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.client.conftest import run, wsgi
from tests.common.conftest import STEERS
from tests.conftest import TIMES, serving
from tests.helpers import NAUGHTY

IDS = ("W012A3CDE", "W07QCRPA4")


QUESTIONS = [
    "activity",
    "timeline",
    "summary",
    "ranking",
    "hours",
    "overlap",
    "coverage",
    "rest",
    "who",
    "meeting",
    "clock-changes",
    "members",
]


@pytest.mark.usefixtures("team_url")
def test_activity_shows_a_table_for_each_member(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "activity", *IDS)
    assert (status, err) == (0, "")
    assert out.index("Egon Spengler  W012A3CDE") < out.index("Glinda Southgood  W07QCRPA4")
    assert len(re.findall(r"(?<!\d)5:39", out)) == 2
    assert "\x1b" not in out


@pytest.mark.usefixtures("team_url")
def test_unknown_ids_are_reported_and_no_member_at_all_has_its_own_status(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, err = run(capsys, "activity", "x", "W012A3CDE", "y")
    assert (status, err) == (0, "ftlclient: no such member: x\nftlclient: no such member: y\n")
    assert "Egon" in out
    for format_ in ("table", "json", "csv"):
        assert run(capsys, "activity", "x", "--format", format_)[0] == 3


@pytest.mark.usefixtures("team_url")
def test_json_is_the_servers_answer_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "activity", "--format", "json", "W012A3CDE", "x")
    answer = json.loads(out)
    assert (status, answer["ok"], answer["not_found"]) == (0, True, ["x"])
    assert answer["members"][0]["activity_periods"] == [{"start_time": a, "end_time": b} for a, b in TIMES]
    assert err == "ftlclient: no such member: x\n"


@pytest.mark.usefixtures("team_url")
def test_csv_is_a_row_per_period(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run(capsys, "activity", "--format", "csv", *IDS)[1])))
    assert len(rows) == 6
    assert rows[3]["start_time"] == "2020-02-01T13:33:00+05:30"
    assert sum(int(row["seconds"]) for row in rows) == 2 * 20_340


@pytest.mark.parametrize(
    "body", [b'{"ok":true}', b'{"ok":true,"members":null}', b'{"ok":true,"members":[],"not_found":5}']
)
def test_json_of_another_server_is_not_this_api(capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    with serving(wsgi("200 OK", body)) as url:
        status, out, _ = run(capsys, "activity", "--url", url, "--format", "json", "a")
    assert (status, out) == (5, "")


@pytest.mark.slow
def test_a_pipe_does_not_wrap_ids(sqlite_storage: Storage) -> None:
    longest = User("x" * 120, "A name of some length", "America/Argentina/Buenos_Aires")
    sqlite_storage.users.add_new([longest])
    with serving(create_app(sqlite_storage)) as url:
        for name in ("activity", "members", "who"):
            command = [sys.executable, "-m", "ftlclient", name, longest.id, "--url", url]
            environ = os.environ | {"PYTHONIOENCODING": "ascii"}
            shown = subprocess.run(command, capture_output=True, text=True, env=environ, check=True).stdout
            assert shown.isascii()
            assert name == "who" or longest.id in shown
            assert name == "activity" or longest.tz in shown


@pytest.mark.slow
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_a_table_json_csv_and_pictures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    svg, html = tmp_path / "a.svg", tmp_path / "a.html"
    status, out, err = run(capsys, name, "--all", "--svg", str(svg), "--html", str(html))
    assert (status, err) == (0, "")
    assert "Aroha" in out
    assert "\x1b" not in out
    assert svg.read_text().startswith("<svg")
    assert "<table" in html.read_text()
    status, out, _ = run(capsys, name, "jonas", "maya", "absent", "--format", "json")
    answer = json.loads(out)
    assert (status, answer["ok"], answer["not_found"]) == (0, True, ["absent"])
    some_time = ["--range", "last-30-days"] if name in ("timeline", "overlap") else []  # on any day of the week
    status, out, err = run(capsys, name, "jonas", "maya", "absent", "--format", "csv", *some_time)
    rows = list(csv.reader(io.StringIO(out)))
    assert status == 0
    assert err == "ftlclient: no such member: absent\n"
    assert len({len(row) for row in rows}) == 1
    assert len(rows) > 1
    assert run(capsys, name, "absent")[0] == 3


@pytest.mark.usefixtures("demo")
def test_the_quiet_hours_of_a_coverage_come_from_an_option_or_the_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def quiet(*options: str) -> object:
        return json.loads(run(capsys, "coverage", "jonas", *options, "--format", "json")[1])["quiet"]

    assert quiet() is None
    assert run(capsys, "config", "quiet", "Sat-Sun")[0] == 0
    assert (quiet(), quiet("--quiet", "Mon 20:00-06:00"), quiet("--quiet", "none")) == (
        "Sat-Sun",
        "Mon 20:00-06:00",
        None,
    )
    for options in (("--quiet", "noon"), ("--max", "1"), ("--tz", "member")):
        status, out, err = run(capsys, "coverage", "jonas", *options)
        assert (status, out, err.count("\n")) == (2, "", 1)


@pytest.mark.slow
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(("width", "encoding"), [("60", "ascii"), ("200", "utf-8")])
def test_every_question_fits_the_terminal(name: str, width: str, encoding: str) -> None:
    environ = os.environ | {"COLUMNS": width, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "ftlclient", name, "--all"]
    shown = subprocess.run(command, capture_output=True, text=True, env=environ, check=True).stdout
    assert max(map(len, shown.splitlines())) <= int(width)
    assert shown.isascii() or encoding != "ascii"


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_help_with_an_example(capsys: pytest.CaptureFixture[str], name: str) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    assert f"example: ftlclient {name} " in capsys.readouterr().out


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    "argv",
    [
        ["--on", "2026-11-16", "--range", "week"],
        ["--on", "2026-11-16", "--to", "2026-11-17"],
        ["--range", "week", "--from", "2026-11-16"],
        ["--range", "today", "--tz", "Mars"],
    ],
)
def test_contradictions_are_wrong_usage(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    status, out, err = run(capsys, "timeline", "jonas", *argv)
    assert (status, out, len(err.splitlines())) == (2, "", 1)


@pytest.mark.slow
@pytest.mark.usefixtures("team_url")
@pytest.mark.parametrize("name", ["activity", "timeline", "summary", "hours", "overlap", "meeting"])
@pytest.mark.parametrize(
    "argv",
    [
        ["--from", "0001-01-01", "--to", "9999-12-31"],
        ["--from", "1970-01-01", "--to", "9999-11-29"],
        ["--from", "1970-01-01"],
        ["--to", "9999-11-30"],
        ["--on", "0001-01-01"],
        ["--on", "9999-12-31"],
        ["--on", "9999-11-29"],
    ],
    ids=" ".join,
)
def test_any_window_ends_clearly(capsys: pytest.CaptureFixture[str], name: str, argv: list[str]) -> None:
    for tz in ("Pacific/Kiritimati", "Pacific/Niue", "member"):
        status, out, err = run(capsys, name, *IDS, "--tz", tz, *argv)
        assert status in (0, 1, 2)
        if status:
            assert (out, len(err.splitlines())) == ("", 1)


@pytest.mark.usefixtures("team_url")
def test_a_timeline_of_too_many_days_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "timeline", IDS[0], "--from", "1970-01-01", "--to", "9999-11-29")
    assert (status, out) == (1, "")
    assert "ask about fewer members or a shorter window" in err
    assert run(capsys, "timeline", *IDS, "--from", "1970-01-01", "--to", "9999-11-29", "--format", "csv")[0] == 0


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("argv", "from_", "to"),
    [
        (["--on", "2026-10-25", "--tz", "Europe/Berlin"], "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        (["--on", "2026-10-25"], "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),  # local is Berlin here
        (
            ["--from", "2026-10-25T03:00", "--to", "2026-10-26", "--tz", "UTC"],
            "2026-10-25T03:00:00Z",
            "2026-10-27T00:00:00Z",
        ),
    ],
)
def test_options_give_the_window(capsys: pytest.CaptureFixture[str], argv: list[str], from_: str, to: str) -> None:
    answer = json.loads(run(capsys, "overlap", "jonas", "--format", "json", *argv)[1])
    assert (answer["window"]["from"], answer["window"]["to"]) == (from_, to)


@pytest.fixture
def wednesday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it Wednesday, 2026-11-25, 14:30 in Berlin, where this machine is."""
    monkeypatch.setattr(time_ranges, "now", lambda: datetime(2026, 11, 25, 13, 30, tzinfo=UTC))


@pytest.mark.usefixtures("demo", "wednesday")
@pytest.mark.parametrize(
    ("argv", "from_", "to"),
    [
        (["--on", "yesterday"], "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"),
        (["--on", "-7d"], "2026-11-17T23:00:00Z", "2026-11-18T23:00:00Z"),
        (["--range", "2023-05"], "2023-04-30T22:00:00Z", "2023-05-31T22:00:00Z"),
        (["--range", "quarter", "--tz", "UTC"], "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        (["--from", "-7d", "--to", "yesterday"], "2026-11-17T23:00:00Z", "2026-11-24T23:00:00Z"),
        (["--from", "2023", "--to", "2023"], "2022-12-31T23:00:00Z", "2023-12-31T23:00:00Z"),
        (["--from", "yesterday 9am", "--to", "9am"], "2026-11-24T08:00:00Z", "2026-11-25T08:00:00Z"),
        (["--from", "2h", "--to", "now"], "2026-11-25T11:30:00Z", "2026-11-25T13:30:00Z"),
        (["--range", "last-7-days", "--tz", "Asia/Tokyo"], "2026-11-18T15:00:00Z", "2026-11-25T15:00:00Z"),
    ],
)
def test_options_take_what_people_type(
    capsys: pytest.CaptureFixture[str], argv: list[str], from_: str, to: str
) -> None:
    status, out, err = run(capsys, "hours", "jonas", "--format", "json", *argv)
    assert (status, err) == (0, "")
    window = json.loads(out)["window"]
    assert (window["from"], window["to"]) == (from_, to)


@pytest.mark.usefixtures("demo", "wednesday")
def test_a_week_begins_as_config_says(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "config", "week-start", "sunday")
    window = json.loads(run(capsys, "hours", "jonas", "--format", "json", "--range", "week")[1])["window"]
    assert (window["from"], window["to"]) == ("2026-11-21T23:00:00Z", "2026-11-28T23:00:00Z")


@pytest.mark.usefixtures("demo", "wednesday")
@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["hours", "--from", "9"], "--from: 9 could be an hour or a day; write 09:00, 9am or 2026-11-09"),
        (["hours", "--to", "03/04"], "--to: 03/04 could be two days; write 2026-03-04 or 2026-04-03"),
        (
            ["hours", "--on", "2023-05"],
            "--on takes one day, such as yesterday or 2026-11-16, which 2023-05 is not",
        ),
        (["hours", "--on", "yesterday 9am"], "--on takes one day"),
        (["hours", "--range", "9am"], "--range: 9am is a moment; use --from"),
        (["hours", "--range", "-7d"], "--range: -7d is one day; use --on for that day, or --from"),
        (["hours", "--to", "2w"], "--to: 2w is a length, not an end; use --range"),
        (["hours", "--from", "monday", "--to", "friday"], "(2026-11-23) is not before the end of --to friday"),
        (["hours", "--from", "tomorrow"], "--from tomorrow (2026-11-26) is not before now"),
        (["hours", "--from", "tomorrow", "--to", "today", "--tz", "member"], "the window is empty"),
        (["hours", "--range", "-7"], "--range: -7 needs a unit; write -7d"),
        (["who", "--at", "yesterday"], "--at: yesterday is a day and needs a time of day; write yesterday 9am"),
        (["meeting", "--week", "2023-05"], "--week takes a day or a week"),
    ],
)
def test_times_that_cannot_be_meant_are_refused(
    capsys: pytest.CaptureFixture[str], argv: list[str], says: str
) -> None:
    status, out, err = run(capsys, argv[0], "jonas", *argv[1:])
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert says in err


@pytest.mark.usefixtures("demo", "wednesday")
def test_a_moment_and_a_week_take_what_people_type(capsys: pytest.CaptureFixture[str]) -> None:
    for typed, at in (("9", "2026-11-25T08:00:00Z"), ("-2h", "2026-11-25T11:30:00Z")):
        answer = json.loads(run(capsys, "who", "jonas", "--at", typed, "--format", "json")[1])
        assert answer["at"] == at
    for typed in ("monday", "next-week", "2026-11-30"):
        answer = json.loads(run(capsys, "meeting", "jonas", "--week", typed, "--format", "json")[1])
        assert answer["week"]["from"] == "2026-11-29T23:00:00Z"


@pytest.mark.usefixtures("demo")
def test_members_have_windows_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--on", "2026-10-25", "--tz", "member", "--format", "json"]
    answer = json.loads(run(capsys, "hours", "jonas", *argv)[1])
    assert (answer["window"]["from"], answer["window"]["to"]) == ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (
            ["overlap", "a", "b", "--min", "3"],
            "--min 3: the question is about 2 members; name more, or lower --min",
        ),
        (
            ["overlap", "a", "a", "--min", "2"],
            "--min 2: the question is about 1 member; name more, or lower --min",
        ),
        (
            ["overlap", "a", "--tz", "member"],
            "--tz member: members are active at the same time on one clock; name a zone",
        ),
        (
            ["meeting", "a", "--tz", "member"],
            "--tz member: the table shows each member's clock anyway; name a zone for its columns",
        ),
    ],
)
def test_what_a_question_cannot_answer_is_refused(
    capsys: pytest.CaptureFixture[str], argv: list[str], reason: str
) -> None:
    assert run(capsys, *argv, "--url", "http://127.0.0.1:9") == (2, "", f"ftlclient: {reason}\n")


@pytest.mark.usefixtures("demo")
def test_options_of_questions_reach_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(run(capsys, "overlap", "jonas", "maya", "kai", "--min", "2", "--format", "json")[1])
    assert answer["min_members"] == 2
    answer = json.loads(
        run(
            capsys,
            "meeting",
            "jonas",
            "maya",
            "--week",
            "2026-12-07",
            "--minutes",
            "90",
            "--slots",
            "2",
            "--format",
            "json",
        )[1]
    )
    assert answer["week"]["from"] == "2026-12-06T23:00:00Z"
    assert len(answer["slots"]) == 2
    answer = json.loads(run(capsys, "who", "jonas", "--at", "2026-11-16T12:00:00Z", "--format", "json")[1])
    assert answer["at"] == "2026-11-16T12:00:00Z"
    answer = json.loads(run(capsys, "summary", "kai", "--tz", "Asia/Tokyo", "--format", "json")[1])
    assert answer["window"]["rule"].endswith("Asia/Tokyo")


def test_an_answer_with_an_unexpected_shape_is_not_this_api(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(wsgi("200 OK", b'{"ok":true,"members":[{}]}')) as url:
        for name in QUESTIONS:
            status, _, err = run(capsys, name, "a", "--url", url)
            assert (status, len(err.splitlines())) == (5, 1)


HOSTILE = [
    "[/bold]",
    "[link=http://x]Bob[/link]",
    "[red on white]Ada",
    "a" * 1_000,
    "\u0301" * 300,
    "\\",
    "[",
    "",
]
HOSTILE += ["".join(f"{character}x" for character in sorted(STEERS)), "\x1b]8;;http://x\x1b\\Bob\x1b]8;;\x1b\\"]


@pytest.mark.slow
@pytest.mark.parametrize("name", QUESTIONS)
def test_no_name_crashes_a_question_or_reaches_the_terminal_as_control_characters(
    capsys: pytest.CaptureFixture[str], sqlite_storage: Storage, name: str
) -> None:
    team = sample_data.demo_team(instants.now())
    sqlite_storage.bulk_import.store(
        (user for user, _ in team), (period for _, periods in team for period in periods[-12:])
    )
    own = create_app(sqlite_storage)
    for texts in (HOSTILE, *(NAUGHTY[at : at + len(team)] for at in range(0, len(NAUGHTY), 3 * len(team)))):

        def hostile(environ: Any, start_response: Any) -> list[bytes]:
            """Answer as the server does, with other names."""
            body = b"".join(own(environ, lambda *_: None))
            names = itertools.cycle(texts)  # noqa: B023  called before the next ones
            renamed = re.sub(
                rb'("real_name":)"[^"]*"', lambda match: match[1] + json.dumps(next(names)).encode(), body
            )
            return list(wsgi("200 OK", renamed)(environ, start_response))

        with serving(hostile) as url:
            for format_ in ("table", "json", "csv"):
                status, out, err = run(capsys, name, "--all", "--url", url, "--format", format_)
                assert (status, err) == (0, "")
                assert not set(out) & (STEERS - {"\n"})
