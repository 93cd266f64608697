"""What every question refuses."""

import pytest
from webtest import TestApp

from tests.helpers import ask, refused

QUESTIONS = [
    "loguseractivity",
    "summary",
    "overlap",
    "coverage",
    "rest",
    "presence",
    "hours",
    "meeting",
    "clock-changes",
]
WINDOWED = [question for question in QUESTIONS if question != "presence"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_needs_users_and_valid_fields(app: TestApp, question: str) -> None:
    assert refused(app, question) == (400, "missing_argument", "/id_list")
    assert refused(app, question, id_list=[]) == (400, "missing_argument", "/id_list")
    assert refused(app, question, id_list=["a"], all=True) == (400, "invalid_argument", "/all")
    assert refused(app, question, all=False) == (400, "invalid_argument", "/all")
    assert refused(app, question, id_list=["a b"]) == (400, "invalid_argument", "/id_list/0")
    assert refused(app, question, id_list=["a"], x=1) == (400, "unknown_field", "/x")
    assert refused(app, question, id_list=["a"], tz="Mars") == (422, "unknown_timezone", "")
    assert refused(app, question, id_list=["a"], tz=5) == (400, "invalid_argument", "/tz")
    assert ask(app, question, id_list=["unknown"])["not_found"] == ["unknown"]
    assert ask(app, question, all=True)["ok"]


@pytest.mark.parametrize("question", WINDOWED)
@pytest.mark.parametrize(
    ("from_", "to", "pointer"),
    [
        ("2020-03-02", "2020-03-01", "/to"),
        ("2020-03-01", "2020-03-01", "/to"),
        ("2020-02-30", "2020-03-01", "/from"),
        ("soon", "2020-03-01", "/from"),
        ("2020-03-01", "later", "/to"),
        ("9999-01-01", None, "/from"),
        ("2020-03-01", "9999-12-31T23:59:59", "/to"),
        ("", "", "/from"),
        ("0001-01-01", None, "/from"),
        ("1969-12-30", None, "/from"),
        ("2020-03-01", "9999-12-31", "/to"),
    ],
)
def test_an_invalid_window_is_refused(
    app: TestApp, question: str, from_: str, to: str | None, pointer: str
) -> None:
    window = {"from": from_} | ({} if to is None else {"to": to})
    assert refused(app, question, id_list=["W012A3CDE"], **window) == (400, "invalid_argument", pointer)
