"""The exceptions of ftlserver.

They carry a stable code and a sentence for people, and know nothing of HTTP or exit statuses;
those are given to them once, in ``app`` and in ``cli``.

FTLError
├── ConfigError              a setting or an option is not usable
├── InvalidRequestError      a request does not have the shape it must have
├── InvalidValueError        the shape is right, the meaning is not
│   ├── InvalidUserError
│   ├── InvalidPeriodError
│   ├── UnknownZoneError
│   └── LocalTimeError       a wall clock that does not exist, or occurs twice
├── RefusedError             whoever asks may not
├── UserNotFoundError
├── UserExistsError
├── TokenNotFoundError
├── ImportFileError          an item of a file is not usable
└── DatabaseError            busy, unavailable, full
"""

from collections.abc import Sequence


class Problem:
    """One thing that is wrong in a request: a JSON Pointer (RFC 6901), a code, a sentence."""

    # No dataclass: the module of those is a quarter of what ``ftlserver --help`` takes.
    def __init__(self, pointer: str, code: str, message: str) -> None:
        self.pointer = pointer
        self.code = code
        self.message = message


class FTLError(Exception):
    """Base of every error that is somebody's to mend; ``code`` is stable, ``message`` is for people."""

    code = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigError(FTLError):
    code = "config"


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


class InvalidPeriodError(InvalidValueError):
    code = "invalid_period"


class UnknownZoneError(InvalidValueError):
    code = "unknown_timezone"


class LocalTimeError(InvalidValueError):
    """A wall clock without offset that names no instant, or two; *choices* are ISO times to pick from."""

    def __init__(self, code: str, message: str, choices: Sequence[str]) -> None:
        super().__init__(f"{message}; write {' or '.join(choices)}")
        self.code = code
        self.choices = list(choices)


class RefusedError(FTLError):
    """A request is not let in; *more* says what it lacks."""

    def __init__(self, code: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.code = code
        self.more = more


class UserNotFoundError(FTLError):
    code = "user_not_found"

    def __init__(self, user_id: str) -> None:
        super().__init__(f'User "{user_id}" not found !')


class UserExistsError(FTLError):
    code = "user_exists"

    def __init__(self, user_id: str) -> None:
        super().__init__(f'User "{user_id}" exists already')


class TokenNotFoundError(FTLError):
    code = "token_not_found"

    def __init__(self) -> None:
        super().__init__("there is no token with that id; see: ftlserver token list")


class ImportFileError(FTLError):
    code = "invalid_file"


class DatabaseError(FTLError):
    """The database did not do what it was asked.

    *database* names it, without a password, and *cause* is what it said itself; both are for the operator.
    """

    def __init__(self, code: str, message: str, database: str, cause: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.database = database
        self.cause = cause

    def __str__(self) -> str:
        cause = f": {self.cause.splitlines()[0]}" if self.cause else ""
        return f"{self.message}{cause} (database: {self.database})"
