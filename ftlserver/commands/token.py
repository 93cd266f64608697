"""Create, list, revoke and rotate tokens. A token is shown once, when it is created.

The first one locks a server that was open to its own machine.
"""

import argparse
import json
import sys
from dataclasses import asdict, replace
from typing import Any

from rich.console import Console
from rich.table import Table

from ftlcommon.command_line import duration
from ftlcommon.terminal import safe
from ftlserver.commands._names import team_id_of, user_ids_of
from ftlserver.config import Config
from ftlserver.domain import instants, time_formats
from ftlserver.domain import token as tokens
from ftlserver.domain.token import FEED, FEEDS, SCOPES, Token
from ftlserver.domain.user import is_real_name
from ftlserver.errors import ConfigError
from ftlserver.storage import Storage

_seconds = duration(0, 99_999 * 86_400)
_NEVER = "never"
_UNITS = {"15m": 900, "1d": 86_400}  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions", dest="action")
    create = actions.add_parser("create", help="make a token and write it to stdout, once")
    create.add_argument("--name", type=_name, help="what the token is for, such as laptop")
    kind = create.add_mutually_exclusive_group(required=True)
    kind.add_argument(
        "--scope",
        action="append",
        choices=(*SCOPES, FEED),
        help="what it may do: %(choices)s; may be repeated; write does not hold read, admin holds both;"
        " feed opens one --view and nothing else",
    )
    kind.add_argument(
        "--wakatime",
        action="store_true",
        help="make a key for the editor plugins of WakaTime, which records the activity of one --user",
    )
    create.add_argument(
        "--view", choices=FEEDS, help="what a feed shows: %(choices)s; its address contains the secret"
    )
    create.add_argument("--user", metavar="USER", action="append", help="bind it to this user; may be repeated")
    create.add_argument("--team", metavar="TEAM", help="bind it to the members that a team has at each moment")
    create.add_argument(
        "--round",
        choices=list(_UNITS),
        help="let it see rounded times only, to quarters of an hour or days",
    )
    create.add_argument(
        "--expires", metavar="TIME", type=_lifetime, default="365d", help="such as 90d, 12h, never (%(default)s)"
    )
    create.set_defaults(refuse=create.error)
    actions.add_parser("list", help="list the tokens, without their secrets")
    revoke = actions.add_parser("revoke", help="let a token end now")
    revoke.add_argument("id", metavar="ID")
    rotate = actions.add_parser("rotate", help="make a new token in the place of an old one")
    rotate.add_argument("id", metavar="ID")
    rotate.add_argument(
        "--grace", metavar="TIME", type=_duration, default="0s", help="how long the old one lives on (%(default)s)"
    )
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="write JSON")


def handle(args: argparse.Namespace, config: Config) -> int:
    if args.action == "create":
        _check(args)
    with Storage.open(config.database, create=args.action == "create") as storage:
        if args.action == "create" and args.team is not None:
            args.team = team_id_of(storage, args.team)
        if args.action == "create" and args.user is not None:
            args.user = user_ids_of(storage, args.user)
        return int(_ACTIONS[args.action](args, storage, config))


def _check(args: argparse.Namespace) -> None:
    """Exit for options of create that do not go together."""
    if args.wakatime and (args.user is None or args.team is not None):
        args.refuse("--wakatime needs the user whose activity the key records: --user USER")
    if args.round is not None and args.scope not in (["read"], [FEED]):
        args.refuse("--round is for a token that only reads: --scope read or --scope feed")
    if (args.view is not None) != (args.scope is not None and FEED in args.scope):
        args.refuse(f"--scope feed needs the view that it opens, and no other scope does: --view {FEEDS[0]}")
    if args.view is not None and len(set(args.scope)) > 1:
        args.refuse("a feed opens its view and nothing else; make another token for the other scopes")
    if args.name is None and not args.wakatime:
        args.refuse("the following arguments are required: --name")


def _create(args: argparse.Namespace, storage: Storage, config: Config) -> int:
    now = instants.now()
    expires_at = None if args.expires is None else now + args.expires
    if args.team is not None and args.user is not None:
        raise ConfigError("--team and --user cannot be combined; drop one")
    user_ids = None if args.user is None else tuple(dict.fromkeys(args.user))
    if args.team is not None:
        user_ids = ()  # without its team the token has access to no one
    if args.wakatime and len(user_ids or ()) != 1:
        raise ConfigError("a key records the activity of one user; make one for each")
    view = tokens.WAKATIME if args.wakatime else args.view
    scopes = ("write",) if args.wakatime else tuple(dict.fromkeys(args.scope))
    token, secret = _mint(args.name or "wakatime", scopes, user_ids, now, expires_at, view=view)
    token = replace(token, team_id=args.team, round_seconds=None if args.round is None else _UNITS[args.round])
    is_first = not storage.tokens.has_any()
    storage.tokens.add(token)
    _show(args, token, secret, config)
    if is_first:
        print("ftlserver: this is the first token: from now on every request needs one", file=sys.stderr)
    return 0


