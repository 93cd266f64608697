"""The board: who is active now and since when, who is usually back next, and what time it is for everybody."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import bottle

from ftlserver.domain import instants, time_formats
from ftlserver.domain.instants import DAY
from ftlserver.web import schemas
from ftlserver.web.handlers import questions
from ftlserver.web.pages import forms, pictures, tables
from ftlserver.web.pages import visit as visits
from ftlserver.web.pages.forms import PAGE, SHOWN, Subject
from ftlserver.web.pages.tables import Table, length, member_cell, time_cell
from ftlserver.web.pages.templates import Html, render
from ftlserver.web.pages.visit import Visit

QUERY = frozenset(["team", "zone", "page"])
COLUMNS = ("user_id", "real_name", "tz", "active", "since", "last_active", "local_time", "usually_back")
COMING = 12  # members who are named as the next to come
_CANDIDATES = 100  # of whom is looked when they are usually back: those who were active last
_NIGHT_BEGINS, _NIGHT_ENDS = 22, 6
_LATELY = 28 * DAY  # who was not active for longer is not expected back

Member = dict[str, Any]
Values = Mapping[str, str]


def show(visit: Visit) -> bottle.HTTPResponse:
    """Answer with the board."""
    now = _this_minute()
    form = forms.fill(visit, now, 1, lambda subject, values: _content(visit, subject, values, now))
    html = render(
        "board",
        form=form,
        fields=forms.fields_of(visit, form, with_window=False, with_members=False),
        teams=[(team, forms.link("/", {"team": team["id"]})) for team in forms.teams_of(visit)],
    )
    return form.respond("Board", html, here="/")


def _content(visit: Visit, subject: Subject, values: Values, now: int) -> Html:
    answer = document(visit, subject, now)
    members = answer["members"]
    active = [member for member in members if member["active"]][:SHOWN]
    coming = sorted((member for member in members if "usually_back" in member), key=_back)[:COMING]
    there = {member["id"] for member in (*active, *coming)}
    others = [member for member in members if member["id"] not in there]
    count = max(1, -(-len(others) // PAGE))
    number = forms.page_number(values, count)
    shown = others[(number - 1) * PAGE : number * PAGE]
    found = [_others(shown, len(others), number)] if shown else []
    if number == 1:
        found = [
            *([_active(active, members, now)] if active else []),
            *([_coming(coming, now)] if coming else []),
            *found,
        ]
    return render(
        "board_content",
        subject=subject,
        picture=pictures.board(answer, subject) if number == 1 and members else Html(),
        tables=[render("table", table=table) for table in found],
        total=len(members),
        active=sum(member["active"] for member in members),
        at=_time(time_formats.render_in_zone(now, subject.zone, "iso")),
        pages=render(
            "pages",
            pages=[(n, forms.link("/", values, page=str(n))) for n in range(1, count + 1)] if count > 1 else [],
            number=number,
        ),
        csv=forms.link("/board.csv", values, page=""),
        json=forms.link("/board.json", values, page=""),
    )


def csv(visit: Visit) -> bottle.HTTPResponse:
    """Answer with the board as CSV, a row for each member."""
    members = _whole(visit)["members"]
    rows = ([member["id"], *(_plain(member.get(name, "")) for name in COLUMNS[1:])] for member in members)
    return visits.csv_file("board", tables.without_formulas(chain([COLUMNS], rows)))


def json(visit: Visit) -> dict[str, Any]:
    """Answer with the board as JSON."""
    return _whole(visit)


def _whole(visit: Visit) -> dict[str, Any]:
    now = _this_minute()
    return document(visit, forms.read(visit, visits.fields(), now, 1), now)


def _this_minute() -> int:
    """Return the beginning of this minute, so that the page is the same until the next one."""
    return instants.now() // instants.MINUTE * instants.MINUTE


def _plain(value: object) -> object:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def document(visit: Visit, subject: Subject, at: int) -> dict[str, Any]:
    """Return the answer about presence with ``usually_back`` where it is known, the latest active first."""
    empty: dict[str, Any] = {"ok": True, "at": time_formats.utc(at), "members": []}
    if subject.members.get("id_list") == []:
        return empty
    asked = {"tz": subject.zone.key, "at": time_formats.utc(at)}
    answer: dict[str, Any] = visit.answer(questions.presence, schemas.PRESENCE, {**subject.members, **asked})
    members = [member for member in answer["members"] if "left_at" not in member]
    members.sort(key=lambda member: (not member["active"], _latest(member), member["real_name"], member["id"]))
    backs = _usually_back(visit, members, asked, at)
    return {**answer, "members": [_with_back(member, backs) for member in members]}


def _latest(member: Member) -> float:
    """Return what sorts active members by since when they are, and others by how long ago they were."""
    if "since" in member:
        return datetime.fromisoformat(member["since"]).timestamp()
    return -datetime.fromisoformat(member["last_active"]).timestamp() if "last_active" in member else 0.0


def _usually_back(visit: Visit, members: Sequence[Member], asked: Mapping[str, Any], at: int) -> dict[str, str]:
    """Return when those usually are back who are not active, but lately were, by their ids."""
    since = (at - _LATELY) / instants.SECOND
    away = [m["id"] for m in members if not m["active"] and "last_active" in m and -_latest(m) >= since]
    if not away:
        return {}
    question = {**asked, "id_list": away[:_CANDIDATES], "usually_back": True}
    answer = visit.answer(questions.presence, schemas.PRESENCE, question)
    return {member["id"]: member["usually_back"] for member in answer["members"] if "usually_back" in member}


def _with_back(member: Member, backs: Mapping[str, str]) -> Member:
    return {**member, "usually_back": backs[member["id"]]} if member["id"] in backs else member


def _back(member: Member) -> tuple[float, str]:
    return datetime.fromisoformat(member["usually_back"]).timestamp(), member["id"]


def _active(active: Sequence[Member], members: Sequence[Member], now: int) -> Table:
    count = sum(member["active"] for member in members)
    note = f"{count - len(active):,} more are active." if count > len(active) else ""
    rows = [
        (
            member_cell(member),
            _time(member["since"]),
            length(now / instants.SECOND - datetime.fromisoformat(member["since"]).timestamp()),
            _local_time(member),
            member["tz"],
        )
        for member in active
    ]
    return Table("Active now", ("Member", "Since", "For", "Local time", "Zone"), rows, range(2, 3), note)


def _coming(coming: Sequence[Member], now: int) -> Table:
    rows = [
        (
            member_cell(member),
            "at this time" if _back(member)[0] <= now / instants.SECOND else _time(member["usually_back"]),
            _local_time(member),
            _last(member),
            member["tz"],
        )
        for member in coming
    ]
    return Table(
        "Next to come", ("Member", "Usually back", "Local time", "Last active", "Zone"), rows, tables.NONE
    )


def _others(members: Sequence[Member], count: int, number: int) -> Table:
    rows = [(member_cell(member), _local_time(member), _last(member), member["tz"]) for member in members]
    note = "" if count <= PAGE else f"Page {number}: {len(members)} of {count:,} others."
    return Table("Others", ("Member", "Local time", "Last active", "Zone"), rows, tables.NONE, note)


def _last(member: Member) -> Html | str:
    if "since" in member:
        return "active now"
    return time_cell(member["last_active"]) if "last_active" in member else "never"


def _time(iso: str) -> Html:
    return time_cell(iso, "weekday time")


def _local_time(member: Member) -> Html:
    hour = int(member["local_time"][11:13])
    part = "night" if hour >= _NIGHT_BEGINS or hour < _NIGHT_ENDS else "day"
    return Html(f'{_time(member["local_time"])} <span class="when {part}">{part}</span>')
