"""Settings: what the environment says, and what ``login`` keeps in a file of the user's."""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import platformdirs

from ftlclient.errors import ConfigError

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Login:
    """What ``login`` keeps: a server, the token it takes, and whose desk this is."""

    url: str
    token: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The server to ask, the token for it, and whose desk this is; options of the command line come before."""

    url: str = DEFAULT_URL
    token: str | None = None
    user_id: str | None = None

    @classmethod
    def load(cls, environ: Mapping[str, str], url: str | None = None) -> "Config":
        """Read ``FTL_URL`` and ``FTL_TOKEN``, then what ``login`` kept; raise ConfigError.

        A token that was kept goes to the server it was kept for, and to no other.
        """
        login = read_login() or Login(DEFAULT_URL)
        found = (url or environ.get("FTL_URL") or login.url).rstrip("/")
        is_kept = found == login.url
        token = environ.get("FTL_TOKEN") or (login.token if is_kept else None)
        return cls(found, token, login.user_id if is_kept else None)


def login_file() -> Path:
    """Return the path of the file that ``login`` writes."""
    return Path(platformdirs.user_config_dir("ftlclient", appauthor=False)) / "login.json"


def spool_file() -> Path:
    """Return the path of the file in which waits what could not be sent."""
    return Path(platformdirs.user_data_dir("ftlclient", appauthor=False)) / "spool.sqlite3"


def read_login() -> Login | None:
    """Return what ``login`` kept, if anything; raise ConfigError when others may read it."""
    path = login_file()
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError(f"others may read {path}, which holds a token; run: chmod 600 {path}")
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        return Login(**found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as exc:
        raise ConfigError(f"{path} cannot be read; log in again with: ftlclient login") from exc


def write_login(login: Login) -> Path:
    """Keep a login, for its owner's eyes alone; return the path of the file."""
    path = login_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(login), file)
    return path
