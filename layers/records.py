"""The values a project answers with: layers, city objects, steps of the journal, epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.data import Box
from layers.errors import ProjectError
from layers.placement import AS_READ, Placement

#: What the source of a layer is called whose objects were added by hand.
DRAWN = "drawn"
#: Some objects, by their numbers in the project.
Fids = Sequence[int] | NDArray[np.int64]


@dataclass(frozen=True)
class Layer:
    """One layer of the project, as it was when it was asked for."""

    id: int
    uid: str
    name: str
    kind: str
    crs: str | None
    style: dict[str, Any]
    visible: bool
    opacity: float
    position: int
    lod: str  # '' = highest available
    epoch: str | None
    present: bool
    source_path: str
    source_sha256: str
    source_format: str
    linked: bool
    first_fid: int
    object_count: int
    box: Box | None  # in the project's CRS
    facts: dict[str, Any]
    report: dict[str, Any]
    drawable: str | None  # class in layers.arrays that its import gave; the cache may hold a newer one
    partner: int | None  # id of the layer whose objects this one shows
    view: str | None  # name of the table that GIS programs see
    placement: Placement = AS_READ  # by hand
    series: str = ""  # of snapshots that stand for each other
    scenario: int | None = None  # the one in which its objects stand; None: in all

    @property
    def is_drawn(self) -> bool:
        """Whether its objects were added by hand: there is no source."""
        return self.source_format == DRAWN

    @property
    def objects_layer(self) -> int:
        """Id of the layer that holds the objects shown here."""
        return self.partner if self.partner is not None else self.id


@dataclass(frozen=True)
class CityObject:
    """One object: building, terrain piece, conduit, manhole, heritage record."""

    fid: int
    layer: int
    id: str
    type: str
    parent: str | None
    valid_from: str | None
    valid_to: str | None
    attributes: dict[str, Any]
    lods: tuple[str, ...]
    surfaces: dict[str, int]
    gone: bool = False  # taken away, or no longer added
    replaces: int | None = None  # fid of the object that it stands for in a scenario

    def row(self) -> dict[str, Any]:
        """The values an expression sees."""
        return {
            **self.attributes,
            "id": self.id,
            "type": self.type,
            "parent": self.parent,
            "lods": list(self.lods),
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
        }


@dataclass(frozen=True)
class Change:
    """One value before and after, as JSON text; None where there was or is nothing.

    `table` is object, layer, project, epoch, result or scenario. Keys of objects are `attr:NAME`,
    `valid_from`, `valid_to`, `gone`, `same:FID`, those of shapes; of layers their columns; of epochs `row`;
    of results `present` and `title`; of scenarios their columns and `absent:FID`.
    """

    table: str
    id: int
    key: str
    before: str | None
    after: str | None

    def reversed(self) -> Change:
        """The change that takes this one back."""
        return Change(self.table, self.id, self.key, self.after, self.before)


@dataclass(frozen=True)
class Step:
    """One entry of the edit journal."""

    step: int
    label: str
    who: str
    when: str  # ISO time with offset
    why: str
    undone: bool
    changes: tuple[Change, ...] = ()
    count: int = 0
    overtaken: bool = False  # undone, and others came after it, so that it cannot be done again


@dataclass(frozen=True, eq=False)
class Changes:
    """What one edit, undo or redo changed."""

    step: Step
    fids: NDArray[np.int64]  # the objects, ascending
    keys: frozenset[str]  # what changed in some of them: names of attributes, valid_from, valid_to
    layers: frozenset[int] = frozenset()
    project: bool = False
    epochs: bool = False
    results: bool = False
    scenarios: bool = False

    def touch(self, fids: NDArray[np.int64]) -> bool:
        """Whether one of these objects, ascending as well, was changed."""
        few, many = sorted((self.fids, fids), key=len)
        if not len(few):
            return False
        places = np.minimum(np.searchsorted(many, few), len(many) - 1)
        return bool((many[places] == few).any())


@dataclass(frozen=True)
class Scenario:
    """An alternative to the city as it is, or to another scenario (`parent`)."""

    id: int
    name: str
    parent: int | None
    epoch: str  # ISO date of the city that it changes, '' = all dates
    status: str  # proposed, approved, built
    color: str  # "#rrggbb", '' = none
    note: str


@dataclass(frozen=True)
class Epoch:
    """A named date on the timeline."""

    id: int
    name: str
    date: str


def named(layers: Sequence[Layer], which: int | str, project: Path) -> Layer:
    """The layer of an id or a name; where several are called so, their ids tell them apart.

    The name of a series is that of its latest snapshot.
    """
    found = [layer for layer in layers if which in (layer.id, layer.name)]
    snapshots = [layer for layer in layers if which and layer.series == which and layer.partner is None]
    if not found and snapshots:
        latest = max(snapshot.epoch or "" for snapshot in snapshots)
        found = [snapshot for snapshot in snapshots if (snapshot.epoch or "") == latest][:1]
    found = found or [layer for layer in layers if which == str(layer.id)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ProjectError(
            "It is not clear which layer is meant",
            where=str(project),
            found=f"{len(found)} layers called {which!r}",
            allowed=", ".join(f"{layer.id} ({_told(layer)})" for layer in found),
            do="Say its number instead of its name",
        )
    raise ProjectError(
        f"There is no layer {which!r}",
        where=str(project),
        allowed=", ".join(layer.name for layer in layers) or "none yet",
    )


def _told(layer: Layer) -> str:
    source = "drawn" if layer.is_drawn else f"from {Path(layer.source_path).name}"
    return f"of kind {layer.kind}, {source}"
