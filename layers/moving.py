"""Moving points between CRSs: positions by the best way known here, heights never by a guess."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from layers.arrays import Float64, Mover
from layers.crs import (
    LOCAL,
    WHAT_TO_TYPE,
    height_unit,
    height_unit_m,
    heights,
    parse_crs,
    positions,
    same_positions,
)
from layers.errors import PlaceError
from layers.placement import AS_READ, Placement

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

    from layers.data import Box


@dataclass(frozen=True)
class Way:
    """How points move from one CRS to another, and what is to be said about it."""

    move: Mover
    note: str = ""


@dataclass(frozen=True)
class Move:
    """A mover that can be told to another process."""

    source: str | None  # CRS
    target: str | None
    height_unit_m: float = 1.0  # as of `way`
    placement: Placement = AS_READ

    def __call__(self, points: Float64) -> Float64:
        """The points where they belong."""
        move = way(self.source, self.target, self.height_unit_m).move
        moved = move(self.placement.correct(points) if self.placement.is_corrected else points)
        return self.placement.put(moved) if self.placement.is_put else moved

    @property
    def stays(self) -> bool:
        """Whether points stay where they are."""
        probe = way(self.source, self.target, self.height_unit_m).move
        return probe is _stay and self.placement.is_as_read


@dataclass(frozen=True)
class MoveBack:
    """The way back of a `Move`: points of the project as a layer's file has them."""

    source: str | None  # CRS of the project
    target: str | None
    height_unit_m: float = 1.0  # of the target where its CRS names no heights
    placement: Placement = AS_READ

    def __call__(self, points: Float64) -> Float64:
        """The points as the layer's file would have them."""
        there = self.placement.take_back(points) if self.placement.is_put else points
        moved = way(None if self.target is None else self.source, self.target).move(there)
        if self._has_other_unit:
            moved = moved / (1.0, 1.0, self.height_unit_m)
        return self.placement.uncorrect(moved) if self.placement.is_corrected else moved

    @property
    def _has_other_unit(self) -> bool:
        """Whether heights change their unit on the way, and no CRS says so."""
        is_same = self.source == self.target or LOCAL in (self.source, self.target)
        if self.height_unit_m == 1.0 or self.target is None or is_same:
            return False
        return not heights(parse_crs(self.target))


def unit_of_heights_m(crs: str | None, drawable: str | None) -> float:
    """Metres in the unit of a layer's heights where its CRS names none, by the class of its arrays.

    Rasters and networks are in metres; all that is drawn from points is in the unit of its positions.
    """
    if crs is None or drawable in (None, "TerrainPyramid", "ImagePyramid"):
        return 1.0
    return height_unit(crs)[1]


def moved_box(box: Box, mover: Mover) -> Box:
    """The box around a box that is moved."""
    corners = np.array([[x, y, z] for x in box[0::3] for y in box[1::3] for z in box[2::3]], np.float64)
    moved = mover(corners)
    return (*moved.min(axis=0).tolist(), *moved.max(axis=0).tolist())


def _stay(points: Float64) -> Float64:
    return points


@lru_cache(maxsize=256)
def way(source_text: str | None, target_text: str | None, source_height_unit_m: float = 1.0) -> Way:
    """How points move from one CRS to another.

    `source_height_unit_m` is the length of the source's height unit where its CRS names no heights.
    """
    if source_text is None:
        return Way(_stay, "coordinates taken as they are: the layer names no CRS")
    if target_text is None:
        raise PlaceError("The project has no CRS, so nothing can be placed in it", do=WHAT_TO_TYPE)
    if source_text == target_text:
        return Way(_stay)
    if LOCAL in (source_text, target_text):
        return Way(_stay, "coordinates taken as they are: a local model has no place on Earth")
    source, target = parse_crs(source_text), parse_crs(target_text)
    if source.is_geocentric or target.is_geocentric:
        return _way_from_earth_centre(source, target)
    stays = same_positions(positions(source), positions(target))
    whole = _known_height_change(source, target)
    if whole is not None:
        return Way(_mover(whole, keep_positions=stays))
    factor = height_unit_m(source, source_height_unit_m) / height_unit_m(target, 1.0)
    note = _height_note(source, target, factor)
    if stays:
        return Way(_stay if factor == 1.0 else _mover(None, height_factor=factor), note)
    flat, flat_note = _flat_transformer(positions(source), positions(target))
    notes = "; ".join(part for part in (flat_note, note) if part)
    return Way(_mover(flat, flat=True, height_factor=factor), notes)


