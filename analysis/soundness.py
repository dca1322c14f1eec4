"""Geometry check as an analysis: what is unsound in city objects, by val3dity's codes, on its surface."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.checked import checked_layers, content_of, estimate_of, surface_rows
from analysis.site import site_if_known
from analysis.survey import finished, versions
from layers.checks.codes import CODES, NORMALS_DEG, PLANAR_M, SNAP_M
from layers.checks.layer import Found, findings
from layers.data import Progress, never_stop, part_of
from layers.project import Project
from layers.results import FINDINGS, Pedigree, Quantity, Result, Table
from layers.written import counted

NAME = "soundness"
TITLE = "Geometry check"
HELP = "Rings, polygons, shells and solids that are not sound, by the codes of val3dity."

FAULTY = "faulty"
#: Faults with this code or a higher one are faults of whole shells, whichever polygon they were found at.
OF_SHELLS = "3"
#: Objects that are checked in a second.
OBJECTS_PER_SECOND = 400
METHOD = (
    "Every geometry as ISO 19107 asks: rings (101 to 104), polygons (201 to 208), shells (301 to 307), "
    "solids (401 to 405), composites (501 to 503) and parts of buildings (601), numbered as val3dity does. "
    f"Corners within {SNAP_M * 1000:g} mm are one; polygons are planar when no corner lies more than "
    f"{PLANAR_M * 100:g} cm off the plane that fits them best and no triangle is turned by more than "
    f"{NORMALS_DEG:g}°; surfaces intersect when they pass through each other by more than "
    f"{SNAP_M * 1000:g} mm. A level is checked only where those before it are sound."
)


@dataclass(frozen=True)
class Inputs:
    """What is asked."""

    where: str = asked("", "Which objects", "expression", group="Where")
    fids: tuple[int, ...] = asked((), "Chosen objects", "fids", group="Where")
    layer: str = asked("", "Layer", "layer", group="Where")


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    return estimate_of(project, inputs, OBJECTS_PER_SECOND)


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """What is unsound."""
    started = time.perf_counter()
    layers = checked_layers(project, inputs)
    found: list[tuple[int, Found]] = []
    for number, (layer, mask) in enumerate(layers):
        share = part_of(progress, number / len(layers), (number + 1) / len(layers))
        found += [(layer.id, item) for item in findings(project, layer, mask, share)]
    count = sum(int(mask.sum()) for _, mask in layers)
    names = ", ".join(layer.name for layer, _ in layers)
    return finished(
        NAME,
        f"{names}: {TITLE.lower()}",
        inputs,
        site_if_known(project),
        Pedigree(
            method=METHOD,
            version=versions("shapely"),
            inputs=tuple(content_of(project, layer) for layer, _ in layers),
            error=f"Exact for the coordinates given; what is within {SNAP_M * 1000:g} mm is not told apart",
            limits=(
                "Whether the interior of a solid is connected (404) is not checked",
                "Polygons of sources that tell no solids are checked one by one, not as shells",
            ),
            numbers={"objects": count, "findings": len(found), "seconds": time.perf_counter() - started},
        ),
        quantities=(
            Quantity(
                FAULTY,
                "Faults",
                "",
                digits=0,
                color_map="seen",
                low=0.0,
                high=1.0,
                words=("sound surfaces beside them", "faulty surfaces"),
            ),
        ),
        surfaces=_surfaces(project, found),
        tables={
            FINDINGS: Table({"sentence": _sentences(count, [item for _, item in found])}),
            "faults": _faults(found),
        },
        verdict="" if not count else "fail" if _errors(found) else "pass",
    )


def _errors(found: Sequence[tuple[int, Found]]) -> int:
    return sum(not item.finding.is_warning for _, item in found)


def _sentences(count: int, found: Sequence[Found]) -> list[str]:
    """What there is to say, the most frequent fault first."""
    faulty = {item.fid for item in found if not item.finding.is_warning}
    said = [
        f"{len(faulty)} of {counted(count, 'object is', 'objects are')} not sound."
        if faulty
        else f"{counted(count, 'object is', 'objects are')} sound."
    ]
    codes = Counter(item.finding.code for item in found)
    for code, times in codes.most_common():
        objects = len({item.fid for item in found if item.finding.code == code})
        said.append(f"{code} {CODES[code]}: {counted(times, 'time')}, in {counted(objects, 'object')}.")
    return said


def _faults(found: Sequence[tuple[int, Found]]) -> Table:
    """One row per finding."""
    places = np.array([item.finding.at or (np.nan,) * 3 for _, item in found], np.float64).reshape(-1, 3)
    return Table(
        {
            "layer": np.array([layer for layer, _ in found], np.int32),
            "fid": np.array([item.fid for _, item in found], np.int64),
            "object_id": [item.finding.object for _, item in found],
            "code": [item.finding.code for _, item in found],
            "fault": [CODES[item.finding.code] for _, item in found],
            "surface": [item.finding.surface for _, item in found],
            "text": [item.finding.text for _, item in found],
            **{axis: places[:, number] for number, axis in enumerate("xyz")},
        }
    )


def _surfaces(project: Project, found: Sequence[tuple[int, Found]]) -> Table:
    """The surfaces of objects with faults; those of a faulty shell, or between objects, are all faulty."""
    faults: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for layer, item in found:
        if not item.finding.is_warning:
            told = item.finding
            polygon = told.polygon if told.code < OF_SHELLS else -1
            faults.setdefault((layer, item.fid), set()).add((told.geometry, polygon))
    rows = surface_rows(project, list(faults))
    names = ("layer", "fid", "geometry", "surface")
    keys = zip(*(rows.numbers(name).astype(int).tolist() for name in names), strict=True)
    faulty = np.array(
        [bool(faults[layer, fid] & {(-1, -1), (g, -1), (g, s)}) for layer, fid, g, s in keys], np.bool_
    )
    return Table({**rows.columns, FAULTY: faulty.astype(np.float64)})
