"""Long output on a terminal, shown by a pager as git does it."""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping

from rich.console import Console, RenderableType

from ftlclient.errors import ConfigError


def show(view: RenderableType, console: Console, *, with_pager: bool) -> None:
    """Print *view*; what is higher than the terminal goes through the pager that PAGER names, or less."""
    command = pager(os.environ) if with_pager and console.is_terminal and not console.is_dumb_terminal else []
    if not command:
        console.print(view)
        return
    with console.capture() as capture:
        console.print(view)
    text = capture.get()
    if text.count("\n") < console.height or not _page(command, text):
        sys.stdout.write(text)


def pager(environ: Mapping[str, str]) -> list[str]:
    """Return the command of the pager; nothing for none, as for an empty PAGER and for cat. Raise ConfigError."""
    try:
        words = shlex.split(environ.get("PAGER", "less"), posix=os.name == "posix")
    except ValueError as exc:
        raise ConfigError(
            f"PAGER is not a command line: {str(exc).lower()}; correct it, or use --no-pager"
        ) from exc
    return words if words and words != ["cat"] and shutil.which(words[0]) else []


def _page(command: list[str], text: str) -> bool:
    """Let the pager show *text*; return whether it could be started."""
    environ = {"LESS": "FRX", "LV": "-c"} | os.environ
    sys.stdout.flush()
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environ)  # noqa: S603  the user chose it
    except OSError:
        return False
    with contextlib.suppress(KeyboardInterrupt):  # it is for the pager, which stays
        process.communicate(text.encode(sys.stdout.encoding or "utf-8", errors="replace"))
    while process.poll() is None:
        with contextlib.suppress(KeyboardInterrupt):
            process.wait()
    return True
