"""A question that is asked again and again, on a screen of its own."""

import time
from collections.abc import Callable

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.text import Text

from ftlclient import time_ranges
from ftlclient.errors import ClientError, ConfigError
from ftlcommon.terminal import safe
from ftlcommon.wording import counted


class Screen:
    """The lines of *view* that fit the terminal, how many are below, and *state* in the last line."""

    def __init__(self, view: RenderableType, state: Text) -> None:
        self.view = view
        self.state = state

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw as many lines as the terminal has."""
        lines = console.render_lines(self.view, options.update(height=None), pad=False)
        state = self.state.copy()
        if (below := len(lines) - (console.height - 1)) > 0:
            state = Text(f"{counted(below, 'more line')} below; ", "yellow").append_text(state)
        state.truncate(options.max_width)
        for line in lines[: max(0, console.height - 1)]:
            yield from line
            yield Segment.line()
        state.end = ""
        yield state


def watch(ask: Callable[[], RenderableType], seconds: float, console: Console) -> int:
    """Draw what *ask* returns every so many *seconds* until Ctrl-C, also after the server was unavailable."""
    view: RenderableType = Text("waiting for the server ...")
    with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="visible") as live:
        try:
            while True:
                try:
                    view = ask()
                    state = Text(f"{time_ranges.now().astimezone():%H:%M:%S}, again in {seconds:g} s", "dim")
                except ConfigError:
                    raise
                except ClientError as exc:
                    state = Text(f"{time_ranges.now().astimezone():%H:%M:%S}, {safe(str(exc))}", "yellow")
                live.update(Screen(view, state), refresh=True)
                time.sleep(seconds)
        except KeyboardInterrupt:
            return 0
