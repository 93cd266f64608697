"""A stored zone that this zone data does not know, such as one that a newer version has stored."""

from typing import Any

import pytest
import sqlalchemy as sa
from webtest import TestApp

from ftlserver.storage import Storage
from ftlserver.storage.database import transaction
from ftlserver.web.app import create_app
from tests.helpers import EGON, GLINDA, ask, record, run

MARK = {"tz": "Mars/Olympus", "tz_unknown": True}
WINDOW = {"from": "2020-02-01", "to": "2020-04-01"}


@pytest.fixture
def app(team: Storage) -> TestApp:
    with transaction(team.database, write=True) as connection:
        connection.execute(sa.text("UPDATE users SET tz = 'Mars/Olympus' WHERE id = :id"), {"id": EGON.id})
    return TestApp(create_app(team))


@pytest.mark.parametrize(
    "question",
    ["loguseractivity", "summary", "hours", "overlap", "coverage", "rest", "presence", "meeting", "clock-changes"],
)
def test_that_member_is_marked_and_the_others_are_answered_as_ever(
    app: TestApp, team: Storage, question: str
) -> None:
    window = {} if question == "presence" else WINDOW
    egon, glinda = ask(app, question, all=True, **window)["members"]
    assert (egon["id"], {key: egon[key] for key in MARK}) == (EGON.id, MARK)
    alone = ask(app, question, id_list=[GLINDA.id], **window)["members"]
    if question == "presence":
        glinda.pop("local_time")
        alone[0].pop("local_time")
    assert [glinda] == alone
    assert "tz_unknown" not in glinda


def test_the_assignments_answer_shows_the_times_as_they_were_recorded(app: TestApp) -> None:
    (egon,) = ask(app, "loguseractivity", id_list=[EGON.id])["members"]
    assert egon["activity_periods"][0]["start_time"] == "Feb 01 2020 01:33PM"
    assert app.get("/api/users/" + EGON.id).json["member"] == {"id": EGON.id, "real_name": EGON.real_name, **MARK}


def test_a_period_of_that_member_is_rejected_and_says_what_to_do(app: TestApp) -> None:
    times = {"start_time": "2020-05-01T10:00:00", "end_time": "2020-05-01T11:00:00"}
    answer: Any = record(app, *({"user_id": user.id, **times} for user in (EGON, GLINDA)), partial=True)
    assert (answer["inserted"], answer["rejected"]) == (1, 1)
    (rejected,) = (found for found in answer["verdicts"] if found["verdict"] == "rejected")
    assert (rejected["code"], rejected["pointer"]) == ("unknown_timezone", "/user_id")
    assert rejected["message"].endswith("change the zone of this user first")
    beat = app.post_json("/api/heartbeat/", {"user_id": EGON.id}, status=422).json
    assert beat["error"] == "unknown_timezone"


def test_a_new_zone_mends_it(app: TestApp) -> None:
    answer = app.patch_json("/api/users/" + EGON.id, {"tz": EGON.tz}).json
    assert answer["member"] == EGON.to_json()


def test_the_commands_list_and_export_that_member(
    app: TestApp, team: Storage, capsys: pytest.CaptureFixture[str]
) -> None:
    url = team.database.url if team.database.is_sqlite else team.database.engine.url.render_as_string(False)
    for command in (["users"], ["export"]):
        status, out, _ = run(capsys, "--database", str(url), *command)
        assert status == 0
        assert EGON.id in out
