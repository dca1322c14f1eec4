"""Protected views: whether what is there, or what is proposed, rises between a viewing place and a landmark.

The corridor, its threshold surface and what breaks it are counted on the triangles themselves, in float64.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.analysis import Estimate
from analysis.asked import asked
from analysis.casters import Casters, casters
from analysis.ground import Ground
from analysis.naming import Naming
from analysis.sight.allowedheights import QUANTITIES, allowed_heights, lowest, points_in
from analysis.sight.corridor import Corridor
from analysis.sight.landmark import (
    HEIGHT,
    METRES,
    SHARE,
    Landmark,
    Wanted,
    corridor_to,
    landmark_at,
    landmark_of,
    target_in,
)
from analysis.sight.looking import (
    FromPlaces,
    Observers,
    bend_of,
    buried_warnings,
    earth_of,
    observers_of,
    positions_of,
    read_places,
    stood_on,
)
from analysis.sight.silhouette import directions_of, outlook
from analysis.sight.targets import Target
from analysis.sight.viewbreaks import Seen, breaks_of, rises_in
from analysis.sight.viewtables import all_of
from analysis.sight.viewwords import JUDGED, Looked, Said, in_short
from analysis.site import site_if_known
from analysis.states import is_compared, situations, states_title
from analysis.survey import Surveyed, finished, versions
from analysis.verdicts import FAIL, PASS
from layers.data import Box, Progress, never_stop, part_of
from layers.errors import UsageError
from layers.project import Project
from layers.results import Pedigree, Result

NAME = "protectedview"
TITLE = "Protected view"
HELP = "What rises between a viewing place and a landmark, by how many metres, and how high one may build."

#: The skyline is looked for so far beyond the landmark and the viewing places.
SKYLINE_M = 5000.0
#: Of a city object, and such a second; for estimates.
TRIANGLES, TRIANGLES_PER_SECOND = 55, 4e4
#: What points that are given instead of an object are called.
POINT = "point of the landmark"
METHOD = (
    "The corridor is the wedge from the eye to what of the landmark is above the threshold height, {width}. "
    "Its threshold surface holds all lines of sight that just meet that height at the distance of the "
    "landmark's middle. {earth} All triangles of what stands are cut by the corridor's sides and end, in "
    "float64; what rises above the surface by more than 1 mm breaks the view, by its largest height above "
    "it, measured upright. {judged} The skyline is the upper envelope of all edges in each of some "
    "{count} directions; of the landmark's upper part, seen is the share of its silhouette that nothing "
    "before it reaches. Buildings may be as high as the threshold surface lies above the ground; of "
    "an area, the lowest such height is given."
)
ERROR = (
    "Heights above the threshold surface are exact for the triangles, to 1 mm; altitudes of the skyline to "
    "1e-6 rad in each of its directions"
)


@dataclass(frozen=True)
class Inputs(FromPlaces):
    """What is asked."""

    compare: bool = asked(True, "Compare with the state before", "yes", group="State")
    vegetation: bool = asked(
        False, "Trees can break the view", "yes", help="no: as if there were none", group="More"
    )
    landmark: str = asked("", "Landmark", "expression", group="To")
    landmark_fids: tuple[int, ...] = asked(
        (), "Landmark", "fids", group="To", takes="standing", words=(("", "The points below"),)
    )
    landmark_points: tuple[Sequence[float], ...] = asked(
        (),
        "Or points that are to be seen",
        "places",
        help="instead of an object: x, y, z, or x, y of the top of what stands there",
        group="To",
    )
    threshold: str = asked(
        SHARE,
        "To be seen of it",
        "choice",
        choices=(
            (SHARE, "Its upper part, as a share"),
            (METRES, "Its upper part, in metres"),
            (HEIGHT, "All above a height"),
        ),
        group="To",
    )
    share_pct: float = asked(
        50.0, "Share of its height", "number", unit="%", low=0.1, high=100.0, group="To",
        when=("threshold", SHARE),
    )  # fmt: skip
    upper_m: float = asked(
        10.0, "From its top down", "number", unit="m", low=0.01, high=1000.0, group="To",
        when=("threshold", METRES),
    )  # fmt: skip
    threshold_z: float = asked(
        0.0, "Height", "number", unit="m", help="in the project's heights", group="To",
        when=("threshold", HEIGHT),
    )  # fmt: skip
    width_m: float = asked(
        0.0,
        "Width of the corridor at the landmark",
        "number",
        unit="m",
        low=0.0,
        high=10_000.0,
        words=((0.0, "as wide as the landmark"),),
        group="Corridor",
    )
    margin_m: float = asked(
        0.0, "Wider on both sides by", "number", unit="m", low=0.0, high=10_000.0, group="Corridor"
    )
    background_m: float = asked(
        0.0,
        "On behind the landmark",
        "number",
        unit="m",
        low=0.0,
        high=100_000.0,
        help="what rises there is seen above or beside it",
        group="Corridor",
    )
    plot: str = asked("", "Highest allowed on", "expression", group="Allowed heights")
    plot_fids: tuple[int, ...] = asked(
        (), "Plot", "fids", group="Allowed heights", takes="ground", words=(("", "The whole corridor"),)
    )
    spacing_m: float = asked(
        2.0, "Distance of points", "number", unit="m", low=0.1, high=100.0, group="Allowed heights"
    )
    field_deg: float = asked(
        60.0, "Width of the skyline", "number", unit="°", low=1.0, high=340.0, group="More"
    )


def estimate(project: Project, inputs: Inputs) -> Estimate:
    """How much there is to do, once it is clear what is looked at."""
    states, places = situations(inputs), max(len(inputs.places), 1)
    if not inputs.landmark_points:
        target_in(project, inputs.landmark, inputs.landmark_fids, states)
    count = sum(layer.object_count for layer in project.layers if layer.kind == "city")
    seconds = TRIANGLES * count * len(states) * places / TRIANGLES_PER_SECOND
    return Estimate(places, 0, seconds, what="viewing place")


def run(project: Project, inputs: Inputs, progress: Progress = never_stop) -> Result:
    """Whether the view from some places to a landmark is kept."""
    started = time.perf_counter()
    inputs = replace(inputs, compare=is_compared(inputs))
    states = situations(inputs)
    naming = Naming(project)
    target = (
        None if inputs.landmark_points else target_in(project, inputs.landmark, inputs.landmark_fids, states)
    )
    box = _box(project, inputs, target)
    margin = SKYLINE_M + inputs.background_m
    whole = [casters(project, each, box, margin, part_of(progress, 0.0, 0.3)) for each in states]
    seen = [Seen.of(naming, each, inputs.vegetation) for each in whole]
    cast = [each.cast for each in seen]
    landmarks = [_landmark(inputs, naming, target, cast[0], each) for each in cast]
    watched = observers_of(project, inputs, cast[0])
    wanted = Wanted(inputs.threshold, inputs.share_pct, inputs.upper_m, inputs.threshold_z)
    threshold_z = landmarks[0].threshold_z(wanted)
    check_eyes(cast[0], watched)
    looked = []
    for at, (name, eye) in enumerate(zip(watched.names, watched.eyes, strict=True)):
        begin, end = (0.3 + 0.6 * (at + more) / len(watched) for more in (0, 1))
        corridor = corridor_to(
            landmarks[0],
            eye,
            threshold_z,
            bend_of(inputs),
            inputs.width_m,
            inputs.margin_m,
            inputs.background_m,
        )
        looked.append(_look(name, corridor, inputs.field_deg, seen, landmarks, part_of(progress, begin, end)))
    progress(0.9, "how high one may build")
    corridors = [one.corridor for one in looked]
    is_plotted = bool(inputs.plot or inputs.plot_fids)
    plots = Surveyed(on="ground", where=inputs.plot, fids=inputs.plot_fids) if is_plotted else None
    receivers, left_out = points_in(project, plots, inputs.spacing_m, cast[0], naming, corridors)
    allowed = allowed_heights(receivers, cast[0], landmarks[0], corridors)
    verdict = FAIL if any(one.verdict == FAIL for one in looked) else PASS
    site = site_if_known(project)
    said = Said(landmarks[0], threshold_z, watched, looked, seen, site.convergence_deg, len(states) > 1)
    surfaces = receivers.surfaces_table(
        **{name: lowest(receivers, values) for name, values in allowed.items()}
    )
    points = landmarks[0].corners[:, 0] if target is None else np.empty((0, 3))
    warnings = buried_warnings([f"{POINT}, {row + 1}" for row in range(len(points))], points, cast[0])
    notes = dict.fromkeys(
        (*warnings, *left_out, *receivers.notes, *(note for each in cast for note in each.notes))
    )
    pedigree = Pedigree(
        method=METHOD.format(
            width=_width(inputs),
            earth=earth_of(inputs),
            judged=JUDGED[len(states) > 1],
            count=len(looked[0].directions_deg),
        ),
        version=versions(),
        inputs=tuple(dict.fromkeys(item for each in cast for item in each.inputs)),
        error=ERROR,
        limits=(*notes, *limits_of(inputs)),
        numbers={
            "points": len(receivers),
            "triangles": sum(len(each.triangles) for each in cast),
            "seconds": time.perf_counter() - started,
        },
    )
    title = f"{landmarks[0].name} from {_from(watched)}: {in_short(said)}"
    return finished(
        NAME,
        f"{title}, {states_title(project, states)}",
        inputs,
        site,
        pedigree,
        quantities=QUANTITIES,
        surfaces=surfaces,
        points=receivers.points_table(**allowed),
        tables=all_of(said, surfaces),
        grid=receivers.grid,
        verdict=verdict,
    )


def limits_of(inputs: Inputs) -> tuple[str, ...]:
    """What was left out or assumed."""
    trees = (
        "Trees count with all their crown"
        if inputs.vegetation
        else "Trees are left out: no tree breaks the view"
    )
    return (
        trees,
        "Below the skyline all counts as hidden: nothing is seen under bridges and crowns",
        f"The skyline reaches {SKYLINE_M / 1000:g} km beyond the landmark and the viewing places",
    )


def _width(inputs: Inputs) -> str:
    margin = f", and {inputs.margin_m:g} m wider on both sides" if inputs.margin_m else ""
    return (f"{inputs.width_m:g} m wide there" if inputs.width_m else "as wide as that is seen") + margin


def _from(watched: Observers) -> str:
    return watched.names[0] if len(watched) == 1 else f"{len(watched)} places"


def _box(project: Project, inputs: Inputs, target: Target | None) -> Box:
    """Around the viewing places and the landmark."""
    places = [positions_of(project, inputs.places)[:, :2]]
    if target is None:
        places.append(positions_of(project, inputs.landmark_points, POINT)[:, :2])
    else:
        places.append(np.reshape(target.box, (2, 3))[:, :2])
    flat = np.concatenate(places)
    (x0, y0), (x1, y1) = flat.min(axis=0).tolist(), flat.max(axis=0).tolist()
    return x0, y0, 0.0, x1, y1, 0.0


def _landmark(inputs: Inputs, naming: Naming, target: Target | None, now: Casters, cast: Casters) -> Landmark:
    """The landmark in a state; points without height are the top of what stands there now."""
    if target is not None:
        return landmark_of(cast, target)
    points = read_places(inputs.landmark_points, POINT)
    flat = np.isnan(points[:, 2])
    points[flat, 2] = Ground(now.vertices, now.triangles).heights(points[flat, :2])
    return landmark_at(cast, naming, stood_on(now, points, POINT))


def check_eyes(cast: Casters, watched: Observers) -> None:
    """Refuse eyes inside of objects."""
    for name, eye in zip(watched.names, watched.eyes, strict=True):
        if cast.inside(eye[None])[0]:
            raise UsageError(
                "The eye is inside a building",
                where=f"{name}, {eye[0]:.2f}, {eye[1]:.2f}, {eye[2]:.2f}",
                do="Choose another viewing place, or a larger height of the eye",
            )


def _look(
    name: str,
    corridor: Corridor,
    field_deg: float,
    seen: Sequence[Seen],
    landmarks: Sequence[Landmark],
    progress: Progress,
) -> Looked:
    """All that is seen from one place, in every state."""
    directions = directions_of(corridor, field_deg)
    states = list(zip(seen, landmarks, strict=True))
    rises = tuple(rises_in(corridor, state, landmark.is_own, progress) for state, landmark in states)
    outlooks = tuple(
        outlook(corridor, directions, state, landmark.is_own, progress) for state, landmark in states
    )
    found = breaks_of(rises[0], rises[1] if len(rises) > 1 else None, seen)
    return Looked(name, corridor, directions, rises, outlooks, tuple(found))
