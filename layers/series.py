"""Snapshots of one thing at several dates: they stand for each other, and are called by name and date."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from layers.edit import Edit
from layers.epochs import days, iso_date
from layers.records import Layer

if TYPE_CHECKING:
    from layers.project import Project

#: When the entry of an object in its register was made.
CREATED = "creationDate"
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")


def put_in_series(project: Project, edit: Edit, came: Sequence[Layer], name: str, series: str) -> None:
    """Put layers that have just been imported of an epoch into the series of that name.

    Without a series, layers are in one as soon as a second snapshot of that name comes.
    """
    wanted = series or name
    if not wanted or not came or not came[0].epoch:
        return
    others = [layer for layer in project.layers if layer.epoch and _belongs(layer, wanted)]
    same_kind = [layer for layer in others if layer.kind == came[0].kind]
    if not series and not any(layer.series or layer.epoch != came[0].epoch for layer in same_kind):
        return
    partners = [layer for layer in project.layers if layer.partner in {other.id for other in others}]
    for layer in {layer.id: layer for layer in (*others, *partners, *came)}.values():
        edit.set_layer(layer.id, series=wanted)
    snapshots = [*same_kind, came[0]]
    years = [str(iso_date(layer.epoch))[:4] for layer in snapshots]
    for layer, year in zip(snapshots, years, strict=True):
        if layer.name == wanted or layer is came[0]:
            when = year if years.count(year) == 1 else layer.epoch
            edit.set_layer(layer.id, name=f"{wanted} {when}")


def _belongs(layer: Layer, series: str) -> bool:
    return layer.series == series or (not layer.series and layer.name == series)


def year_in(name: str) -> str:
    """The year that a name tells, '' where it tells none, or several."""
    found = set(_YEAR.findall(name))
    return found.pop() if len(found) == 1 else ""


def year_of(layer: Layer) -> str:
    """The year that a layer, its file or the folder of its file is called by, '' where none is."""
    path = Path(layer.source_path or "")
    return next(filter(None, map(year_in, (layer.name, path.name, path.parent.name))), "")


def stem_of(name: str) -> str:
    """A name without the year in it."""
    return re.sub(r"[ _\-.,()]*$|^[ _\-.,()]*", "", _YEAR.sub("", name)) or name


def like(project: Project, layer: Layer) -> list[Layer]:
    """Layers of the base of which a layer may be another state, those that lie where it lies first."""
    others = [
        one
        for one in project.layers
        if one.id != layer.id and one.kind == layer.kind and one.scenario is None and not one.is_drawn
    ]
    return sorted(others, key=lambda one: not _overlap(one, layer))


def lies_on(project: Project, layer: Layer) -> list[Layer]:
    """Those of them that lie where it lies."""
    return [one for one in like(project, layer) if _overlap(one, layer)]


def _overlap(one: Layer, other: Layer) -> bool:
    """Whether the middle of one lies in the other."""
    if one.box is None or other.box is None:
        return False
    return any(
        all(low <= (a + b) / 2 <= high for a, b, low, high in zip(p[:2], p[3:5], q[:2], q[3:5], strict=True))
        for p, q in ((one.box, other.box), (other.box, one.box))
    )


def entered_later(project: Project, layer: Layer, epoch: str) -> NDArray[np.int64]:
    """The objects of a snapshot that stand since their entry was made, which is later than the snapshot.

    They stand at its date all the same, or they would not be in it.
    """
    if CREATED not in project.attribute_types(layer):
        return np.empty(0, np.int64)
    starts = days(project.values(layer, "valid_from"))
    is_entry = starts == days(project.values(layer, CREATED))
    later = np.flatnonzero(is_entry & (starts > np.datetime64(epoch, "D")) & ~project.gone(layer))
    return later + layer.first_fid


def make_snapshots(project: Project, edit: Edit, dates: Mapping[int, str], series: str) -> None:
    """Say of which dates layers are, and put them into one series with those that are in it already."""
    known = {layer.id: layer for layer in project.layers}
    held = {layer.id: str(layer.epoch) for layer in known.values() if layer.epoch and layer.series == series}
    epochs = {**(held if series else {}), **dates}
    years = [epoch[:4] for epoch in epochs.values()]
    for number, epoch in epochs.items():
        when = epoch[:4] if years.count(epoch[:4]) == 1 else epoch
        name = f"{series} {when}" if series else known[number].name
        edit.set_layer(number, epoch=epoch, series=series, name=name)
        entered = entered_later(project, known[number], epoch)
        if len(entered):
            edit.set_validity(entered, valid_from=epoch)
        for partner in (layer for layer in known.values() if layer.partner == number):
            edit.set_layer(partner.id, epoch=epoch, series=series)
