"""The commands that ask how long members were active: their forms by the length of the window."""

import csv
import io
import json
from collections.abc import Iterator

import pytest

from ftlserver.domain.user import User
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from tests.client.conftest import run, wsgi
from tests.conftest import serving
from tests.helpers import put

MAY = ("--from", "2019-05-01", "--to", "2019-05-31", "--tz", "UTC")
YEAR = ("--from", "2019-01-01", "--to", "2019-12-31", "--tz", "UTC")


@pytest.fixture
def url(sqlite_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve Ann, who was active for two hours on two days of May 2019, Bob for one on one, and Cho, who was not."""
    put(
        sqlite_storage,
        User("ann", "Ann", "UTC"),
        ("2019-05-06T09:00:00", "2019-05-06T11:00:00"),
        ("2019-05-31T09:00:00", "2019-05-31T11:00:00"),
    )
    put(sqlite_storage, User("bob", "Bob", "UTC"), ("2019-05-07T09:00:00", "2019-05-07T10:00:00"))
    sqlite_storage.users.add_new([User("cho", "Cho", "UTC")])
    with serving(create_app(sqlite_storage)) as url:
        monkeypatch.setenv("FTL_URL", url)
        yield url


def table(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    status, out, err = run(capsys, *argv)
    assert (status, err) == (0, "")
    return [line.rstrip() for line in out.splitlines()]


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(
    ("to", "per"), [("05-14", "day"), ("05-15", "week"), ("07-09", "week"), ("07-10", "month"), ("12-30", "month")]
)
def test_the_columns_of_a_summary_suit_the_window(capsys: pytest.CaptureFixture[str], to: str, per: str) -> None:
    window = ("--from", "2019-05-01", "--to", f"2019-{to}", "--tz", "UTC")
    assert table(capsys, "summary", "--all", *window)[0].startswith(f"Active time per {per}, Wed 2019-05-01 to ")


@pytest.mark.usefixtures("url")
def test_the_columns_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert table(capsys, "summary", "--all", *YEAR, "--per", "week")[0].startswith("Active time per week")
    assert table(capsys, "summary", "--all", "--per", "total", *YEAR)[0].startswith("Most active, ")


@pytest.mark.usefixtures("url")
def test_rows_are_days_unless_others_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    found = list(csv.DictReader(io.StringIO(run(capsys, "summary", "ann", *YEAR, "--format", "csv")[1])))
    assert len(found) == 365
    found = list(
        csv.DictReader(io.StringIO(run(capsys, "summary", "ann", *YEAR, "--per", "month", "--format", "csv")[1]))
    )
    assert [row["month"] for row in found if row["active_seconds"] != "0"] == ["2019-05"]
    answer = json.loads(run(capsys, "summary", "ann", *MAY, "--format", "json")[1])
    assert len(answer["members"][0]["days"]) == 31


@pytest.mark.usefixtures("url")
def test_the_ranking_says_who_was_active_most(capsys: pytest.CaptureFixture[str]) -> None:
    shown = table(capsys, "ranking", "--all", *YEAR)
    assert shown[0] == "Most active, Tue 2019-01-01 to Tue 2019-12-31, UTC"
    assert [line.split()[:4] for line in shown[2:5]] == [
        ["1", "Ann", "4:00", "80.0%"],
        ["2", "Bob", "1:00", "20.0%"],
        ["-", "Cho", "-", "-"],
    ]
    found = list(csv.DictReader(io.StringIO(run(capsys, "ranking", "--all", *YEAR, "--format", "csv")[1])))
    assert [(row["rank"], row["user_id"], row["active_seconds"], row["share"]) for row in found[:2]] == [
        ("1", "ann", "14400", "0.800000"),
        ("2", "bob", "3600", "0.200000"),
    ]
    answer = json.loads(run(capsys, "ranking", "--all", *YEAR, "--format", "json")[1])
    assert [member["active_seconds"] for member in answer["members"]] == [14400, 3600, 0]


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(
    ("argv", "title", "rows"),
    [
        (["ann", "bob", "--on", "2019-05-06"], "Active time, Mon 2019-05-06, UTC", 2),
        (["ann", "bob", "--from", "2019-05-06", "--to", "2019-05-08"], "Active time, Mon", 6),
        (["ann", "bob", "--from", "2019-05-06", "--to", "2019-05-12"], "Active time, Mon", 2),
        (["ann", "bob", *MAY[:4]], "Active time per day, Wed 2019-05-01 to Fri 2019-05-31, UTC", 2),
        (["--all", *YEAR[:4]], "Active time per week, Tue 2019-01-01 to Tue 2019-12-31, UTC", 2),
        (["--all", "--from", "2012-01-01", "--to", "2019-12-31"], "Active time per month, ", 2),
        (["--all", "--to", "2019-12-31"], "Active time per month, everything until Wed 2020-01-01 00:00, UTC", 2),
        (["ann", "--from", "2019-05-06", "--to", "2019-05-12"], "Ann: active time, Mon", 0),
        (["ann", *MAY[:4]], "Ann: active time, Wed 2019-05-01 to Fri 2019-05-31, UTC", 0),
        (["ann", *YEAR[:4]], "Ann: active time per day, Tue 2019-01-01 to Tue 2019-12-31, UTC", 0),
    ],
)
def test_the_form_of_a_timeline_suits_the_window(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, argv: list[str], title: str, rows: int
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    shown = table(capsys, "timeline", *argv, "--tz", "UTC")
    assert shown[0].startswith(title)
    assert sum(line.startswith(("Ann ", "Bob ")) for line in shown) == rows


@pytest.mark.usefixtures("url")
def test_rows_of_a_timeline_are_periods_whatever_its_form(capsys: pytest.CaptureFixture[str]) -> None:
    for window, count in ((MAY, 3), (YEAR, 3)):
        found = list(csv.DictReader(io.StringIO(run(capsys, "timeline", "--all", *window, "--format", "csv")[1])))
        assert len(found) == count
    assert "activity_periods" in run(capsys, "timeline", "ann", *YEAR, "--format", "json")[1]


def test_who_was_left_out_is_said_below_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    document = {
        "ok": True,
        "members": [{"id": "a", "real_name": "Ann", "tz": "UTC", "active_seconds": 60, "months": []}],
        "window": {"from": "2019-01-01T00:00:00Z", "to": "2020-01-01T00:00:00Z"},
        "omitted": {"inactive": 841, "beyond_limit": 12},
    }
    left_out = ["841 members without activity (--empty shows them)", "12 more (--top N shows them)"]
    with serving(wsgi("200 OK", json.dumps(document).encode())) as url:
        for command in ("ranking", "summary"):
            shown = table(capsys, command, "--all", *YEAR, "--url", url)
            assert shown[-2:] == left_out
            assert max(map(len, shown)) <= 80
    nobody = document | {"members": [], "omitted": {"inactive": 2, "beyond_limit": 0}}
    with serving(wsgi("200 OK", json.dumps(nobody).encode())) as url:
        assert table(capsys, "ranking", "--all", *YEAR, "--url", url) == [
            "No activity, Tue 2019-01-01 to Tue 2019-12-31, UTC",
            "2 members without activity (--empty shows them)",
        ]


@pytest.mark.parametrize("command", ["activity", "timeline", "summary", "ranking", "who", "members"])
def test_an_empty_server_says_what_to_do(
    capsys: pytest.CaptureFixture[str], sqlite_storage: Storage, command: str
) -> None:
    with serving(create_app(sqlite_storage)) as url:
        status, out, err = run(capsys, command, "--all", "--url", url)
    assert (status, out) == (3, "")
    assert "no members yet" in err
    assert "ftlserver import git ." in err
    assert "ftlclient user add" in err


@pytest.mark.usefixtures("url")
def test_where_nobody_was_active_the_window_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    left_out = "3 members without activity (--empty shows them)"
    window = ("--range", "2018-05", "--tz", "Europe/Berlin")
    for command in ("timeline", "summary", "ranking", "activity", "hours"):
        assert table(capsys, command, *window) == [
            "No activity, Tue 2018-05-01 to Thu 2018-05-31, Europe/Berlin",
            left_out,
        ]
    assert table(capsys, "who", "--at", "2018-05-01T12:00:00Z", "--tz", "UTC") == [
        "No activity, in the 7 days until Tue 2018-05-01 12:00, UTC",
        left_out,
    ]
