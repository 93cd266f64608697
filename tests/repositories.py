"""Git repositories made of commits by fast-import."""

import subprocess
from pathlib import Path

MONDAY = 1_583_139_600  # 2020-03-02T09:00:00Z
HOUR = 3600


def git(directory: Path, *argv: str, stdin: bytes = b"") -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(directory), *argv]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout.decode().strip()


def commit(author: str | bytes, at: int, shown: str = "+0000", ref: str = "refs/heads/main") -> bytes:
    """Return a commit for git fast-import; the committer's clock is another one."""
    who = author if isinstance(author, bytes) else author.encode()
    return (
        b"commit %s\nauthor %s %d %s\n" % (ref.encode(), who, at, shown.encode())
        + b"committer C <c@example.org> 1700000000 +0900\ndata 2\nm\n\n"
    )


def make_repository(path: Path, *commits: bytes) -> Path:
    """Make a repository of *commits*, or replace its history by them."""
    path.mkdir(exist_ok=True)
    git(path, "init", "-q", "--initial-branch=main")
    git(path, "fast-import", "--quiet", "--force", "--date-format=raw-permissive", stdin=b"".join(commits))
    return path
