"""Pictures of a view, as SVG and HTML."""

import argparse
import html
import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_HTML_FORMAT, CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType
from rich.measure import Measurement

from ftlclient.errors import ConfigError

NARROWEST_PICTURE = 72
WIDEST_PICTURE = 100

# Rich's SVG loads its font from the web, which would reveal each time that the picture is opened.
_SVG = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
_SUFFIXES = {"svg": (".svg",), "html": (".html", ".htm", ".xhtml")}


def add_picture_arguments(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--svg", metavar="FILE", type=Path, help="also write the table as an SVG picture")
    parser.add_argument("--html", metavar="FILE", type=Path, help="also write the table as a web page")


def check_names(args: argparse.Namespace) -> None:
    """Raise ConfigError if a picture's file has the name of another format."""
    for option, suffixes in _SUFFIXES.items():
        path = getattr(args, option)
        if path and path.suffix and path.suffix.lower() not in suffixes:
            raise ConfigError(
                f"--{option} writes {option.upper()}, not what {path.name} looks like; "
                f"name it {path.stem}{suffixes[0]}"
            )


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
            _write(args.html, recorder.export_html(code_format=_page(title)))


def _page(title: str) -> str:
    """Return Rich's page with a title; braces are those of its format."""
    head = f"<head>\n<title>{html.escape(title).replace('{', '{{').replace('}', '}}')}</title>"
    return CONSOLE_HTML_FORMAT.replace("<head>", head, 1)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"cannot write {path}: {exc.strerror}") from exc
