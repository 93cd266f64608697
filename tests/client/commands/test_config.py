"""The settings."""

import json

import pytest

from ftlclient.cli import main
from ftlclient.config import Settings, settings_file
from tests.client.conftest import run


def test_settings_have_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "config")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "team         none (default)",
        "week-start   monday (default)",
        "clock        24h (default)",
        "quiet        none (default)",
    ]
    assert Settings.load() == Settings(None, "monday", "24h")
    assert not settings_file().exists()


def test_a_setting_is_saved_shown_and_unset(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "config", "team", "platform") == (0, "", "")
    assert run(capsys, "config", "week-start", "sunday") == (0, "", "")
    assert run(capsys, "config", "team") == (0, "platform\n", "")
    assert run(capsys, "config")[1].splitlines()[1] == "week-start   sunday"
    assert Settings.load() == Settings("platform", "sunday", "24h")
    assert run(capsys, "config", "quiet", "Sat-Sun") == (0, "", "")
    assert Settings.load().quiet == "Sat-Sun"
    assert run(capsys, "config", "--unset", "team") == (0, "", "")
    assert run(capsys, "config", "--unset", "team") == (0, "", "")
    status, out, err = run(capsys, "config", "team")
    assert (status, out) == (2, "")
    assert "ftlclient config team VALUE" in err
    assert run(capsys, "config", "clock") == (0, "24h\n", "")


@pytest.mark.parametrize(
    "argv",
    [("week-start", "tuesday"), ("clock", "25h"), ("quiet", "noon"), ("team", ""), ("clock", "--unset", "team")],
)
def test_what_a_setting_cannot_be_is_refused(capsys: pytest.CaptureFixture[str], argv: tuple[str, ...]) -> None:
    status, out, err = run(capsys, "config", *argv)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert not settings_file().exists()


def test_an_unknown_setting_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["config", "colour"])


@pytest.mark.parametrize(
    "text", ["", "[]", "{", json.dumps({"clock": 5}), json.dumps({"colour": "red"}), "\udcff"]
)
def test_a_broken_file_is_named_by_every_command(capsys: pytest.CaptureFixture[str], text: str) -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_bytes(text.encode("utf-8", "surrogateescape"))
    for argv in (("config",), ("status",)):
        status, out, err = run(capsys, *argv)
        assert (status, out, len(err.splitlines())) == (2, "", 1)
        assert str(settings_file()) in err
