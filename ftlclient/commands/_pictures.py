"""Pictures of a view, as SVG and HTML."""

import argparse
import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType
from rich.measure import Measurement

from ftlclient.errors import ConfigError

NARROWEST_PICTURE = 72
WIDEST_PICTURE = 100

# Rich's SVG loads its font from the web, which would reveal each time that the picture is opened.
_SVG = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def add_picture_arguments(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--svg", metavar="FILE", type=Path, help="also write the table as an SVG picture")
    parser.add_argument("--html", metavar="FILE", type=Path, help="also write the table as a web page")


def write_pictures(view: RenderableType, args: argparse.Namespace) -> None:
    """Write the requested pictures of *view*; raise ConfigError."""
    if args.svg or args.html:
        recorder = Console(
            record=True,
            width=WIDEST_PICTURE,
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
            legacy_windows=False,
            highlight=False,
        )
        wanted = Measurement.get(recorder, recorder.options, view).maximum
        recorder.width = max(NARROWEST_PICTURE, min(wanted, WIDEST_PICTURE))
        recorder.print(view)
        title = f"ftlclient {args.command}"
        if args.svg:
            _write(args.svg, recorder.export_svg(title=title, code_format=_SVG, unique_id="ftl", clear=False))
        if args.html:
            _write(args.html, recorder.export_html())


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"cannot write {path}: {exc.strerror}") from exc
