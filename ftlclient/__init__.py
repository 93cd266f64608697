"""Ask an FTL Activity server who was active when, from a program or from a terminal."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ftlclient.client import Client
    from ftlclient.errors import ClientError, NotThisAPIError, RefusedError, UnreachableError
    from ftlclient.models import ActivityPeriod, Member

__version__ = "0.1.0"
__all__ = [
    "ActivityPeriod",
    "Client",
    "ClientError",
    "Member",
    "NotThisAPIError",
    "RefusedError",
    "UnreachableError",
]


def __getattr__(name: str) -> Any:
    """Load what a program asks for; ``ftlclient --version`` needs none of it (requests takes 200 ms)."""
    if name not in __all__:
        raise AttributeError(f"module 'ftlclient' has no attribute {name!r}")
    from ftlclient import client, errors, models  # noqa: PLC0415

    for module in (client, errors, models):
        if hasattr(module, name):
            return getattr(module, name)
    raise AssertionError(name)
