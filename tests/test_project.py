"""What the README, the requirements and the Procfile say is true."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import requests
from webtest import TestApp

from ftlclient import commands as client_commands
from ftlserver import commands
from ftlserver.config import Config
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.conftest import serving

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()


def test_the_readme_has_the_two_commands_each_on_one_line() -> None:
    lines = README.splitlines()
    assert "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/ftlserver demo" in lines
    assert "python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/pytest" in lines


@pytest.mark.slow
def test_the_sessions_of_the_readme_are_real(tmp_path: Path) -> None:
    bin_ = _bin(tmp_path, ftlserver="-m ftlserver", ftlclient="-m ftlclient")
    database = str(tmp_path / "ftl.sqlite3")
    sessions = re.findall(r"<!-- tested -->\n```console\n(.*?)```", README, re.DOTALL)
    assert len(sessions) == 2
    with Storage.open(database, threads=4) as storage, serving(create_app(storage)) as url:
        environ = os.environ | {
            "PATH": f"{bin_}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",  # so that both streams keep their order
            "DATABASE_URL": database,
            "FTL_URL": url,
        }
        for session in sessions:
            for block in session.split("$ ")[1:]:
                command, expected = block.split("\n", 1)
                result = subprocess.run(
                    ["sh", "-c", f"({command}) 2>&1"],
                    capture_output=True,
                    text=True,
                    env=environ,
                    cwd=ROOT,
                    check=True,
                )
                shown = re.sub(r", \w{3} \d\d:\d\d there now", ", … there now", result.stdout)
                assert [line.rstrip() for line in shown.splitlines()] == expected.splitlines()


def _bin(parent: Path, **commands: str) -> Path:
    """Make a directory for PATH, of names and what each has this Python run."""
    bin_ = parent / "bin"
    bin_.mkdir()
    for name, options in commands.items():
        (bin_ / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {options} "$@"\n')
        (bin_ / name).chmod(0o755)
    return bin_


def test_the_program_of_the_readme_runs(server_url: str) -> None:
    program = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert program
    source = program[1].replace("http://127.0.0.1:8080", server_url)
    shown = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout
    assert "Egon Spengler America/Los_Angeles 5:39:00\n2020-02-01T13:33:00-08:00 0:21:00\n" in shown


def test_every_command_is_in_the_readme() -> None:
    for name, _, _ in commands.COMMANDS + client_commands.COMMANDS:
        assert re.search(rf"^\| `{name}[ `]", README, re.MULTILINE)


def test_the_requests_of_the_api_rules_are_answered(app: TestApp) -> None:
    period = re.search(r"```json\n(.*?)```", API, re.DOTALL)
    heartbeat = re.search(r"^`(\{.*?\})`, sent to `(.*?)`", API, re.MULTILINE)
    assert period
    assert heartbeat
    assert app.post_json("/api/activity/", json.loads(period[1])).json["inserted"] == 1
    assert app.post_json(heartbeat[2], json.loads(heartbeat[1])).json["verdict"] == "started"


def test_requirements_are_pinned_and_meet_what_the_project_asks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.]+", line) for line in lines)
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower(): line.split("==")[1] for line in lines}
    wanted = project["dependencies"] + project["optional-dependencies"]["postgres"]
    for requirement in wanted:
        match = re.match(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?(.*)", requirement)
        assert match
        version = _numbers(pinned[match[1].lower()])
        for operator, bound in re.findall(r"(>=|<)([\d.]+)", match[2]):
            assert version >= _numbers(bound) if operator == ">=" else version < _numbers(bound)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def test_a_procfile_host_finds_its_python() -> None:
    assert (ROOT / ".python-version").read_text() == "3.11\n"
    assert (ROOT / "Procfile").read_text().splitlines() == [
        "release: python -m ftlserver migrate",
        "web: python -m ftlserver serve --host 0.0.0.0",
    ]


@pytest.mark.slow
def test_a_procfile_host_with_postgresql_releases_serves_and_stops(tmp_path: Path, postgresql_url: str) -> None:
    bin_ = _bin(tmp_path, python="")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = os.environ | {
        "PATH": f"{bin_}:{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "PORT": str(port),
        "DATABASE_URL": postgresql_url,
        "FTL_ALLOWED_HOSTS": "ftl.example.org",
        "WEB_CONCURRENCY": "2",
    }

    def run(*argv: str) -> str:
        command = [sys.executable, "-m", *argv]
        return subprocess.run(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout

    def ask(**headers: str) -> tuple[int, dict[str, object]]:
        answer = requests.post(
            f"http://127.0.0.1:{port}/api/loguseractivity/",
            json={"id_list": ["absent"]},
            headers={"Host": "ftl.example.org"} | headers,
            timeout=10,
        )
        return answer.status_code, answer.json()

    assert " is at version " in run("honcho", "start", "release")
    command = [sys.executable, "-m", "honcho", "start", "web"]
    with subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        try:
            assert any(f" answers at http://0.0.0.0:{port}," in line for line in host.stdout)
            status, document = ask()
            assert (status, document["error"]) == (401, "not_authed")
            assert "locked until it has a token" in str(document["message"])
            token = run("ftlserver", "token", "create", "--name", "desk", "--scope", "read").strip()
            status, document = ask(Authorization=f"Bearer {token}")
            assert (status, document["not_found"]) == (200, ["absent"])
        finally:
            host.terminate()
        log, _ = host.communicate(timeout=30)
    assert host.returncode == 128 + signal.SIGTERM  # its own; what the server did is in its log
    assert " INFO stopped\n" in log


@pytest.mark.parametrize(
    ("environ", "database"),
    [
        ({"DATABASE_URL": "postgres://a@b/c", "DYNO": "web.1"}, "postgres://a@b/c?sslmode=require"),
        ({"DATABASE_URL": "postgres://a@b/c?x=y", "DYNO": "web.1"}, "postgres://a@b/c?x=y&sslmode=require"),
        (
            {"DATABASE_URL": "postgres://a@b/c?sslmode=disable", "DYNO": "web.1"},
            "postgres://a@b/c?sslmode=disable",
        ),
        ({"DATABASE_URL": "postgres://a@b/c"}, "postgres://a@b/c"),
    ],
)
def test_heroku_is_spoken_to_by_tls(environ: dict[str, str], database: str) -> None:
    assert Config.from_env(environ).database == database


def test_the_version_is_the_packages() -> None:
    from ftlserver import __version__

    assert metadata.version("ftl-activity") == __version__
