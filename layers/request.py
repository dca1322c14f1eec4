"""What an import process is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from layers.data import Box
from layers.placement import Placement
from layers.report import Report
from layers.source import Source

#: Rows and arrays for a project; the arrays alone, for one that has the rows; or only what is in the file.
Wanted = Literal["everything", "arrays", "look"]
#: Where work that stays when it is cut off says what it was asked for.
REQUEST_FILE = "request.json"


@dataclass(frozen=True)
class Request:
    """One source to be read."""

    path: str  # the file, or the folder of the tiles
    folder: str  # an empty one, for everything that is made
    images: str = ""  # the folder that images lie in or below, where that is not the one of the source
    kept: str = ""  # where folders are made that stay when reading is cut off; '' when none may
    tiles: tuple[str, ...] = ()  # their names below the folder; () for a file, or for all of a folder
    wanted: Wanted = "everything"
    kind: str | None = None
    crs: str | None = None
    field_map: dict[str, str] = field(default_factory=dict)
    project_crs: str | None = None
    origin: tuple[float, float, float] | None = None
    epoch: str | None = None
    part_bytes: int | None = None
    placement: str | None = None  # as JSON; None where nobody has placed it yet
    left_out: dict[str, str] = field(default_factory=dict)  # tiles that could not be read, and why

    @property
    def placing(self) -> Placement | None:
        """The placement that is asked for, "as it was read" included; None where nothing is."""
        return None if self.placement is None else Placement.from_text(self.placement)

    def images_of(self, source: Source) -> Path:
        """The folder that images of a source lie in or below."""
        return Path(self.images) if self.images else images_of(source.path, source.names)


def images_of(path: Path, tiles: Sequence[str]) -> Path:
    """The folder that images of a file, or of the tiles in a folder, lie in or below."""
    return path if tiles else path.parent


@dataclass
class StagedLayer:
    """What a project must know of a layer besides its rows and arrays."""

    name: str
    kind: str
    crs: str | None
    objects: int = 0
    pieces: int = 0
    report: dict[str, Any] = field(default_factory=lambda: Report().as_dict())
    facts: dict[str, Any] = field(default_factory=dict)
    box: Box | None = None  # in the project's CRS
    linked: bool = False
    drawable: str | None = None
    partner: int | None = None
    placement: str | None = None
    attributes: dict[str, str | None] = field(default_factory=dict)  # types by name
    counts: list[tuple[str, str, str, int]] = field(default_factory=list)  # types, LoDs, surfaces, objects


@dataclass(frozen=True)
class StagedPart:
    """Rows that are ready; those of one layer come in order."""

    folder: str
    objects: int
    pieces: int


@dataclass(frozen=True)
class Answer:
    """What was read."""

    format: str
    path: str
    sha256: str
    project_crs: str
    folder: str  # of a layer with arrays or rows, they are in the folder of its number
    layers: list[StagedLayer]
