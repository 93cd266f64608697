"""The ids that a question is about, from the command line, from files and from standard input."""

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from ftlclient.errors import ConfigError


def read_ids(words: Sequence[str], stdin: TextIO | None) -> list[str]:
    """Return the ids that *words* name, each once, in order.

    ``@FILE`` stands for the ids in a file and ``-`` for those on *stdin*, separated by white space; what
    follows a ``#`` is a comment. Raise ConfigError.
    """
    ids: list[str] = []
    for word in words:
        if word == "-":
            ids += _split(_stdin(stdin))
        elif word.startswith("@"):
            ids += _split(_text(Path(word[1:])))
        else:
            ids.append(word)
    if not ids:
        raise ConfigError("there are no ids to ask for")
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
    return [word for line in text.splitlines() for word in line.split("#")[0].split()]
