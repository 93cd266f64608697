"""One handler per endpoint: decode, validate, ask the store, answer."""

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from ftlserver import clock, schemas
from ftlserver.clock import TimeFormat, Zone
from ftlserver.errors import InvalidRequestError, Problem, UserNotFoundError
from ftlserver.intervals import Interval
from ftlserver.models import User
from ftlserver.questions import Activity, activity, hours, meeting, overlap, presence, summary, who
from ftlserver.reading import cursor_after, principal, read_json, read_page, read_query, stream
from ftlserver.store import Store, batches
from ftlserver.window import Window, instant, read_edge, read_zone

_REACHES_IN = "half-open; a period that began before and reaches in belongs to it"
_CLIPPED = "half-open; periods are cut at its edges"
_ONCE = "half-open; only time within it counts, and time that overlaps counts once"
_HISTORY = timedelta(weeks=8)
_FURTHEST = timedelta(days=366)  # nobody knows the clocks of later years, and looking for their changes takes long
_MOST_TO_MEET = 100  # the work grows with the pairs
# What is read at once of a long answer: this bounds its memory.
_IDS_AT_ONCE = 50
_PAGE = 1_000


class API:
    """The handlers, over one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def log_user_activity(self) -> bytes | Iterable[bytes]:
        return self._log_user_activity(_read(schemas.LOG_USER_ACTIVITY))

    def log_user_activity_by_link(self) -> dict[str, Any] | bytes | Iterable[bytes]:
        """Answer a question that is all in its address; without ids, about a page of all users."""
        asked, page = read_query()
        if "id_list" in asked:
            _refuse(page)
            principal().allow_users(schemas.validate_question(schemas.LOG_USER_ACTIVITY, asked)["id_list"])
            return self._log_user_activity(asked)
        principal().allow_users(None)
        users, paging = self._page(page)
        schemas.validate_question(schemas.LOG_USER_ACTIVITY, {**asked, "all": True})
        if not users:
            return {"ok": True, "members": []}
        return self._log_user_activity({**asked, "id_list": [user.id for user in users]}, paging)

    def summary(self) -> dict[str, Any]:
        asked = _read(schemas.SUMMARY)
        window = Window.of(asked, clock.now())
        name = asked.get("day_zone", "member")
        day_zone = None if name == "member" else clock.zone(name)
        activities, edges = self._activity(asked, window)
        members = summary.summary(activities, edges, window, day_zone, _format(asked, "iso"))
        rule = f"{_ONCE}; days are those of {'each member' if day_zone is None else name}"
        return _answer(asked, activities, window=window.to_json(edges, rule), members=members)

    def overlap(self) -> dict[str, Any]:
        asked = _read(schemas.OVERLAP)
        window = Window.of(asked, clock.now())
        active, edges = self.store.active(asked.get("id_list"), window.edges)
        found = overlap.overlap(
            active, asked.get("min_members"), window.tz or clock.zone("UTC"), _format(asked, "iso")
        )
        return _answer(asked, active, window=window.to_json(edges, _ONCE), **found)

    def presence(self) -> dict[str, Any]:
        asked = _read(schemas.PRESENCE)
        tz = read_zone(asked)
        at = clock.now() if "at" not in asked else read_edge("/at", asked["at"], tz or clock.zone("UTC"))
        activities = self.store.latest_activity(asked.get("id_list"), at)
        members = presence.presence(activities, at, tz, _format(asked, "iso"))
        return _answer(asked, activities, at=instant(at), members=members)

    def hours(self) -> dict[str, Any]:
        asked = _read(schemas.HOURS)
        window = Window.of(asked, clock.now())
        activities, edges = self._activity(asked, window)
        rule = f"{_ONCE}; hours of the week are those of {'each member' if window.tz is None else window.tz.key}"
        members = hours.hours(activities, edges, window, window.tz)
        return _answer(asked, activities, window=window.to_json(edges, rule), members=members)

    def meeting(self) -> dict[str, Any]:
        asked = _read(schemas.MEETING)
        now = clock.now()
        tz = read_zone(asked) or clock.zone("UTC")
        week = _week(asked.get("week"), now, tz)
        window = Window.of({"from": _days_ago(now, tz), **asked}, now)
        activities, edges = self._activity(asked, window)
        if len(activities) > _MOST_TO_MEET:
            message = f"at most {_MOST_TO_MEET} members can be brought together at once"
            raise InvalidRequestError("too_many_ids", message, limit=_MOST_TO_MEET)
        habits = [(user, found) for user, found, _ in hours.shares(activities, edges, window, None)]
        duration = asked.get("minutes", 60) * clock.MINUTE
        found = meeting.slots(
            habits, week, duration, most=asked.get("slots", 10), tz=tz, time_format=_format(asked, "iso")
        )
        return _answer(
            asked,
            activities,
            window=window.to_json(edges, f"{_ONCE}; hours of the week are those of each member"),
            week={"from": instant(week[0]), "to": instant(week[1])},
            slots=found,
            changes=meeting.changes(habits, min(now, week[0]), week[1]),
            members=[who(user) for user, _ in habits],
        )

    def users(self) -> dict[str, Any]:
        asked, page = read_query()
        _refuse(asked)
        principal().allow_users(None)
        users, paging = self._page(page)
        return {"ok": True, "members": [who(user) for user in users]} | paging

    def user(self, user_id: str) -> dict[str, Any]:
        principal().allow_users([user_id])
        user = self.store.find_user(user_id)
        if user is None:
            raise UserNotFoundError(user_id)
        return {"ok": True, "member": who(user)}

    def whoami(self) -> dict[str, Any]:
        """Say what the token that was sent, or nobody, may do."""
        asking = principal()
        bound = None if asking.user_ids is None else sorted(asking.user_ids)
        return {"ok": True, "name": asking.name, "scopes": sorted(asking.scopes), "user_ids": bound}

    def health(self) -> dict[str, Any]:
        """Say that the process answers, whatever the database does."""
        return {"ok": True, "tzdata": clock.TZDATA_VERSION}

    def readiness(self) -> dict[str, Any]:
        """Say whether the database can be written."""
        self.store.check()
        return {"ok": True}

    def _log_user_activity(
        self, asked: dict[str, Any], paging: dict[str, Any] | None = None
    ) -> bytes | Iterable[bytes]:
        time_format = _format(asked, "display")
        if time_format == "display" and asked.keys() <= {"id_list", "time_format"}:
            return stream("application/json", self._as_recorded(asked["id_list"], paging or {}))
        windowed = not asked.keys().isdisjoint(("from", "to"))
        window = Window.of(asked, clock.now() if windowed else clock.END_OF_TIME)
        clip = asked.get("clip", False)
        users, edges = self.store.users_and_edges(asked.get("id_list"), window.edges)
        rule = window.to_json(edges, _CLIPPED if clip else _REACHES_IN)
        if time_format == "display" and window.tz is None and not clip:
            members = (
                activity.member(user, self._as_shown(user, minutes, edges[user.id]))
                for user, minutes in self.store.minutes_within(users, edges, _PAGE + 1)
            )
        else:
            members = (
                activity.member(
                    user,
                    (
                        activity.shown(page, user, edges[user.id], window.tz, time_format, clip=clip)
                        for page in pages
                    ),
                )
                for user, pages in self.store.activity_pages(users, edges, _PAGE)
            )
        opening = {"ok": True, **({"window": rule} if windowed else {})}
        closing = _not_found(asked, {user.id for user in users}) | (paging or {})
        return stream("application/json", activity.answer(members, opening, closing))

    def _as_recorded(self, ids: Sequence[str], paging: dict[str, Any]) -> Iterator[bytes]:
        """Yield the answer to the assignment's own question: everything, as it was recorded."""
        missing = dict.fromkeys(ids)
        closing: dict[str, Any] = {}  # known only behind the members

        def members() -> Iterator[Iterator[bytes]]:
            for batch in batches(dict.fromkeys(ids), _IDS_AT_ONCE):
                for user, minutes in self.store.minutes(batch, _PAGE + 1):
                    del missing[user.id]
                    yield activity.member(user, self._as_shown(user, minutes, (0, clock.END_OF_TIME)))
            closing.update({"not_found": list(missing)} if missing else {}, **paging)

        return activity.answer(members(), {"ok": True}, closing)

    def _as_shown(self, user: User, minutes: list[int], edges: Interval) -> Iterable[bytes]:
        """Return the JSON lists of a user's periods, from *minutes* unless there are more than _PAGE."""
        if len(minutes) <= _PAGE:
            return [activity.shown_minutes(minutes)]
        pages = self.store.span_pages(user.id, edges)
        return (activity.shown(page, user, edges, None, "display", clip=False) for page in pages)

    def _activity(self, asked: dict[str, Any], window: Window) -> tuple[list[Activity], dict[str, Interval]]:
        return self.store.activity(asked.get("id_list"), window.edges)

    def _page(self, page: dict[str, str]) -> tuple[list[User], dict[str, Any]]:
        after, limit = read_page(page)
        # One more than asked for says whether there is a next page.
        users = self.store.users_after(after, limit + 1)
        if len(users) <= limit:
            return users, {}
        return users[:limit], {"response_metadata": {"next_cursor": cursor_after(users[limit - 1].id)}}


