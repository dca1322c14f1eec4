"""A zoning check as results hold it: violations, plots, verdicts, sentences, and what is drawn of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from analysis.checked import surface_rows
from analysis.verdicts import FAIL, PASS
from analysis.zones.frame import Frame
from analysis.zones.limits import LINE, WINDOW
from analysis.zones.ordinance import SETBACK, STOREYS, TERMS
from analysis.zones.permit import Found, Permit, Ruled
from analysis.zones.sheets import FLOOR_M, Sheet, cells_of
from analysis.zones.solids import solid_above
from layers.arrays import Float64
from layers.project import Project
from layers.results import FINDINGS, VIOLATIONS, VOLUMES, Quantity, Table
from layers.written import counted, grouped

VERDICTS, PLOTS, BUILDINGS = "verdicts", "plots", "buildings"
BREAKS, OVER = "breaks_rules", "over_m"
QUANTITIES = (
    Quantity(BREAKS, "Rules", "", 0, "amber", 0.0, 1.0, ("keeps all rules", "breaks a rule")),
    Quantity(OVER, "Over what is allowed", "m", 2, "sun", 0.0),
)
#: Rules that ask for a distance at least, and those that something may not reach beyond at all.
NEAR, ALONG = TERMS[SETBACK].title, (WINDOW, LINE)
COUNTED = TERMS[STOREYS].title
#: Roles of surfaces that are drawn.
VIOLATION, ENVELOPE = "violation", "envelope"
#: So many violations are told one by one in sentences.
MOST_TOLD = 5
#: Envelopes of more plots than this would hide one another.
MOST_ENVELOPES = 200


@dataclass(frozen=True)
class Checked:
    """What a check found, and where it is."""

    project: Project
    frame: Frame
    ruled: Sequence[Ruled]
    grounds: Sequence[float]  # of each plot
    permit: Permit

    @property
    def broken(self) -> list[Found]:
        """What breaks a rule, plots in order, the worst building first."""
        rows = [one for one in self.permit.found if not one.is_kept]
        order = {one.plot.fid: at for at, one in enumerate(self.ruled)}
        return sorted(rows, key=lambda one: (order[one.plot.fid], one.rule, -one.excess))

    @property
    def verdict(self) -> str:
        """On all together; nothing where there was nothing to check."""
        return "" if not self.permit.found else FAIL if self.broken else PASS


def tables_of(checked: Checked) -> dict[str, Table]:
    """All tables of a result."""
    return {
        FINDINGS: Table({"sentence": sentences(checked)}),
        VERDICTS: verdicts_table(checked),
        VIOLATIONS: violations_table(checked),
        PLOTS: plots_table(checked),
        BUILDINGS: buildings_table(checked),
        VOLUMES: volumes_table(checked),
    }


def sentences(checked: Checked) -> list[str]:
    """What there is to say, the most important first."""
    permit, broken = checked.permit, checked.broken
    buildings = counted(len(permit.standing), "building")
    plots = counted(len(checked.ruled), "plot")
    if not permit.standing:
        return [f"No building that is checked stands on any of {plots}."]
    if not broken:
        return [f"{buildings} on {plots}: all rules are kept."]
    guilty = {one.body.fid for one in broken if one.body is not None}
    said = [
        f"{buildings} on {plots}: {counted(len(broken), 'rule is', 'rules are')} broken, by "
        f"{counted(len(guilty), 'building')}"
        + (
            f" and on {counted(len({one.plot.fid for one in broken if one.body is None}), 'plot')} as a whole"
            if any(one.body is None for one in broken)
            else ""
        )
        + "."
    ]
    worst = sorted(broken, key=lambda one: -np.nan_to_num(one.volume_m3, nan=0.0))
    said += [f"{_subject(one)}: {reason(one)}." for one in worst[:MOST_TOLD]]
    outside = [one.outside_m3 for one in permit.standing]
    if np.nansum(outside) > 0:
        said.append(f"Outside of all limits together lie {grouped(float(np.nansum(outside)), 1)} m³.")
    return said


def _subject(one: Found) -> str:
    return one.plot.name if one.body is None else f"{one.body.name} on {one.plot.name}"


def rule_of(one: Found) -> str:
    """What a rule is called, and by what it is one."""
    return f"{one.rule}, {one.by}" if one.by else one.rule


def reason(one: Found) -> str:
    """What is found and what is allowed, in words."""
    unit, rule = f" {one.unit}" if one.unit else "", rule_of(one)
    if one.is_level:
        if one.is_kept:
            return f"{rule}: nothing rises above it"
        text = f"{rule}: rises to {one.found:.2f} m, {one.allowed:.2f} m would be allowed there"
    elif one.rule in ALONG:
        text = f"{rule}: reaches beyond it by {one.found:.2f} m"
        return text + _volume(one) if not one.is_kept else f"{rule}: nothing reaches beyond it"
    else:
        text = f"{rule}: {_number(one, one.found)}{unit}, {_bound(one)}"
    return text if one.is_kept else f"{text}, {_number(one, one.excess)}{unit} too {_too(one)}{_volume(one)}"


def _volume(one: Found) -> str:
    return f", {grouped(one.volume_m3, 1)} m³" if np.isfinite(one.volume_m3) else ""


def _too(one: Found) -> str:
    return "near" if one.rule == NEAR else "high" if one.unit == "m" and one.body is not None else "much"


def _bound(one: Found) -> str:
    """What is allowed, in words."""
    if not np.isfinite(one.allowed):
        return ""
    unit = f" {one.unit}" if one.unit else ""
    return f"at {'least' if one.rule == NEAR else 'most'} {_number(one, one.allowed)}{unit}"


def _number(one: Found, value: float) -> str:
    """Storeys are counted, all else is measured."""
    return f"{value:g}" if one.rule == COUNTED else f"{value:.2f}"


def verdicts_table(checked: Checked) -> Table:
    """A row per plot and rule, broken ones first: the building that is worst."""
    worst: dict[tuple[int, str, str], Found] = {}
    for one in checked.permit.found:
        key = (one.plot.fid, one.rule, one.by)
        if key not in worst or _badness(one) > _badness(worst[key]):
            worst[key] = one
    rows = sorted(worst.values(), key=lambda one: one.is_kept)
    return Table(
        {
            "name": [_subject(one) for one in rows],
            "fid": np.array([(one.body or one.plot).fid for one in rows], np.int64),
            "rule": [rule_of(one) for one in rows],
            "verdict": [PASS if one.is_kept else FAIL for one in rows],
            "counts": np.ones(len(rows), bool),
            "after": np.array([one.found for one in rows]),
            "threshold": [_bound(one) for one in rows],
            "unit": [one.unit for one in rows],
            "reason": [reason(one) for one in rows],
        }
    )


def _badness(one: Found) -> tuple[float, float]:
    return one.excess, float(np.nan_to_num(one.found, nan=-np.inf))


def violations_table(checked: Checked) -> Table:
    """A row per rule and building, or plot, that breaks it."""
    rows = checked.broken
    places = checked.frame.world(np.array([one.place for one in rows], np.float64).reshape(-1, 3))
    shots = [one.shot for one in rows]
    return Table(
        {
            "plot": [one.plot.name for one in rows],
            "rule": [one.rule for one in rows],
            "by": [one.by for one in rows],
            "name": [one.body.name if one.body else "" for one in rows],
            "object_id": [one.body.id if one.body else "" for one in rows],
            "allowed": np.array([one.allowed for one in rows]),
            "found": np.array([one.found for one in rows]),
            "excess": np.array([one.excess for one in rows]),
            "unit": [one.unit for one in rows],
            "volume_m3": np.array([one.volume_m3 for one in rows]),
            "area_m2": np.array([np.nan if shot is None else shot.area_m2 for shot in shots]),
            **{axis: places[:, at] for at, axis in enumerate("xyz")},
            "fid": np.array([(one.body or one.plot).fid for one in rows], np.int64),
            "plot_fid": np.array([one.plot.fid for one in rows], np.int64),
        }
    )


def plots_table(checked: Checked) -> Table:
    """A row per plot: what is built on it."""
    sizes = checked.permit.sizes
    broken = [one.plot.fid for one in checked.broken]
    area = np.array([size.plot.area_m2 for size in sizes])
    footprint, floor = (
        np.array([getattr(size, name) for size in sizes]) for name in ("footprint_m2", "floor_m2")
    )
    return Table(
        {
            "name": [size.plot.name for size in sizes],
            "object_id": [size.plot.id for size in sizes],
            "verdict": [
                FAIL if size.plot.fid in broken else PASS if one.stated or one.limits else ""
                for size, one in zip(sizes, checked.ruled, strict=True)
            ],
            "broken": np.array([broken.count(size.plot.fid) for size in sizes], np.int64),
            "area_m2": area,
            "footprint_m2": footprint,
            "coverage": footprint / area,
            "floor_area_m2": floor,
            "floor_area_ratio": floor / area,
            "volume_m3": np.array([size.volume_m3 for size in sizes]),
            "fid": np.array([size.plot.fid for size in sizes], np.int64),
        }
    )


def buildings_table(checked: Checked) -> Table:
    """A row per building that was checked."""
    rows = checked.permit.standing
    guilty = [one.body.fid for one in checked.broken if one.body is not None]
    return Table(
        {
            "name": [one.body.name for one in rows],
            "object_id": [one.body.id for one in rows],
            "plot": [one.plot.name for one in rows],
            "verdict": [FAIL if one.body.fid in guilty else PASS for one in rows],
            "ground_z": np.array([one.foot_z for one in rows]),
            "height_m": np.array([one.body.high_z - one.foot_z for one in rows]),
            "outside_m3": np.array([one.outside_m3 for one in rows]),
            "fid": np.array([one.body.fid for one in rows], np.int64),
        }
    )


def surfaces_of(checked: Checked) -> Table:
    """The surfaces of the buildings that were checked, with what is wrong with their building."""
    over: dict[int, float] = {}
    guilty = {one.body.fid for one in checked.broken if one.body is not None}
    for one in checked.broken:
        if one.body is not None and one.unit == "m":
            over[one.body.fid] = max(over.get(one.body.fid, 0.0), one.excess)
    owner = {
        (one.body.layer, piece.fid): one.body.fid
        for one in checked.permit.standing
        for piece in one.body.pieces
    }
    rows = surface_rows(checked.project, list(owner))
    keys = zip(*(rows.numbers(name).astype(int).tolist() for name in ("layer", "fid")), strict=True)
    wholes = [owner[layer, fid] for layer, fid in keys]
    return Table(
        {
            **rows.columns,
            BREAKS: np.array([float(fid in guilty) for fid in wholes]),
            OVER: np.array([over.get(fid, 0.0) for fid in wholes]),
        }
    )


# --- what is drawn --------------------------------------------------------------------------------


def volumes_table(checked: Checked) -> Table:
    """What breaks the rules, and of few plots the envelope of all limits."""
    frame = checked.frame
    rows = [
        (f"{_subject(one)}: {one.rule}", VIOLATION, _solid(one))
        for one in checked.broken
        if one.shot is not None
    ]
    if len(checked.ruled) <= MOST_ENVELOPES:
        for one, ground_z in zip(checked.ruled, checked.grounds, strict=True):
            roof = _roof(one.envelope(ground_z))
            rows += [(f"Envelope of {one.plot.name}", ENVELOPE, roof)] if roof else []
    return Table(
        {
            "wkb": [_hex(frame, polygons) for _, _, polygons in rows],
            "name": [name for name, _, _ in rows],
            "role": [role for _, role, _ in rows],
        }
    )


def _solid(one: Found) -> list[Float64]:
    """What breaks a rule as triangles around it; of bodies that are not sound, its surfaces alone."""
    assert one.body is not None and one.shot is not None and one.cells is not None
    parts = [solid_above(piece.triangles, one.cells) for piece in one.body.pieces]
    solids = [part for part in parts if part is not None]
    return [*np.concatenate(solids)] if len(solids) == len(parts) else one.shot.polygons


def _roof(sheets: Sequence[Sheet]) -> list[Float64]:
    """Sheets as polygons in space, without those where nothing may stand."""
    cells = cells_of([sheet for sheet in sheets if sheet.plane[2] > FLOOR_M / 2])
    planes = cells.planes[cells.sheet]
    heights = (cells.corners * planes[:, None, :2]).sum(axis=-1) + planes[:, None, 2]
    return list(np.concatenate((cells.corners, heights[..., None]), axis=-1))


def _hex(frame: Frame, polygons: Sequence[Float64]) -> str:
    shape = shapely.MultiPolygon([shapely.Polygon(frame.world(corners)) for corners in polygons])
    return str(shapely.to_wkb(shape, hex=True, output_dimension=3, flavor="iso"))
