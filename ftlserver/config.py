"""Settings, read once: from a mapping that is handed in, the environment, and from a file in TOML."""

import logging
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from ftlserver.errors import ConfigError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
DEFAULT_THREADS = 8
MOST_THREADS = 1_000_000
MOST_WORKERS = 256
DEFAULT_RATE = 600  # requests a minute
MOST_RATE = 1_000_000
DEFAULT_UNDO_DAYS = 90
MOST_UNDO_DAYS = 36_500
MOST_OLDEST_DAYS = 36_500

_log = logging.getLogger("ftlserver")


@dataclass(frozen=True, slots=True)
class Config:
    """What the environment and a file say; options of the command line come before both."""

    database: str
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    socket: str | None = None
    threads: int = DEFAULT_THREADS
    workers: int = 1
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    trusted_proxy: str | None = None
    public_read: bool = False
    rate: int = DEFAULT_RATE
    undo_days: int = DEFAULT_UNDO_DAYS
    overlaps: str = "store"
    oldest: int | None = None  # days

    @classmethod
    def from_env(cls, environ: Mapping[str, str], file: Path | None = None) -> "Config":
        """Read ``DATABASE_URL``, ``HOST``, ``PORT``, ``WEB_CONCURRENCY`` and what begins with ``FTL_``.

        What the environment leaves open comes from *file*. On Heroku (``DYNO`` is set) PostgreSQL is reached by
        TLS only, which its URL does not say, and every request comes through a router. Raise ConfigError, naming
        the setting.
        """
        found = {} if file is None else _read_file(file)
        of_environ = {
            name: setting.read(setting.variable, environ[setting.variable])
            for name, setting in _SETTINGS.items()
            if environ.get(setting.variable)
        }
        if of_environ.keys() & {"host", "port"}:
            if "socket" in of_environ:
                raise ConfigError("FTL_SOCKET takes the place of HOST and PORT; unset one or the other")
            found.pop("socket", None)
        found |= of_environ
        found.setdefault("database", default_database())
        if "DYNO" in environ:
            found["database"] = _with_tls(found["database"])
            found.setdefault("trusted_proxy", "*")
        return cls(**found)


def default_database() -> str:
    """Return the path of the SQLite file in the user's data directory."""
    return str(Path(platformdirs.user_data_dir("ftlserver", appauthor=False)) / "ftl.sqlite3")


def find_file(name: str | None) -> Path | None:
    """Return the configuration file of that *name*, else the user's, else the machine's, if there is one."""
    if name is not None:
        return Path(name)
    directories = (
        platformdirs.user_config_dir("ftlserver", appauthor=False),
        platformdirs.site_config_dir("ftlserver", appauthor=False),
    )
    return next((file for file in (Path(each, "config.toml") for each in directories) if file.is_file()), None)


def _text(name: str, value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise ConfigError(f"{name} must be a text")


def _names(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise ConfigError(f"{name} must be a list of names")


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ConfigError(f"{name} must be true or false")


def _choice(*choices: str) -> Callable[[str, object], str]:
    def read(name: str, value: object) -> str:
        if isinstance(value, str) and value in choices:
            return value
        raise ConfigError(f"{name} must be {' or '.join(choices)}")

    return read


def _number(least: int, most: int) -> Callable[[str, object], int]:
    def read(name: str, value: object) -> int:
        text = str(value)
        if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        raise ConfigError(f"{name} must be a number from {least} to {most}")

    return read


@dataclass(frozen=True, slots=True)
class _Setting:
    """The environment variable of a setting, empty without one, and what reads its value or raises ConfigError."""

    variable: str
    read: Callable[[str, object], Any]


_SETTINGS = {
    "database": _Setting("DATABASE_URL", _text),
    "host": _Setting("HOST", _text),
    "port": _Setting("PORT", _number(0, 65_535)),
    "socket": _Setting("FTL_SOCKET", _text),
    "threads": _Setting("", _number(1, MOST_THREADS)),
    "workers": _Setting("WEB_CONCURRENCY", _number(1, MOST_WORKERS)),
    "allowed_hosts": _Setting("FTL_ALLOWED_HOSTS", _names),
    "allowed_origins": _Setting("FTL_ALLOWED_ORIGINS", _names),
    "trusted_proxy": _Setting("FTL_TRUSTED_PROXY", _text),
    "public_read": _Setting("", _flag),
    "rate": _Setting("FTL_RATE", _number(0, MOST_RATE)),
    "undo_days": _Setting("FTL_UNDO_DAYS", _number(1, MOST_UNDO_DAYS)),
    "overlaps": _Setting("FTL_OVERLAPS", _choice("store", "reject")),
    "oldest": _Setting("FTL_OLDEST", _number(1, MOST_OLDEST_DAYS)),
}


def _read_file(file: Path) -> dict[str, Any]:
    """Return the settings in *file*; raise ConfigError."""
    try:
        with file.open("rb") as opened:
            found = tomllib.load(opened)
            mode = os.fstat(opened.fileno()).st_mode
    except OSError as exc:
        raise ConfigError(f"cannot read {file}: {exc.strerror}") from exc
    except ValueError as exc:  # no TOML, or no UTF-8
        raise ConfigError(f"{file} is not a TOML file: {exc}") from exc
    for name in found:
        if name in _SETTINGS:
            continue
        close = get_close_matches(name.lower(), _SETTINGS, 1)
        hint = f"did you mean {close[0]}?" if close else f"the settings are {', '.join(_SETTINGS)}"
        raise ConfigError(f"{file}: there is no setting {name!r}; {hint}")
    settings = {name: _SETTINGS[name].read(f"{file}: {name}", value) for name, value in found.items()}
    if "socket" in settings and settings.keys() & {"host", "port"}:
        raise ConfigError(f"{file}: socket takes the place of host and port; remove one or the other")
    if os.name == "posix" and mode & stat.S_IROTH and _has_password(settings.get("database", "")):
        _log.warning("every user can read %s, which has a database password; run: chmod o-r %s", file, file)
    _log.info("settings: %s", file)
    return settings


def _has_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.password) or "password=" in parts.query


def _with_tls(database: str) -> str:
    """Return the URL of a PostgreSQL database with ``sslmode=require``, unless it says otherwise."""
    if database.startswith("postgres") and "sslmode=" not in database:
        return database + ("&" if "?" in database else "?") + "sslmode=require"
    return database
