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

# Every code that an answer can have, by status, and when it does.
CODES = {
    400: {
        "bad_request": "the request is not valid HTTP",
        "host_missing": "the request has no `Host` header",
        "invalid_json": "the body is not JSON, or not strict JSON: UTF-8 without byte order mark, no NaN or"
        " Infinity, no duplicate keys in an object, at most 32 levels, 18 digits and 100,000 values, no lone"
        " surrogates",
        "json_not_object": "the body is JSON, but not an object",
        "missing_argument": "a required field is missing, or none of `id_list`, `all` and `team` is there,"
        " or `id_list` is empty",
        "invalid_argument": "a field has the wrong type or value; `errors` says which",
        "unknown_field": "the request does not have this field",
        "too_many_ids": "more than 1,000 ids; `max`",
        "too_many_periods": "more than 5,000 periods; `max`",
        "too_many_heartbeats": "more than 100 heartbeats; `max`",
        "too_much": "the question would cost too much; the message says what there is too much of, and what to ask"
        " instead; `max`",
        "invalid_cursor": "the cursor does not come from this server",
    },
    401: {
        "not_authed": "the token is missing",
        "invalid_auth": "the token is unknown, expired or revoked",
    },
    403: {
        "missing_scope": "the token does not permit this; `needed`, `provided`",
        "cross_origin": "the request comes from a page of another origin",
        "tls_required": "the client reached the trusted proxy by plain http",
    },
    404: {
        "not_found": "there is nothing at this path",
        "user_not_found": "there is no such user",
        "team_not_found": "there is no such team",
        "period_not_found": "no period has this start and end; `period` is the one with this start, if any",
        "change_not_found": "there is no such change, or it is not kept any more",
    },
    405: {"method_not_allowed": "the path does not take this method; the header `Allow` lists those it takes"},
    409: {
        "user_exists": "the id belongs to another user, or is an alias of one",
        "team_exists": "the id belongs to another team",
        "changed_since": "what is to be undone was changed again; `changed`",
    },
    410: {"resync": "not all changes since this cursor are kept; start over with an export"},
    413: {"body_too_large": "the body has more than 1 MiB, with a `Content-Length` or in chunks; `max`"},
    415: {
        "unsupported_media_type": "the body is not `application/json`, nor `application/x-ndjson` where that is"
        " accepted"
    },
    421: {"host_not_allowed": "the host name is not one of the server's"},
    422: {
        "invalid_period": "at least one period was rejected, so nothing was changed",
        "unknown_timezone": "the zone is not an IANA name",
        "nonexistent_local_time": "the zone skipped this wall clock",
        "ambiguous_local_time": "this wall clock occurred twice in the zone",
    },
    429: {
        "ratelimited": "the token, or the address, has made too many requests; `max` is the number for a minute"
    },
    431: {"headers_too_large": "the headers have more than 16 KiB"},
    500: {"internal_error": "a bug; the server's log has more under the `request_id`"},
    501: {"transfer_encoding_unsupported": "the transfer encoding is not `chunked`"},
    503: {
        "database_busy": "another program keeps the database locked",
        "database_unavailable": "the database cannot be reached or used, or another version changed its tables",
        "storage_full": "the database has no space to store this",
        "query_timeout": "the database took too long",
        "too_many_connections": "the server has 500 connections, and none is idle",
        "server_busy": "other large questions were not answered within a minute",
    },
}
HTTP_STATUSES = {code: status for status, codes in CODES.items() for code in codes}


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


_MOST_NAMED = 3


class ChangedSinceError(FTLError):
    """What a change wrote was changed since; *changed* lists it."""

    code = "changed_since"

    def __init__(self, number: int, changed: Sequence[Mapping[str, str]]) -> None:
        self.changed = list(changed)
        named = ", ".join(map(_in_words, self.changed[:_MOST_NAMED]))
        others = " and others" if len(self.changed) > _MOST_NAMED else ""
        super().__init__(
            f"what change {number} wrote was changed since, so nothing was undone; undo the later changes first"
            + (f": {named}{others}" if named else "")
        )


def _in_words(changed: Mapping[str, str]) -> str:
    """Return which period, or which row of another table, was changed."""
    if "table" not in changed:
        return f"the period of {changed['user_id']} from {changed['start_time']} to {changed['end_time']}"
    keys = " ".join(value for name, value in changed.items() if name != "table")
    return f"{keys} in {changed['table']}"


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
