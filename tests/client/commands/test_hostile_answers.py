"""Whatever a server answers, a command ends with proper output or with one clear line."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

from ftlclient import cli
from ftlclient.config import spool_file
from tests.client.conftest import type_in
from tests.conftest import serving

START, END = "2026-11-16T09:00:00+01:00", "2026-11-16T10:00:00+01:00"
ANN = {"id": "ann", "real_name": "Ann", "tz": "Europe/Berlin"}
BOB = {"id": "bob", "real_name": "Bob", "tz": "Asia/Kolkata"}
WINDOW = {"from": "2026-11-15T23:00:00Z", "to": "2026-11-16T23:00:00Z", "rule": "half-open"}
DAY = {"date": "2026-11-16", "active_seconds": 3600, "length_seconds": 86400}
SLOT = {
    "start_time": START,
    "end_time": END,
    "expected_attendance": 1.5,
    "outside_usual_hours": 1,
    "members": [{"id": "ann", "local_time": START, "expected": 0.75, "usual": True, "attendance": "likely"}],
}
CHANGE = {
    "tz": "Europe/Berlin",
    "at": START,
    "offset_before": 3600,
    "offset_after": 7200,
    "members": ["bob"],
    "overlap_before": 7200.5,
    "overlap_after": 3600,
}
ACTIVITY = {
    "ok": True,
    "members": [{**ANN, "activity_periods": [{"start_time": START, "end_time": END}]}],
    "not_found": ["eve"],
    "window": {**WINDOW, "by_member": {"ann": WINDOW}},
}
PRESENCE = {
    "ok": True,
    "at": END,
    "members": [
        {**ANN, "active": True, "local_time": END, "since": START},
        {**BOB, "active": False, "local_time": END, "last_active": START, "usually_back": END},
    ],
}
WHOAMI = {"ok": True, "name": "desk", "scopes": ["read"], "user_ids": ["ann"]}
VERDICT = {"verdict": "overlaps", "overlaps": [{"start_time": START, "end_time": END}]}
RECORDED = {"ok": True, "verdicts": [VERDICT], "inserted": 1, "duplicates": 0, "created": True}
REFUSAL = {
    "ok": False,
    "error": "invalid_period",
    "status": 422,
    "message": "refused",
    "errors": [{"pointer": "/periods/0/end_time", "code": "wrong_order", "message": "ends too early"}],
}
HABITS = [
    {**ANN, "active_days": 20, "enough_history": True},
    {**BOB, "active_days": 2, "enough_history": False},
]
ROTATION = {
    "slots": [SLOT],
    "worst_share": 0.25,
    "is_lowest": False,
    "members": [{"id": "ann", "outside_share": 0.25}],
}
PAIR = {"members": ["bob", "ann"], "overlap_before": 7200.5, "overlap_after": 3600}
STANDING = {
    "weekday": "Monday",
    "time": "09:00",
    "tz": "Europe/Berlin",
    "minutes": 60,
    "times": 53,
    "first": SLOT,
    "moves": [{**SLOT, "moved": {"ann": START}}],
}
ANSWERS: dict[str, dict[str, Any]] = {
    "activity": ACTIVITY,
    "timeline": ACTIVITY,
    "summary": {
        "ok": True,
        "members": [
            {**ANN, "active_seconds": 3600.5, "days": [{**DAY, "first_start": START, "last_end": END}, DAY]},
            {**BOB, "active_seconds": 0, "days": []},
        ],
        "window": WINDOW,
    },
    "ranking": {
        "ok": True,
        "members": [{**ANN, "active_seconds": 3600.5}, {**BOB, "active_seconds": 0}],
        "window": {**WINDOW, "by_member": {"ann": WINDOW}},
        "omitted": {"inactive": 841, "beyond_limit": 12},
    },
    "hours": {"ok": True, "members": [{**ANN, "weeks": 4.0, "hours": [0.5] * 168}], "window": WINDOW, "tz": None},
    "overlap": {
        "ok": True,
        "members": [ANN, BOB],
        "window": WINDOW,
        "tz": "Europe/Berlin",
        "at_least": [7200, 3600],
        "min_members": 2,
        "overlap_seconds": 3600,
        "stretches": [{"start_time": START, "end_time": END, "seconds": 3600, "members": ["ann", "bob"]}],
        "matrix": [[3600, 1800], [1800, 3600]],
    },
    "coverage": {
        "ok": True,
        "members": [ANN, BOB],
        "window": WINDOW,
        "tz": "Europe/Berlin",
        "max_members": 0,
        "quiet": "Sat-Sun",
        "counted_seconds": 7200,
        "covered_seconds": 3600,
        "share": 0.5,
        "share_24h": None,
        "hours": [0.5, None] * 84,
        "gaps": [{"start_time": START, "end_time": END, "seconds": 9.5, "left_last": ["ann"], "came_first": []}],
        "hand_overs": [{"from": "ann", "to": "bob", "count": 1, "seconds": 60}],
    },
    "rest": {
        "ok": True,
        "members": [
            {
                **ANN,
                "active_seconds": 3600,
                "active_days": 1,
                "night_share": 0.5,
                "weekend_share": None,
                "longest_active": {"start_time": START, "end_time": END, "seconds": 60},
                "shortest_rest": None,
                "days_in_a_row": {"days": 1, "first_date": "2026-11-16", "last_date": "2026-11-16"},
            }
        ],
        "window": WINDOW,
    },
    "who": PRESENCE,
    "members": PRESENCE,
    "meeting": {
        "ok": True,
        "members": HABITS,
        "slots": [SLOT],
        "rotation": ROTATION,
        "changes": [CHANGE],
        "window": WINDOW,
        "tz": "Europe/Berlin",
        "week": WINDOW,
    },
    "clock-changes": {
        "ok": True,
        "members": HABITS,
        "changes": [{**CHANGE, "pairs": [PAIR]}],
        "meeting": STANDING,
        "window": WINDOW,
        "tz": "Europe/Berlin",
        "ahead": WINDOW,
    },
    "team": {"ok": True, "teams": [{"id": "backend", "name": "Back end", "size": 2}]},
    "whoami": WHOAMI,
    "login": WHOAMI,
    "log": RECORDED | {"member": ANN},
    "import": RECORDED,
    "export": {"ok": True, "count": 0},
}
QUESTIONS = (
    "activity",
    "timeline",
    "summary",
    "ranking",
    "hours",
    "overlap",
    "coverage",
    "rest",
    "who",
    "members",
    "meeting",
    "clock-changes",
)
OPTIONS = {
    "team": ["list"],
    "log": ["09:00", "10:00", "--user", "ann"],
    "timeline": ["ann", "--tz", "member"],
} | {name: ["ann"] for name in QUESTIONS if name != "timeline"}

DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
HOSTILE = [
    *(1e308, -1e308, 10**30, -(10**30), -1, 0.5, 2**53 + 1, float("inf"), float("nan"), 1e-320),
    *("", "x" * 10**6, "\x1b[31m[/red]\n\u202e\ud800", "../../etc/passwd", "2026-11-16", "Feb 01 2020 01:33PM"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-11-30T00:00:00+00:00", "1970-01-01T00:00:00-23:59"),
    *("2026-11-16T09:00:00", "0001-01-01", "9999-12-31", "1970-01-01"),
    *(None, True, False, [], {}, [[]], [{}], {"": None}, DEEP),
]
REMOVED = object()
DOUBLED = object()


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to each value of a document; of a long list only to the first item."""
    yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from places(value, (*path, key))
    elif isinstance(document, list):
        for number, value in enumerate(document[:3]):
            yield from places(value, (*path, number))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of a document with another value at that path."""
    if not path:
        return {} if value in (REMOVED, DOUBLED) else value
    found = deepcopy(document)
    inner = found
    for step in path[:-1]:
        inner = inner[step]
    if value is REMOVED:
        del inner[path[-1]]
    elif value is DOUBLED and isinstance(inner, list):
        inner.append(inner[path[-1]])
    elif value is not DOUBLED:
        inner[path[-1]] = value
    return found


@pytest.fixture
def ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., None]]:
    """Give a function that runs a command against an answer, and checks how it ends."""
    body, status, kind = b"", "200 OK", "application/json"

    def application(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    svg, page = tmp_path / "picture.svg", tmp_path / "page.html"
    table = tmp_path / "table.csv"
    table.write_text("user_id,start_time,end_time\nann,2026-11-16T09:00,2026-11-16T10:00\n")

    def ask(name: str, answer: bytes, *options: str, refused: bool = False) -> None:
        nonlocal body, status, kind
        body, status = answer, "422 Unprocessable Content" if refused else "200 OK"
        kind = "application/x-ndjson" if name == "export" and not refused else "application/json"
        type_in(monkeypatch, "\n")
        spool_file().unlink(missing_ok=True)
        argv = ["csv", str(table)] if name == "import" else OPTIONS.get(name, [])
        pictures = ["--svg", str(svg), "--html", str(page)] if name in QUESTIONS and not options else []
        svg.unlink(missing_ok=True)
        began = time.monotonic()
        code = cli.main([name, *argv, *options, *pictures, "--url", url])
        out, err = capsys.readouterr()
        case = (name, options, answer[:500], out[:500], err[:500])
        assert time.monotonic() - began < 20, case
        assert code in (0, 1, 2, 3, 4, 5), case
        assert len(out) < 5_000_000, case
        assert all(char == "\n" or char.isprintable() or char.isspace() for char in out + err), case
        assert not set("\x1b\r\t\x0b\x0c\x85\u2028\u2029\u202e") & set(out + err), case
        if pictures and code == 0:
            assert svg.stat().st_size < 5_000_000, case
            ElementTree.fromstring(svg.read_text())
        lines = [line for line in err.splitlines() if "no such member: " not in line]
        if code in (0, 3):
            assert lines == [] or ((code == 3 or name in ("export", "log")) and len(lines) == 1), case
        else:
            assert len(lines) == 1, case
            assert lines[0].startswith("ftlclient: "), case
            assert len(lines[0]) < 2_000, case

    with serving(application) as url:
        yield ask


def formats(name: str) -> list[tuple[str, ...]]:
    return [(), ("--format", "csv"), ("--format", "json")] if name in QUESTIONS else [()]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_valid_answer_is_shown(ask: Callable[..., None], name: str) -> None:
    for options in formats(name):
        ask(name, json.dumps(ANSWERS[name]).encode(), *options)


def hostile_answers(name: str, count: int) -> Iterator[bytes]:
    """Yield *count* of the valid answers with one value changed, the same ones each time."""
    documents = [ANSWERS[name]] + [REFUSAL] * (name in ("activity", "log", "import"))
    changes = [
        (document, path, value)
        for document in documents
        for path in places(document)
        for value in (*HOSTILE, REMOVED, DOUBLED)
    ]
    for document, path, value in Random(name).sample(changes, min(len(changes), count)):
        yield json.dumps(changed(document, path, value)).encode()


def ask_all(ask: Callable[..., None], name: str, answers: Iterable[bytes]) -> None:
    random = Random(name)
    for answer in answers:
        ask(name, answer, *random.choice(formats(name)), refused=b'"ok": false' in answer)


@pytest.mark.parametrize("name", ANSWERS)
def test_some_hostile_values_end_clearly(ask: Callable[..., None], name: str) -> None:
    ask_all(ask, name, hostile_answers(name, 12))


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWERS)
def test_many_hostile_values_end_clearly(ask: Callable[..., None], name: str) -> None:
    ask_all(ask, name, hostile_answers(name, 40))
