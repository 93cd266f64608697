"""The most expensive questions that are allowed, alone and eight at once, and what recording holds the write lock for.

The data: 5,000 members with 1,000 periods each over a year, and one with a million over ten.
"""

import atexit
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import cache
from random import Random
from typing import Any

from ftlserver.domain import instants, timezones
from ftlserver.domain.period import ActivityPeriod, Row
from ftlserver.domain.user import User
from ftlserver.storage import Storage
from tests.campaigns.running import ROLLBACK_JOURNAL, Client, Fresh, Served, fresh

ZONES = ["America/Los_Angeles", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"]
DAY = 24 * instants.HOUR
END = 1_764_028_800 * instants.SECOND  # 2025-11-25
YEAR = {"from": "2024-11-25", "to": "2025-11-25"}
MONTH = {"from": "2025-06-01", "to": "2025-07-01"}
WEEK = {"from": "2025-06-02", "to": "2025-06-09"}
TEN_YEARS = {"from": "2015-11-28", "to": "2025-11-26"}
STEP = 10 * 365 * DAY // 1_000_000  # between the starts of the one member's periods

IDS = [f"member{number:04}" for number in range(5_000)]
# The most expensive question of each kind that is allowed.
ALLOWED: dict[str, tuple[str, dict[str, Any]]] = {
    "summary of all, a month": ("summary", {"all": True, **MONTH}),
    "summary of one, ten years": ("summary", {"id_list": ["one"], **TEN_YEARS}),
    "hours of all, a month": ("hours", {"all": True, **MONTH}),
    "hours of one, ten years": ("hours", {"id_list": ["one"], **TEN_YEARS}),
    "presence of all": ("presence", {"all": True}),
    "overlap of 50, a year, any two": ("overlap", {"id_list": IDS[:50], "min_members": 2, **YEAR}),
    "overlap of 1,000, a month": ("overlap", {"id_list": IDS[:1_000], **MONTH}),
    "overlap of 100, ten years": (
        "overlap",
        {"id_list": ["one", *IDS[:95]], "min_members": 90, "from": "2016-12-15"},
    ),
    "overlap of one, three years": ("overlap", {"id_list": ["one"], "from": "2019-01-01", "to": "2021-12-15"}),
    "meeting of 100": ("meeting", {"id_list": IDS[:100], **YEAR, "slots": 50, "minutes": 15}),
    "meeting in turn of 100": ("meeting", {"id_list": IDS[:100], **YEAR, "rotate": 12}),
    "clock changes of 100": ("clock-changes", {"id_list": IDS[:100], **YEAR, "meeting": "Tue 17:00 UTC"}),
    "usually back of 1,000": ("presence", {"id_list": IDS[:1_000], "usually_back": True}),
    "meeting of one": ("meeting", {"id_list": ["one"], **TEN_YEARS}),
    "activity of all, a week": ("loguseractivity", {"all": True, **WEEK, "time_format": "iso", "clip": True}),
    "activity of one, whole": ("loguseractivity", {"id_list": ["one"]}),
}
REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "overlap of one, ten years": ("overlap", {"id_list": ["one"], **TEN_YEARS}),
    "overlap of all, a week": ("overlap", {"all": True, "min_members": 1, **WEEK}),
    "overlap of 1,000, a week, any": ("overlap", {"id_list": IDS[:1_000], "min_members": 1, **WEEK}),
    "overlap of 1,000, a year": ("overlap", {"id_list": IDS[:1_000], **YEAR}),
    "summary of all": ("summary", {"all": True}),
    "hours of all": ("hours", {"all": True}),
    "meeting of all": ("meeting", {"all": True}),
    "usually back of all": ("presence", {"all": True, "usually_back": True}),
}
REFUSED_LATE = "overlap of one, ten years"  # only the sweep knows how many intervals there are
MOST_SECONDS = 5.0
MOST_MEMORY = 64.0  # MiB
EIGHT = "summary of all, a month"


