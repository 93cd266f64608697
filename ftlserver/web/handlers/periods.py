"""Activity periods: recording and deleting them, and heartbeats."""

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import chain
from operator import itemgetter
from typing import Any

from ftlserver.domain import instants, time_formats, time_tables, timezones
from ftlserver.domain.period import ActivityPeriod
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import USER_ID_RULE, User, is_user_id
from ftlserver.errors import (
    InvalidPeriodError,
    InvalidRequestError,
    InvalidValueError,
    LocalTimeError,
    Problem,
    UnknownZoneError,
)
from ftlserver.storage import Storage
from ftlserver.storage.heartbeats import HEARTBEAT
from ftlserver.storage.recording import Item, PeriodStatus, Rejection, Statuses
from ftlserver.web import responses
from ftlserver.web.requests import Request, content_length
from ftlserver.web.responses import period_json
from ftlserver.web.schemas import MOST_PROBLEMS
from ftlserver.web.turns import turn_of_body

FURTHEST_AHEAD = instants.HOUR  # a clock that is set to the wrong zone is wrong by more
DEFAULT_GAP = 300  # seconds

_FIELDS = ("user_id", "start_time", "end_time")


def record(storage: Storage, request: Request) -> responses.Answer:
    """Record periods, and answer with the status of each."""
    return _write(storage, request, storage.recording.record, instants.now() + FURTHEST_AHEAD)


def delete(storage: Storage, request: Request) -> responses.Answer:
    """Delete periods, and answer with the status of each."""
    return _write(storage, request, storage.recording.delete, instants.END_OF_TIME)


def heartbeat(storage: Storage, request: Request) -> dict[str, Any]:
    """Record that a user is active at an instant, now by default."""
    sent = request.document()
    request.caller.allow_users([sent["user_id"]])
    user = storage.users.get(sent["user_id"])
    result = storage.heartbeats.record(
        _single(user, sent.get("at")), sent.get("gap", DEFAULT_GAP) * instants.SECOND
    )
    return {"ok": True, "verdict": result.status, "period": result.period.to_json("iso")}


def _single(user: User, text: str | None) -> ActivityPeriod:
    """Return the period of a heartbeat by itself."""
    now = instants.now()
    tz = timezones.zone(user.tz)
    at, offset = now, timezones.offset_at(now, tz)
    if text is not None:
        try:
            at, offset = time_formats.parse(text, tz)
            if at > now + FURTHEST_AHEAD:
                raise InvalidValueError("at lies more than an hour in the future")
        except InvalidValueError as exc:
            raise InvalidRequestError(
                exc.code, "at cannot be used", [Problem("/at", exc.code, exc.message)]
            ) from exc
    # A clock that showed another offset than the zone's own did so a second before too.
    start_offset = timezones.offset_at(at - HEARTBEAT, tz) if offset == timezones.offset_at(at, tz) else offset
    return ActivityPeriod(user.id, at - HEARTBEAT, at, start_offset, offset)


def _write(storage: Storage, request: Request, work: Callable[..., Statuses], latest: int) -> responses.Answer:
    with turn_of_body(content_length()):
        return _write_in_turn(storage, request, work, latest)


def _write_in_turn(
    storage: Storage, request: Request, work: Callable[..., Statuses], latest: int
) -> responses.Answer:
    sent = request.periods()
    periods = sent["periods"]
    texts = _texts(periods)
    if texts is None:
        ids = {item["user_id"] for item in periods if isinstance(item, dict) and is_user_id(item.get("user_id"))}
    else:
        ids = set(filter(is_user_id, set(map(itemgetter(0), texts))))
    request.caller.allow_users(ids)
    users = {user.id: user for user in storage.users.find_many(ids)}
    rows = None if texts is None else time_tables.read_rows(texts, users, latest)
    items = [_item(item, users, latest) for item in periods] if rows is None else rows
    partial, dry_run = sent.get("partial", False), sent.get("dry_run", False)
    statuses = work(items, partial=partial, dry_run=dry_run)
    return _answer(statuses, may_reject=partial or dry_run, following={"dry_run": True} if dry_run else {})


class _BadFieldError(Exception):
    def __init__(self, *rejection: Any) -> None:
        self.rejection = Rejection(*rejection)


