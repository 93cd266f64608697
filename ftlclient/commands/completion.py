"""Write the script that lets a shell complete ftlclient's commands and options.

bash: add it to ~/.bashrc; zsh: to ~/.zshrc; fish: to ~/.config/fish/completions/ftlclient.fish.
"""

import argparse

from argcomplete.shell_integration import shellcode
from rich.console import Console

EXAMPLE = "ftlclient completion bash >> ~/.bashrc"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=["bash", "zsh", "fish"])


def handle(args: argparse.Namespace, _console: Console) -> int:
    print(shellcode(["ftlclient"], shell=args.shell))
    return 0