def rows(users: list[User]) -> Iterator[Row]:
    """Yield four periods on each of 250 days of a year for each of *users*, and a million of one."""
    random = Random(1)
    for user in users:
        zone = timezones.zone(user.tz)
        for number in range(250):
            at = END - 365 * DAY + int(number * 1.46) * DAY + random.randrange(8 * instants.HOUR)
            offset = timezones.offset_at(at, zone)
            at += 9 * instants.HOUR - offset * instants.SECOND
            for _ in range(4):
                start = at + random.randrange(1, 1_200) * instants.SECOND
                at = start + random.randrange(2_700, 7_200) * instants.SECOND
                yield user.id, start, at, offset, offset
    for number in range(1_000_000):
        start = END - 10 * 365 * DAY + number * STEP
        yield "one", start, start + STEP * 2 // 3, 0, 0


@cache
def filled() -> Fresh:
    """Return a database with the data; it is made once, and removed when the program ends."""
    made = ExitStack()
    atexit.register(made.close)
    found = made.enter_context(fresh(ROLLBACK_JOURNAL))
    users = [User(user_id, f"Member {user_id}", ZONES[number % 5]) for number, user_id in enumerate(IDS)]
    with Storage.open(found.url) as storage:
        storage.bulk_import.store([*users, User("one", "One", "Europe/Berlin")], rows(users))
    return found


def ask(served: Served, question: str, document: dict[str, Any]) -> tuple[int, float, int]:
    """Return the status, the seconds until the last byte, and the number of bytes."""
    with closing(Client(served.port, timeout=300)) as client:
        started = time.monotonic()
        client.request("POST", f"/api/{question}/", json.dumps(document), {"Content-Type": "application/json"})
        response = client.getresponse()
        length = sum(len(piece) for piece in iter(lambda: response.read(65536), b""))
        return response.status, time.monotonic() - started, length


class Watch:
    """What others see meanwhile: how long ``/healthz`` and a short question take, in milliseconds."""

    def __init__(self, served: Served) -> None:
        self.health: list[float] = []
        self.short: list[float] = []
        self._ended = threading.Event()
        question = ("POST", "/api/loguseractivity/", {"id_list": IDS[:2]})
        self._threads = [
            threading.Thread(target=self._look, args=(served, self.health, "GET", "/healthz", None)),
            threading.Thread(target=self._look, args=(served, self.short, *question)),
        ]

    def _look(self, served: Served, found: list[float], method: str, path: str, document: Any) -> None:
        with closing(Client(served.port, timeout=120)) as client:
            while not self._ended.wait(0.01):
                started = time.monotonic()
                assert client.ask(method, path, document).status == 200
                found.append((time.monotonic() - started) * 1000)

    def __enter__(self) -> "Watch":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def at(part: float, found: list[float]) -> float:
    """Return the value below which *part* of the values found lie."""
    return sorted(found)[min(len(found) - 1, int(len(found) * part))]


def expensive_requests(long: bool = False) -> str:
    """Ask each of the most expensive questions alone; print a line for each with *long*."""
    slowest = most = longest_refusal = 0.0
    with filled().serving() as served:
        ask(served, "hours", {"id_list": IDS[:3]})
        for name, (question, document) in (ALLOWED | REFUSED).items():
            served.forget_peak()
            idle = served.memory()
            with Watch(served) as watch:
                status, seconds, length = ask(served, question, document)
                time.sleep(0.05)
            memory = served.memory("VmHWM") - idle
            if long:
                others = f"/healthz {at(0.5, watch.health):.0f}, short {at(0.5, watch.short):.0f} ms"
                print(
                    f"| {name} | {status} | {seconds:.2f} s | {length / 1e6:.1f} MB | {memory:+.0f} MiB | {others} |"
                )
            assert status == (200 if name in ALLOWED else 400), f"{name}: {status}"
            if name in ALLOWED or name == REFUSED_LATE:
                slowest, most = max(slowest, seconds), max(most, memory)
            else:
                longest_refusal = max(longest_refusal, seconds)
        assert slowest <= MOST_SECONDS, f"the slowest took {slowest:.1f} s"
        assert most <= MOST_MEMORY, f"one took {most:.0f} MiB"
        assert longest_refusal <= 1, f"a refusal took {longest_refusal:.1f} s"
    return (
        f"{len(ALLOWED)} allowed and 1 refused late: at most {slowest:.1f} s and {most:+.0f} MiB;"
        f" {len(REFUSED) - 1} refused within {longest_refusal:.2f} s"
    )