def _way_from_earth_centre(source: CRS, target: CRS) -> Way:
    """Geocentric x, y, z can only be moved as a whole; heights then refer to the ellipsoid."""
    if target.is_geocentric and not source.is_geocentric:
        return _way_to_earth_centre(source, target)
    whole = _transformer(source, target)
    if whole is not None and heights(target):
        return Way(_mover(whole))
    whole = _transformer(source, positions(target).to_3d())
    if whole is None:
        raise _no_way(source, target)
    return Way(_mover(whole), f"heights are above the ellipsoid, not {heights(target) or 'above sea level'}")


def _way_to_earth_centre(source: CRS, target: CRS) -> Way:
    """Heights that no transformation is known for here are taken as if they were above the ellipsoid."""
    whole = _transformer(source, target) if heights(source) else None
    if whole is not None:
        return Way(_mover(whole))
    whole = _transformer(positions(source).to_3d(), target)
    if whole is None:
        raise _no_way(source, target)
    said = heights(source) or "heights of which the layer does not say what they refer to"
    return Way(
        _mover(whole), f"{said}: taken as heights above the ellipsoid, no transformation is known here"
    )


def _known_height_change(source: CRS, target: CRS) -> Transformer | None:
    """The transformation of positions and heights together, where one is needed and known."""
    before, after = heights(source), heights(target)
    return _transformer(source, target) if before and after and before != after else None


def _height_note(source: CRS, target: CRS, factor: float) -> str:
    """What is to be said of heights that keep their reference."""
    before, after = heights(source), heights(target)
    unit = "" if factor == 1.0 else " in the project's unit"
    if before == after:
        return ""
    if not before:
        return f"heights are taken{unit} as {after}: the layer does not say what they refer to"
    if not after:
        return f"heights remain {before}{unit}: the project does not say what its heights refer to"
    return f"heights are kept{unit} as they are: no transformation from {before} to {after} is known here"


def _flat_transformer(source: CRS, target: CRS) -> tuple[Transformer, str]:
    """The horizontal transformation, and a warning when it ignores a difference of datums."""
    known = _transformer(source, target)
    if known is not None:
        return known, ""
    rough = _transformer(source, target, rough=True)
    if rough is None:
        raise _no_way(source, target)
    return rough, (
        "positions may be off by some hundred metres: no transformation is known "
        f"from {_datum_name(source)} to {_datum_name(target)}"
    )


def _no_way(source: CRS, target: CRS) -> PlaceError:
    return PlaceError(
        "There is no way from the layer's CRS to the project's",
        found=f"{source.name} to {target.name}",
        do="Say the layer's true CRS, or convert the file first",
    )


def _datum_name(crs: CRS) -> str:
    return str(crs.datum.name if crs.datum is not None else crs.name)


def _transformer(source: CRS, target: CRS, rough: bool = False) -> Transformer | None:
    """The best transformation on this computer (the network is never asked), None if there is none."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError
    from pyproj.network import set_network_enabled  # type: ignore[attr-defined]  # its stub forgets it

    set_network_enabled(active=False)
    try:
        return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=rough)
    except ProjError:
        return None


def _mover(
    transformer: Transformer | None,
    flat: bool = False,
    keep_positions: bool = False,
    height_factor: float = 1.0,
) -> Mover:
    """Applies a transformation (to x, y only when `flat`), then scales heights."""

    def move(points: Float64) -> Float64:
        moved = np.array(points, dtype=np.float64, copy=True)
        if transformer is not None and len(moved):
            x, y, z = np.ascontiguousarray(moved.T)
            found = transformer.transform(x, y) if flat else transformer.transform(x, y, z)
            first = 2 if keep_positions else 0
            moved[:, first : len(found)] = np.stack(found, axis=-1)[:, first:]
            _check_moved(points, moved, transformer)
        moved[:, 2] *= height_factor
        return moved

    return move


def _check_moved(points: Float64, moved: Float64, transformer: Transformer) -> None:
    lost = np.isfinite(points).all(axis=1) & ~np.isfinite(moved).all(axis=1)
    if lost.any():
        x, y, _z = points[int(np.argmax(lost))]
        source, target = transformer.source_crs, transformer.target_crs
        raise PlaceError(
            f"{int(lost.sum())} of {len(points)} points cannot be placed in the project's CRS",
            where=target.name if target is not None else "",
            found=f"for example x {x:.3f}, y {y:.3f} in {source.name if source is not None else 'its CRS'}",
            do="Say the layer's true CRS",
        )
