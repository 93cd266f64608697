"""The groups of figures: each function measures one group on one database and adds it to a table."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.measuring import (
    Figure,
    Served,
    Table,
    ask,
    ask_for_first_byte,
    connected,
    requests_per_second,
    run,
    seconds,
    serving,
    serving_ok,
)
from benchmarks.measuring import (
    load as load_with_waits,
)
from benchmarks.tiers import PostgreSQL, Tier
from ftlserver.domain import instants, time_formats, timezones
from ftlserver.domain.window import Window
from ftlserver.storage import Storage, packing

PATH = "/api/loguseractivity/"
MONTH = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-31T00:00:00Z"}


def startup(table: Table) -> None:
    """Measure how long the programs take to print their version or help."""

    def milliseconds(*arguments: str) -> float:
        return run(*arguments) * 1000

    for module, argument in (("ftlclient", "--version"), ("ftlserver", "--help")):
        table.compare(
            f"{module} {argument}",
            "ms",
            "<= 2",
            partial(milliseconds, "-m", module, argument),
            partial(milliseconds, "-c", "import argparse"),
            table.rounds * 3,
        )


def main_question(table: Table, tier: Tier, *, quick: bool) -> None:
    """Measure requests per second, and the time of a larger answer."""
    team = data.users(1_000)
    database = tier.make("main", team, data.even_rows(team, 100, 2 * instants.HOUR))
    two = [{"id_list": [team[3].id, team[7].id]}]
    others = [{"id_list": [team[number].id, team[-number - 1].id]} for number in range(500)]
    for_seconds = 0.7 if quick else 2.0

    def load(served: Served, path: str = PATH, asked: list[Any] = two) -> Callable[[], float]:
        return lambda: requests_per_second(served, path, asked, for_seconds)

    def many_connections(served: Served, name: str) -> None:
        for connections in (64, 256, 450):
            table.compare(
                f"{tier.prefix}{name} over {connections} connections / over 8",
                "1/s",
                ">= 0.8",
                partial(requests_per_second, served, PATH, two, for_seconds, connections),
                load(served),
            )

    reach = ">= 0.30" if isinstance(tier, PostgreSQL) else ">= 0.45"
    with serving(database) as served, serving_ok() as ok:
        table.compare(f"{tier.prefix}requests/s, 2 ids x 100 periods", "1/s", reach, load(served), load(ok, "/"))
        name = f"{tier.prefix}the same, always about other members"
        table.compare(name, "1/s", reach, load(served, asked=others), load(ok, "/"))
    with serving(database) as served:
        many_connections(served, "the same")
        longest = max(load_with_waits(served, PATH, two, 2 * for_seconds, count)[1] for count in (64, 256, 450))
        table.note(Figure(f"{tier.prefix}longest wait of a connection", "s", "<= 2.0", longest, longest))
    with serving(database) as served, serving(database, "--workers", "2") as two_workers:
        name = f"{tier.prefix}the same with 2 workers / with 1"
        table.compare(name, "1/s", ">= 1.5", load(two_workers), load(served))
        many_connections(two_workers, "with 2 workers")
    ids = [user.id for user in team]
    with serving(database) as served:
        table.compare(
            f"{tier.prefix}answer of 1,000 ids x 100 periods",
            "ms",
            "<= 2.0",
            lambda: ask(served, PATH, {"id_list": ids}) * 1000,
            lambda: tier.fetch(database, ids) * 1000,
        )
    tier.drop(database)


def long_answers(table: Table, tier: Tier, *, quick: bool) -> None:
    """Measure the memory that an answer of a million periods takes, and the time to its first byte."""
    count = 100_000 if quick else 1_000_000
    team = data.users(1_001)
    rows = [*data.even_rows(team[:1_000], count // 1_000, instants.HOUR)]
    rows += data.even_rows(team[1_000:], count // 10, 12 * instants.MINUTE)
    database = tier.make("long", team, rows)
    del rows
    for name, asked in (
        (f"{count:,} periods, 1,000 ids", team[:1_000]),
        (f"{count // 10:,}, one id", team[1_000:]),
    ):
        with serving(database) as served:
            ask(served, PATH, {"id_list": [team[0].id]})
            idle = served.memory("VmRSS")
            first = ask_for_first_byte(served, PATH, {"id_list": [user.id for user in asked]}) * 1000
            more = served.memory("VmHWM") - idle
        table.note(Figure(f"{tier.prefix}memory, answer of {name}", "MiB", "<= 32", more, more))
        table.note(Figure(f"{tier.prefix}its first byte", "ms", "<= 100", first, first))
    tier.drop(database)


def writing(table: Table, tier: Tier, directory: Path, *, quick: bool) -> None:
    """Measure an import, and requests that record 5,000 periods."""
    team = data.users(1_000)
    count = 100_000 if quick else 200_000 if isinstance(tier, PostgreSQL) else 1_000_000
    rows = list(data.even_rows(team, count // 1_000, instants.HOUR))
    sent = (
        {
            "user_id": user_id,
            "start_time": time_formats.iso(start, offset),
            "end_time": time_formats.iso(end, offset),
        }
        for user_id, start, end, offset, _ in rows
    )
    lines = directory / "periods.ndjson"
    with lines.open("w") as file:
        file.writelines(json.dumps(period) + "\n" for period in sent)
    some = [json.loads(line) for line in lines.read_text().splitlines()[:100_000]]
    bodies = [json.dumps({"periods": some[at : at + 5_000]}).encode() for at in range(0, len(some), 5_000)]

    def executemany() -> float:
        return len(rows) / tier.executemany(tier.make("floor", team, []), rows)

    def import_() -> float:
        database = tier.make("import", team, [])
        return len(rows) / run("-m", "ftlserver", "--database", database, "import", "ndjson", str(lines))

    def post() -> float:
        with serving(tier.make("post", team, [])) as served, connected(served) as connection:

            def work() -> None:
                for body in bodies:
                    connection.request("POST", "/api/activity/", body, {"Content-Type": "application/json"})
                    assert json.loads(connection.getresponse().read())["inserted"] == 5_000

            return len(some) / seconds(work)

    rounds = 2 if quick else 5
    name = f"{tier.prefix}import of {count:,} ndjson periods"
    table.compare(name, "rows/s", ">= 0.5", import_, executemany, rounds)
    table.compare(f"{tier.prefix}POST of 5,000 periods", "rows/s", ">= 0.3", post, executemany, rounds)


def history(table: Table, tier: Tier, *, quick: bool) -> None:
    """Measure whether the cost depends on the size of the answer and not on that of the history."""
    sizes = [10**5, 10**6] if quick else [10**5, 10**6, 10**7]
    small_database = tier.make("history0", *data.history(10**4))
    two = {"id_list": [user.id for user in data.users(2)]}
    first = data.START + 1_000 * data.DAY
    week = {"from": time_formats.iso(first, 0), "to": time_formats.iso(first + 7 * data.DAY, 0)}

    def milliseconds(served: Served) -> float:
        return ask(served, PATH, two, times=300) * 1000

    with serving(small_database) as small:
        for size in sizes:
            database = tier.make("history", *data.history(size))
            with serving(database) as served:
                table.compare(
                    f"{tier.prefix}2 ids x 100 among {size:,} / among 10,000",
                    "ms",
                    "<= 1.2",
                    partial(milliseconds, served),
                    partial(milliseconds, small),
                )
                if size == sizes[-1]:
                    _week(table, tier, database, served, week)
            tier.drop(database)
    tier.drop(small_database)


def _week(table: Table, tier: Tier, database: str, served: Served, week: dict[str, str]) -> None:
    team = data.users(102)[2:]
    ids = [user.id for user in team]
    window = (
        time_formats.parse_edge(week["from"], timezones.zone("UTC")),
        time_formats.parse_edge(week["to"], timezones.zone("UTC")),
    )
    rows = data.even_rows(team, 10_000, 8 * instants.HOUR)
    alone = tier.make("alone", team, [row for row in rows if row[2] > window[0] and row[1] < window[1]])

    def ours(served: Served) -> float:
        return ask(served, PATH, {"id_list": ids, **week}, times=20) * 1000

    with serving(alone) as floor:
        name = f"{tier.prefix}a week of 100 ids among the last / alone"
        table.compare(name, "ms", "<= 1.5", lambda: ours(served), lambda: ours(floor))
    if isinstance(tier, PostgreSQL):
        name = f"{tier.prefix}a week of 100 ids / fetched"
        table.compare(name, "ms", "<= 2.0", lambda: ours(served), lambda: tier.fetch(database, ids, window) * 1000)
    tier.drop(alone)


def team_questions(table: Table, tier: Tier, *, quick: bool) -> None:
    """Measure the questions about 50 members and a month: 100,000 of a million periods."""
    team = data.users(50)
    database = tier.make("team", team, data.working_days(team, 90 if quick else 300))
    window = Window.of(MONTH, instants.now())
    edges = window.edges(team[0])
    with Storage.open(database, threads=4) as storage, serving(database) as served:
        extents = list(storage.periods.extents(team, {user.id: edges for user in team}))

        def spans() -> list[Any]:
            return [page for _, pages in storage.periods.read(packing.SPANS, extents) for page in pages]

        def read() -> float:
            if isinstance(tier, PostgreSQL):
                return tier.fetch(database, [user.id for user in team], edges) * 1000
            return seconds(spans) * 1000

        def milliseconds(question: str) -> float:
            return ask(served, f"/api/{question}/", {"all": True, **MONTH}) * 1000

        for question in ("summary", "overlap", "hours"):
            table.compare(
                f"{tier.prefix}{question} of 50 members and a month",
                "ms",
                "<= 2.0",
                partial(milliseconds, question),
                read,
            )
    tier.drop(database)
