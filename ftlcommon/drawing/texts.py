"""Untrusted text for a picture: escaped, measured, and cut where it is too long."""

import html
import unicodedata
from functools import lru_cache

from ftlcommon.terminal import safe

SIZE = 12  # of the font, in pixels
_BOLD = 1.1
_LONGEST = 80  # characters of a text that nothing else bounds
# Widths of a character as a share of the font's size. They are those of DejaVu Sans, which is wider than the
# others of the stylesheet, so that no text reaches into its neighbour.
_WIDTHS = {
    **dict.fromkeys("ijlI .,:;'|!·J", 0.33),
    **dict.fromkeys('ftr()[]-/"`', 0.41),
    **dict.fromkeys("cksvxyz", 0.59),
    **dict.fromkeys("BEFLPRSTYZ", 0.68),
    **dict.fromkeys("mMWw%@…+<>=~—", 0.98),
}
_LOWER, _UPPER, _FULL = 0.64, 0.76, 1.1
_ROUNDING = 0.01  # pixels


def escaped(text: str) -> str:
    """Return *text* as character data of XML, without characters that XML forbids or that reorder the text."""
    return html.escape(safe(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd"))


def short(text: str) -> str:
    """Return *text* without what is beyond its first 80 characters."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


@lru_cache(maxsize=4096)
def width_of(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """Return how wide *text* is at most, in pixels."""
    return sum(map(_share, text)) * size * (_BOLD if bold else 1)


def cut(text: str, width: float, size: float = SIZE, *, bold: bool = False) -> str:
    """Return *text*, cut with "…" where it is wider than *width* pixels."""
    text = text.strip()
    if len(text) <= 1_000 and width_of(text, size, bold=bold) <= width + _ROUNDING:
        return text
    space = width - width_of("…", size, bold=bold)
    kept = 0
    for character in text:
        space -= width_of(character, size, bold=bold)
        if space < 0:
            break
        kept += 1
    # A mark that stands on the character after the cut belongs to it.
    while 0 < kept < len(text) and unicodedata.combining(text[kept]):
        kept -= 1
    return f"{text[:kept].rstrip()}…"


def _share(character: str) -> float:
    found = _WIDTHS.get(character)
    if found is not None:
        return found
    if unicodedata.east_asian_width(character) in "WF":
        return _FULL
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    return _UPPER if character.isupper() else _LOWER if character.isascii() else 0.7
