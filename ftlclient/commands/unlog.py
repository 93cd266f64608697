"""Delete a period that was recorded, named by its start and its end as they are shown; undo brings it back."""

import argparse

from rich.console import Console

from ftlclient.commands import _session, _stored
from ftlcommon.terminal import safe

EXAMPLE = "ftlclient unlog 09:00 12:30 --on yesterday"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    _stored.add_arguments(parser)


def handle(args: argparse.Namespace, console: Console) -> int:
    with _session.connect(args) as client:
        stored = _stored.find(client, args)
        document = {"periods": [stored.document]}
        answer = client.request("DELETE", "/api/activity/", document)
        _session.note_change(client, answer, document)
    console.print(f"deleted: {safe(str(stored.period))}", markup=False, soft_wrap=True)
    return 0
