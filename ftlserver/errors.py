"""The exceptions of ftlserver: a stable code, a sentence for people, and the HTTP status of the code.

FTLError
├── ConfigError              a setting or an option is not usable
├── InvalidRequestError      a request does not have the shape it must have
├── InvalidValueError        the shape is right, the meaning is not
│   ├── InvalidUserError
│   ├── InvalidTeamError
│   ├── InvalidPeriodError
│   ├── UnknownZoneError
│   └── LocalTimeError       a wall clock that does not exist, or occurs twice
├── RefusedError             the caller has no access
├── UserNotFoundError
├── UserExistsError
├── PeriodNotFoundError
├── TeamNotFoundError
├── TeamExistsError
├── TokenNotFoundError
├── ChangeNotFoundError
├── ResyncError              changes cannot be followed from that cursor
├── ChangedSinceError        what is to be undone was changed again
├── ImportFileError          an item of a file is not usable
└── DatabaseError            busy, unavailable, full
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

# Every code that an answer can have, with its status.
HTTP_STATUSES = {
    code: status
    for status, codes in {
        400: "bad_request host_missing invalid_json json_not_object missing_argument invalid_argument"
        " unknown_field too_many_ids too_many_periods too_many_heartbeats too_much invalid_cursor",
        401: "not_authed invalid_auth",
        403: "missing_scope cross_origin tls_required",
        404: "not_found user_not_found team_not_found period_not_found change_not_found",
        405: "method_not_allowed",
        409: "user_exists team_exists changed_since",
        410: "resync",
        413: "body_too_large",
        415: "unsupported_media_type",
        421: "host_not_allowed",
        422: "invalid_period unknown_timezone nonexistent_local_time ambiguous_local_time",
        429: "ratelimited",
        431: "headers_too_large",
        500: "internal_error",
        501: "transfer_encoding_unsupported",
        503: "database_busy database_unavailable storage_full query_timeout too_many_connections server_busy",
    }.items()
    for code in codes.split()
}


class Problem(NamedTuple):
    """One thing that is wrong in a request: a JSON Pointer (RFC 6901), a code, a sentence."""

    pointer: str
    code: str
    message: str


class FTLError(Exception):
    """Base of every error that a caller or an operator can correct."""

    code = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def status(self) -> int:
        """Return the HTTP status; a code that no answer should have is a fault of the server."""
        return HTTP_STATUSES.get(self.code, 500)


class ConfigError(FTLError):
    code = "config"


class NoDatabaseError(ConfigError):
    """There is no database where none is to be made."""


class InvalidRequestError(FTLError):
    """A request that cannot be read; *limit* is the number that was exceeded, where one was."""

    def __init__(
        self, code: str, message: str, problems: Sequence[Problem] = (), limit: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.problems = list(problems)
        self.limit = limit


class InvalidValueError(FTLError):
    code = "invalid_argument"


class InvalidUserError(InvalidValueError):
    code = "invalid_user"


class InvalidTeamError(InvalidValueError):
    code = "invalid_team"


class InvalidPeriodError(InvalidValueError):
    code = "invalid_period"


class UnknownZoneError(InvalidValueError):
    code = "unknown_timezone"


class LocalTimeError(InvalidValueError):
    """A wall clock without offset that names no instant, or two; *choices* are the iso times it may stand for."""

    def __init__(self, code: str, message: str, choices: Sequence[str]) -> None:
        super().__init__(f"{message}; write {' or '.join(choices)}")
        self.code = code
        self.choices = list(choices)


class RefusedError(FTLError):
    """A caller without access; *more* says what is missing."""

    def __init__(self, code: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.code = code
        self.more = more


class UserNotFoundError(FTLError):
    code = "user_not_found"

    def __init__(self, user_id: str, hint: str = "") -> None:
        super().__init__(f'User "{user_id}" not found !{hint}')


class PeriodNotFoundError(FTLError):
    """No period is stored with that start and end; *stored* is the one with that start, if there is one."""

    code = "period_not_found"

    def __init__(self, stored: tuple[int, int, int, int] | None) -> None:
        another = "the period with this start ends at another time; name its end"
        super().__init__("no period starts at that time" if stored is None else another)
        self.stored = stored


class UserExistsError(FTLError):
    code = "user_exists"

    def __init__(self, user_id: str, alias_of: str | None = None) -> None:
        is_alias = f"{user_id} is an alias of the user {alias_of}; choose another id, or use that user"
        super().__init__(is_alias if alias_of else f'User "{user_id}" exists already')


class TeamNotFoundError(FTLError):
    code = "team_not_found"

    def __init__(self, team_id: str, hint: str = "") -> None:
        super().__init__(f'Team "{team_id}" not found !{hint}')


class TeamExistsError(FTLError):
    code = "team_exists"

    def __init__(self, team_id: str) -> None:
        super().__init__(f'Team "{team_id}" exists already, with another name or other members')


class TokenNotFoundError(FTLError):
    code = "token_not_found"

    def __init__(self) -> None:
        super().__init__("there is no token with that id; see: ftlserver token list")


class ChangeNotFoundError(FTLError):
    code = "change_not_found"

    def __init__(self, number: int | str) -> None:
        super().__init__(f"there is no change with the number {number}; see: ftlserver audit")


class ResyncError(FTLError):
    """Not all that changed since a cursor is there: it was too long ago, or a user was deleted since."""

    code = "resync"

    def __init__(self) -> None:
        super().__init__(
            "not all changes since this cursor are kept; start over with an export, which ends with a new cursor"
        )


class ChangedSinceError(FTLError):
    """What a change wrote was changed since; *changed* lists it."""

    code = "changed_since"

    def __init__(self, number: int, changed: Sequence[Mapping[str, str]]) -> None:
        message = (
            f"what change {number} wrote was changed since, so nothing was undone; undo the later changes first"
        )
        super().__init__(message)
        self.changed = list(changed)


class ImportFileError(FTLError):
    code = "invalid_file"


class DatabaseError(FTLError):
    """The database did not do what it was asked.

    *database* names it, without a password, and *cause* is its own message; both are for the operator.
    """

    def __init__(self, code: str, message: str, database: str, cause: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.database = database
        self.cause = cause

    def __str__(self) -> str:
        cause = f": {self.cause.splitlines()[0]}" if self.cause else ""
        return f"{self.message}{cause} (database: {self.database})"
