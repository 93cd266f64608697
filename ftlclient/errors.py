"""The exceptions of ftlclient.

ClientError
├── ConfigError          an option, a variable or a file is invalid
├── UnreachableError     the server is down, too slow or not found
├── NotThisAPIError      the server is not FTL Activity, or its answer is not usable
└── RefusedError         the server answered with an error
"""

from typing import Any


class ClientError(Exception):
    """Base of every error; its text is one sentence for people."""


class ConfigError(ClientError):
    """An option, a variable or a file is invalid."""


class UnreachableError(ClientError):
    """The server did not answer in time."""


class NotThisAPIError(ClientError):
    """The answer is not one of FTL Activity, or not usable."""


class RefusedError(ClientError):
    """The server refused, with an error *code*, an HTTP *status* and the whole JSON *answer*."""

    def __init__(self, message: str, code: str, status: int, answer: dict[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.answer = answer


def unusable(reason: str) -> NotThisAPIError:
    """Return the error for an answer that is not what it has to be."""
    return NotThisAPIError(f"the server's answer is not usable: {reason}")
