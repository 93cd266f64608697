"""Show which periods are running on this machine, since when, and what waits to be sent; this asks no server."""

import argparse
from collections import Counter
from datetime import datetime

from rich.console import Console

from ftlclient import time_ranges
from ftlclient.api.spool import Running, Spool
from ftlclient.config import spool_file
from ftlcommon import zones
from ftlcommon.terminal import safe
from ftlcommon.wording import counted, hours_and_minutes, time_of_day

EXAMPLE = "ftlclient status"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    pass


def handle(_args: argparse.Namespace, console: Console) -> int:
    spool = Spool(spool_file())
    lines = [_line(running) for running in spool.running()] or ["nothing is running"]
    items = spool.items()
    waiting = Counter(item.url for item in items if item.reason is None)
    lines += [f"{counted(count, 'write')} to be sent to {url}" for url, count in waiting.items()]
    if not waiting:
        lines.append("nothing waits to be sent")
    if refused := sum(item.reason is not None for item in items):
        lines.append(f"{counted(refused, 'write')} refused (see ftlclient spool)")
    for line in lines:
        console.print(safe(line), markup=False, soft_wrap=True)
    return 0


def _line(running: Running) -> str:
    began = datetime.fromisoformat(running.start_time).astimezone(zones.zone(running.tz))
    length = hours_and_minutes(time_ranges.now() - began)
    since = f"{began:%a %Y-%m-%d} {time_of_day(began)} {running.tz}"
    return f"{running.user_id} since {since} ({length}), at {running.url}"
