"""What codes mean: the code lists that lie beside a city model, as PLATEAU in Japan delivers them.

    <bldg:usage codeSpace="../../codelists/Building_usage.xml">411</bldg:usage>
    codelists/Building_usage.xml: <gml:Definition><gml:description>住宅</…><gml:name>411</…></…>
                                             →  {"usage": {"411": "住宅"}}

Of what a file calls a list only the name counts: lists are looked for in the folder of that name next to the
file, or not far above it, wherever else the file points.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypeAlias

from layers import xmlsafe
from layers.errors import ReadError
from layers.gml.names import split

#: What a code means, by the name of the attribute and the code.
Words: TypeAlias = "dict[str, dict[str, str]]"
FOLDER = "codelists"
#: So many folders above the file's own may have that folder.
MOST_ABOVE = 2
MOST_BYTES = 4 << 20
MOST_CODES = 20_000
_CODED = re.compile(
    rb"""<(?:[\w.-]+:)?([\w.-]+)\s[^<>]*?\bcodeSpace\s*=\s*["'](?:[^"'<>]*/)?([\w.-]+\.xml)["']"""
)


class CodeLists:
    """The lists beside one file, or several, that their attributes name."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._named: set[tuple[str, Path]] = set()  # attributes and the files of their lists

    def begin(self, path: Path) -> None:
        """Go on with this file."""
        folders = (folder / FOLDER for folder in path.parents[: MOST_ABOVE + 1])
        self._folder = next((folder for folder in folders if folder.is_dir()), None)

    def note(self, text: bytes) -> None:
        """See which lists a text names for which attributes."""
        if self._folder is not None and b"codeSpace" in text:
            for attribute, name in set(_CODED.findall(text)):
                self._named.add((attribute.decode("ascii"), self._folder / name.decode("ascii")))

    def words(self) -> Words:
        """What the codes mean; one that several lists of an attribute tell otherwise is left out."""
        found: Words = {}
        doubtful: set[tuple[str, str]] = set()
        left = MOST_CODES
        for attribute, path in sorted(self._named):
            said = _codes(path)
            left -= len(said)
            if left < 0:
                break
            known = found.setdefault(attribute, {})
            for code, word in said.items():
                if known.setdefault(code, word) != word:
                    doubtful.add((attribute, code))
        for attribute, code in doubtful:
            del found[attribute][code]
        return {attribute: codes for attribute, codes in found.items() if codes}


def _codes(path: Path) -> dict[str, str]:
    """The codes of one list (gml:Dictionary) and what they mean; none where it is no such list."""
    try:
        root = xmlsafe.parse_file(path, MOST_BYTES)
    except (ReadError, OSError):
        return {}  # a list is a courtesy; the file it belongs to reads without it
    found: dict[str, str] = {}
    for definition in root.iter("{*}Definition"):
        said = {split(part.tag)[1]: (part.text or "").strip() for part in reversed(definition)}
        code = said.get("identifier") or said.get("name", "")
        word = said.get("description") or (said.get("name", "") if "identifier" in said else "")
        if code and word:
            found[code] = word
    return found
