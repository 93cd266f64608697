"""The exceptions of ftlclient.

ClientError
├── ConfigError          an option, a variable or a file of ids is not usable
├── UnreachableError     the server is down, too slow, or not to be found
├── NotThisAPIError      something answers there, but it is not FTL Activity
└── RefusedError         the server answers with an error
"""

from typing import Any


class ClientError(Exception):
    """Base of every error; its text is one sentence for people."""


class ConfigError(ClientError):
    """An option, a variable or a file is not usable."""


class UnreachableError(ClientError):
    """No answer came from the server in time."""


class NotThisAPIError(ClientError):
    """What came is not an answer of FTL Activity."""


class RefusedError(ClientError):
    """The server refused; *code* is its stable word for why, *status* the HTTP status, *answer* all it said."""

    def __init__(self, message: str, code: str, status: int, answer: dict[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.answer = answer
