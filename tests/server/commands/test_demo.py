"""The command demo."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_demo_answers_and_leaves_no_files(tmp_path: Path) -> None:
    environ = os.environ | {"TMPDIR": str(tmp_path), "DATABASE_URL": ""}
    command = [sys.executable, "-m", "ftlserver", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        url = re.search(r"http://[\d.:]+", first)
        assert url
        assert list(tmp_path.glob("ftlserver-demo-*"))
        ask = [sys.executable, "-m", "ftlclient", "activity", "--url", url[0], "W012A3CDE", "aroha"]
        shown = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
        process.terminate()
        assert process.wait(10) == 0
    assert "Egon Spengler" in shown
    assert "Aroha Ngata" in shown
    assert not list(tmp_path.glob("ftlserver-demo-*"))


@pytest.mark.slow
def test_demo_stops_when_its_terminal_closes(tmp_path: Path) -> None:
    environ = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "ftlserver", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert process.wait(10) == 0
    assert not list(tmp_path.glob("ftlserver-demo-*"))
