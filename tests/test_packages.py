"""What is installed: the sdist, the wheel and its manual pages, the image, the service."""

import json
import re
import shlex
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from ftlserver import __version__
from ftlserver.config import Config
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import serving

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")


def build(source: Path, target: str, directory: Path) -> Path:
    """Build an sdist or a wheel as pip does, without an environment of its own."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(directory)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = directory.iterdir()
    return built


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.slow
def test_the_sdist_builds_the_same_wheel_and_both_are_complete(tmp_path: Path) -> None:
    sdist = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    wheel = contents(build(ROOT, "wheel", tmp_path / "wheel"))
    assert contents(build(unpacked, "wheel", tmp_path / "again")) == wheel

    packages = [path for name in ("ftlserver", "ftlclient", "ftlcommon") for path in (ROOT / name).rglob("*")]
    wanted = {
        str(path.relative_to(ROOT)) for path in packages if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wheel if name.startswith("ftl") and "-" not in name} == wanted
    assert {"ftlserver/py.typed", "ftlclient/py.typed", "ftlcommon/py.typed"} <= wanted
    shared = f"ftl_activity-{__version__}.data/data/share/man/man1/"
    assert {name.removeprefix(shared) for name in wheel if name.startswith(shared)} == {
        f"{program}.1" for program in PROJECT["scripts"]
    }

    metadata = message_from_bytes(wheel[f"ftl_activity-{__version__}.dist-info/METADATA"])
    assert metadata["Version"] == __version__
    assert metadata["Keywords"]
    assert len(metadata.get_all("Project-URL") or []) >= 2
    assert "uvx ftl-activity demo" in metadata.get_payload()  # the README
    assert {path.name for path in unpacked.iterdir()} >= {
        *("Dockerfile", "compose.yaml", "Procfile", "requirements.txt", "deploy", "docs", "tests", "CHANGELOG.md"),
        *("LICENSE", "README.md", "benchmarks"),
    }


def test_the_classifiers_name_the_pythons_that_are_tested() -> None:
    tested = re.search(r"python: (\[.*\])", (ROOT / ".github" / "workflows" / "test.yml").read_text())
    assert tested
    named = [name.rpartition(" ")[2] for name in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", name)]
    assert named == json.loads(tested[1])
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_the_changelog_begins_with_this_version_or_with_what_is_not_released() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = [heading for heading in headings if heading != "Unreleased"]
    assert re.fullmatch(rf"{re.escape(__version__)} - \d{{4}}-\d\d-\d\d", released[0])


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="other versions of argparse write other usages")
def test_the_manual_pages_are_those_of_the_parsers() -> None:
    command = [sys.executable, "docs/man.py", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, ""), "write them anew: python docs/man.py"


# ---- the image


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*?)$", DOCKERFILE, re.MULTILINE)


def test_what_the_image_copies_exists_and_is_sent_to_the_builder() -> None:
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [
        source for line in instructions("COPY") if not line.startswith("--from") for source in line.split()[:-1]
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in sent
    assert {f"!{source}" for source in copied} == {line for line in sent if line.startswith("!")}
    assert set(PROJECT["scripts"]) >= set(json.loads(instructions("ENTRYPOINT")[0]))
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(copied) >= {*packages["packages"], *packages["shared-data"], *PROJECT["license-files"]}
    assert PROJECT["readme"] in copied


def test_the_image_runs_a_tested_python_as_a_user_without_rights_and_can_be_configured() -> None:
    pythons = re.findall(r"^FROM python:([\d.]+)-slim", DOCKERFILE, re.MULTILINE)
    assert len(pythons) == 2
    assert len(set(pythons)) == 1
    assert f"Programming Language :: Python :: {pythons[0]}" in PROJECT["classifiers"]
    assert instructions("USER") == ["ftlserver"]
    environ = dict(word.split("=", 1) for word in shlex.split(instructions("ENV")[0]))
    config = Config.from_env(environ)
    assert (config.host, config.port) == ("0.0.0.0", int(instructions("EXPOSE")[0]))
    assert config.database.startswith(f"{instructions('VOLUME')[0]}/")


def test_the_health_check_of_the_image_tells_whether_the_server_answers(team: Storage) -> None:
    command = json.loads(instructions("HEALTHCHECK")[0].partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]

    def check(port: str) -> int:
        environ = {"PORT": port}
        return subprocess.run(
            [sys.executable, *command[1:]], env=environ, stderr=subprocess.DEVNULL, check=False
        ).returncode

    with serving(create_app(team)) as url:
        port = url.rpartition(":")[2]
        assert check(port) == 0
    assert check(port) != 0


def test_compose_passes_settings_that_there_are_and_keeps_the_data_in_a_volume() -> None:
    text = (ROOT / "compose.yaml").read_text()
    environment = re.search(r"    environment:\n((?: {6}.*\n)+)", text)
    assert environment
    names = [line.split(":")[0].strip() for line in environment[1].splitlines()]
    deployment = (ROOT / "docs" / "deployment.md").read_text()
    assert all(f"`{name}`" in deployment for name in names)
    assert "- database:/var/lib/postgresql\n" in text
    assert text.endswith("volumes:\n  database:\n")


# ---- the service


def test_the_service_starts_what_is_installed_and_names_settings_that_there_are() -> None:
    text = (ROOT / "deploy" / "ftlserver.service").read_text()
    pairs = [line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#")]
    service = {name: value for name, value in pairs if value}
    program, command = service["ExecStart"].split()
    assert (Path(program).name, command) == ("ftlserver", "serve")
    assert (service["Type"], service["EnvironmentFile"]) == ("notify", "-/etc/ftlserver.env")
    assert int(service["WatchdogSec"]) >= 10
    assert "AF_UNIX" in service["RestrictAddressFamilies"]  # for the messages to the service manager
    variable, database = service["Environment"].split("=")
    assert Config.from_env({variable: database}).database == database
    assert str(Path(database).parent) == f"/var/lib/{service['StateDirectory']}"
