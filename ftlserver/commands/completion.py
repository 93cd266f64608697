"""Write the script that lets a shell complete ftlserver's commands and options.

bash: add it to ~/.bashrc; zsh: to ~/.zshrc; fish: to ~/.config/fish/completions/ftlserver.fish.
"""

import argparse

from argcomplete.shell_integration import shellcode

from ftlserver.config import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=["bash", "zsh", "fish"])


def handle(args: argparse.Namespace, _config: Config) -> int:
    print(shellcode(["ftlserver"], shell=args.shell))
    return 0
