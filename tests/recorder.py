"""Record every request and command of the suite with its answer, and compare two recordings.

``pytest -n 0 --record FILE`` writes a line of JSON for each; ``python -m tests.recorder BEFORE AFTER`` says how many
there are and how many differ. It shows that a change of structure changed nothing that a program can see.
"""

import argparse
import functools
import io
import json
import os
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import waitress.server
import webtest

import ftlclient.cli
import ftlserver.cli

# What differs from run to run: paths, ports, random ids and secrets, times near now.
_CHANGING = [
    (re.compile(r"/tmp/[^\s\"',;:)\]]*"), "<path>"),
    (re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:|%3A)\d{2,5}"), r"\1:<port>"),
    (re.compile(r"\bport \d{2,5}"), "port <port>"),
    (re.compile(r"ftl_[0-9A-Za-z]{8}_[0-9A-Za-z_-]{43}"), "<secret>"),
    (re.compile(r"\b(?=\w*[0-9])(?=\w*[A-Za-z])[0-9A-Za-z]{8}\b"), "<word>"),
    (re.compile(r"\b(?=\w*[0-9])(?=\w*[A-Za-z])[0-9A-Za-z]{12}\b"), "<word>"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "<request id>"),
    (re.compile(r"\b202[5-7]-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?"), "<time>"),
    (re.compile(r"\b[A-Z][a-z]{2} \d\d 202[5-7] \d\d:\d\d[AP]M"), "<time>"),
    (re.compile(r"\b\d\d:\d\d(:\d\d)?\b"), "<clock>"),
    (re.compile(r"\b\d{13,}\b"), "<number>"),
]
# Sentences for people, and the length of the body that they are in.
_MESSAGE = re.compile(r'"message": ?"(?:[^"\\]|\\.)*"|"Content-Length", "\d+"')
_LONGEST = 4_096


class Recorder:
    """Writes what passes the WSGI applications and the two command lines of this process to a file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._lock = threading.Lock()
        self.test = ""

    def note(self, kind: str, asked: object, answered: object) -> None:
        """Write one line."""
        with self._lock:
            line = {"test": self.test, "kind": kind, "asked": asked, "answered": answered}
            self._file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def install(self) -> None:
        """Record all applications that are served or tested, and both command lines, from now on."""
        for target in (webtest.TestApp, waitress.server.BaseWSGIServer):
            self._wrap_application(target)
        for cli in (ftlserver.cli, ftlclient.cli):
            cli.main = self._recording_command(cli.__name__, cli.main)  # type: ignore[attr-defined]

    def _wrap_application(self, target: Any) -> None:
        original = target.__init__

        @functools.wraps(original)
        def construct(this: Any, application: Any, *args: Any, **kwargs: Any) -> None:
            original(this, self._recording_application(application), *args, **kwargs)

        target.__init__ = construct

    def _recording_application(self, application: Any) -> Any:
        def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            body = environ["wsgi.input"].read(max(int(environ.get("CONTENT_LENGTH") or 0), 0))
            environ["wsgi.input"] = io.BytesIO(body)
            headers = {name: value for name, value in sorted(environ.items()) if name.startswith("HTTP_")}
            path = environ["PATH_INFO"] + "?" + environ.get("QUERY_STRING", "")
            asked = [environ["REQUEST_METHOD"], path, _stable(body), _stable(json.dumps(headers))]
            begun: list[Any] = []

            def respond(status: str, found: list[tuple[str, str]], exc_info: Any = None) -> Any:
                begun[:] = [status, _stable(json.dumps(sorted(found)))]
                return start_response(status, found, exc_info)

            return _Answer(
                application(environ, respond), lambda pieces: self.note("request", asked, [*begun, pieces])
            )

        return serve

    def _recording_command(self, name: str, main: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(main)
        def recorded(argv: Any = None) -> int:
            stdout, before = sys.stdout, _written(sys.stdout)
            status: object = None
            try:
                status = main(argv)
                return status
            except SystemExit as exc:
                status = exc.code
                raise
            finally:
                text = _written(stdout)[len(before) :]
                self.note("command", [name, _stable(json.dumps(argv))], [status, _stable(text)])

        return recorded


class _Answer:
    """The pieces of an answer, told to *done* when it is closed."""

    def __init__(self, pieces: Iterable[bytes], done: Callable[[str], None]) -> None:
        self._pieces = pieces
        self._done = done
        self._seen: list[bytes] = []
        self._iterator = iter(pieces)

    def __iter__(self) -> "_Answer":
        return self

    def __next__(self) -> bytes:
        piece = next(self._iterator)
        if sum(map(len, self._seen)) < _LONGEST:
            self._seen.append(piece)
        return piece

    def close(self) -> None:
        if hasattr(self._pieces, "close"):
            self._pieces.close()
        self._done(_stable(b"".join(self._seen)))


def _written(stream: Any) -> str:
    """Return what has been written to a captured stream."""
    if isinstance(stream, io.TextIOWrapper) and hasattr(stream, "getvalue"):
        return str(stream.getvalue())
    try:
        stream.flush()
        descriptor = stream.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")
    except (OSError, ValueError, AttributeError):
        return ""


def _stable(data: bytes | str) -> str:
    """Return text in which nothing is left that differs from run to run."""
    text = data.decode(errors="backslashreplace") if isinstance(data, bytes) else data
    text = text[:_LONGEST]
    for pattern, replacement in _CHANGING:
        text = pattern.sub(replacement, text)
    return text


def compare(before: Path, after: Path) -> tuple[int, int, list[str]]:
    """Return how many answers *after* holds, how many differ in a message alone, and those that differ otherwise."""
    exact = [_counted(path, lambda line: line) for path in (before, after)]
    loose = [_counted(path, lambda line: _MESSAGE.sub("<message>", line)) for path in (before, after)]
    total = sum(exact[1].values())
    new = exact[1] - exact[0]
    different = loose[1] - loose[0]
    return total, sum(new.values()) - sum(different.values()), sorted(different.elements())


def _counted(path: Path, reduced: Callable[[str], str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        noted = json.loads(line)
        noted["answered"] = [reduced(str(part)) for part in noted["answered"]]
        found[json.dumps([noted["kind"], noted["asked"], noted["answered"]])] += 1
    return found


def main() -> None:
    """Compare two recordings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    args = parser.parse_args()
    for one, other, title in ((args.before, args.after, "only after"), (args.after, args.before, "only before")):
        total, messages, different = compare(one, other)
        print(f"{total:,} answers, {messages:,} differ in a message alone; {title}: {len(different):,}")
        for line in different[:200]:
            print(line[:1000])


if __name__ == "__main__":
    main()
