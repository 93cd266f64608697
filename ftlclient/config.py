"""Settings from the environment, and from the files that ``login`` and ``config`` save."""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import platformdirs

from ftlclient.errors import ConfigError
from ftlcommon import weekly_pattern
from ftlcommon.whole_file import whole_file

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


# The settings of ``config``: for each its default, the values that it may have, and what it is.
SETTINGS: dict[str, tuple[str | None, tuple[str, ...], str]] = {
    "team": (None, (), "the team that questions are about"),
    "week-start": ("monday", ("monday", "sunday"), "the first day of a week"),
    "clock": ("24h", ("24h", "12h"), "how times of day are shown"),
    "quiet": (None, (), "the hours of the week in which gaps in coverage are meant"),
}

_WORDS = {"team": "the name of a team", "quiet": f"hours of the week, such as {weekly_pattern.EXAMPLE}"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that ``config`` saves, with their defaults."""

    team: str | None
    week_start: str
    clock: str
    quiet: str | None = None

    @classmethod
    def load(cls) -> "Settings":
        """Return the saved settings; raise ConfigError."""
        saved = read_settings()
        team, week_start, clock, quiet = (saved.get(name, default) for name, (default, _, _) in SETTINGS.items())
        return cls(team, week_start or "monday", clock or "24h", quiet)


def login_file() -> Path:
    """Return the path of the file that ``login`` writes."""
    return Path(platformdirs.user_config_dir("ftlclient", appauthor=False)) / "login.json"


def settings_file() -> Path:
    """Return the path of the file that ``config`` writes."""
    return login_file().with_name("settings.json")


def check_setting(name: str, value: object) -> str:
    """Return *value* if the setting may have it; raise ConfigError."""
    if name not in SETTINGS:
        raise ConfigError(f"there is no setting {name}; the settings are {', '.join(SETTINGS)}")
    allowed = SETTINGS[name][1]
    if not isinstance(value, str) or not value or (allowed and value not in allowed):
        raise ConfigError(f"{name} is {' or '.join(allowed) or _WORDS[name]}, not {value!r}")
    if name == "quiet":
        try:
            weekly_pattern.parse(value)
        except ValueError as exc:
            raise ConfigError(f"quiet: {exc}") from exc
    return value


def read_settings() -> dict[str, str]:
    """Return the settings that were saved; raise ConfigError."""
    path = settings_file()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: check_setting(name, value) for name, value in found.items()}
    except FileNotFoundError:
        return {}
    except ConfigError as exc:
        raise ConfigError(f"{path}: {exc}; correct it, or remove the file") from exc
    except (OSError, ValueError, AttributeError) as exc:
        raise ConfigError(
            f"{path} cannot be read; remove it, and save settings anew with: ftlclient config"
        ) from exc


def write_settings(settings: Mapping[str, str]) -> None:
    """Save *settings* instead of those that were saved; raise ConfigError."""
    path = settings_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"cannot write {path}: {exc.strerror}") from exc


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
