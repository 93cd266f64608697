"""What the commands that change something say at their end."""

import sys


def say_undo(change: int | None) -> None:
    """Say how to take a change back, or that nothing was changed."""
    if change is None:
        print("ftlserver: nothing was changed", file=sys.stderr)
    else:
        print(f"ftlserver: undo with: ftlserver undo {change}", file=sys.stderr)