def eight_expensive(long: bool = False) -> str:
    """Ask eight of the most expensive questions at once, by callers who need not queue behind one another."""
    figures = []
    for name in [EIGHT, "hours of one, ten years", "overlap of 1,000, a month"] if long else [EIGHT]:
        with filled().serving() as served, Watch(served) as watch:
            with ThreadPoolExecutor(8) as threads:
                statuses = list(threads.map(lambda _: ask(served, *ALLOWED[name])[0], range(8)))  # noqa: B023  used at once
        assert statuses == [200] * 8, statuses
        short, health, health99 = max(watch.short), at(0.5, watch.health), at(0.99, watch.health)
        assert at(0.99, watch.short) <= 500, f"{name}: a short question took {short:.0f} ms"
        assert health <= 100, f"{name}: /healthz took {health:.0f} ms in the median"
        assert health99 <= 250, f"{name}: /healthz took {health99:.0f} ms at p99"
        figures.append(f"short at most {short:.0f} ms, /healthz {health:.0f} ms, p99 {health99:.0f}")
    return "; ".join(figures)


def write_lock(long: bool = False) -> str:
    """Record 5,000 periods among the million, in different places; measure how long the write lock is held."""
    found = filled()
    with Storage.open(found.url) as storage:
        slowest = 0.0
        for name, periods in _recorded().items():
            held = min(_held(storage, periods) for _ in range(3))
            if long:
                print(f"| {name} | {held * 1000:.0f} ms |")
            slowest = max(slowest, held)
    assert slowest <= 0.25, f"the write lock was held for {slowest * 1000:.0f} ms"
    return f"{len(_recorded())} kinds: held for at most {slowest * 1000:.0f} ms"


def _recorded() -> dict[str, list[ActivityPeriod]]:
    first = END - 10 * 365 * DAY
    starts = [first + number * 200 * STEP for number in range(5_000)]

    def periods(starts: list[int], begins: int, ends: int) -> list[ActivityPeriod]:
        return [ActivityPeriod("one", start + begins, start + ends, 0, 0) for start in starts]

    near = [first + (500_000 + number) * STEP for number in range(5_000)]
    return {
        "5,000 in gaps of ten years": periods(starts, STEP * 2 // 3 + 1, STEP - 1),
        "5,000 that overlap one each": periods(starts, STEP // 3, STEP - 1),
        "5,000 of 7 days": periods(starts, STEP // 3, STEP // 3 + 7 * DAY),
        "5,000 in gaps, one after the other": periods(near, STEP * 2 // 3 + 1, STEP - 1),
        "one of each of 5,000 members": [ActivityPeriod(id_, END + DAY, END + DAY + 1, 0, 0) for id_ in IDS],
    }


def _held(storage: Storage, periods: list[ActivityPeriod]) -> float:
    """Return the seconds from the write lock's being taken to its release; the periods are deleted again."""
    taken: list[float] = []
    work = storage.users.lock

    def lock(*args: Any, **kwargs: Any) -> set[str]:
        taken.append(time.perf_counter())
        return work(*args, **kwargs)

    storage.users.lock = lock  # type: ignore[method-assign]
    try:
        statuses = storage.recording.record(periods).statuses
        held = time.perf_counter() - taken[0]
    finally:
        storage.users.lock = work  # type: ignore[method-assign]
    assert {found.status for found in statuses} <= {"inserted", "overlaps"}
    storage.recording.delete(periods)
    return held
