"""Whether the geometries of a city layer are sound, whatever format it came from; edited shapes included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from layers.checks.codes import CODES
from layers.checks.geometry import ObjectCheck, parts_findings
from layers.columns import NONE, Mask
from layers.conformance import Finding
from layers.crs import LOCAL, parse_crs
from layers.data import Progress, never_stop
from layers.polygons import METRES_PER_DEGREE
from layers.project import Project
from layers.records import Layer
from layers.shaping import Shapes

AT_ONCE = 50


@dataclass(frozen=True)
class Found:
    """A finding of an object of the project; its place is in the project's CRS."""

    fid: int
    finding: Finding


def findings(
    project: Project, layer: Layer, chosen: Mask | None = None, progress: Progress = never_stop
) -> Iterator[Found]:
    """All that is unsound in the objects of a layer, or in the chosen ones, family by family."""
    if chosen is None:
        yield from _read_so(project, layer)
    checker = _Checker(project, layer)
    chosen = ~project.gone(layer) if chosen is None else chosen & ~project.gone(layer)
    parents = np.asarray(project.parents(layer))
    children = _children(parents)
    roots = np.flatnonzero(parents == NONE)
    for done, root in enumerate(roots.tolist()):
        if done % AT_ONCE == 0:
            progress(done / len(roots), f"{done} of {len(roots)} objects checked")
        pending = [root]
        while pending:
            position = pending.pop()
            parts = children.get(position, [])
            pending += parts
            if chosen[position]:
                mine = [part for part in parts if chosen[part]]
                yield from checker.object(position, bool(parts))
                yield from checker.family(position, mine)
        checker.forget()


def _read_so(project: Project, layer: Layer) -> Iterator[Found]:
    """What reading the source found and put right, where it has one of the codes."""
    for warning in layer.report.get("warnings", ()):
        if warning["code"] in CODES:
            item = project.by_id(warning["object"], layer)
            if item is not None:
                yield Found(item.fid, Finding(warning["code"], item.id, "", warning["text"]))


class _Checker:
    """Checks the objects of a layer; each once, also where it is needed as a part of another."""

    def __init__(self, project: Project, layer: Layer) -> None:
        self._layer, self._shapes = layer, Shapes(project, layer)
        self._ids = project.values(layer, "id")
        self._scale = metres(project)
        self._origin: Float64 | None = None  # of a family
        self._known: dict[int, tuple[ObjectCheck, list[Finding]] | None] = {}

    def forget(self) -> None:
        """Go on to another family."""
        self._known.clear()
        self._origin = None

    def object(self, position: int, has_parts: bool) -> Iterator[Found]:
        """What is wrong with an object itself."""
        fid = self._layer.first_fid + position
        checked = self._checked(position)
        if checked is None:
            if not has_parts:
                yield Found(fid, Finding("609", self._id(position), "", "it has neither geometry nor parts"))
            return
        yield from (Found(fid, self._placed(finding)) for finding in checked[1])

    def family(self, position: int, parts: Sequence[int]) -> Iterator[Found]:
        """What is wrong between an object and its parts."""
        checked = {number: self._checked(number) for number in (position, *parts)} if parts else {}
        checks = {self._id(number): found[0] for number, found in checked.items() if found is not None}
        if len(checks) > 1:
            for finding in parts_findings(self._id(position), checks):
                yield Found(self._layer.first_fid + position, self._placed(finding))

    def _id(self, position: int) -> str:
        return str(self._ids.taken(np.array([position])).tolist()[0])

    def _checked(self, position: int) -> tuple[ObjectCheck, list[Finding]] | None:
        if position not in self._known:
            shape = self._shapes.in_project(self._layer.first_fid + position)
            self._known[position] = None
            if shape is not None:
                if self._origin is None:
                    self._origin = shape.vertices[0]
                check = ObjectCheck(self._id(position), (shape.vertices - self._origin) * self._scale)
                self._known[position] = check, list(check.findings(shape.geometries))
        return self._known[position]

    def _placed(self, finding: Finding) -> Finding:
        """A finding with its place in the project's CRS."""
        if not finding.at or self._origin is None:
            return finding
        return replace(finding, at=tuple((np.array(finding.at) / self._scale + self._origin).tolist()))


def _children(parents: NDArray[np.int32]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for child in np.flatnonzero(parents != NONE).tolist():
        found.setdefault(int(parents[child]), []).append(child)
    return found


def metres(project: Project) -> Float64:
    """(3,) metres per unit of the project's coordinates."""
    crs = project.place.crs
    if crs is None or crs == LOCAL:
        return np.ones(3)
    parsed = parse_crs(crs)
    if parsed.is_geographic:
        latitude = float(project.place.origin[1])
        return np.array([METRES_PER_DEGREE * np.cos(np.radians(latitude)), METRES_PER_DEGREE, 1.0])
    axes = [axis.unit_conversion_factor for axis in parsed.axis_info]
    if len(axes) < 2:
        return np.ones(3)
    return np.array([axes[0], axes[1], axes[2] if len(axes) > 2 else axes[0]])
