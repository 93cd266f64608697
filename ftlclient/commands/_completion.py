"""What a shell offers for an argument: the members, teams and zones that begin with what was typed."""

import argparse
import os
from typing import Any
from urllib.parse import quote

from ftlclient import time_ranges
from ftlclient.api import answers
from ftlclient.api.client import Client
from ftlclient.config import Config
from ftlclient.errors import ClientError
from ftlcommon.member_names import folded

_SECONDS = 1.0  # a shell waits for it
_MOST = 50


def complete_members(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Return the ids and names that begin with *prefix*, or with what follows its last comma."""
    before, comma, text = prefix.rpartition(",")
    answer = _answer(parsed_args, f"/api/users/?query={quote(text, safe='')}&limit={_MOST}", answers.USERS)
    names = [name for member in answer.get("members", []) for name in (member["id"], member["real_name"])]
    return [before + comma + name for name in _completed(text, names)]


def complete_teams(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Return the ids of teams that begin with *prefix*."""
    answer = _answer(parsed_args, "/api/teams/", answers.TEAMS)
    return _completed(prefix, [team["id"] for team in answer.get("teams", [])])


def complete_zones(prefix: str, **_: Any) -> list[str]:
    """Return the time zones that begin with *prefix*."""
    return [name for name in ("local", "member", *time_ranges.zone_names()) if name.startswith(prefix)]


def _completed(text: str, names: list[str]) -> list[str]:
    """Return *names* that begin with *text* without regard to case, which stays as it was typed."""
    return [
        text + name[len(text) :] for name in names if folded(name).startswith(folded(text)) and name.isprintable()
    ]


def _answer(args: argparse.Namespace, path: str, shape: answers.Shape) -> dict[str, Any]:
    """Return the answer to one short request, empty if there is none: a shell has no place for errors."""
    try:
        config = Config.load(os.environ, getattr(args, "url", None))
        with Client(config.url, token=config.token, timeout=_SECONDS) as client:
            answer = client.request("GET", path)
            answers.check(answer, shape)
            return answer
    except ClientError:
        return {}
