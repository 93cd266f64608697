"""The endpoints that write, and the streams of all that is held: decode, validate, ask, answer."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from operator import itemgetter
from typing import Any

import orjson

from ftlserver import clock, schemas
from ftlserver.errors import (
    InvalidPeriodError,
    InvalidRequestError,
    InvalidValueError,
    LocalTimeError,
    Problem,
    UserNotFoundError,
)
from ftlserver.models import USER_ID_RULE, ActivityPeriod, Span, User, is_user_id, usual_rows
from ftlserver.questions import activity, who
from ftlserver.reading import principal, read_json, read_periods, stream
from ftlserver.recorder import BEAT, Item, Recorder, Rejected, Verdict
from ftlserver.store import Store

FURTHEST_AHEAD = clock.HOUR  # clocks of programs go wrong by zones
DEFAULT_GAP = 300  # seconds

_FIELDS = ("user_id", "start_time", "end_time")


class Recording:
    """The handlers, over one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.recorder = Recorder(store)

    def record(self) -> dict[str, Any]:
        return self._write(self.recorder.record, clock.now() + FURTHEST_AHEAD)

    def delete(self) -> dict[str, Any]:
        return self._write(self.recorder.delete, clock.END_OF_TIME)

    def heartbeat(self) -> dict[str, Any]:
        sent = schemas.validate(schemas.HEARTBEAT, read_json())
        principal().allow_users([sent["user_id"]])
        user = self._user(sent["user_id"])
        now = clock.now()
        tz = clock.zone(user.tz)
        at, offset = now, clock.offset_at(now, tz)
        if "at" in sent:
            try:
                at, offset = clock.parse(sent["at"], tz)
                if at > now + FURTHEST_AHEAD:
                    raise InvalidValueError("at lies more than an hour in the future")
            except InvalidValueError as exc:
                problem = Problem("/at", exc.code, exc.message)
                raise InvalidRequestError(exc.code, "at cannot be used", [problem]) from exc
        # A clock that showed another offset than the zone's own did so a second before too.
        start_offset = clock.offset_at(at - BEAT, tz) if offset == clock.offset_at(at, tz) else offset
        alone = ActivityPeriod(user.id, at - BEAT, at, start_offset, offset)
        beaten = self.recorder.beat(alone, sent.get("gap", DEFAULT_GAP) * clock.SECOND)
        return {"ok": True, "verdict": beaten.word, "period": beaten.period.to_json("iso")}

    def add_user(self) -> dict[str, Any]:
        sent = schemas.validate(schemas.ADD_USER, read_json())
        principal().allow_users([sent["id"]])
        user = User(**sent)
        return _changed(user, self.store.add_user(user))

    def put_user(self, user_id: str) -> dict[str, Any]:
        _check_id(user_id)
        sent = schemas.validate(schemas.PUT_USER, read_json())
        user = User(user_id, **sent)
        return _changed(user, self.store.record([user], []).users_added)

    def patch_user(self, user_id: str) -> dict[str, Any]:
        _check_id(user_id)
        sent = schemas.validate(schemas.PATCH_USER, read_json())
        if "tz" in sent:
            clock.zone(sent["tz"])
        return _changed(self.store.change_user(user_id, sent), 0)

    def delete_user(self, user_id: str) -> dict[str, Any]:
        principal().allow_users([user_id])
        self.store.delete_user(user_id)
        return {"ok": True}

    def export_user(self, user_id: str) -> bytes | Iterable[bytes]:
        principal().allow_users([user_id])
        return stream("application/json", self._member(self._user(user_id)))

    def export(self) -> bytes | Iterable[bytes]:
        principal().allow_users(None)
        return stream("application/x-ndjson", self._lines())

    def _user(self, user_id: str) -> User:
        user = self.store.find_user(user_id)
        if user is None:
            raise UserNotFoundError(user_id)
        return user

    def _write(self, work: Callable[..., list[Verdict]], latest: int) -> dict[str, Any]:
        sent = schemas.validate(schemas.RECORD, read_periods())
        periods = sent["periods"]
        texts = _texts(periods)
        if texts is None:
            ids = {
                item["user_id"] for item in periods if isinstance(item, dict) and is_user_id(item.get("user_id"))
            }
        else:
            ids = set(filter(is_user_id, set(map(itemgetter(0), texts))))
        principal().allow_users(ids)
        users = {user.id: user for user in self.store.find_users(ids)}
        rows = None if texts is None else usual_rows(texts, users, latest)
        items = [_item(item, users, latest) for item in periods] if rows is None else rows
        partial, dry_run = sent.get("partial", False), sent.get("dry_run", False)
        verdicts = work(items, partial=partial, dry_run=dry_run)
        return _answer(verdicts, may_reject=partial or dry_run) | ({"dry_run": True} if dry_run else {})

    def _member(self, user: User) -> Iterator[bytes]:
        """Yield the answer of the assignment's endpoint about one user, with exact times."""
        pages = (orjson.dumps([_shown(span) for span in page]) for page in self.store.span_pages(user.id))
        return activity.answer([activity.member(user, pages)], {"ok": True}, {})

    def _lines(self) -> Iterator[bytes]:
        """Yield a line for each user and each period, and one that counts them: without it, some are missing."""
        count = 0
        for user in self.store.all_users():
            count += 1
            yield orjson.dumps(who(user), option=orjson.OPT_APPEND_NEWLINE)
            for page in self.store.span_pages(user.id):
                count += len(page)
                rows = ({"user_id": user.id, **_shown(span)} for span in page)
                yield b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        yield orjson.dumps({"ok": True, "count": count}, option=orjson.OPT_APPEND_NEWLINE)


