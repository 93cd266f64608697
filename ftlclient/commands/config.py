"""Show or change what holds for every command on this machine: the default team, the week and the clock.

Without KEY all settings are shown, without VALUE one.
"""

import argparse

from rich.console import Console

from ftlclient.config import SETTINGS, check_setting, read_settings, write_settings
from ftlclient.errors import ConfigError
from ftlcommon.terminal import safe

EXAMPLE = "ftlclient config week-start sunday"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    names = "; ".join(
        f"{name}: {help_}" + (f", {' or '.join(allowed)}" if allowed else "")
        for name, (_, allowed, help_) in SETTINGS.items()
    )
    parser.add_argument("key", metavar="KEY", nargs="?", choices=list(SETTINGS), help=names)
    parser.add_argument("value", metavar="VALUE", nargs="?", help="the new value")
    parser.add_argument(
        "--unset", metavar="KEY", choices=list(SETTINGS), help="go back to the default of a setting"
    )


def handle(args: argparse.Namespace, console: Console) -> int:
    saved = read_settings()
    if args.unset:
        if args.key:
            raise ConfigError("--unset takes the only KEY; drop the other")
        saved.pop(args.unset, None)
        write_settings(saved)
    elif args.value is not None:
        write_settings(saved | {args.key: check_setting(args.key, args.value)})
    elif args.key:
        value = saved.get(args.key, SETTINGS[args.key][0])
        if value is None:
            raise ConfigError(f"{args.key} is not set; set it with: ftlclient config {args.key} VALUE")
        console.print(safe(value), markup=False, soft_wrap=True)
    else:
        for name, (default, _, _) in SETTINGS.items():
            shown = safe(saved[name]) if name in saved else f"{default or 'none'} (default)"
            console.print(f"{name:12} {shown}", markup=False, soft_wrap=True)
    return 0
