"""Answers as pictures."""

import re
import shutil
import stat
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.client.conftest import run

SPENGLER = ("activity", "W012A3CDE")


def program(folder: Path, name: str, script: str) -> None:
    """Put a program on the PATH that consists of that *folder* alone."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.usefixtures("team_url")
def test_an_answer_is_written_as_pictures_that_load_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    svg, html = tmp_path / "a.svg", tmp_path / "a.html"
    assert run(capsys, *SPENGLER, "--svg", str(svg), "--html", str(html))[0] == 0
    for path in (svg, html):
        assert "Spengler" in path.read_text()
        assert set(re.findall(r"https?://[^\"' <]+", path.read_text())) <= {"http://www.w3.org/2000/svg"}
    assert ET.fromstring(svg.read_text()).findtext("{http://www.w3.org/2000/svg}title") == (
        "Activity, everything, America/Los_Angeles"
    )
    status, _, err = run(capsys, *SPENGLER, "--svg", str(tmp_path))
    assert (status, "cannot write" in err) == (2, True)


@pytest.mark.usefixtures("team_url")
def test_a_page_has_a_title_the_picture_and_a_table_of_the_same_data(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.html"
    assert run(capsys, *SPENGLER, "--html", str(path))[0] == 0
    found: dict[str, int] = {}

    class Page(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            found[tag] = found.get(tag, 0) + 1

    page = path.read_text()
    Page().feed(page)
    rows = run(capsys, *SPENGLER, "--format", "csv")[1].splitlines()
    assert found["svg"] == found["table"] == found["caption"] == found["style"] == 1
    assert found["tr"] == len(rows)
    assert found["th"] == len(rows[0].split(","))
    assert "<title>Activity, everything, America/Los_Angeles</title>" in page
    assert all(f"<td>{value}</td>" in page for value in rows[1].split(","))


@pytest.mark.usefixtures("team_url")
def test_pictures_are_drawn_beside_the_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _, err = run(capsys, "activity", "a", "--format", "json", "--svg", str(tmp_path / "a.svg"))
    assert (status, "drop --format" in err) == (2, True)


@pytest.mark.parametrize(
    ("option", "name", "instead"),
    [
        ("--svg", "x.png", "x.svg"),
        ("--svg", "x.html", "x.svg"),
        ("--html", "x.svg", "x.html"),
        ("--png", "x.svg", "x.png"),
    ],
)
def test_a_picture_is_not_written_into_the_name_of_another_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str, name: str, instead: str
) -> None:
    status, out, err = run(capsys, *SPENGLER, option, str(tmp_path / name))
    assert (status, out) == (2, "")
    assert f"not what {name} looks like; name it {instead}" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("team_url")
def test_a_png_is_made_by_the_first_program_that_can(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    png = tmp_path / "a.png"
    monkeypatch.setenv("PATH", str(tmp_path))
    status, out, err = run(capsys, *SPENGLER, "--png", str(png))
    assert (status, out) == (2, "")
    assert "install librsvg" in err
    program(tmp_path, "rsvg-convert", "echo 'cannot read it' >&2; exit 1")
    status, _, err = run(capsys, *SPENGLER, "--png", str(png))
    assert status == 2
    assert "no program here could convert the picture (rsvg-convert: cannot read it)" in err
    assert not png.exists()
    program(tmp_path, "magick", "read line; printf '\\211PNG %s' \"$line\"")
    assert run(capsys, *SPENGLER, "--png", str(png))[0] == 0
    assert png.read_bytes().startswith(b"\x89PNG <svg class")


@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="librsvg2-bin is not installed")
@pytest.mark.usefixtures("team_url")
def test_librsvg_draws_the_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    png = tmp_path / "a.png"
    assert run(capsys, *SPENGLER, "--png", str(png))[0] == 0
    content = png.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[16:20]) == 1600  # pixels wide
