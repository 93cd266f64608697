"""The members of a question: ids from the command line, from files and from standard input."""

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from ftlclient.errors import ConfigError


def read_ids(arguments: Sequence[str], stdin: TextIO | None) -> list[str]:
    """Return the ids that *arguments* name, each once, in order; raise ConfigError.

    ``@FILE`` stands for the ids in a file and ``-`` for those on *stdin*, separated by white space; ``#`` begins a
    comment.
    """
    ids: list[str] = []
    for argument in arguments:
        if argument == "-":
            ids += _split(_stdin(stdin))
        elif argument.startswith("@"):
            ids += _split(_text(Path(argument[1:])))
        else:
            ids.append(argument)
    if not ids:
        raise ConfigError("name at least one member, or use --all")
    return list(dict.fromkeys(ids))


def _stdin(stdin: TextIO | None) -> str:
    if stdin is None:
        raise ConfigError("there is no standard input to read ids from")
    try:
        return stdin.read()
    except UnicodeDecodeError as exc:
        raise ConfigError("standard input is not text") from exc


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path} is not a text file of ids") from exc
    except OSError as exc:
        raise ConfigError(f"cannot read {path}: {exc.strerror}") from exc


def _split(text: str) -> list[str]:
    return [id_ for line in text.splitlines() for id_ in line.split("#")[0].split()]
