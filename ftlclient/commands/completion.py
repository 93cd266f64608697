"""Write the script with which a shell completes the commands and options of ftlclient.

bash: append it to ~/.bashrc; zsh: to ~/.zshrc; fish: to ~/.config/fish/completions/ftlclient.fish.
"""

import argparse

from rich.console import Console

from ftlcommon.command_line import SHELLS, completion_script

EXAMPLE = "ftlclient completion bash >> ~/.bashrc"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


def handle(args: argparse.Namespace, _console: Console) -> int:
    print(completion_script("ftlclient", args.shell))
    return 0
