"""Height doctor: what floats above the terrain or is sunk in it, and why whole layers may be."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.checked import checked_layers, content_of, estimate_of, surface_rows
from analysis.heightfaults import Suspicion, suspicions
from analysis.site import site_if_known
from analysis.survey import finished, versions
from analysis.underfoot import Feet, feet_of, terrains
from analysis.verdicts import FAIL, NOTHING, PASS
from layers.arrays import Float64
from layers.checks.layer import metres
from layers.columns import Mask
from layers.crs import LOCAL
from layers.data import Box, Progress, never_stop
from layers.errors import PlaceError
from layers.place import far_note
from layers.placement import Placement
from layers.project import Project
from layers.records import Layer
from layers.results import FINDINGS, Pedigree, Quantity, Result, Table

NAME = "doctor"
TITLE = "Height doctor"
HELP = "Objects that float above the terrain or are sunk in it; wrong datums, swapped axes, feet for metres."

GAP = "gap_m"
FLOATING, SUNK, STANDING = "floating", "sunk", "standing"
#: Where fewer of a layer's objects lie over the terrain, their axes may be swapped.
FEW_OVER, MANY_OVER = 0.1, 0.5
OBJECTS_PER_SECOND = 20_000
METHOD = (
    "A building stands as a whole: a part that others carry does not float. "
    "The foot of an object is its corners within half a metre of the lowest one. It floats when its lowest "
    "corner is higher than the highest terrain under its foot by more than the tolerance, and is sunk when "
    "it is lower than the lowest terrain there by more than that; the gap is measured to the terrain in the "
    "middle. Where most objects of a layer are off by the same, or by the ratio of feet and metres, or lie "
    "over the terrain only with x and y exchanged, that is suspected and what would be left is told."
)


@dataclass(frozen=True)
class Inputs:
    """What is asked."""

    where: str = asked("", "Which objects", "expression", group="Where")
    fids: tuple[int, ...] = asked((), "Chosen objects", "fids", group="Where")
    layer: str = asked("", "Layer", "layer", group="Where")
    tolerance_m: float = asked(1.0, "Tolerance", "number", unit="m", low=0.01, high=100, group="What")


@dataclass(frozen=True)
class Patient:
    """A layer, where its objects stand, and what is suspected of it."""

    layer: Layer
    feet: Feet
    suspicions: tuple[Suspicion, ...]
    tolerance_m: float
    metre: float  # metres per unit of height
    own_ground: bool = False  # whether the ground comes from the layer's own source, and would go with it
    beside: str = ""  # which terrain is nearest where none is under it, and how far away

    @property
    def is_tested(self) -> bool:
        """Whether there was terrain to hold its heights against."""
        return bool(self.feet.over_terrain.any())

    @property
    def gap_m(self) -> np.ndarray:
        """(n,) how far each object stands above the terrain; NaN beside it."""
        return (self.feet.foot_z - self.feet.mid_z) * self.metre

    @property
    def states(self) -> list[str]:
        """What each object does; '' beside the terrain."""
        above = (self.feet.foot_z - self.feet.high_z) * self.metre > self.tolerance_m
        below = (self.feet.low_z - self.feet.foot_z) * self.metre > self.tolerance_m
        known = self.feet.over_terrain
        return [
            "" if not k else FLOATING if a else SUNK if b else STANDING
            for k, a, b in zip(known.tolist(), above.tolist(), below.tolist(), strict=True)
        ]

    @property
    def off(self) -> list[int]:
        """The rows of `feet` that float or are sunk."""
        return [row for row, state in enumerate(self.states) if state in (FLOATING, SUNK)]

    def lifts_m(self, fids: Collection[int] | None = None) -> dict[int, float]:
        """By how much what floats or is sunk must rise, by fid, every part as its whole; or some of it."""
        rise = (self.feet.low_z - self.feet.foot_z) * self.metre
        rows = [row for row in self.off if fids is None or int(self.feet.fid[row]) in fids]
        return self._of_parts({row: float(rise[row]) for row in rows})

    def raised_m(self, suspicion: Suspicion) -> dict[int, float]:
        """By how much every object that stands on the ground must rise, by fid, where its ground stays."""
        return dict.fromkeys(self.feet.part_fid.tolist(), suspicion.shift_m)

    def gaps_m(self) -> dict[int, float]:
        """How far above the terrain stands what floats or is sunk, by fid, every part as its whole."""
        return self._of_parts({row: float(self.gap_m[row]) for row in self.off})

    def _of_parts(self, values: Mapping[int, float]) -> dict[int, float]:
        parts = zip(self.feet.part_fid.tolist(), self.feet.part_row.tolist(), strict=True)
        return {fid: values[row] for fid, row in parts if row in values}

    def placement(self, suspicion: Suspicion) -> Placement:
        """Where the layer would be put to correct what is suspected."""
        placement = self.layer.placement
        if suspicion.swapped:
            return replace(placement, swapped=not placement.swapped)
        if suspicion.height_scale != 1.0:
            east, north, _ = placement.pivot
            x, y, z = placement.shift
            return replace(
                placement,
                height_scale=placement.height_scale * suspicion.height_scale,
                pivot=(east, north, 0.0),  # heights are counted from zero
                shift=(x, y, z * suspicion.height_scale),
            )
        return placement.shifted((0.0, 0.0, suspicion.shift_m / self.metre))


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do."""
    return estimate_of(project, inputs, OBJECTS_PER_SECOND)


