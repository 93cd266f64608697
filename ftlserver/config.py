"""Settings, read once from a mapping that is handed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ftlserver.errors import ConfigError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
DEFAULT_THREADS = 8
MOST_WORKERS = 256
DEFAULT_RATE = 600  # requests a minute
MOST_RATE = 1_000_000
DEFAULT_UNDO_DAYS = 90
MOST_UNDO_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Config:
    """What the environment says; options of the command line come before it."""

    database: str
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    workers: int = 1
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    trusted_proxy: str | None = None
    rate: int = DEFAULT_RATE
    undo_days: int = DEFAULT_UNDO_DAYS

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Config":
        """Read ``DATABASE_URL``, ``HOST``, ``PORT``, ``WEB_CONCURRENCY`` and what begins with ``FTL_``.

        On Heroku (``DYNO`` is set) PostgreSQL is reached by TLS only, which its URL does not say, and every
        request comes through a router. Raise ConfigError, naming the variable.
        """
        database = environ.get("DATABASE_URL") or default_database()
        if "DYNO" in environ and database.startswith("postgres") and "sslmode=" not in database:
            database += ("&" if "?" in database else "?") + "sslmode=require"
        return cls(
            database=database,
            host=environ.get("HOST") or DEFAULT_HOST,
            port=_number("PORT", environ.get("PORT") or str(DEFAULT_PORT), 0, 65_535),
            workers=_number("WEB_CONCURRENCY", environ.get("WEB_CONCURRENCY") or "1", 1, MOST_WORKERS),
            allowed_hosts=_names(environ.get("FTL_ALLOWED_HOSTS", "")),
            allowed_origins=_names(environ.get("FTL_ALLOWED_ORIGINS", "")),
            trusted_proxy=environ.get("FTL_TRUSTED_PROXY") or ("*" if "DYNO" in environ else None),
            rate=_number("FTL_RATE", environ.get("FTL_RATE") or str(DEFAULT_RATE), 0, MOST_RATE),
            undo_days=_number(
                "FTL_UNDO_DAYS", environ.get("FTL_UNDO_DAYS") or str(DEFAULT_UNDO_DAYS), 1, MOST_UNDO_DAYS
            ),
        )


def default_database() -> str:
    """Return the path of the SQLite file in the user's data directory."""
    return str(Path(platformdirs.user_data_dir("ftlserver", appauthor=False)) / "ftl.sqlite3")


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _number(name: str, text: str, least: int, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
        return int(text)
    raise ConfigError(f"{name} must be a number from {least} to {most}")