class _BadFieldError(Exception):
    def __init__(self, *rejected: Any) -> None:
        self.rejected = Rejected(*rejected)


def _texts(periods: list[Any]) -> list[tuple[str, str, str]] | None:
    """Return the fields of *periods* if each has those three, all texts, and no others."""
    try:
        texts = list(map(itemgetter(*_FIELDS), periods))
        "".join(chain.from_iterable(texts))  # takes nothing else, and is the fastest way to find that out
    except (KeyError, TypeError):
        return None
    return texts if sum(map(len, periods)) == len(_FIELDS) * len(periods) else None


def _item(sent: object, users: Mapping[str, User], latest: int) -> Item:
    """Return the period that was *sent*, or why it cannot be one."""
    try:
        if not isinstance(sent, dict):
            raise _BadFieldError("", "wrong_type", "expected an object with user_id, start_time and end_time")
        if unknown := sent.keys() - set(_FIELDS):
            name = min(unknown).replace("~", "~0").replace("/", "~1")[:64]
            raise _BadFieldError(f"/{name}", "unknown_field", "unknown field")
        user = _user_of(sent, users)
        tz = clock.zone(user.tz)
        started_at, start_offset = _time(sent, "start_time", tz)
        ended_at, end_offset = _time(sent, "end_time", tz)
        if ended_at > latest:
            message = "a period must not end more than an hour in the future"
            raise _BadFieldError("/end_time", "invalid_period", message)
        return ActivityPeriod(user.id, started_at, ended_at, start_offset, end_offset)
    except InvalidPeriodError as exc:
        return Rejected("", exc.code, exc.message)
    except _BadFieldError as exc:
        return exc.rejected


def _user_of(sent: Mapping[str, Any], users: Mapping[str, User]) -> User:
    user_id = sent.get("user_id")
    if not isinstance(user_id, str) or not is_user_id(user_id):
        raise _BadFieldError("/user_id", "invalid_user_id", USER_ID_RULE)
    if user_id not in users:
        raise _BadFieldError("/user_id", "user_not_found", f'User "{user_id}" not found !')
    return users[user_id]


def _time(sent: Mapping[str, Any], field: str, tz: clock.Zone) -> tuple[int, int]:
    text = sent.get(field)
    if not isinstance(text, str):
        raise _BadFieldError(f"/{field}", "wrong_type", "expected a string")
    try:
        return clock.parse(text, tz)
    except LocalTimeError as exc:
        raise _BadFieldError(f"/{field}", exc.code, exc.message, exc.choices) from exc
    except InvalidValueError as exc:
        raise _BadFieldError(f"/{field}", exc.code, exc.message) from exc


def _answer(verdicts: list[Verdict], *, may_reject: bool) -> dict[str, Any]:
    """Return the counts and the verdicts; raise InvalidRequestError if a bad period kept all from being stored."""
    counts = Counter(verdict.word for verdict in verdicts)
    if counts["rejected"] and not may_reject:
        problems = [
            Problem(f"/periods/{index}{verdict.rejected.pointer}", verdict.rejected.code, verdict.rejected.message)
            for index, verdict in enumerate(verdicts)
            if verdict.rejected is not None
        ]
        message = f"{len(problems):,} of {len(verdicts):,} periods cannot be taken, so nothing was changed"
        raise InvalidRequestError("invalid_period", message, problems[: schemas.MOST_PROBLEMS])
    plain = {word: {"verdict": word} for word in counts}
    return {
        "ok": True,
        "inserted": counts["inserted"] + counts["overlaps"],
        "duplicates": counts["duplicate"],
        "overlaps": counts["overlaps"],
        "deleted": counts["deleted"],
        "not_found": counts["not_found"],
        "rejected": counts["rejected"],
        "verdicts": [
            _verdict(verdict) if verdict.rejected or verdict.overlaps else plain[verdict.word]
            for verdict in verdicts
        ],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict on a period that is rejected or overlaps others."""
    if verdict.rejected is not None:
        found = verdict.rejected
        more = {"choices": list(found.choices)} if found.choices else {}
        return {
            "verdict": "rejected",
            "code": found.code,
            "pointer": found.pointer,
            "message": found.message,
            **more,
        }
    return {"verdict": verdict.word, "overlaps": [_shown(span) for span in verdict.overlaps]}


def _shown(span: Span) -> dict[str, str]:
    started_at, ended_at, start_offset, end_offset = span
    return {"start_time": clock.iso(started_at, start_offset), "end_time": clock.iso(ended_at, end_offset)}


def _changed(user: User, added: int) -> dict[str, Any]:
    return {"ok": True, "created": bool(added), "member": who(user)}


def _check_id(user_id: str) -> None:
    if not is_user_id(user_id):
        raise InvalidRequestError("invalid_argument", f"the id in the path is not one: {USER_ID_RULE}")
    principal().allow_users([user_id])
