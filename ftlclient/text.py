"""Text from a server, made safe to show."""

import re

# What moves a cursor, changes a colour, breaks a line or reverses the order of what is shown: control
# characters, line and paragraph separators, the bidirectional controls of UAX #9; and lone surrogates,
# which no terminal can be sent.
_UNSAFE = r"\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_IN_TEXT = re.compile(rf"[\n{_UNSAFE}]")
_IN_JSON = re.compile(rf"[{_UNSAFE}]")


def safe(text: str) -> str:
    """Return *text* with each character that could steer a terminal replaced by ``U+FFFD``."""
    return _IN_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def escaped(json_text: str) -> str:
    """Return a JSON text that means the same and holds nothing that could steer a terminal."""
    return _IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", json_text)
