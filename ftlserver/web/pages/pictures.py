"""Pictures: an answer of the API in, the drawing of it as an element of a page out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ftlcommon import drawing
from ftlcommon.drawing import Heading, Picture
from ftlserver.domain.instants import SECOND
from ftlserver.web.pages.forms import Subject
from ftlserver.web.pages.templates import Html

Answer = Mapping[str, Any]


def timeline(answer: Answer, subject: Subject, now: int) -> Html:
    return _html(drawing.timeline(answer, _heading("Timeline", answer, subject), now=_aware(now)))


def summary(answer: Answer, subject: Subject, now: int) -> Html:
    return _html(drawing.summary(answer, _heading("Active time", answer, subject), now=_aware(now)))


def year(answer: Answer, subject: Subject, now: int) -> Html:
    return _html(drawing.year(answer, _heading("Active time per day", answer, subject), now=_aware(now)))


def hours(answer: Answer, subject: Subject, _now: int) -> Html:
    # Without a zone in the answer, each member is shown on their own clock.
    return _html(drawing.hours(answer, Heading.of("Hours of the week", answer, None, subject.team)))


def overlap(answer: Answer, subject: Subject, _now: int) -> Html:
    return _html(drawing.overlap(answer, _heading("Overlap", answer, subject)))


def meeting(answer: Answer, subject: Subject, _now: int) -> Html:
    return _html(drawing.meeting(answer, _heading("Times to meet", answer, subject)))


def coverage(answer: Answer, subject: Subject, _now: int) -> Html:
    return _html(drawing.coverage(answer, _heading("Coverage", answer, subject)))


def clock_changes(answer: Answer, subject: Subject, _now: int) -> Html:
    return _html(drawing.clock_changes(answer, _heading("Clock changes", answer, subject)))


def rest(answer: Answer, subject: Subject, _now: int) -> Html:
    own = None if not subject.names_zone else subject.zone.key
    return _html(drawing.rest(answer, Heading.of("Rest and load", answer, own, subject.team)))


def board(answer: Answer, subject: Subject) -> Html:
    return _html(drawing.board(answer, _heading("Who is active", answer, subject)))


def _heading(title: str, answer: Answer, subject: Subject) -> Heading:
    return Heading.of(title, answer, subject.zone.key, subject.team)


def _html(picture: Picture) -> Html:
    return Html(picture.embedded())


def _aware(now: int) -> datetime:
    return datetime.fromtimestamp(now / SECOND, UTC)
