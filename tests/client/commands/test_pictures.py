"""Tables as pictures."""

import re
from pathlib import Path

import pytest

from tests.client.conftest import run


@pytest.mark.usefixtures("team_url")
def test_the_table_is_written_as_pictures_that_load_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    svg, html = tmp_path / "a.svg", tmp_path / "a.html"
    assert run(capsys, "activity", "W012A3CDE", "--svg", str(svg), "--html", str(html))[0] == 0
    for path in (svg, html):
        assert "Spengler" in path.read_text()
        assert re.findall(r"https?://[^\"' <]+", path.read_text()) in (
            [],
            ["http://www.w3.org/2000/svg", "https://www.textualize.io"],
        )
    status, _, err = run(capsys, "activity", "W012A3CDE", "--svg", str(tmp_path))
    assert (status, "cannot write" in err) == (2, True)


@pytest.mark.usefixtures("team_url")
def test_pictures_are_of_the_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _, err = run(capsys, "activity", "a", "--format", "json", "--svg", str(tmp_path / "a.svg"))
    assert (status, "pictures" in err) == (2, True)


@pytest.mark.usefixtures("team_url")
def test_a_page_has_a_title(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    assert run(capsys, "activity", "W012A3CDE", "--html", str(page))[0] == 0
    assert "<head>\n<title>ftlclient activity</title>\n" in page.read_text()


@pytest.mark.parametrize(
    ("option", "name", "instead"),
    [("--svg", "x.png", "x.svg"), ("--svg", "x.html", "x.svg"), ("--html", "x.svg", "x.html")],
)
def test_a_picture_is_not_written_into_the_name_of_another_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str, name: str, instead: str
) -> None:
    status, out, err = run(capsys, "activity", "W012A3CDE", option, str(tmp_path / name))
    assert (status, out) == (2, "")
    assert f"not what {name} looks like; name it {instead}" in err
    assert list(tmp_path.iterdir()) == []
