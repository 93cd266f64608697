"""The campaigns: the promises of the documentation are those that are tried, and the tests they name exist."""

import re
import subprocess
import sys

import pytest

from tests.campaigns import promises
from tests.campaigns.promises import PROMISES, ROOT

DOCUMENTATION = (ROOT / "docs" / "reliability.md").read_text()


def test_the_promises_are_those_of_the_documentation() -> None:
    promised = DOCUMENTATION.partition("## The promises")[2].partition("\n## ")[0]
    table = re.findall(r"^\| (\d+) \| `([\w-]+)` \|", promised, re.MULTILINE)
    assert table == [(str(promise.number), promise.name) for promise in PROMISES]
    assert len(table) == 51


@pytest.mark.slow
def test_the_tests_of_the_promises_exist() -> None:
    node_ids = sorted(
        {
            id_
            for promise in PROMISES
            if isinstance(promise.try_it, promises.Tests)
            for id_ in promise.try_it.node_ids
        }
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--no-cov",
        "-q",
        "--collect-only",
        "-p",
        "no:cacheprovider",
        *node_ids,
    ]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.slow
def test_a_test_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(AssertionError, match="not found: .*test_campaigns.py::test_nothing"):
        promises.Tests("tests/test_campaigns.py::test_nothing")(long=False)
