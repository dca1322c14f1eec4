"""Finding a field by what it means: the same thing has many names in many countries' files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa"})
#: A unit at the end of a name; looked for in its last signs only, for names may be as long as files.
_UNIT = re.compile(r"(?<![^\s_.\-(\[])(mm|cm|m|in|inch|inches|ft|feet)[)\]]?$", re.IGNORECASE)
_LONGEST_UNIT = len("_inches)")
_BEFORE_UNIT = " \t\r\n\f\v\xa0_.-(["

#: Metres in one unit of length.
METRES = {"mm": 0.001, "cm": 0.01, "m": 1.0, "in": 0.0254, "ft": 0.3048}
_UNIT_NAMES = {"inch": "in", "inches": "in", "feet": "ft"}


def words(text: str) -> tuple[str, ...]:
    """The words of a text, for lists that read better as one."""
    return tuple(text.split())


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A name without case, accents, spaces and signs: "Sohlhöhe_oben" is "sohlhoeheoben"."""
    text = unicodedata.normalize("NFC", name).casefold().translate(_LETTERS)
    return "".join(c for c in unicodedata.normalize("NFKD", text) if c.isalnum())


@lru_cache(maxsize=4096)
def stem_and_unit(name: str) -> tuple[str, str | None]:
    """A name and the unit it ends in: "DIAM (mm)" is "DIAM" and "mm"."""
    found = _UNIT.search(name[-_LONGEST_UNIT:])
    if found is None:
        return name, None
    written = name[: found.start() - min(_LONGEST_UNIT, len(name))]
    bare, unit = written.rstrip(_BEFORE_UNIT), found[1].lower()
    if len(bare) == len(written):  # all of the name, or of what was looked at
        return name, None
    return bare, _UNIT_NAMES.get(unit, unit)


def find_field(names: Iterable[str], candidates: Sequence[str]) -> str | None:
    """The name that means the first possible candidate (plain names, best first)."""
    by_plain: dict[str, str] = {}
    for name in names:
        by_plain.setdefault(plain(name), name)
        by_plain.setdefault(plain(stem_and_unit(name)[0]), name)
    return next((by_plain[word] for word in candidates if word in by_plain), None)
