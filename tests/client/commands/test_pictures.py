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