def _texts(periods: list[Any]) -> list[tuple[str, str, str]] | None:
    """Return the fields of *periods* if each has all three of them, texts, and no others."""
    try:
        texts = list(map(itemgetter(*_FIELDS), periods))
        "".join(chain.from_iterable(texts))  # the fastest check that all are texts
    except (KeyError, TypeError):
        return None
    return texts if sum(map(len, periods)) == len(_FIELDS) * len(periods) else None


def _item(sent: object, users: Mapping[str, User], latest: int) -> Item:
    """Return the period that was *sent*, or why it is not one."""
    try:
        if not isinstance(sent, dict):
            raise _BadFieldError("", "wrong_type", "expected an object with user_id, start_time and end_time")
        if unknown := sent.keys() - set(_FIELDS):
            name = min(unknown).replace("~", "~0").replace("/", "~1")[:64]
            raise _BadFieldError(f"/{name}", "unknown_field", "unknown field")
        user = _user_of(sent, users)
        tz = timezones.zone(user.tz)
        started_at, start_offset = _time(sent, "start_time", tz)
        ended_at, end_offset = _time(sent, "end_time", tz)
        if ended_at > latest:
            message = "a period must not end more than an hour in the future"
            raise _BadFieldError("/end_time", "invalid_period", message)
        return ActivityPeriod(user.id, started_at, ended_at, start_offset, end_offset)
    except InvalidPeriodError as exc:
        return Rejection("", exc.code, exc.message)
    except UnknownZoneError as exc:  # of a stored user
        return Rejection("/user_id", exc.code, f"{exc.message}; change the zone of this user first")
    except _BadFieldError as exc:
        return exc.rejection


def _user_of(sent: Mapping[str, Any], users: Mapping[str, User]) -> User:
    user_id = sent.get("user_id")
    if not isinstance(user_id, str) or not is_user_id(user_id):
        raise _BadFieldError("/user_id", "invalid_user_id", USER_ID_RULE)
    if user_id not in users:
        raise _BadFieldError("/user_id", "user_not_found", f'User "{user_id}" not found !')
    return users[user_id]


def _time(sent: Mapping[str, Any], field: str, tz: Zone) -> tuple[int, int]:
    text = sent.get(field)
    if not isinstance(text, str):
        raise _BadFieldError(f"/{field}", "wrong_type", "expected a string")
    try:
        return time_formats.parse(text, tz)
    except LocalTimeError as exc:
        raise _BadFieldError(f"/{field}", exc.code, exc.message, exc.choices) from exc
    except InvalidValueError as exc:
        raise _BadFieldError(f"/{field}", exc.code, exc.message) from exc


def _answer(statuses: Statuses, *, may_reject: bool, following: Mapping[str, Any]) -> responses.Answer:
    """Answer with the counts and the statuses; raise InvalidRequestError if a bad period kept all from storage."""
    counts = Counter(found.status for found in statuses)
    if counts["rejected"] and not may_reject:
        problems = [
            Problem(f"/periods/{index}{found.rejection.pointer}", found.rejection.code, found.rejection.message)
            for index, found in enumerate(statuses)
            if found.rejection is not None
        ]
        message = f"{len(problems):,} of {len(statuses):,} periods cannot be taken, so nothing was changed"
        raise InvalidRequestError("invalid_period", message, problems[:MOST_PROBLEMS])
    plain = {status: {"verdict": status} for status in counts}

    def verdicts() -> responses.Pieces:
        yield from responses.items(
            _status_json(found) if found.rejection or found.overlaps else plain[found.status] for found in statuses
        )
        return following

    opening = {
        "ok": True,
        "inserted": counts["inserted"] + counts["overlaps"],
        "duplicates": counts["duplicate"],
        "overlaps": counts["overlaps"],
        "deleted": counts["deleted"],
        "not_found": counts["not_found"],
        "rejected": counts["rejected"],
    }
    return responses.stream(responses.JSON, responses.with_list(opening, "verdicts", verdicts()))


def _status_json(found: PeriodStatus) -> dict[str, Any]:
    """Return the status of a period that is rejected or overlaps others."""
    if found.rejection is None:
        return {"verdict": found.status, "overlaps": [period_json(span) for span in found.overlaps]}
    rejection = found.rejection
    choices = {"choices": list(rejection.choices)} if rejection.choices else {}
    return {
        "verdict": "rejected",
        "code": rejection.code,
        "pointer": rejection.pointer,
        "message": rejection.message,
        **choices,
    }
