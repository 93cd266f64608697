"""Settings from the environment and from the file that ``login`` saves."""

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
class Config:
    """The server, its token and the default user: what ``login`` saves, and what a command uses."""

    url: str = DEFAULT_URL
    token: str | None = None
    user_id: str | None = None

    @classmethod
    def load(cls, environ: Mapping[str, str], url: str | None = None) -> "Config":
        """Read ``FTL_URL`` and ``FTL_TOKEN``, then what ``login`` saved; raise ConfigError.

        A saved token and default user are used only with the server that they were saved for.
        """
        login = read_login() or cls()
        found = (url or environ.get("FTL_URL") or login.url).rstrip("/")
        is_saved = found == login.url
        token = environ.get("FTL_TOKEN") or (login.token if is_saved else None)
        return cls(found, token, login.user_id if is_saved else None)


def login_file() -> Path:
    """Return the path of the file that ``login`` writes."""
    return Path(platformdirs.user_config_dir("ftlclient", appauthor=False)) / "login.json"


def spool_file() -> Path:
    """Return the path of the file with writes that are to be sent later."""
    return Path(platformdirs.user_data_dir("ftlclient", appauthor=False)) / "spool.sqlite3"


def read_login() -> Config | None:
    """Return what ``login`` saved, or None; raise ConfigError if other users may read it."""
    path = login_file()
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError(f"other users can read {path}, which contains a token; run: chmod 600 {path}")
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        return Config(**found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as exc:
        raise ConfigError(f"{path} cannot be read; log in again with: ftlclient login") from exc


def write_login(login: Config) -> Path:
    """Save *login* so that only its owner can read it; return the path of the file."""
    path = login_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(login), file)
    return path
