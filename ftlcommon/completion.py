"""Write the script with which a shell completes the commands and options of ftl-activity.

bash: append it to ~/.bashrc; zsh: to ~/.zshrc; fish: to ~/.config/fish/completions/ftl-activity.fish.
"""

import argparse

from ftlcommon.command_line import SHELLS, completion_script


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


def handle(args: argparse.Namespace) -> int:
    print(completion_script("ftl-activity", args.shell))  # noqa: T201
    return 0
