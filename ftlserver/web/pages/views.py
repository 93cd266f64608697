"""The views of a question, each as a page, as CSV and as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import bottle

from ftlcommon import weekly_pattern
from ftlserver.domain import instants, timezones
from ftlserver.errors import InvalidRequestError
from ftlserver.web import responses, schemas
from ftlserver.web.handlers import activity, questions
from ftlserver.web.pages import forms, pictures, tables
from ftlserver.web.pages import visit as visits
from ftlserver.web.pages.forms import Filled, Part, Subject
from ftlserver.web.pages.tables import Answer, Rows, Table
from ftlserver.web.pages.templates import Html, render
from ftlserver.web.pages.visit import Handler, Visit
from ftlserver.web.schemas import Schema

_MOST_BARS = 1_200  # of the picture of a timeline
_MOST_DAYS, _MOST_WEEKS = 62, 366  # days of a window in which days, or weeks, are shown apart

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class View:
    """A view of a question: what it asks, and how its answer is shown.

    *days* is the length of its window by default, *fields* are those that its form has besides those of all. One
    that *is_ahead* shows what comes, from the activity of its window; one *on_own_clocks* shows each member on
    their own clock, unless a zone is named.
    """

    name: str
    title: str
    lead: str
    handler: Handler
    schema: Schema
    asked: Callable[[Subject, Values], dict[str, Any]]
    tables: Callable[[Answer], list[Table]]
    csv: Callable[[Answer], Rows]
    picture: Callable[[Answer, Subject, int], Html]
    days: int = 7
    fields: frozenset[str] = frozenset()
    is_ahead: bool = False
    on_own_clocks: bool = False

    @property
    def path(self) -> str:
        return f"/{self.name}"

    @property
    def query(self) -> frozenset[str]:
        """Return the fields of its address."""
        return forms.FIELDS | self.fields | {"page"}


def _timeline(subject: Subject, _values: Values) -> dict[str, Any]:
    return {**subject.window, "clip": True, "time_format": "iso"}


def _summary(subject: Subject, values: Values) -> dict[str, Any]:
    fitting = "day" if subject.days <= _MOST_DAYS else "week" if subject.days <= _MOST_WEEKS else "month"
    per = values.get("per", fitting)
    if per not in ("day", "week", "month"):
        raise InvalidRequestError("invalid_argument", "Per is day, week or month")
    return {**subject.window, "day_zone": subject.zone.key, "per": per}


def _of_each(subject: Subject, _values: Values) -> dict[str, Any]:
    window = subject.window
    if not subject.names_zone:
        del window["tz"]  # each member's own clock
    return window


def _overlap(subject: Subject, values: Values) -> dict[str, Any]:
    return {**subject.window, "min_members": _number(values, "at_least", 2)}


def _coverage(subject: Subject, values: Values) -> dict[str, Any]:
    return {**subject.window, "max_members": _number(values, "at_most", 0), **_given(values, "quiet")}


def _meeting(subject: Subject, values: Values) -> dict[str, Any]:
    minutes = _number(values, "minutes", 60)
    rotate = {"rotate": _number(values, "rotate", 0)} if "rotate" in values else {}
    return {**_past(subject, values), "minutes": minutes, "slots": 10, **rotate, **_given(values, "week")}


def _clock_changes(subject: Subject, values: Values) -> dict[str, Any]:
    numbers = {name: _number(values, name, 0) for name in ("weeks", "minutes") if name in values}
    return {**_past(subject, values), **numbers, **_given(values, "meeting")}


def _past(subject: Subject, values: Values) -> dict[str, Any]:
    return subject.window if values.keys() & {"from", "to"} else {"tz": subject.zone.key}


def _given(values: Values, name: str) -> dict[str, Any]:
    return {name: values[name]} if name in values else {}


def _number(values: Values, name: str, default: int) -> int:
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequestError(
            "invalid_argument", f"{name.replace('_', ' ').capitalize()} must be a whole number"
        )
    return int(text)


TIMELINE = View(
    *("timeline", "Timeline", "Who was active when."),
    *(activity.ask, schemas.LOG_USER_ACTIVITY, _timeline),
    *(tables.timeline, tables.timeline_csv, pictures.timeline),
)
SUMMARY = View(
    *("summary", "Summary", "How long each member was active."),
    *(questions.summary, schemas.SUMMARY, _summary),
    *(tables.summary, tables.summary_csv, pictures.summary),
    fields=frozenset(["per"]),
)
HOURS = View(
    *("hours", "Hours", "In which hours of the week members are active."),
    *(questions.hours, schemas.HOURS, _of_each),
    *(tables.hours, tables.hours_csv, pictures.hours),
    days=28,
    on_own_clocks=True,
)
OVERLAP = View(
    *("overlap", "Overlap", "When members were active at the same time."),
    *(questions.overlap, schemas.OVERLAP, _overlap),
    *(tables.overlap, tables.overlap_csv, pictures.overlap),
    fields=frozenset(["at_least"]),
)
COVERAGE = View(
    *("coverage", "Coverage", "When too few members, or none, were active, and how members handed over."),
    *(questions.coverage, schemas.COVERAGE, _coverage),
    *(tables.coverage, tables.coverage_csv, pictures.coverage),
    fields=frozenset(["at_most", "quiet"]),
)
MEETING = View(
    *(
        "meeting",
        "Meeting",
        "The best times to meet in a coming week, from the hours in which members were active.",
    ),
    *(questions.meeting, schemas.MEETING, _meeting),
    *(tables.meeting, tables.meeting_csv, pictures.meeting),
    days=57,
    fields=frozenset(["week", "minutes", "rotate"]),
    is_ahead=True,
)
CLOCK_CHANGES = View(
    *(
        "clock-changes",
        "Clock changes",
        "Whose clocks change when, and what that does to overlap and to a meeting.",
    ),
    *(questions.clock_changes, schemas.CLOCK_CHANGES, _clock_changes),
    *(tables.clock_changes, tables.clock_changes_csv, pictures.clock_changes),
    days=57,
    fields=frozenset(["weeks", "meeting", "minutes"]),
    is_ahead=True,
)
REST = View(
    *("rest", "Rest", "What leaves members time to rest: nights, weekends, breaks and days in a row."),
    *(questions.rest, schemas.REST, _of_each),
    *(tables.rest, tables.rest_csv, pictures.rest),
    days=30,
    on_own_clocks=True,
)
VIEWS = (TIMELINE, SUMMARY, HOURS, OVERLAP, COVERAGE, MEETING, CLOCK_CHANGES, REST)


def show(view: View, visit: Visit) -> bottle.HTTPResponse:
    """Answer with the page of *view*; what cannot be read or is too much is said above the form."""
    now = instants.now()
    form = forms.fill(visit, now, view.days, lambda subject, values: _content(view, visit, subject, values, now))
    question = render(
        "form",
        view=view,
        form=form,
        fields=forms.fields_of(visit, form, clock="each member's own" if view.on_own_clocks else None),
        presets=presets(view.path, form)[view.days > 7 :],
        quiet_example=weekly_pattern.EXAMPLE,
    )
    window = words(view, form.subject) if form.subject else ""
    html = render("view", view=view, form=form, window=window, question=question)
    return form.respond(view.title, html, here=view.path)


def _content(view: View, visit: Visit, subject: Subject, values: Values, now: int) -> Html:
    part = forms.part(visit, subject, values, now)
    asked = view.asked(subject, values)
    if not part.users:
        return render("no_members", subject=subject, total=part.inactive)
    if "min_members" in asked and "at_least" not in values:
        asked["min_members"] = min(asked["min_members"], len(part.users))
    answer = visit.answer(view.handler, view.schema, {**asked, "id_list": part.ids})
    found, drawn = view.tables(answer), answer
    if view is TIMELINE and len(part.ids) > 1 and (count := tables.count_periods(answer)) > tables.MOST_ROWS:
        # Too many for a table, and perhaps for a picture: how much there was of each day takes their place.
        per_day = _summary(subject, {})
        days = visit.answer(questions.summary, schemas.SUMMARY, {**per_day, "id_list": part.ids})
        found = tables.summary(days, f"CSV and JSON have the {count:,} periods.")
        drawn = days if count > _MOST_BARS else answer
    picture = view.picture(drawn, subject, now) if part.number == 1 else Html()
    return render(
        "content",
        view=view,
        picture=picture,
        tables=[render("table", table=table) for table in found],
        part=part,
        shown=shown(part),
        pages=render("pages", pages=pages(view.path, values, part), number=part.number),
        csv=forms.link(f"{view.path}.csv", values, page=""),
        json=forms.link(f"{view.path}.json", values, page=""),
    )


def csv(view: View, visit: Visit) -> bottle.HTTPResponse:
    """Answer with the rows of *view* as CSV, of all members that the form names."""
    _, asked = _whole(view, visit)
    answer = visit.answer(view.handler, view.schema, asked)
    return visits.csv_file(view.name, tables.without_formulas(view.csv(answer)))


def json(view: View, visit: Visit) -> responses.Answer:
    """Answer with what the API answers to the question of *view*, about all members that the form names."""
    _, asked = _whole(view, visit)
    return view.handler(visit.storage, visit.request(view.schema, asked))  # type: ignore[return-value]


def _whole(view: View, visit: Visit) -> tuple[Subject, dict[str, Any]]:
    values = visits.fields()
    subject = forms.read(visit, values, instants.now(), view.days)
    asked = {**subject.members, **view.asked(subject, values)}
    if not subject.is_named:
        asked |= {"active_only": True, "order": "active"}
    if view.is_ahead:
        asked["limit"] = forms.SHOWN
    return subject, asked


def words(view: View, subject: Subject) -> str:
    """Return the window and the clock of a page, as they stand on the screen."""
    if view.on_own_clocks and not subject.names_zone:
        return f"{forms.days_words(subject)}, on each member's own clock"
    if view.is_ahead:
        return f"times in {subject.zone.key}, from the activity of {forms.days_words(subject)}"
    return forms.window_words(subject)


def shown(part: Part) -> str:
    """Return which members a page shows, and how many it does not."""
    if part.count == 1:
        text = f"{part.total:,} {'member' if part.total == 1 else 'members'}"
    elif part.number == 1:
        rest = part.total - len(part.users)
        text = f"The {len(part.users)} most active members of {part.total:,}; {rest:,} are not shown here"
    else:
        text = f"{len(part.users)} of {part.total:,} members, page {part.number}"
    if part.inactive:
        text += f"; {part.inactive:,} more had no activity in this window"
    return f"{text}."


def pages(path: str, values: Values, part: Part) -> list[tuple[int, str]]:
    """Return the numbers and the addresses of the pages of a list, none if it has one."""
    if part.count == 1:
        return []
    return [(number, forms.link(path, values, page=str(number))) for number in range(1, part.count + 1)]


def presets(path: str, form: Filled) -> list[tuple[str, str]]:
    """Return the names and the addresses of usual windows, which end today."""
    if form.subject is None:
        return []
    kept = {name: value for name, value in form.values.items() if name not in ("from", "to", "page", "per")}
    today = timezones.date_at(instants.now(), form.subject.zone)
    firsts = {"Today": today, **{f"Last {days} days": today - timedelta(days=days - 1) for days in (7, 30, 365)}}
    return [(name, forms.link(path, kept, **{"from": first.isoformat()})) for name, first in firsts.items()]
