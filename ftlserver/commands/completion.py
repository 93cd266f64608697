"""Write the script with which a shell completes the commands and options of ftlserver.

bash: append it to ~/.bashrc; zsh: to ~/.zshrc; fish: to ~/.config/fish/completions/ftlserver.fish.
"""

import argparse

from ftlcommon.command_line import SHELLS, completion_script
from ftlserver.config import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


def handle(args: argparse.Namespace, _config: Config) -> int:
    print(completion_script("ftlserver", args.shell))
    return 0
