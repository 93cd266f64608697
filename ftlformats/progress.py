"""What a person at a terminal sees while a file is read."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ftlformats import Items
from ftlformats.source import Source


def with_bar(source: Source, doing: str) -> Items:
    """Yield the items, with a bar on a terminal for what has been read of the file; a pipe stays quiet."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from source.items
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[items]:,} items"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(doing, total=source.size, items=0)
        for number, item in enumerate(source.items):
            yield item
            if number % 1_000 == 0:
                progress.update(task, items=number, completed=source.position)
