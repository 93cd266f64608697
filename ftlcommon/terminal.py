"""Text from outside, made safe to show on a terminal."""

import re

# Control characters, line and paragraph separators and the bidirectional controls of UAX #9 can move the cursor,
# change colours, break lines or reverse what is shown. Lone surrogates cannot be written at all.
_UNSAFE = r"\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_IN_TEXT = re.compile(rf"[\n{_UNSAFE}]")
_IN_JSON = re.compile(rf"[{_UNSAFE}]")


def safe(text: str) -> str:
    """Replace each character that could steer a terminal by ``U+FFFD``."""
    return _IN_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def escaped(json_text: str) -> str:
    """Escape each character of a JSON text that could steer a terminal; the JSON value stays the same."""
    return _IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", json_text)