def _read(schema: schemas.Schema) -> dict[str, Any]:
    """Return the question in the body, if its sender may ask it."""
    asked = schemas.validate_question(schema, read_json())
    principal().allow_users(asked.get("id_list"))
    return asked


def _answer(asked: dict[str, Any], read: Sequence[tuple[User, Any]], **found: Any) -> dict[str, Any]:
    return {"ok": True, **found} | _not_found(asked, {user.id for user, _ in read})


def _not_found(asked: dict[str, Any], there: Container[str]) -> dict[str, list[str]]:
    missing = [user_id for user_id in dict.fromkeys(asked.get("id_list", ())) if user_id not in there]
    return {"not_found": missing} if missing else {}


def _format(asked: dict[str, Any], default: TimeFormat) -> TimeFormat:
    found: TimeFormat = asked.get("time_format", default)
    return found


def _week(text: str | None, now: int, tz: Zone) -> Interval:
    """Return the seven days from the date *text* on, by default from next Monday, in *tz*."""
    today = clock.today(now, tz)
    first = today + timedelta(days=7 - today.weekday())
    if text is not None:
        first = clock.today(read_edge("/week", text, tz), tz)
        if first > today + _FURTHEST:
            problem = Problem("/week", "too_far", "expected a date within a year from today")
            raise InvalidRequestError("invalid_argument", "week lies too far ahead", [problem])
    return clock.day_start(first, tz), clock.day_start(first + timedelta(days=7), tz)


def _days_ago(now: int, tz: Zone) -> str:
    return (clock.today(now, tz) - _HISTORY).isoformat()


def _refuse(fields: dict[str, Any]) -> None:
    """Refuse *fields* of an address that do not go with the rest of it."""
    if fields:
        problems = [Problem(f"/{name[:64]}", "unknown_field", "unknown here") for name in sorted(fields)]
        raise InvalidRequestError("unknown_field", "the address has fields that do not belong here", problems)
