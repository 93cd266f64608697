"""A badge: a label and a value in one line, for a page of others."""

from ftlcommon.drawing.sheet import Picture
from ftlcommon.drawing.texts import cut, escaped, width_of

_HEIGHT = 20
_SIZE = 11
_PADDING = 6
_LONGEST = 200  # pixels of the label, and of the value


def badge(label: str, value: str, *, is_active: bool = True) -> Picture:
    """Draw *value*, on green if *is_active*, to the right of its *label*."""
    shown = [cut(text, _LONGEST, _SIZE) for text in (label, value)]
    left, right = (round(width_of(text, _SIZE)) + 2 * _PADDING for text in shown)
    kind = "active" if is_active else "idle"
    body = "\n".join(
        [
            f'<rect class="label" width="{left}" height="{_HEIGHT}"/>',
            f'<rect class="{kind}" x="{left}" width="{right}" height="{_HEIGHT}"/>',
            f'<text class="on small mid" x="{left / 2:g}" y="14">{escaped(shown[0])}</text>',
            f'<text class="on small mid" x="{left + right / 2:g}" y="14">{escaped(shown[1])}</text>',
        ]
    )
    return Picture(f"{cut(label, _LONGEST * 4)}: {cut(value, _LONGEST * 4)}", left + right, _HEIGHT, body)
