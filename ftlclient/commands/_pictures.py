"""Pictures of an answer, as SVG, PNG and HTML files."""

import argparse
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path

from ftlclient.errors import ConfigError
from ftlclient.views.formatting import check_rows
from ftlcommon.drawing import STYLE, Picture
from ftlcommon.terminal import safe

_SUFFIXES = {"svg": (".svg",), "html": (".html", ".htm", ".xhtml"), "png": (".png",)}
# Programs that read SVG and write PNG, twice as large, through pipes, so that no name of a file is theirs to read.
_CONVERTERS = {
    "rsvg-convert": ("--zoom=2", "--format=png"),
    "inkscape": ("--pipe", "--export-type=png", "--export-dpi=192", "--export-filename=-"),
    "magick": ("-density", "192", "svg:-", "png:-"),
}
_NO_CONVERTER = (
    "--png needs a program that converts SVG, and there is none of rsvg-convert, inkscape and magick; install "
    "librsvg (Debian: apt install librsvg2-bin; macOS: brew install librsvg), or use --svg"
)
_PNG = b"\x89PNG"
_SECONDS = 60

_PAGE_STYLE = """
:root { color-scheme: light dark }
body { margin: 1rem auto; padding: 0 1rem; max-width: 70rem; font: 14px/1.5 system-ui, sans-serif }
figure, div { margin: 0 0 1rem; overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
caption { text-align: left; font-weight: 600; padding-bottom: .5rem }
th, td { padding: .2rem 1rem .2rem 0; text-align: left; white-space: nowrap; border-bottom: 1px solid #8884 }
@media screen and (prefers-color-scheme: dark) { body { background: #0d1117; color: #e6edf3 } }
"""


def add_picture_arguments(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--svg", metavar="FILE", type=Path, help="also draw the answer as an SVG picture")
    parser.add_argument("--png", metavar="FILE", type=Path, help="also draw it as a PNG picture")
    parser.add_argument("--html", metavar="FILE", type=Path, help="also write it as a web page, with a table")


def is_wanted(args: argparse.Namespace) -> bool:
    """Tell whether a picture is to be written."""
    return any(getattr(args, option) for option in _SUFFIXES)


def check_pictures(args: argparse.Namespace) -> None:
    """Raise ConfigError if a picture's file has the name of another format, or nothing here can make a PNG."""
    for option, suffixes in _SUFFIXES.items():
        path = getattr(args, option)
        if path and path.suffix and path.suffix.lower() not in suffixes:
            raise ConfigError(
                f"--{option} writes {option.upper()}, not what {path.name} looks like; "
                f"name it {path.stem}{suffixes[0]}"
            )
    if args.png and not any(map(shutil.which, _CONVERTERS)):
        raise ConfigError(_NO_CONVERTER)


def write_pictures(
    picture: Callable[[], Picture],
    columns: Sequence[str],
    rows: Callable[[], Iterable[Sequence[object]]],
    args: argparse.Namespace,
) -> None:
    """Write the requested files of *picture*, and of the table of the same data; raise ConfigError."""
    if not is_wanted(args):
        return
    drawn = picture()
    if args.svg:
        _write(args.svg, drawn.svg().encode())
    if args.html:
        _write(args.html, _page(drawn, columns, list(rows())).encode())
    if args.png:
        _write(args.png, _png(drawn.svg().encode()))


def _page(picture: Picture, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a page with a picture and a table."""
    check_rows(len(rows))
    title = escape(safe(picture.title))
    heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    lines = "\n".join(
        f"<tr>{''.join(f'<td>{escape(safe(str(value)))}</td>' for value in row)}</tr>" for row in rows
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_PAGE_STYLE}{STYLE}</style>
</head>
<body>
<figure>
{picture.embedded()}</figure>
<div>
<table>
<caption>{title}</caption>
<thead><tr>{heads}</tr></thead>
<tbody>
{lines}
</tbody>
</table>
</div>
</body>
</html>
"""


def _png(svg: bytes) -> bytes:
    """Return the PNG that the first program makes which can; raise ConfigError."""
    reason = ""
    for program, options in _CONVERTERS.items():
        if (found := shutil.which(program)) is None:
            continue
        try:
            done = subprocess.run([found, *options], input=svg, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as exc:
            reason = f"{program}: {exc}"
            continue
        if done.stdout.startswith(_PNG):
            return done.stdout
        said = safe(done.stderr.decode(errors="replace").strip().partition("\n")[0])
        reason = f"{program}: {said or f'exit status {done.returncode}'}"
    raise ConfigError(f"--png: no program here could convert the picture ({reason}); use --svg")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as exc:
        raise ConfigError(f"cannot write {path}: {exc.strerror}") from exc
