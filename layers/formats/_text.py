"""Text files that do not say how they are encoded, read so that every byte can be written back."""

from __future__ import annotations

import re

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def encoding_of(data: bytes) -> str:
    """The first encoding that gives every byte a character; latin-1 always does."""
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def lines_of(text: str) -> list[str]:
    """The lines with their ends; `str.splitlines` would also cut at characters inside a line."""
    return _LINE.findall(text)
