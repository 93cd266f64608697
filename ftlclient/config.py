"""Settings, read once from a mapping that is handed in."""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Config:
    """What the environment says; options of the command line come before it."""

    url: str = DEFAULT_URL

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Config":
        """Read ``FTL_URL``."""
        return cls(url=environ.get("FTL_URL") or DEFAULT_URL)
