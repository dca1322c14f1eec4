"""The rows of a list of changes: what came, went, was split, merged, moved, or is said anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from analysis.changes.tables import BOTH, GEOMETRY
from app.lines import ASIDE, SECOND_LINE
from layers.results import BEFORE, CHANGE, CHANGES, Result, Table

Index = QModelIndex | QPersistentModelIndex
DOUBTFUL, ATTRIBUTES = "doubtful", "attributes"
#: Titles of kinds where they are not what the table calls them.
TITLES = {DOUBTFUL: "doubtful pairs"}
#: What is said of the size of a change: column, words, unit, digits.
SIZES = (
    ("distance_m", "surfaces moved by up to", "m", 2),
    (f"height_m{CHANGE}", "higher by", "m", 2),
    (f"volume_m3{CHANGE}", "larger by", "m³", 1),
)
#: What is smaller is not said.
LEAST = 0.005
#: What people said of a pair.
SAID = {"same": "the same", "different": "different"}


class ChangeRows(QAbstractListModel):
    """The changes of one result, all or those of a kind, found by words."""

    def __init__(self) -> None:
        super().__init__()
        self._changes, self._doubtful = Table(), Table()
        self._attributes: dict[int, list[str]] = {}
        self._verdicts: Mapping[tuple[int, int], str] = {}
        self._rows: NDArray[np.intp] = np.empty(0, np.intp)
        self.kind = ""

    # -- what is shown ---------------------------------------------------------------------------

    def show(self, result: Result) -> None:
        """Turn to another result."""
        self._changes = result.tables.get(CHANGES, Table())
        self._doubtful = result.tables.get(DOUBTFUL, Table())
        self._attributes = _said_anew(result.tables.get(ATTRIBUTES, Table()))
        self.narrow("", "")

    def know(self, verdicts: Mapping[tuple[int, int], str]) -> None:
        """Take over what people said of pairs."""
        self._verdicts = verdicts
        if self.kind == DOUBTFUL and len(self._rows):
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    @property
    def changes(self) -> int:
        """How many changes the rows are about: what was split or merged has several rows."""
        if not len(self._rows) or self.kind == DOUBTFUL:
            return len(self._rows)
        return len(np.unique(self._changes.numbers("group")[self._rows]))

    def kinds(self) -> dict[str, int]:
        """How many changes there are of each kind, and how many doubtful pairs."""
        found: dict[str, int] = {}
        groups: set[float] = set()
        if len(self._changes):
            pairs = zip(self._changes.texts("change"), self._changes.numbers("group").tolist(), strict=True)
            for change, group in pairs:
                if group not in groups:
                    groups.add(group)
                    found[change] = found.get(change, 0) + 1
        if len(self._doubtful):
            found[DOUBTFUL] = len(self._doubtful)
        return found

    def narrow(self, kind: str, words: str) -> None:
        """Show the changes of one kind ('': of all) in whose row some words are."""
        self.beginResetModel()
        self.kind = kind
        table = self._table
        wanted = words.strip().lower()
        rows = [
            row
            for row in range(len(table))
            if self._is_of(kind, row) and (not wanted or wanted in self._words(row).lower())
        ]
        self._rows = np.array(rows, np.intp)
        self.endResetModel()

    @property
    def _table(self) -> Table:
        return self._doubtful if self.kind == DOUBTFUL else self._changes

    def _is_of(self, kind: str, row: int) -> bool:
        return kind in ("", DOUBTFUL) or self._changes.columns["change"][row] == kind

    def _words(self, row: int) -> str:
        columns = ("object_id", "before_id", "type", "layer", "attributes", "change")
        table = self._table
        return " ".join(str(table.columns[name][row]) for name in columns if name in table.columns)

    # -- what a row is about ---------------------------------------------------------------------

    def fids(self, row: int) -> list[int]:
        """The objects that a row is about: as it is now, and before."""
        at, table = self._rows[row], self._table
        found = [int(table.numbers(name)[at]) for name in ("fid", "before_fid")]
        return list(dict.fromkeys(fid for fid in found if fid >= 0))

    def pair(self, row: int) -> tuple[int, int] | None:
        """A doubtful pair: the object before and the one after."""
        if self.kind != DOUBTFUL or not 0 <= row < len(self._rows):
            return None
        at = self._rows[row]
        return int(self._doubtful.numbers("before_fid")[at]), int(self._doubtful.numbers("fid")[at])

    @property
    def decided(self) -> int:
        """Of how many doubtful pairs somebody said whether they are the same."""
        return sum(bool(self._decided(at)) for at in range(len(self._doubtful)))

    def row_of(self, fids: NDArray[np.int64]) -> int | None:
        """The first row that is about some objects."""
        table = self._table
        if not len(self._rows) or not len(fids):
            return None
        is_there = np.isin(table.numbers("fid"), fids) | np.isin(table.numbers("before_fid"), fids)
        found = np.flatnonzero(is_there[self._rows])
        return int(found[0]) if len(found) else None

    def details(self, row: int) -> str:
        """All that is said anew of an object, and which surfaces moved."""
        at, table = self._rows[row], self._table
        said = list(self._attributes.get(int(table.numbers("fid")[at]), ()))
        surfaces = str(table.columns["surfaces"][at]) if "surfaces" in table.columns else ""
        if surfaces:
            said.insert(0, f"Surfaces that moved: {surfaces}")
        return "\n".join(said)

    # -- as Qt asks --------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # as Qt declares it
        """How many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The id, below it what happened, aside of which kind it is."""
        table, at = self._table, int(self._rows[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return _name(table, at)
        if role == SECOND_LINE:
            return self._score(at) if self.kind == DOUBTFUL else _size(table, at)
        if role == ASIDE:
            return self._verdict(at) if self.kind == DOUBTFUL else _short(str(table.columns["change"][at]))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.details(index.row()) or None
        return None

    def _score(self, at: int) -> str:
        score = float(self._doubtful.numbers("score")[at])
        return f"alike by {score:.2f} of 1 · taken as {self._doubtful.columns['taken_as'][at]}"

    def _decided(self, at: int) -> str:
        before, after = (int(self._doubtful.numbers(name)[at]) for name in ("before_fid", "fid"))
        return self._verdicts.get((before, after)) or self._verdicts.get((after, before)) or ""

    def _verdict(self, at: int) -> str:
        return SAID.get(self._decided(at), "?")


def _short(change: str) -> str:
    """What happened, in few words, so that ids have room."""
    return change.removesuffix(" changed").replace(" and ", ", ")


def _name(table: Table, at: int) -> str:
    """An object by its id; where it had another one before, by both."""
    now, before = str(table.columns["object_id"][at]), str(table.columns["before_id"][at])
    return now if before in ("", now) else f"{before} → {now}"


def _size(table: Table, at: int) -> str:
    """What it is, and how much has changed."""
    said = [str(table.columns["type"][at])]
    if table.columns["change"][at] in (GEOMETRY, BOTH):
        for name, words, unit, digits in SIZES:
            value = float(table.numbers(name)[at])
            if np.isfinite(value) and abs(value) >= LEAST:
                way = words.replace("higher", "lower").replace("larger", "smaller") if value < 0 else words
                said.append(f"{way} {abs(value):.{digits}f} {unit}")
    else:
        height = float(table.numbers("height_m")[at])
        height = height if np.isfinite(height) else float(table.numbers(f"height_m{BEFORE}")[at])
        if np.isfinite(height):
            said.append(f"{height:.1f} m high")
    said.append(str(table.columns["attributes"][at]))
    return " · ".join(filter(None, said))


def _said_anew(table: Table) -> dict[int, list[str]]:
    """What is said anew of each whole: which attribute, from what to what."""
    found: dict[int, list[str]] = {}
    if not len(table):
        return found
    columns = (table.texts(name) for name in ("property", "from", "to"))
    for whole, name, before, after in zip(table.numbers("whole").astype(int).tolist(), *columns, strict=True):
        found.setdefault(whole, []).append(f"{name}: {before or '–'} → {after or '–'}")
    return found
