"""A picture, and the sheet that its rectangles and texts are drawn on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ftlcommon.drawing.texts import cut, escaped, short, width_of
from ftlcommon.drawing.theme import STYLE
from ftlcommon.wording import clock_words, moment_words, window_words
from ftlcommon.zones import UTC_ZONE, Zone, zone

WIDTH = 800
MARGIN = 16
ROW = 20
BAR = 12  # the height of a bar in a row
_BASELINE = 14  # of a text in a row
_HEAD = 16
_GAP = 16  # between the parts of a legend


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in SVG; *body* holds its elements."""

    title: str
    width: int
    height: int
    body: str

    def svg(self) -> str:
        """Return the picture as a file of its own, with the stylesheet and a background."""
        paper = f'<rect class="paper" width="{self.width}" height="{self.height}"/>'
        style = f"<style>{STYLE}</style>"
        title = f"<title>{escaped(self.title)}</title>"
        return self._element(f'xmlns="http://www.w3.org/2000/svg" {self._size}', f"{title}{style}\n{paper}")

    def embedded(self) -> str:
        """Return the picture as an element of a page whose stylesheet contains ``STYLE``."""
        return self._element(self._size, "")

    @property
    def _size(self) -> str:
        return f'width="{self.width}" height="{self.height}" viewBox="0 0 {self.width} {self.height}"'

    def _element(self, attributes: str, opening: str) -> str:
        label = escaped(self.title)
        return f'<svg class="ftl" {attributes} role="img" aria-label="{label}">{opening}\n{self.body}\n</svg>\n'


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a picture: what it shows, the window in words, whose clock it is on, and which team it is.

    *zone* is an IANA name, or None for each member's own clock.
    """

    title: str
    window: str
    zone: str | None
    team: str | None = None

    @classmethod
    def of(
        cls, title: str, answer: Mapping[str, Any], zone_name: str | None = None, team: str | None = None
    ) -> "Heading":
        """Return the heading of a picture of *answer*, whose own zone, if it has one, takes precedence."""
        name = answer.get("tz") or zone_name
        tz = zone(name) if name else None
        shown = None if tz is None else tz.key
        if "at" in answer:
            words = moment_words(datetime.fromisoformat(answer["at"]), tz or UTC_ZONE)
            return cls(title, words if tz else f"{words} UTC", shown, team)
        if "window" not in answer:
            return cls(title, "everything", shown, team)
        if (ahead := answer.get("week", answer.get("ahead"))) is not None:
            return cls(title, window_words(ahead, (), tz or UTC_ZONE)[0], shown, team)
        members = [(member["id"], member["tz"]) for member in answer["members"]]
        words, clock = window_words(answer["window"], members, tz)
        is_other_clock = tz is None and clock == "UTC" != clock_words((name for _, name in members), None)
        return cls(title, f"{words} UTC" if is_other_clock else words, shown, team)

    @property
    def tz(self) -> Zone | None:
        """Return the zone of the picture, None for each member's own."""
        return None if self.zone is None else zone(self.zone) or UTC_ZONE


class Sheet:
    """Rectangles and texts below a heading; *y* is where the next part begins."""

    def __init__(self, heading: Heading, zone_names: Iterable[str]) -> None:
        team = [f"team {short(heading.team)}"] if heading.team else []
        details = [heading.window, clock_words(zone_names, heading.tz), *team]
        self.title = ", ".join([short(heading.title), *details])
        self._elements: list[str] = []
        self.y = MARGIN + 12.0
        self.text(MARGIN, self.y, cut(heading.title, WIDTH - 2 * MARGIN, _HEAD, bold=True), "head")
        self.y += 18
        self.text(MARGIN, self.y, cut(" · ".join(details), WIDTH - 2 * MARGIN), "dim")
        self.y += 12

    def rect(self, kind: str, x: float, y: float, width: float, height: float, title: str = "") -> None:
        """Draw a rectangle of that class; *title* says what it is."""
        corner = f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
        if title:
            element = f'<rect class="{kind}" {corner}><title>{escaped(title)}</title></rect>'
        else:
            element = f'<rect class="{kind}" {corner}/>'
        self._elements.append(element)

    def text(self, x: float, y: float, text: str, kind: str = "", title: str = "") -> None:
        """Write a text with its baseline at *y*; *kind* are classes, which may align it to its end or middle."""
        classes = f' class="{kind}"' if kind else ""
        more = f"<title>{escaped(title)}</title>" if title else ""
        self._elements.append(f'<text{classes} x="{_number(x)}" y="{_number(y)}">{more}{escaped(text)}</text>')

    def row_text(self, x: float, text: str, kind: str = "") -> None:
        """Write a text on the line of the row that begins at ``y``."""
        self.text(x, self.y + _BASELINE, text, kind)

    def name(self, name: str, width: float, kind: str = "") -> None:
        """Write the name of the row that begins at ``y``; one that is cut has its whole in a title."""
        shown = cut(name, width)
        self.text(MARGIN, self.y + _BASELINE, shown, kind, "" if shown == name else short(name))

    def lines(self, text: str, kind: str = "dim", indent: float = 0) -> None:
        """Write *text* in as many lines as it takes."""
        space = WIDTH - 2 * MARGIN - indent
        line = ""
        for word in text.split():
            if line and width_of(f"{line} {word}", bold="bold" in kind) > space:
                self._line(cut(line, space, bold="bold" in kind), kind, indent)
                line = ""
            line = f"{line} {word}".strip()
        if line:
            self._line(cut(line, space, bold="bold" in kind), kind, indent)

    def _line(self, line: str, kind: str, indent: float) -> None:
        self.row_text(MARGIN + indent, line, kind)
        self.y += ROW - 2

    def legend(self, parts: Sequence[tuple[str, str]], words: str = "") -> None:
        """Explain classes of rectangles, each by a sample and a text, and add *words*."""
        self.y += 6
        x = float(MARGIN)
        for kind, text in parts:
            needed = (BAR + 6 if kind else 0) + width_of(text)
            if x > MARGIN and x + needed > WIDTH - MARGIN:
                x = MARGIN
                self.y += ROW - 2
            if kind:
                self.rect(kind, x, self.y + 4, BAR, BAR)
                x += BAR + 6
            self.row_text(x, text, "dim")
            x += width_of(text) + _GAP
        self.y += ROW - 2
        if words:
            self.lines(words)

    def picture(self) -> Picture:
        """Return what was drawn, with a margin below it."""
        return Picture(self.title, WIDTH, round(self.y + MARGIN - 4), "\n".join(self._elements))


def name_width(names: Iterable[str], most: float = 150, *, bold: bool = False) -> float:
    """Return the width of a column of *names*, at most *most*."""
    return max((min(width_of(name, bold=bold), most) for name in names), default=0.0)


def _number(value: float) -> str:
    """Return a length in tenths of a pixel."""
    return f"{round(value, 1):g}"
