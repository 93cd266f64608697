"""The board: who is active, who comes next, everybody else in pages."""

import re

import pytest
from webtest import TestApp

from ftlserver.domain import instants
from ftlserver.domain.instants import DAY, HOUR
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.helpers import EGON, GLINDA
from tests.server.web.pages.conftest import HOSTILE, QUIET, period


def test_the_board_says_who_is_active_and_who_is_usually_back_when(browser: TestApp) -> None:
    document = browser.get("/board.json").json
    members = {member["id"]: member for member in document["members"]}
    assert document["members"][0]["id"] == EGON.id
    assert members[EGON.id]["active"]
    assert members[QUIET.id].keys() & {"since", "last_active", "usually_back"} == set()
    # At 9 to 12 UTC each day, which is half past on her clock.
    assert 8 <= int(members[GLINDA.id]["usually_back"][11:13]) < 12
    assert "usually_back" not in members[HOSTILE.id]
    text = browser.get("/").text
    assert "1 of 4 members is active" in text
    _, active, coming, others = re.split("<caption>", text)
    assert EGON.real_name in active
    assert GLINDA.real_name in coming
    assert QUIET.real_name in others


def test_the_board_of_a_team_is_about_its_members(browser: TestApp) -> None:
    text = browser.get("/", {"team": "backend", "zone": "Asia/Kolkata"}).text
    assert "Team Back &amp; end" in text or "Team backend" in text
    assert QUIET.real_name not in text
    assert "times in Asia/Kolkata" in text


def test_the_csv_of_the_board_has_a_row_for_each_member(browser: TestApp) -> None:
    head, *rows = browser.get("/board.csv").text.splitlines()
    assert head == "user_id,real_name,tz,active,since,last_active,local_time,usually_back"
    assert len(rows) == 4
    assert rows[0].startswith("W012A3CDE,Egon Spengler,America/Los_Angeles,yes,")


@pytest.mark.slow
def test_members_beyond_those_shown_are_in_pages(sqlite_storage: Storage) -> None:
    now = instants.now()
    users = [User(f"u{number:03}", f"User {number:03}", "UTC") for number in range(260)]
    active = [period(user, now - HOUR, now + HOUR) for user in users[:55]]
    active += [period(user, now - 2 * DAY, now - DAY) for user in users[55:70]]
    sqlite_storage.bulk_import.store(users, active)
    app = TestApp(create_app(sqlite_storage))
    first = app.get("/").text
    assert "55 of 260 members are active" in first
    assert "5 more are active" in first
    assert "Page 1: 100 of 210 others." in first
    third = app.get("/?page=3").text
    assert "Active now" not in third
    assert "Page 3: 10 of 210 others." in third
    seen = [user for user in users if f">{user.real_name}<" in first + app.get("/?page=2").text + third]
    assert seen == users
    assert app.get("/?page=4", expect_errors=True).status_int == 400

    view = app.get("/timeline").text
    assert "The 50 most active members of 70; 20 are not shown here; 190 more had no activity" in view
    assert "20 of 70 members, page 2" in app.get("/timeline?page=2").text
