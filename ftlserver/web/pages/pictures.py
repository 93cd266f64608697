"""Pictures: an answer of the API in, the drawing of it as an element of a page out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ftlcommon import drawing
from ftlcommon.drawing import Heading
from ftlserver.domain.instants import SECOND
from ftlserver.web.pages.templates import Html

Answer = Mapping[str, Any]


def timeline(answer: Answer, zone: str, team: str | None, now: int) -> Html:
    heading = Heading.of("Timeline", answer, zone, team)
    return Html(drawing.timeline(answer, heading, now=_aware(now)).embedded())


def summary(answer: Answer, zone: str, team: str | None, now: int) -> Html:
    heading = Heading.of("Active time", answer, zone, team)
    return Html(drawing.summary(answer, heading, now=_aware(now)).embedded())


def year(answer: Answer, zone: str, now: int) -> Html:
    heading = Heading.of("Active time per day", answer, zone)
    return Html(drawing.year(answer, heading, now=_aware(now)).embedded())


def hours(answer: Answer, team: str | None = None) -> Html:
    return Html(drawing.hours(answer, Heading.of("Hours of the week", answer, None, team)).embedded())


def overlap(answer: Answer, team: str | None) -> Html:
    return Html(drawing.overlap(answer, Heading.of("Overlap", answer, None, team)).embedded())


def meeting(answer: Answer, team: str | None) -> Html:
    return Html(drawing.meeting(answer, Heading.of("Times to meet", answer, None, team)).embedded())


def board(answer: Answer, zone: str, team: str | None) -> Html:
    back = {
        member["id"]: datetime.fromisoformat(member["usually_back"])
        for member in answer["members"]
        if "usually_back" in member
    }
    return Html(drawing.board(answer, Heading.of("Who is active", answer, zone, team), back=back).embedded())


def _aware(now: int) -> datetime:
    return datetime.fromtimestamp(now / SECOND, UTC)