def _list(args: argparse.Namespace, storage: Storage, _config: Config) -> int:
    found = storage.tokens.all()
    if args.json:
        print(json.dumps([_to_json(token) for token in found]))
        return 0
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "name", "scope", "users", "made", "expires", "last used"):
        table.add_column(column, overflow="fold")
    now = instants.now()
    for token in found:
        users = "all" if token.user_ids is None else " ".join(token.user_ids) or "none"
        if token.team_id is not None:
            users = f"team {token.team_id}"
        scopes = token.view or " ".join(token.scopes)
        if token.round_seconds is not None:
            unit = next((name for name, found in _UNITS.items() if found == token.round_seconds), "rounded")
            scopes += f" ({unit})"
        expires = _when(token.expires_at, "never") if token.revoked_at is None else "revoked"
        style = None if token.is_valid(now) else "dim"
        row = (token.id, safe(token.name), scopes, users, _when(token.created_at, ""), expires)
        table.add_row(*row, _when(token.last_used_at, "never"), style=style)
    Console().print(table)
    return 0


def _revoke(args: argparse.Namespace, storage: Storage, _config: Config) -> int:
    storage.tokens.revoke(args.id, instants.now())
    if args.json:
        print(json.dumps(_to_json(storage.tokens.get(args.id))))
    else:
        print(f"token {args.id} is revoked")
    return 0


def _rotate(args: argparse.Namespace, storage: Storage, config: Config) -> int:
    old = storage.tokens.get(args.id)
    now = instants.now()
    if old.view == tokens.PAGE:
        raise ConfigError(f"token {old.id} belongs to a browser; log out there, and log in again")
    if not old.is_valid(now):
        raise ConfigError(f"token {old.id} has ended; make a new one with: ftlserver token create")
    expires_at = None if old.expires_at is None else now + old.expires_at - old.created_at
    new, secret = _mint(old.name, old.scopes, old.user_ids, now, expires_at, view=old.view)
    new = replace(new, team_id=old.team_id, round_seconds=old.round_seconds)
    storage.tokens.rotate(old.id, new, now + args.grace)
    _show(args, new, secret, config)
    return 0


_ACTIONS = {"create": _create, "list": _list, "revoke": _revoke, "rotate": _rotate}


def _mint(
    name: str,
    scopes: tuple[str, ...],
    user_ids: tuple[str, ...] | None,
    now: int,
    expires_at: int | None,
    *,
    view: str | None,
) -> tuple[Token, str]:
    id_, secret = tokens.mint_key() if view == tokens.WAKATIME else tokens.mint()
    return Token(id_, name, tokens.digest(secret), scopes, user_ids, now, expires_at, view=view), secret


def _show(args: argparse.Namespace, token: Token, secret: str, config: Config) -> None:
    is_feed = token.view in FEEDS
    address = f"{_base_url(config)}/feed/{secret}/{token.view}" if is_feed else None
    if args.json:
        print(json.dumps({**_to_json(token), "token": secret} | ({"address": address} if is_feed else {})))
        return
    of = f" of {', '.join(token.user_ids)}" if token.user_ids else ""
    until = _when(token.expires_at, "without end", "until ")
    print(f"ftlserver: token {token.id}{of}, {until}, shown this once:", file=sys.stderr)
    print(secret if address is None else address)
    if address is not None and address.startswith("/"):
        print(
            "ftlserver: this path follows the URL of the server, such as http://127.0.0.1:8080",
            file=sys.stderr,
        )
    if token.view == tokens.WAKATIME:
        where = "with api_url = URL/api/wakatime, where URL is that of this server"
        print(f"ftlserver: this is the api_key for ~/.wakatime.cfg, {where}", file=sys.stderr)


def _base_url(config: Config) -> str:
    """Return the URL of a server behind a proxy, which takes https alone; others are not known here."""
    return f"https://{config.allowed_hosts[0]}" if config.allowed_hosts and config.trusted_proxy else ""


def _to_json(token: Token) -> dict[str, Any]:
    values = asdict(token)
    del values["digest"]
    for name in ("created_at", "expires_at", "last_used_at", "revoked_at"):
        values[name] = None if values[name] is None else time_formats.iso(values[name], 0)
    return values


def _when(instant: int | None, without: str, before: str = "") -> str:
    return without if instant is None else f"{before}{instants.wall_clock(instant, 0):%Y-%m-%d %H:%M}Z"


def _duration(text: str) -> int:
    return _seconds(text) * instants.SECOND


def _lifetime(text: str) -> int | None:
    return None if text == _NEVER else _duration(text)


def _name(text: str) -> str:
    if not is_real_name(text):
        raise argparse.ArgumentTypeError("expected 1 to 200 characters without control characters")
    return text
