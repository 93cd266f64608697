"""Activity periods: recording and deleting them, and heartbeats."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
    UserNotFoundError,
)
from ftlserver.storage import Storage
from ftlserver.storage.heartbeats import HEARTBEAT
from ftlserver.storage.recording import Item, PeriodStatus, Recorded, Rejection
from ftlserver.web import responses
from ftlserver.web.requests import InvalidLine, Request, content_length
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


def edit(storage: Storage, request: Request) -> dict[str, Any]:
    """Replace a period, named by exactly its start and end, by another one."""
    sent = request.document()
    user = _find(storage, request, sent["user_id"])
    tz = timezones.zone(user.tz)
    (started_at, start_offset), (ended_at, end_offset) = (
        _time_of(sent, name, tz) for name in ("start_time", "end_time")
    )
    old = ActivityPeriod(user.id, started_at, ended_at, start_offset, end_offset)
    (started_at, start_offset), (ended_at, end_offset) = (
        _time_of(sent, name, tz) for name in ("new_start_time", "new_end_time")
    )
    if ended_at > instants.now() + FURTHEST_AHEAD:
        raise InvalidPeriodError("a period must not end more than an hour in the future")
    new = ActivityPeriod(user.id, started_at, ended_at, start_offset, end_offset)
    change = storage.recording.edit(old, new, request.caller.token_id)
    return {"ok": True, "period": new.to_json("iso"), "change": change}


def heartbeat(storage: Storage, request: Request) -> dict[str, Any]:
    """Record that a user is active at an instant, now by default."""
    sent = request.document()
    user = _find(storage, request, sent["user_id"])
    gap = sent.get("gap", DEFAULT_GAP) * instants.SECOND
    single = _single(user, sent.get("at"))
    if single.ended_at <= storage.oldest():
        raise InvalidPeriodError("at lies before the oldest time that this server keeps")
    result = storage.heartbeats.record(single, gap, request.caller.token_id)
    period = result.period.to_json("iso")
    return {"ok": True, "verdict": result.status, "period": period, "change": result.change}


def _find(storage: Storage, request: Request, user_id: str) -> User:
    """Return the user with that id or alias, to whom the caller has access."""
    user = storage.users.find(user_id)
    if user is None and (found := storage.aliases.resolve([user_id])):
        user = storage.users.find(found[user_id])
    request.caller.allow_users([user_id if user is None else user.id])
    if user is None:
        raise UserNotFoundError(user_id)
    return user


def _single(user: User, text: str | None) -> ActivityPeriod:
    """Return the period of a heartbeat by itself."""
    now = instants.now()
    tz = timezones.zone(user.tz)
    at, offset = now, timezones.offset_at(now, tz)
    if text is not None:
        at, offset = _time_of({"at": text}, "at", tz)
        if at > now + FURTHEST_AHEAD:
            problem = Problem("/at", "invalid_argument", "at lies more than an hour in the future")
            raise InvalidRequestError("invalid_argument", "at cannot be used", [problem])
    # A clock that showed another offset than the zone's own did so a second before too.
    start_offset = timezones.offset_at(at - HEARTBEAT, tz) if offset == timezones.offset_at(at, tz) else offset
    return ActivityPeriod(user.id, at - HEARTBEAT, at, start_offset, offset)


def _time_of(sent: Mapping[str, Any], name: str, tz: Zone) -> tuple[int, int]:
    """Return the instant and the offset of a field; raise InvalidRequestError, which names the field."""
    try:
        return time_formats.parse(sent[name], tz)
    except InvalidValueError as exc:
        problem = Problem(f"/{name}", exc.code, exc.message)
        raise InvalidRequestError(exc.code, f"{name} cannot be used", [problem]) from exc


def _write(storage: Storage, request: Request, work: Callable[..., Recorded], latest: int) -> responses.Answer:
    with turn_of_body(content_length()):
        return _write_in_turn(storage, request, work, latest)


def _write_in_turn(
    storage: Storage, request: Request, work: Callable[..., Recorded], latest: int
) -> responses.Answer:
    sent = request.periods()
    periods = sent["periods"]
    texts = _texts(periods)
    if texts is None:
        ids = {item["user_id"] for item in periods if isinstance(item, dict) and is_user_id(item.get("user_id"))}
    else:
        ids = set(filter(is_user_id, set(map(itemgetter(0), texts))))
    users = {user.id: user for user in storage.users.find_many(ids)}
    if len(users) < len(ids) and (aliases := storage.aliases.resolve(ids - users.keys())):
        periods = [_with_id(item, aliases) for item in periods]
        texts = _texts(periods)
        ids = (ids - aliases.keys()) | set(aliases.values())
        users = {user.id: user for user in storage.users.find_many(ids)}
    request.caller.allow_users(ids)
    rows = None if texts is None else time_tables.read_rows(texts, users, latest)
    items = [_item(item, users, latest) for item in periods] if rows is None else rows
    partial, dry_run = sent.get("partial", False), sent.get("dry_run", False)
    recorded = work(items, partial=partial, dry_run=dry_run, caller=request.caller.token_id)
    following = {"change": recorded.change} | ({"dry_run": True} if dry_run else {})
    return _answer(recorded.statuses, may_reject=partial or dry_run, following=following)


def _with_id(item: Any, aliases: Mapping[str, str]) -> Any:
    """Return a period that was sent with the id of its user in the place of an alias."""
    if isinstance(item, dict) and isinstance(alias := item.get("user_id"), str) and alias in aliases:
        return item | {"user_id": aliases[alias]}
    return item


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
        if isinstance(sent, InvalidLine):
            raise _BadFieldError("", "invalid_json", sent.message)
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


def _answer(
    statuses: Sequence[PeriodStatus], *, may_reject: bool, following: Mapping[str, Any]
) -> responses.Answer:
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
            _status_json(found) if found.rejection or found.overlaps or found.period else plain[found.status]
            for found in statuses
        )
        return following

    opening = {
        "ok": True,
        "inserted": counts["inserted"] + counts["overlaps"],
        "extended": counts["extended"],
        "duplicates": counts["duplicate"],
        "overlaps": counts["overlaps"],
        "deleted": counts["deleted"],
        "not_found": counts["not_found"],
        "rejected": counts["rejected"],
    }
    return responses.stream(responses.JSON, responses.with_list(opening, "verdicts", verdicts()))


def _status_json(found: PeriodStatus) -> dict[str, Any]:
    """Return the status of a period that is rejected, overlaps others, or is not the one that is stored."""
    if found.rejection is None:
        overlaps = {"overlaps": [period_json(span) for span in found.overlaps]} if found.overlaps else {}
        period = {"period": period_json(found.period)} if found.period else {}
        return {"verdict": found.status, **overlaps, **period}
    rejection = found.rejection
    choices = {"choices": list(rejection.choices)} if rejection.choices else {}
    return {
        "verdict": "rejected",
        "code": rejection.code,
        "pointer": rejection.pointer,
        "message": rejection.message,
        **choices,
    }
