"""The page of a member: whether they are active, their last year, their hours, and their periods in a window."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import bottle

from ftlserver.domain import instants, timezones
from ftlserver.domain.user import is_user_id
from ftlserver.errors import UserNotFoundError
from ftlserver.web import schemas
from ftlserver.web.handlers import activity, questions
from ftlserver.web.pages import forms, pictures, tables, views
from ftlserver.web.pages.tables import WEEKDAYS, Table, length
from ftlserver.web.pages.templates import Html, render
from ftlserver.web.pages.visit import Visit

QUERY = frozenset(["from", "to", "zone"])
_WEEKS = 53


def show(visit: Visit, user_id: str) -> bottle.HTTPResponse:
    """Answer with the page of a member; raise UserNotFoundError, also for one to whom the reader has no access."""
    among = visit.caller.user_ids
    user = visit.storage.users.find(user_id) if is_user_id(user_id) else None
    if user is None or not (among is None or user_id in among):
        raise UserNotFoundError(user_id)
    now = instants.now()
    form = forms.fill(
        visit, now, 14, lambda subject, values: _content(visit, user_id, subject, values, now), members=user_id
    )
    path = tables.member_path(user_id)
    html = render(
        "member",
        user=user,
        path=path,
        form=form,
        fields=forms.fields_of(visit, form, with_members=False),
        presets=views.presets(path, form),
        links=[(view.title, forms.link(view.path, form.values, members=user_id)) for view in views.VIEWS],
    )
    return form.respond(user.real_name, html, here=path)


def _content(visit: Visit, user_id: str, subject: forms.Subject, values: Mapping[str, str], now: int) -> Html:
    ids = {"id_list": [user_id]}
    zone = {"tz": subject.zone.key}
    presence = visit.answer(questions.presence, schemas.PRESENCE, {**ids, **zone})["members"][0]
    asked = {**ids, **subject.window, "clip": True, "time_format": "iso"}
    periods = visit.answer(activity.ask, schemas.LOG_USER_ACTIVITY, asked)
    today = timezones.date_at(now, subject.zone)
    monday = today - timedelta(days=today.weekday() + 7 * (_WEEKS - 1))
    year_asked = {**ids, **zone, "from": monday.isoformat(), "day_zone": subject.zone.key}
    year = visit.answer(questions.summary, schemas.SUMMARY, year_asked)
    weeks_ago = (today - timedelta(days=55)).isoformat()
    hours = visit.answer(questions.hours, schemas.HOURS, {**ids, **zone, "from": weeks_ago})
    return render(
        "member_content",
        presence=presence,
        window=forms.window_words(subject),
        since=tables.time_cell(presence["since"]) if "since" in presence else "",
        last=tables.time_cell(presence["last_active"]) if "last_active" in presence else "",
        local=tables.time_cell(presence["local_time"], "weekday time"),
        timeline=pictures.timeline(periods, subject, now),
        periods=[render("table", table=table) for table in tables.timeline(periods)],
        year=pictures.year(year, subject, now),
        weeks=render("table", table=_weeks(year["members"][0]["days"], monday)),
        hours=pictures.hours(hours, subject, now),
        hours_table=[render("table", table=table) for table in tables.hours(hours)],
        **{
            f"{name}_{kind}": forms.link(f"/{name}.{kind}", {**values, **more}, members=user_id)
            for name, more in (
                ("timeline", {}),
                ("summary", {"from": monday.isoformat(), "to": today.isoformat(), "per": "day"}),
                ("hours", {"from": weeks_ago, "to": today.isoformat(), "zone": subject.zone.key}),
            )
            for kind in ("csv", "json")
        },
    )


def _weeks(days: list[dict[str, Any]], monday: date) -> Table:
    """Return the year as a row for each week that had activity, the latest first."""
    weeks: dict[date, list[float]] = {}
    for day in days:
        if day["active_seconds"]:
            found = date.fromisoformat(day["date"])
            start = found - timedelta(days=found.weekday())
            weeks.setdefault(start, [0.0] * 7)[found.weekday()] += day["active_seconds"]
    rows = [
        (f"{start}", *(length(one) if one else tables.NO_SHARE for one in week), length(sum(week)))
        for start, week in sorted(weeks.items(), reverse=True)
    ]
    caption = f"Active hours and minutes since {monday}, a row for each week with activity"
    return Table(caption, ("Week from", *WEEKDAYS, "Total"), rows)