def examined(project: Project, inputs: Inputs, progress: Progress = never_stop) -> list[Patient]:
    """Every layer that is meant, examined."""
    found = []
    layers = checked_layers(project, inputs)
    for number, (layer, mask) in enumerate(layers):
        progress(number / len(layers), f"where {layer.name} stands")
        found.append(_examined(project, layer, mask, inputs.tolerance_m))
    return found


def _examined(project: Project, layer: Layer, mask: Mask, tolerance_m: float) -> Patient:
    metre = float(metres(project)[2])
    feet = feet_of(project, layer, mask)
    over = feet.over_terrain
    told: list[Suspicion] = []
    if len(feet) and over.mean() < FEW_OVER:
        told += _swapped(project, layer, mask, feet)
    site = site_if_known(project)
    told += suspicions(
        feet.foot_z[over] * metre, feet.low_z[over] * metre, tolerance_m, site.longitude, site.latitude
    )
    own_ground = all(one.objects_layer == layer.objects_layer for one in terrains(project))
    beside = "" if over.any() else _beside(project, layer)
    return Patient(layer, feet, tuple(told), tolerance_m, metre, own_ground, beside)


def _beside(project: Project, layer: Layer) -> str:
    """Which terrain is nearest to a layer that has none under it; '' without any."""
    if layer.box is None:
        return ""
    low, high = np.array(layer.box[:2]), np.array(layer.box[3:5])
    scale, found = metres(project)[:2], []
    for other in project.layers:
        if other.kind == "terrain" and other.box is not None:
            gap = np.maximum(np.maximum(other.box[:2] - high, low - np.array(other.box[3:5])), 0.0)
            found.append((float(np.hypot(*(gap * scale))), other.name))
    if not found:
        return ""
    away_m, name = min(found)
    if away_m == 0.0:
        return f"the terrain {name} has no heights under it"
    far = f"{away_m / 1000:.1f} km" if away_m >= 1000 else f"{away_m:.0f} m"
    return f"it does not lie over the terrain {name}, which is {far} away"


def _swapped(project: Project, layer: Layer, mask: Mask, feet: Feet) -> Iterator[Suspicion]:
    """Whether objects lie over the terrain, or where their CRS is made for, only with x and y exchanged."""
    other = feet_of(project, layer, mask, swapped=True)
    share, swapped_share = float(feet.over_terrain.mean()), float(other.over_terrain.mean())
    said = []
    if swapped_share >= MANY_OVER:
        said.append(
            f"{100 * share:.0f} % of {len(feet)} objects lie over the terrain, "
            f"but {100 * swapped_share:.0f} % with x and y exchanged"
        )
    if _fits_only_swapped(layer):
        said.append(
            "as they are, coordinates lie outside the area that their CRS is made for; "
            "with x and y exchanged they lie within it"
        )
    if said:
        gap = np.abs(other.foot_z - other.mid_z)[other.over_terrain]
        after = float(np.median(gap)) if len(gap) else float("nan")
        yield Suspicion("swapped", f"{'; '.join(said)}: the axes are swapped", np.nan, after, swapped=True)


def _fits_only_swapped(layer: Layer) -> bool:
    """Whether a layer lies far from where its CRS is made for, but would not with x and y exchanged."""
    box = layer.facts.get("layer_box")
    if layer.crs in (None, LOCAL) or not box:
        return False
    x0, y0, z0, x1, y1, z1 = box
    if layer.placement.swapped:
        x0, y0, x1, y1 = y0, x0, y1, x1
    crs = str(layer.crs)
    return _is_far(crs, (x0, y0, z0, x1, y1, z1)) and not _is_far(crs, (y0, x0, z0, y1, x1, z1))


