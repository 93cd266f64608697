"""The form of a page: which members, window and zone it is about, as filled in and as read."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from bottle import HTTPResponse

from ftlcommon.member_names import is_ambiguous, is_unknown, named
from ftlserver.domain import timezones
from ftlserver.domain.timezones import Zone
from ftlserver.domain.user import MATCHES, User, is_real_name, is_user_id
from ftlserver.domain.window import Window
from ftlserver.errors import FTLError, InvalidRequestError
from ftlserver.web import schemas, selection
from ftlserver.web.handlers import teams
from ftlserver.web.pages import visit as visits
from ftlserver.web.pages.templates import Html, render
from ftlserver.web.pages.visit import Visit

FIELDS = frozenset(["from", "to", "zone", "team", "members"])
SHOWN = 50  # members on the first page, which has the picture
PAGE = 100  # members on each other page

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CANDIDATES = 20
_EVERYONE = 2_000  # members among whom similar names are looked for
_LAST_YEAR = 9998


@dataclass(frozen=True, slots=True)
class Subject:
    """What a page is about: *members* in the words of a request, and the days *first* to *last* in *zone*.

    *team* is the name of the team, if it is about one; without *names_zone* the zone is that of the members.
    """

    members: Mapping[str, Any]
    is_named: bool
    zone: Zone
    first: date
    last: date
    team: str | None
    names_zone: bool

    @property
    def window(self) -> dict[str, str]:
        """Return the window in the words of a request."""
        end = self.last + timedelta(days=1)
        return {"from": self.first.isoformat(), "to": end.isoformat(), "tz": self.zone.key}

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Part:
    """The members of one page of a list, by activity, and what is said about the others."""

    users: Sequence[User]
    number: int
    count: int  # of all pages
    total: int  # of all members in the list
    inactive: int

    @property
    def ids(self) -> list[str]:
        return [user.id for user in self.users]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was filled in, and its content, or what was wrong with it."""

    values: Mapping[str, str]
    subject: Subject | None
    content: Html
    problem: str
    status: int

    def respond(self, title: str, html: Html, here: str) -> HTTPResponse:
        """Answer with the page *here*, whose links to other views keep what was filled in."""
        kept = {name: value for name, value in self.values.items() if name in FIELDS}
        return visits.respond(visits.page(title, html, navigation=link("", kept), here=here), self.status)


def fill(
    visit: Visit,
    now: int,
    days: int,
    content: Callable[[Subject, Mapping[str, str]], Html],
    **given: str,
) -> Filled:
    """Return the form of a page with its *content*; *given* is filled in by its path."""
    values: dict[str, str] = {}
    subject = None
    try:
        values = visits.fields()
        subject = read(visit, {**given, **values}, now, days)
        return Filled(values, subject, content(subject, values), "", 200)
    except FTLError as exc:
        return Filled(values, subject, Html(), *visits.problem(exc))


def read(visit: Visit, values: Mapping[str, str], now: int, days: int) -> Subject:
    """Return what the form is about, by default the last *days* days; raise FTLError for what cannot be read."""
    members = _members(visit, values)
    user_ids = members.get("id_list")
    team = None
    if "team" in members:
        user_ids = visit.request(schemas.HOURS, members).question()["id_list"]  # which checks the access
        team = visit.storage.teams.get(members["team"]).name
    zone = timezones.zone(values["zone"]) if "zone" in values else _own_zone(visit, user_ids)
    today = timezones.date_at(now, zone)
    last = _date("to", values, today)
    first = _date("from", values, last - timedelta(days=days - 1))
    if "to" not in values and first > last:
        last = first + timedelta(days=days - 1)
    if first > last:
        raise InvalidRequestError("invalid_argument", "the window is empty: From must not lie after To")
    return Subject(members, "members" in values, zone, first, last, team, "zone" in values)


def _date(name: str, values: Mapping[str, str], default: date) -> date:
    text = values.get(name)
    if text is None:
        return default
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        found = date.fromisoformat(text)
    except ValueError as exc:
        message = f"{name.title()} is not a date on the calendar; write it as 2026-11-25"
        raise InvalidRequestError("invalid_argument", message) from exc
    if not 1970 <= found.year <= _LAST_YEAR:
        raise InvalidRequestError("invalid_argument", f"{name.title()} must lie between 1970 and {_LAST_YEAR}")
    return found


