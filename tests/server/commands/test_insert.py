"""The assignment's commands insert_user and insert_activity."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ftlclient import Client
from ftlserver.cli import main
from ftlserver.domain import instants, timezones
from tests.helpers import DATA, query, run, usage_error


def test_insert_user_creates_the_given_number_of_users(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    status, out, err = run(capsys, "insert_user", "3")
    assert (status, err) == (0, "")
    ids = re.findall(r'^User "([A-Za-z0-9]{12})" Created !$', out, re.MULTILINE)
    assert len(ids) == len(out.splitlines()) == 3
    assert {row[0] for row in query(database, "SELECT id FROM users")} == set(ids)
    for (tz,) in query(database, "SELECT tz FROM users"):
        timezones.zone(tz)


def test_insert_user_creates_the_same_users_for_the_same_seed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first = run(capsys, "insert_user", "2", "--seed", "5")
    assert first == run(capsys, "--database", str(tmp_path / "other"), "insert_user", "2", "--seed", "5")
    status, out, err = run(capsys, "insert_user", "2", "--seed", "5")
    assert (status, out) == (1, "")
    assert "exists already" in err


@pytest.mark.parametrize("argv", [[], ["0"], ["-1"], ["x"], ["1", "2"], ["1.5"], ["٣"], ["1000001"]])
def test_insert_user_accepts_exactly_one_number(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
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
def test_insert_activity_over_days_logs_the_same_periods_for_the_same_seed(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    run(capsys, "insert_activity", "W012A3CDE", "30", "--days", "20", "--seed", "1")
    rows = query(database, "SELECT * FROM activity_periods")
    assert len(rows) == 30
    run(capsys, "insert_activity", "W012A3CDE", "30", "--days", "20", "--seed", "1")
    assert query(database, "SELECT min(started_at) FROM activity_periods") == [(min(row[1] for row in rows),)]


@pytest.mark.usefixtures("egon")
def test_insert_activity_of_an_unknown_user_fails(capsys: pytest.CaptureFixture[str]) -> None:
    message = 'ftlserver: User "unknown" not found !\n'
    assert run(capsys, "insert_activity", "unknown", "1") == (1, "", message)


@pytest.mark.slow
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
