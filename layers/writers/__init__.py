"""Formats that layers are written to: each a module that introduces itself, chosen by ending and kind."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from layers.introduced import Introduced
from layers.writers import cityjson, cityjsonseq, csv, dxf, geojson, geopackage, gltf, laz, obj, tiles3d
from layers.writers.holds import Holds
from layers.writers.outgoing import Outgoing


class Writer(Introduced, Protocol):
    """What every module of a written format has."""

    @property
    def HOLDS(self) -> Holds:  # noqa: D102
        ...

    def write(self, path: Path, going: Outgoing) -> None:
        """Write the layer to a file that does not exist yet."""
        ...


WRITERS: tuple[Writer, ...] = (cityjson, cityjsonseq, geojson, geopackage, csv, gltf, tiles3d, obj, dxf, laz)


#: Those of city models, which name their images by paths.
MODELS: tuple[Writer, ...] = (cityjson, cityjsonseq)


def by_ending(path: Path, kind: str | None = None) -> tuple[Writer, ...]:
    """The formats of layers of a kind that a file asks for by its name: those of the longest ending."""
    name = path.name.lower()
    forms = [form for form in WRITERS if kind is None or kind in form.KINDS]
    found = [(len(end), form) for form in forms for end in form.ENDINGS if name.endswith(end)]
    longest = max((length for length, _ in found), default=0)
    return tuple(form for length, form in found if length == longest)