def _members(visit: Visit, values: Mapping[str, str]) -> dict[str, Any]:
    """Return the members in the words of a request; raise FTLError."""
    caller = visit.caller
    if "members" in values and "team" in values:
        raise InvalidRequestError("invalid_argument", "choose a team, or name members; not both")
    if "team" in values:
        return {"team": values["team"]}
    if "members" in values:
        texts = dict.fromkeys(text.strip() for text in values["members"].split(","))
        return {"id_list": list(dict.fromkeys(_ids(visit, [text for text in texts if text])))}
    if caller.team_id is not None:
        return {"team": caller.team_id}
    return {"all": True} if caller.user_ids is None else {"id_list": sorted(caller.user_ids)}


def _ids(visit: Visit, texts: Sequence[str]) -> list[str]:
    """Return the ids of the members whom *texts* name; raise InvalidRequestError unless each names one."""
    users, among = visit.storage.users, visit.caller.user_ids
    if len(texts) > schemas.MOST_IDS:
        raise InvalidRequestError("too_many_ids", f"at most {schemas.MOST_IDS:,} members can be named at once")
    known = {user.id for user in users.find_many(text for text in texts if is_user_id(text))}
    found = []
    for text in texts:
        if text in known and (among is None or text in among):
            found.append(text)
            continue
        matches = [] if not is_real_name(text) else users.matching(text, among, (MATCHES[0], ""), _CANDIDATES)
        candidates = named(text, [match.to_json() for match in matches])
        if len(candidates) > 1:
            are_more = len(matches) == _CANDIDATES
            raise InvalidRequestError("invalid_argument", is_ambiguous(text, candidates, are_more=are_more))
        if not candidates:
            everyone = [user.to_json() for user in users.find_many(among, _EVERYONE)]
            raise InvalidRequestError("user_not_found", is_unknown("member", text, everyone))
        found.append(candidates[0]["id"])
    return found


def _own_zone(visit: Visit, user_ids: Sequence[str] | None) -> Zone:
    """Return the zone in which most of the members live that are named; UTC for all."""
    if not user_ids:
        return timezones.zone("UTC")
    count = Counter(user.tz for user in visit.storage.users.find_many(user_ids))
    return timezones.zone_or_utc(min(count, key=lambda name: (-count[name], name), default="UTC"))


def part(visit: Visit, subject: Subject, values: Mapping[str, str], now: int) -> Part:
    """Return the members of the page of the list that is wanted; raise FTLError.

    Without names these are the members who were active in the window, the most active first.
    """
    asked = {**subject.members, **subject.window}
    if not subject.is_named:
        asked |= {"active_only": True, "order": "active"}
    if asked.get("id_list") == []:
        return Part([], 1, 1, 0, 0)
    question = visit.request(schemas.HOURS, asked).question()
    reach = partial(visit.storage.periods.reach, window=Window.of(question, now))
    chosen = selection.choose(visit.storage, question, reach)
    users = chosen.users
    count = 1 + max(0, -(-(len(users) - SHOWN) // PAGE))
    number = page_number(values, count)
    start = 0 if number == 1 else SHOWN + (number - 2) * PAGE
    shown = users[start : SHOWN if number == 1 else start + PAGE]
    return Part(shown, number, count, len(users), chosen.last_keys.get("omitted", {}).get("inactive", 0))


def page_number(values: Mapping[str, str], count: int) -> int:
    """Return the page that is wanted, of *count*; raise InvalidRequestError."""
    text = values.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= count):
        raise InvalidRequestError("invalid_argument", f"there is no such page; this list has {count:,}")
    return int(text)


def teams_of(visit: Visit) -> list[dict[str, Any]]:
    """Return the teams that the reader may know."""
    found: list[dict[str, Any]] = teams.list_teams(visit.storage, visit.request(None, {}))["teams"]
    return found


def link(path: str, values: Mapping[str, str], **changed: str) -> str:
    """Return the address of a page, with the fields of *values*, those *changed* in place of theirs."""
    query = urlencode([(name, value) for name, value in {**values, **changed}.items() if value])
    return f"{path}?{query}" if query else path


def fields_of(
    visit: Visit, form: Filled, *, with_window: bool = True, with_members: bool = True, clock: str | None = None
) -> Html:
    """Return the fields of a form, as they were filled in; *clock* is what it is without a zone, if not a zone."""
    return render(
        "fields",
        clock=clock or (form.subject.zone.key if form.subject else "UTC"),
        form=form,
        teams=teams_of(visit) if with_members else (),
        with_window=with_window,
        with_members=with_members,
    )


def days_words(subject: Subject) -> str:
    return f"{subject.first}" if subject.days == 1 else f"{subject.first} to {subject.last}"


def window_words(subject: Subject) -> str:
    """Return the window and the zone of a page, as they stand on the screen."""
    return f"{days_words(subject)}, times in {subject.zone.key}"