def _is_far(crs: str, box: Box) -> bool:
    try:
        return bool(far_note(crs, box))
    except PlaceError:
        return True


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """What floats, is sunk, and why."""
    started = time.perf_counter()
    patients = examined(project, inputs, progress)
    names = ", ".join(patient.layer.name for patient in patients)
    rows = _objects(project, patients)
    layers = [*(patient.layer for patient in patients), *terrains(project)]
    return finished(
        NAME,
        f"{names}: {TITLE.lower()}",
        inputs,
        site_if_known(project),
        Pedigree(
            method=METHOD,
            version=versions(),
            inputs=tuple(
                dict.fromkeys(content_of(project, project.any_layer(one.objects_layer)) for one in layers)
            ),
            error="As exact as the terrain: a cell's width times its slope under the corners of a foot",
            limits=("Basements that are modelled make objects look sunk",),
            numbers={"objects": len(rows), "seconds": time.perf_counter() - started},
        ),
        quantities=(Quantity(GAP, "Above the terrain", "m", digits=2, color_map="viridis"),),
        surfaces=_surfaces(project, patients),
        tables={
            FINDINGS: Table({"sentence": [text for patient in patients for text in sentences(patient)]}),
            "objects": rows,
        },
        verdict=_verdict(patients),
    )


def _verdict(patients: Sequence[Patient]) -> str:
    """On all layers; none where one of them could not be held against any terrain."""
    if any(patient.off or patient.suspicions for patient in patients):
        return FAIL
    return PASS if patients and all(patient.is_tested for patient in patients) else NOTHING


def sentences(patient: Patient) -> Iterator[str]:
    """What there is to say of a layer."""
    states = patient.states
    over = sum(map(bool, states))
    name = patient.layer.name
    if not states:
        yield f"{name}: no object that stands on the ground."
        return
    yield (
        f"{name}: {over} of {len(states)} objects lie over the terrain, a building with its parts being "
        f"one; {states.count(FLOATING)} float above it and {states.count(SUNK)} are sunk by more than "
        f"{patient.tolerance_m:g} m."
        if over
        else f"{name}: its heights could not be checked, as {patient.beside or 'there is no terrain'}."
    )
    if over:
        gap = patient.gap_m[patient.feet.over_terrain]
        low, middle, high = (_above(each) for each in np.percentile(gap, (10, 50, 90)).tolist())
        yield f"{name}: feet are {middle} the terrain (median); for 80 % from {low} to {high} it."
    for suspicion in patient.suspicions:
        yield f"{name}: {suspicion.text}."


def _above(gap_m: float) -> str:
    return f"{abs(gap_m):.2f} m {'below' if gap_m < 0 else 'above'}"


def _objects(project: Project, patients: Sequence[Patient]) -> Table:
    """One row per object that is not where the ground is."""
    fids: list[int] = []
    states: list[str] = []
    numbers: dict[str, list[Float64]] = {"foot_z": [], "ground_z": [], GAP: []}
    for patient in patients:
        off, feet = np.array(patient.off, np.intp), patient.feet
        fids += feet.fid[off].tolist()
        states += [str(patient.states[row]) for row in patient.off]
        for name, values in zip(numbers, (feet.foot_z, feet.mid_z, patient.gap_m), strict=True):
            numbers[name].append(np.asarray(values, np.float64)[off])
    named = {item.fid: item.id for item in project.objects(fids=fids)}
    texts = {"object_id": [named[fid] for fid in fids], "state": states}
    columns = {name: np.concatenate([np.empty(0), *parts]) for name, parts in numbers.items()}
    return Table({"fid": np.array(fids, np.int64), **texts, **columns})


def _surfaces(project: Project, patients: Sequence[Patient]) -> Table:
    """The surfaces of the objects that are not where the ground is, with their gap."""
    gaps = {(patient.layer.id, fid): gap for patient in patients for fid, gap in patient.gaps_m().items()}
    rows = surface_rows(project, list(gaps))
    keys = zip(
        rows.numbers("layer").astype(int).tolist(), rows.numbers("fid").astype(int).tolist(), strict=True
    )
    return Table({**rows.columns, GAP: np.array([gaps[key] for key in keys], np.float64)})
