"""The members of a question, from arguments, files and standard input."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.conftest import run

IDS = ("W012A3CDE", "W07QCRPA4")


@pytest.mark.usefixtures("demo")
def test_members_or_all_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "who")[0] == 2
    assert run(capsys, "who", "--all", "jonas")[0] == 2


@pytest.mark.usefixtures("team_url")
def test_ids_come_from_files_and_from_standard_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "team").write_text("# the team\nW012A3CDE  W07QCRPA4 # both\n\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("W07QCRPA4\nx\n"))
    status, out, err = run(capsys, "activity", f"@{tmp_path / 'team'}", "-", "W012A3CDE", "--format", "json")
    assert [member["id"] for member in json.loads(out)["members"]] == list(IDS)
    assert (status, err) == (0, "ftlclient: no such member: x\n")


@pytest.mark.parametrize("word", ["@none", "@.", "@empty", "@latin"])
def test_an_unreadable_file_of_ids_is_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    (tmp_path / "empty").write_text("# absent\n")
    (tmp_path / "latin").write_bytes(b"\xe9")
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, "activity", word)
    assert (status, out, len(err.splitlines())) == (2, "", 1)


def test_ids_that_are_not_text_are_reported(tmp_path: Path) -> None:
    for line in ("printf '\\377' | %s -", "%s - <&-"):
        command = line % f"PYTHONIOENCODING=utf-8:strict {sys.executable} -m ftlclient activity"
        result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
    (tmp_path / "team").write_bytes(b"\xef\xbb\xbfa\n")
    from ftlclient.commands._members import read_ids

    assert read_ids([f"@{tmp_path / 'team'}"], None) == ["a"]
