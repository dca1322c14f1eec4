"""Snapshots of one thing at several dates: they stand for each other, and are called by name and date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layers.edit import Edit
from layers.epochs import iso_date
from layers.records import Layer

if TYPE_CHECKING:
    from layers.project import Project


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
