"""The progress bar of an import."""

import sys

from ftlcommon.formats import FoundPeriods, Items
from ftlcommon.formats.source import Source


def with_bar(source: Source, activity: str) -> Items:
    """Yield the items of *source* and show on a terminal how much of the file has been read."""
    if not sys.stderr.isatty():
        yield from source.items
        return
    from rich.console import Console  # noqa: PLC0415  60 ms that a pipe does not need
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[items]:,} items"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(activity, total=source.size, items=0)
        number = shown = 0
        for item in source.items:
            yield item
            number += len(item.periods) if isinstance(item, FoundPeriods) else 1
            if number - shown >= 1_000:
                shown = number
                progress.update(task, items=number, completed=source.position)
