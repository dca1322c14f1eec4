"""Points as lines of numbers: which columns mean what, and stretches of lines as arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.formats._scan import colours, numbers
from layers.pointfiles import AS_IT_IS, Decoded, Stretch
from layers.stored import Float64

NAME = "xyz"  # of the decoder
#: Text that is turned into numbers at once.
BLOCK_BYTES = 32 << 20
HEAD_BYTES = 65536
MOST_COLUMNS = 200
#: So many lines at the beginning are looked at.
LINES = 50

_SEPARATORS = bytes.maketrans(b",;\t", b"   ")
_NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$|[-+]?(?:nan|inf)$", re.IGNORECASE)
#: What columns are called, in lower case without signs.
_NAMES = {
    "x": ("x", "east", "easting", "xcoordinate"),
    "y": ("y", "north", "northing", "ycoordinate"),
    "z": ("z", "height", "elevation", "zcoordinate"),
    "red": ("r", "red", "rf"),
    "green": ("g", "green", "gf"),
    "blue": ("b", "blue", "bf"),
    "intensity": ("intensity", "i", "reflectance", "scalarintensity"),
    "classification": ("classification", "class", "scalarclassification"),
    "return_number": ("returnnumber", "return"),
}
#: What files without names hold, by their number of columns.
_UNNAMED = {
    3: ("x", "y", "z"),
    4: ("x", "y", "z", "intensity"),
    6: ("x", "y", "z", "red", "green", "blue"),
    7: ("x", "y", "z", "intensity", "red", "green", "blue"),
}


@dataclass(frozen=True)
class Layout:
    """How the lines of a file are made."""

    start: int  # the byte at which points begin
    columns: int
    names: tuple[str, ...]  # what each column means; '' where it means nothing to a cloud

    def column(self, name: str) -> int:
        """The number of a column."""
        return self.names.index(name)

    @property
    def attributes(self) -> tuple[str, ...]:
        """What a cloud keeps of its points besides their place."""
        has_colours = all(name in self.names for name in ("red", "green", "blue"))
        told = {"intensity": "intensity" in self.names, "rgb": has_colours}
        told |= {name: name in self.names for name in ("classification", "return_number")}
        return tuple(name for name, there in told.items() if there)


def layout_of(head: bytes) -> Layout | None:
    """How a file that begins so is made; None when it is no list of points."""
    lines = head.split(b"\n")[:LINES]
    if len(head) >= HEAD_BYTES:
        lines = lines[:-1]
    named: tuple[str, ...] = ()
    start = 0
    for number, line in enumerate(lines):
        words = line.translate(_SEPARATORS).split()
        if len(words) >= 3 and all(_NUMBER.match(word) for word in words):
            return _checked(start, words, named, lines[number:])
        names = _named(line)
        if names:
            named = names
        elif words and not (len(words) == 1 and words[0].isdigit()) and not line.startswith((b"#", b"//")):
            return None  # neither names, nor a count, nor a remark
        start += len(line) + 1
    return None


def _named(line: bytes) -> tuple[str, ...]:
    """What the columns of a line of names mean; nothing when it does not name x, y and z."""
    text = line.decode("utf-8", "replace").lower().lstrip("#/ ").replace('"', "").strip()
    words = re.split(r"[,;\t]" if re.search(r"[,;\t]", text) else r"\s+", text)
    plain = [re.sub(r"[^a-z]", "", word) for word in words]
    found: list[str] = []
    for word in plain:
        name = next((name for name, spellings in _NAMES.items() if word in spellings), "")
        found.append(name if name not in found else "")
    return tuple(found) if {"x", "y", "z"} <= set(found) else ()


def _checked(
    start: int, words: Sequence[bytes], named: tuple[str, ...], lines: Sequence[bytes]
) -> Layout | None:
    count = len(words)
    whole = [line for line in lines if line.strip()]
    if count > MOST_COLUMNS or any(len(line.translate(_SEPARATORS).split()) != count for line in whole):
        return None
    if named and len(named) != count:
        return None
    names = named or _UNNAMED.get(count, ("x", "y", "z"))
    return Layout(start, count, names + ("",) * (count - len(names)))


@lru_cache(maxsize=64)
def _layout(path: Path) -> Layout | None:
    with path.open("rb") as file:
        return layout_of(file.read(HEAD_BYTES))


def decode(stretch: Stretch) -> Iterator[Decoded]:
    """The points of a stretch, which begins at the byte `first` of its file and holds `count` points."""
    path = Path(stretch.path)
    layout = _layout(path)
    assert layout is not None, "such files have no stretches"
    for _start, _bad, table in tables(path, layout, stretch.first, stretch.count):
        yield decoded(table, layout)


def tables(
    path: Path, layout: Layout, start: int, most: int | None = None
) -> Iterator[tuple[int, int, Float64]]:
    """Blocks of lines as (n, columns) numbers from a byte on, each with that byte and the bad lines in it."""
    with path.open("rb") as file:
        file.seek(start)
        left = most
        while left is None or left > 0:
            block = file.read(BLOCK_BYTES) + file.readline()
            if not block:
                return
            table, bad = _table(block, layout.columns)
            if left is not None:
                table = table[:left]
                left -= len(table)
            yield start, bad, table
            start += len(block)


def _table(block: bytes, columns: int) -> tuple[Float64, int]:
    """The numbers of whole lines, and how many lines are no points."""
    text = block.translate(_SEPARATORS)
    try:
        found = numbers(text)
        if len(found) == columns * len(text.split(b"\n")) or len(found) == columns * text.count(b"\n"):
            return found.reshape(-1, columns), 0
    except ValueError:
        pass
    good, bad = [], 0
    for line in text.splitlines():
        words = line.split()
        if len(words) == columns and all(_NUMBER.match(word) for word in words):
            good.append([float(word) for word in words])
        else:
            bad += bool(words)
    return np.array(good, np.float64).reshape(-1, columns), bad


def decoded(table: Float64, layout: Layout) -> Decoded:
    """Lines of numbers as points."""
    place = np.stack([table[:, layout.column(axis)] for axis in "xyz"], axis=-1)
    found: dict[str, NDArray[Any]] = {}
    if "rgb" in layout.attributes:
        stored = np.stack([table[:, layout.column(name)] for name in ("red", "green", "blue")])
        rgb = colours(list(stored))
        assert rgb is not None, "there are three of them"
        found["rgb"] = rgb
    if "intensity" in layout.attributes:
        values = np.nan_to_num(table[:, layout.column("intensity")])
        # Scanners write signed numbers, fractions of one, or whole numbers.
        low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
        scale = 65535.0 if 0 <= low and high <= 1 else 1.0
        values = values + 2048 if low < 0 else values
        found["intensity"] = np.clip(values * scale, 0, 65535).astype(np.uint16)
    for name in ("classification", "return_number"):
        if name in layout.attributes:
            found[name] = np.clip(np.nan_to_num(table[:, layout.column(name)]), 0, 255).astype(np.uint8)
    return Decoded(place, AS_IT_IS, found)
