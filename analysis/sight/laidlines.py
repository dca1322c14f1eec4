"""Which lines of sight are asked for: from where, to where, and what stands along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.asked import asked
from analysis.naming import Naming
from analysis.receivers import Receivers
from analysis.sight.aims import (
    Aims,
    Sector,
    at_places,
    at_points,
    open_points,
    over_sector,
    placed,
    points_on,
    target_names,
)
from analysis.sight.alonglines import are_long, casters_along
from analysis.sight.looking import (
    FromPlaces,
    Observers,
    bend_of,
    box_around,
    observers_of,
    positions_of,
    sights_in,
)
from analysis.sight.sightlines import check_apart
from analysis.sight.sights import Sights
from analysis.states import situations
from layers.arrays import Float64
from layers.data import Progress, never_stop, part_of
from layers.project import Project

PLACES, SURFACES, SECTOR = "places", "surfaces", "sector"
#: Around the lines, so that what they just touch is there.
MARGIN_M = 2.0
#: Part of the setting up that lays out points.
POINTS_LAID = 0.2


@dataclass(frozen=True)
class Towards(FromPlaces):
    """The questions: from places towards others, surfaces or a sector."""

    towards: str = asked(
        PLACES,
        "Towards",
        "choice",
        choices=(
            (PLACES, "Other places"),
            (SURFACES, "Windows, walls or roofs of objects"),
            (SECTOR, "All directions of a sector"),
        ),
        group="To",
    )
    targets: tuple[Sequence[float], ...] = asked(
        (),
        "Targets",
        "places",
        low=1,
        help="x, y on the ground, or x, y, z",
        group="To",
        when=("towards", PLACES),
    )
    target_height_m: float = asked(
        0.0,
        "Height above the target",
        "number",
        unit="m",
        low=-1000.0,
        high=1000.0,
        group="To",
        when=("towards", PLACES),
    )
    to_where: str = asked("", "Which objects", "expression", group="To", when=("towards", SURFACES))
    to_fids: tuple[int, ...] = asked(
        (),
        "Chosen objects",
        "fids",
        group="To",
        when=("towards", SURFACES),
        low=1,
        takes="standing",
        words=(("", "None yet"),),
    )
    surfaces: str = asked(
        "walls",
        "Surfaces",
        "choice",
        choices=(
            ("windows", "Windows"),
            ("walls", "Walls and windows"),
            ("roofs", "Roofs"),
            ("all", "Roofs and walls"),
        ),
        group="To",
        when=("towards", SURFACES),
    )
    spacing_m: float = asked(
        3.0,
        "Distance of points",
        "number",
        unit="m",
        low=0.1,
        high=100.0,
        help="every surface, such as a window, has one at least",
        group="To",
        when=("towards", SURFACES),
    )
    azimuth_deg: float = asked(
        0.0,
        "Middle of the sector",
        "number",
        unit="°",
        low=-360.0,
        high=360.0,
        help="clockwise from true north",
        group="To",
        when=("towards", SECTOR),
    )
    width_deg: float = asked(
        90.0, "Its width", "number", unit="°", low=0.0, high=360.0, group="To", when=("towards", SECTOR)
    )
    reach_m: float = asked(
        300.0, "Reach", "number", unit="m", low=1.0, high=50_000.0, group="To", when=("towards", SECTOR)
    )
    step_deg: float = asked(
        1.0, "A line every", "number", unit="°", low=0.01, high=90.0, group="To", when=("towards", SECTOR)
    )
    altitude_deg: float = asked(
        0.0,
        "Looking up",
        "number",
        unit="°",
        low=-80.0,
        high=80.0,
        help="above the horizontal",
        group="To",
        when=("towards", SECTOR),
    )

    @property
    def sector(self) -> Sector:
        """The sector that is asked for."""
        return Sector(self.azimuth_deg, self.width_deg, self.altitude_deg, self.reach_m, self.step_deg)


@dataclass(frozen=True)
class Laid:
    """The lines of sight, and what stands along them in each state."""

    observers: Observers
    aims: Aims
    points: Receivers | None  # what they go to, where that is on surfaces
    sights: tuple[Sights, ...]


def laid_out(project: Project, inputs: Towards, convergence_deg: float, progress: Progress) -> Laid:
    """The lines that are asked for; UsageError where there are none."""
    places, points = positions_of(project, inputs.places), None
    around = [places]
    if inputs.towards == SURFACES:
        points = laid_points(project, inputs, convergence_deg, part_of(progress, 0.0, POINTS_LAID))
        around.append(points.points)
    elif inputs.towards == PLACES:
        around.append(positions_of(project, inputs.targets, "target"))
    sights = _standing(project, inputs, around, part_of(progress, POINTS_LAID, 1.0))
    cast = sights[0].cast
    observers = observers_of(project, inputs, cast)
    if points is not None:
        points = open_points(points, [state.cast for state in sights])
        aims = at_points(observers, points)
    elif inputs.towards == PLACES:
        ends = placed(cast, around[1], inputs.target_height_m)
        aims = at_places(observers, ends, target_names(Naming(project), cast, observers.eyes[0], ends))
    else:
        aims = over_sector(observers, inputs.sector, bend_of(inputs), convergence_deg)
    check_apart(observers, aims)
    return Laid(observers, aims, points, sights)


def _standing(
    project: Project, inputs: Towards, around: Sequence[Float64], progress: Progress
) -> tuple[Sights, ...]:
    """What stands between the places and the ends of the lines, in each state."""
    places, reach = around[0], inputs.reach_m if inputs.towards == SECTOR else 0.0
    box = box_around(np.concatenate(around), reach + MARGIN_M)
    found = []
    states = situations(inputs)
    for at, situation in enumerate(states):
        said = part_of(progress, at / len(states), (at + 1) / len(states))
        if inputs.towards == PLACES and are_long(len(places) * len(around[1]), box):
            lines = [(place[:2], target[:2]) for place in places for target in around[1]]
            cast = casters_along(project, situation, lines, said)
            found.append(Sights(cast, inputs.vegetation, bend_of(inputs)))
        else:
            found.append(sights_in(project, inputs, situation, box, progress=said))
    return tuple(found)


def laid_points(
    project: Project, inputs: Towards, convergence_deg: float = 0.0, progress: Progress = never_stop
) -> Receivers:
    """On the surfaces that are looked at."""
    wanted = inputs.to_where, inputs.to_fids
    return points_on(
        project,
        situations(inputs)[0],
        wanted,
        inputs.surfaces,
        inputs.spacing_m,
        convergence_deg,
        progress,
    )
