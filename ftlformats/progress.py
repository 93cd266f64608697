"""What a person at a terminal sees while a file is read."""

import sys

from ftlformats import FoundPeriods, Items
from ftlformats.source import Source


def with_bar(source: Source, doing: str) -> Items:
    """Yield the items, with a bar on a terminal for what has been read of the file; a pipe stays quiet."""
    if not sys.stderr.isatty():
        yield from source.items
        return
    from rich.console import Console  # noqa: PLC0415  60 ms that nobody sees in a pipe
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[items]:,} items"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(doing, total=source.size, items=0)
        number = shown = 0
        for item in source.items:
            yield item
            number += len(item.periods) if isinstance(item, FoundPeriods) else 1
            if number - shown >= 1_000:
                shown = number
                progress.update(task, items=number, completed=source.position)
