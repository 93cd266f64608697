"""The settings: option, environment, file, default, in this order."""

import logging
import os
import re
from pathlib import Path

import pytest

from ftlserver.cli import main
from ftlserver.config import Config, find_file
from ftlserver.errors import ConfigError
from tests.helpers import run

EVERYTHING = """\
database = "postgresql://ftl@db/ftl"
host = "0.0.0.0"
port = 9000
threads = 4
workers = 2
allowed_hosts = ["ftl.example.org", "ftl"]
allowed_origins = ["https://wiki.example.org"]
trusted_proxy = "127.0.0.1"
public_read = true
rate = 0
undo_days = 30
overlaps = "reject"
oldest = 400
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ftlserver.toml"


def read(file: Path, text: str, **environ: str) -> Config:
    file.write_text(text)
    return Config.from_env({"DATABASE_URL": "x", **environ}, file)


def test_a_file_holds_every_setting(file: Path) -> None:
    file.write_text(EVERYTHING)
    assert Config.from_env({}, file) == Config(
        database="postgresql://ftl@db/ftl",
        host="0.0.0.0",
        port=9000,
        threads=4,
        workers=2,
        allowed_hosts=("ftl.example.org", "ftl"),
        allowed_origins=("https://wiki.example.org",),
        trusted_proxy="127.0.0.1",
        public_read=True,
        rate=0,
        undo_days=30,
        overlaps="reject",
        oldest=400,
    )
    assert read(file, 'socket = "/run/ftl"').socket == "/run/ftl"
    assert read(file, "") == Config("x")


def test_the_file_in_the_documentation_is_read(file: Path) -> None:
    documentation = (Path(__file__).parent.parent.parent / "docs" / "deployment.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", documentation, re.DOTALL)
    assert len(examples) == 1
    assert read(file, examples[0]).allowed_hosts == ("ftl.example.org",)
    assert set(re.findall(r"\| `([a-z_]+)`(?:, `([a-z_]+)`)? \|", documentation)) >= {
        ("host", "port"),
        ("socket", ""),
    }


def test_the_environment_comes_before_the_file_and_what_is_empty_there_counts_as_unset(file: Path) -> None:
    environ = {"PORT": "9001", "FTL_ALLOWED_HOSTS": "other", "WEB_CONCURRENCY": "", "DATABASE_URL": "y"}
    config = read(file, EVERYTHING, **environ)
    assert (config.port, config.allowed_hosts, config.workers, config.database) == (9001, ("other",), 2, "y")


def test_an_option_comes_before_both(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_file, of_environ, of_option = (tmp_path / name for name in ("file", "environ", "option"))
    file.write_text(f'database = "{of_file}"')
    assert run(capsys, "--config", str(file), "migrate")[1].startswith(f"{of_file} is at version ")
    monkeypatch.setenv("DATABASE_URL", str(of_environ))
    assert run(capsys, "migrate", "--config", str(file))[1].startswith(f"{of_environ} is at version ")
    options = ("--database", str(of_option), "--config", str(file))
    assert run(capsys, "migrate", *options)[1].startswith(f"{of_option} is at version ")


def test_an_address_of_the_environment_takes_the_place_of_the_files_socket_and_the_reverse(file: Path) -> None:
    assert read(file, 'socket = "/run/ftl"', PORT="9001").socket is None
    assert read(file, "port = 9000", FTL_SOCKET="/run/ftl").socket == "/run/ftl"
    with pytest.raises(ConfigError, match="FTL_SOCKET takes the place of HOST and PORT; unset one or the other"):
        read(file, "", FTL_SOCKET="/run/ftl", PORT="9001")
    with pytest.raises(ConfigError, match=r"toml: socket takes the place of host and port; remove one"):
        read(file, 'socket = "/run/ftl"\nhost = "::1"')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", "there is no setting 'prot'; did you mean port?"),
        ("FTL_ALLOWED_HOSTS = []", "there is no setting 'FTL_ALLOWED_HOSTS'; did you mean allowed_hosts?"),
        ('allowed-hosts = ["x"]', "there is no setting 'allowed-hosts'; did you mean allowed_hosts?"),
        ("[server]\nport = 1", "there is no setting 'server'; the settings are database, host, port, socket,"),
        ('"\\u001b" = 1', "there is no setting '\\x1b'; the settings are"),
        ("port = 70000", "port must be a number from 0 to 65535"),
        ("port = true", "port must be a number from 0 to 65535"),
        ("port = 80.0", "port must be a number from 0 to 65535"),
        ("rate = -1", "rate must be a number from 0 to 1000000"),
        ("host = 1", "host must be a text"),
        ('database = ""', "database must be a text"),
        ("allowed_hosts = [1]", "allowed_hosts must be a list of names"),
        ("allowed_hosts = {}", "allowed_hosts must be a list of names"),
        ('public_read = "yes"', "public_read must be true or false"),
        ("port = ", "is not a TOML file: Invalid value (at"),
        ("port = 1\nport = 2", "is not a TOML file: Cannot overwrite a value (at"),
    ],
)
def test_a_mistake_in_the_file_is_refused_in_one_sentence_that_names_it(
    file: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        read(file, text)
    assert str(error.value).startswith(str(file))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read_is_named(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    assert run(capsys, "--config", str(file), "users")[::2] == (
        2,
        f"ftlserver: cannot read {file}: No such file or directory\n",
    )
    file.write_bytes(b"host = '\xff'")
    status, _, err = run(capsys, "--config", str(file), "users")
    assert (status, "is not a TOML file" in err) == (2, True)


def test_the_users_file_is_found_before_that_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    user, machine = (tmp_path / name / "ftlserver" / "config.toml" for name in ("config", "machine"))
    assert find_file(None) is None
    for file in (machine, user):
        file.parent.mkdir(parents=True)
        file.write_text("port = 1")
        assert find_file(None) == file
    assert find_file("other") == Path("other")


def test_the_file_that_is_used_is_named_with_verbose(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    file.write_text("port = 1")
    assert main(["--verbose", "--config", str(file), "migrate"]) == 0
    assert f"ftlserver: settings: {file}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("database", "mode", "warns"),
    [
        ("postgresql://ftl:secret@db/ftl", 0o644, True),
        ("postgresql://db/ftl?user=ftl&password=secret", 0o604, True),
        ("postgresql://ftl:secret@db/ftl", 0o640, False),
        ("postgresql://ftl@db/ftl", 0o644, False),
        ("/var/lib/ftlserver/ftl.sqlite3", 0o644, False),
        ("postgresql://[", 0o644, False),
    ],
)
def test_a_password_that_every_user_can_read_is_warned_of_and_not_shown(
    file: Path, caplog: pytest.LogCaptureFixture, database: str, mode: int, warns: bool
) -> None:
    caplog.set_level(logging.WARNING)
    file.write_text(f'database = "{database}"')
    os.chmod(file, mode)
    assert Config.from_env({}, file).database == database
    assert caplog.messages == (
        [f"every user can read {file}, which has a database password; run: chmod o-r {file}"] if warns else []
    )
