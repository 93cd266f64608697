"""Listening on a unix socket: a file to which only its owner and its group may connect."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ftlserver.errors import ConfigError

_UMASK = 0o117  # which leaves 0660: connecting takes the permission to write
_BACKLOG = 1024


@contextmanager
def listening(path: str) -> Iterator[socket.socket]:
    """Give a socket that listens at *path*, and remove its file at the end; raise ConfigError.

    The file that a server left behind is replaced, unless that server still answers.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise ConfigError("this system has no unix sockets; use --host and --port")
    file = Path(path).absolute()
    try:
        _remove_left(file)
        listener = _listen(file)
    except (OSError, ValueError) as exc:
        cause = getattr(exc, "strerror", None) or exc
        raise ConfigError(f"cannot listen at {file}: {cause}; choose another --socket") from exc
    made = _identity(file)
    try:
        with listener:
            yield listener
    finally:
        if _identity(file) == made:  # and not that of a server which has taken its place
            file.unlink()


def _listen(file: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(_UMASK)
    try:
        listener.bind(str(file))
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _remove_left(file: Path) -> None:
    """Remove the file of a socket on which no server listens any more; raise ConfigError for any other."""
    try:
        mode = file.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ConfigError(f"{file} is there already, and is no socket; choose another --socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(file))
        except ConnectionRefusedError:
            file.unlink()
            return
        except BlockingIOError:
            pass  # a server has more to do than it can
    raise ConfigError(f"another server answers at {file}; stop it, or choose another --socket")


def _identity(file: Path) -> tuple[int, int, int] | None:
    """Return what tells a file from another one at its path, which may have the same inode."""
    try:
        found = file.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns
