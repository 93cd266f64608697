"""Change the start or the end of a period that was recorded; undo sets it back."""

import argparse

from rich.console import Console

from ftlclient.commands import _recording, _session, _stored
from ftlclient.commands._recording import Period
from ftlclient.errors import ConfigError
from ftlclient.time_expressions import read_clock, sent
from ftlcommon.terminal import safe

EXAMPLE = "ftlclient edit 09:00 12:30 --on yesterday --new-end 12:00"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _stored.add_arguments(parser)
    parser.add_argument("--new-start", metavar="TIME", help="when it started")
    parser.add_argument("--new-end", metavar="TIME", help="when it ended")
    _recording.add_yes_argument(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    if not (args.new_start or args.new_end):
        raise ConfigError("say what was different: --new-start TIME, --new-end TIME or both")
    with _session.connect(args) as client:
        stored = _stored.find(client, args)
        period = _changed(stored.period, args)
        _recording.check_length(period, args)
        document = {
            **stored.document,
            "new_start_time": sent(period.start) if args.new_start else stored.document["start_time"],
            "new_end_time": sent(period.end) if args.new_end else stored.document["end_time"],
        }
        answer = client.request("PATCH", "/api/activity/", document)
        _session.note_change(client, answer, document)
    console.print(f"now: {safe(str(period))}", markup=False, soft_wrap=True)
    return 0


def _changed(period: Period, args: argparse.Namespace) -> Period:
    """Return *period* with the new times; a time of day alone is on the day on which it started."""
    clock, start, end = period.clock, period.start, period.end
    if args.new_start:
        day = None if read_clock(args.new_start) is None else start.date().isoformat()
        start = _recording.read_start(args.new_start, clock.now(), day)
    if args.new_end:
        end = _recording.read_end(args.new_end, start, clock.now())
    return Period(clock, start, end)
