"""Tables whose columns are cut to the width of the terminal instead of being wrapped."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from ftlclient.views.formatting import fit, shown_as, widths

_GAP = "  "


class CutTable:
    """A table below a *title*; each cell is a text and its style.

    Where it is too wide, the columns in *order* are cut.
    """

    def __init__(
        self, title: Text, heads: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]], order: Sequence[int]
    ) -> None:
        self.title = title
        self.heads = heads
        self.rows = rows
        self.order = order

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the width with nothing cut."""
        natural = self._natural(ascii_only=options.ascii_only)
        widest = sum(natural) + len(_GAP) * (len(natural) - 1)
        return Measurement(20, min(max(widest, self.title.cell_len), options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the table as wide as its texts, or as the terminal allows."""
        ascii_only = options.ascii_only
        natural = self._natural(ascii_only=ascii_only)
        columns = widths(natural, options.max_width - len(_GAP) * (len(natural) - 1), self.order)
        yield self.title
        yield self._line([(head, "bold") for head in self.heads], columns, ascii_only=ascii_only)
        yield Text(_GAP.join(("-" if ascii_only else "─") * width for width in columns), "dim", no_wrap=True)
        for row in self.rows:
            yield self._line(row, columns, ascii_only=ascii_only)

    def _line(self, cells: Sequence[tuple[str, str]], columns: Sequence[int], *, ascii_only: bool) -> Text:
        line = Text(no_wrap=True, overflow="crop")
        for number, ((text, style), width) in enumerate(zip(cells, columns, strict=True)):
            line.append(_GAP if number else "").append(fit(text, width, ascii_only=ascii_only), style)
        line.rstrip()
        return line

    def _natural(self, *, ascii_only: bool) -> list[int]:
        lines = [list(self.heads), *([text for text, _ in row] for row in self.rows)]
        columns = zip(*lines, strict=True)
        return [max(cell_len(shown_as(text, ascii_only=ascii_only)) for text in column) for column in columns]
