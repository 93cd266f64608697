"""Ask an FTL Activity server who was active when, from a program or from a terminal."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ftlclient.api.client import Client
    from ftlclient.api.models import ActivityPeriod, Member
    from ftlclient.errors import ClientError, NotThisAPIError, RefusedError, UnreachableError

__version__ = "0.2.0"
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
    """Import a public name when it is first used; requests takes 200 ms, which ``--version`` does not need."""
    if name not in __all__:
        raise AttributeError(f"module 'ftlclient' has no attribute {name!r}")
    from ftlclient import errors  # noqa: PLC0415
    from ftlclient.api import client, models  # noqa: PLC0415

    for module in (client, errors, models):
        if hasattr(module, name):
            return getattr(module, name)
    raise AssertionError(name)
