"""The command line: its help, its streams and its errors."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from ftlserver.cli import main
from ftlserver.commands import COMMANDS
from tests.helpers import DATA, run


def test_help_lists_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
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


@pytest.mark.parametrize(
    "argv",
    [
        ["users", "--nothing"],
        ["export", "absent"],
        ["delete_user", "absent", "--yes"],
        ["token", "revoke", "x"],
        ["import", "ndjson", "/nonexistent"],
        ["--database", "x:y://z", "users"],
    ],
    ids=str,
)
def test_each_message_begins_with_the_name_of_the_program(
    capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    main(["migrate"])
    capsys.readouterr()
    try:
        assert main(argv)
    except SystemExit as exc:
        assert exc.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("ftlserver: ")
    assert [line for line in lines if not line.startswith(("ftlserver: ", "usage: ", " "))] == []


def test_what_a_command_says_of_its_work_begins_with_the_name_of_the_program_too(
    capsys: pytest.CaptureFixture[str], database: Path
) -> None:
    assert main(["insert_user", "1"]) == 0
    assert capsys.readouterr().err == f"ftlserver: making the tables in a new database: {database}\n"
    assert main(["token", "create", "--name", "x", "--scope", "read"]) == 0
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 2
    assert all(line.startswith("ftlserver: ") for line in err)


READING = [
    ["users"],
    ["export"],
    ["backup", "copy"],
    ["token", "list"],
    ["token", "revoke", "x"],
    ["token", "rotate", "x"],
    ["delete_user", "x", "--yes"],
    ["insert_activity", "x", "1"],
]


@pytest.mark.parametrize("argv", READING, ids=str)
def test_a_command_that_needs_a_database_makes_none(
    capsys: pytest.CaptureFixture[str], database: Path, tmp_path: Path, argv: list[str]
) -> None:
    before = sorted(tmp_path.rglob("*"))
    status, out, err = run(capsys, *argv)
    assert (status, out) == (2, "")
    message = f"there is no database at {database}; name another one, or make it with: ftlserver migrate"
    assert err == f"ftlserver: {message}\n"
    path = tmp_path / "nonexistent" / "x.db"
    status, _, err = run(capsys, "--database", str(path), *argv)
    assert (status, f"there is no database at {path};" in err) == (2, True)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_command_that_needs_tables_makes_none_on_postgresql(
    capsys: pytest.CaptureFixture[str], postgresql_url: str
) -> None:
    status, out, err = run(capsys, "--database", postgresql_url, "users")
    assert (status, out, "there is no database at postgresql://" in err) == (2, "", True)
    engine = sa.create_engine(postgresql_url.replace("postgresql://", "postgresql+psycopg://"))
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
    assert run(capsys, "--database", postgresql_url, "insert_user", "1")[0] == 0
    assert run(capsys, "--database", postgresql_url, "users")[0] == 0


@pytest.mark.parametrize(
    "argv",
    [
        ["migrate"],
        ["insert_user", "1"],
        ["import", "members", str(DATA / "members.json")],
        ["serve", "--port", "0"],
    ],
    ids=lambda argv: argv[0],
)
def test_a_new_database_is_made_but_not_its_directory(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, argv: list[str]
) -> None:
    directory = tmp_path / "nonexistent" / "deeper"
    status, out, err = run(capsys, "--database", str(directory / "x.db"), *argv)
    assert (status, out) == (2, "")
    message = f"there is no directory {directory} for the database; make it, or name another one"
    assert err == f"ftlserver: {message}\n"
    assert not directory.parent.exists()


def test_the_directory_of_the_default_database_is_made(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    assert run(capsys, "users")[0] == 2
    assert not (tmp_path / "data").exists()
    assert run(capsys, "insert_user", "1")[0] == 0
    assert (tmp_path / "data" / "ftlserver" / "ftl.sqlite3").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data" / "ftlserver").stat().st_mode & 0o777 == 0o700
    assert run(capsys, "users")[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", ">/dev/full"])
@pytest.mark.parametrize("command", ["-m ftlserver users", "-m ftlserver --help", "-m ftlclient --help"])
def test_closed_or_full_streams_cause_no_traceback(command: str, redirection: str) -> None:
    main(["migrate"])
    line = f"{sys.executable} {command} {redirection}"
    result = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr
    assert result.returncode == (2 if "full" in redirection and "users" in command else 0)


def test_verbose_names_the_database(capsys: pytest.CaptureFixture[str], database: Path) -> None:
    main(["migrate"])
    assert f"database: {database}" in run(capsys, "--verbose", "users")[2]
    assert f"database: {database}" in run(capsys, "users", "--verbose")[2]


def test_an_unusable_database_is_named_and_has_an_exit_status_of_its_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, _, err = run(capsys, "--database", str(tmp_path), "users")
    assert status == 3
    assert str(tmp_path) in err
    status, _, err = run(capsys, "users", "--database", "postgres://ada:secret@127.0.0.1:9/x")
    assert status == 3
    assert "postgresql://ada@127.0.0.1:9/x" in err
    assert "secret" not in err


@pytest.mark.slow
def test_a_reader_that_closes_the_pipe_early_is_no_error(database: Path) -> None:
    main(["import", "members", str(DATA / "members.json")])
    command = f"{sys.executable} -m ftlserver export | head -c 20"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert result.stdout == '{"ok":true,"members"'
    assert result.stderr == ""
