"""What is odd about where somebody would stand, found out before much is computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.casters import casters
from analysis.naming import Naming
from analysis.situation import Situation
from analysis.states import situations
from layers.arrays import Float64
from layers.errors import CitystrataError
from layers.project import Project

#: Around a place, so that what it lies in is there as a whole where it reaches beyond.
AROUND_M = 1.0
#: Of so many places it is looked; of the stops on a long path, of as many, evenly spread.
MOST_LOOKED_AT = 40
#: So many are told.
MOST_TOLD = 3


def metres_outside(project: Project, places: Float64) -> Float64:
    """How far places (n, 2 or 3) lie outside of the box of all layers, in plan; 0 without layers."""
    boxes = [layer.box for layer in project.layers if layer.box]
    if not boxes:
        return np.zeros(len(places))
    corners = np.array(boxes).reshape(-1, 2, 3)[..., :2]
    low, high = corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)
    beyond = np.maximum(np.maximum(low - places[:, :2], places[:, :2] - high), 0.0)
    found: Float64 = np.hypot(*beyond.T)
    return found


def odd_places(project: Project, inputs: Any) -> tuple[str, ...]:
    """Which viewing places of an analysis' inputs lie inside buildings; none where it asks for none."""
    if not getattr(inputs, "places", ()):
        return ()
    from analysis.sight.looking import read_places
    from analysis.sight.waypoints import Along, viewing_places

    try:
        if isinstance(inputs, Along):
            places, names = viewing_places(project, inputs)
        else:
            places, names = read_places(inputs.places), ()
    except CitystrataError:  # the analysis itself says what is wrong with them
        return ()
    names = names or tuple(f"place {row + 1}" for row in range(len(places)))
    rows = np.unique(np.linspace(0, len(places) - 1, min(len(places), MOST_LOOKED_AT)).astype(np.int64))
    naming, said = Naming(project), []
    for row in rows.tolist():
        fid = holder(project, situations(inputs)[0], places[row], inputs.eye_height_m)
        if fid >= 0:
            said.append(f"{names[row]} lies inside {naming.title(fid)}")
    more = (f"and {len(said) - MOST_TOLD} more places lie inside buildings",) * (len(said) > MOST_TOLD)
    return tuple(words[0].upper() + words[1:] for words in said[:MOST_TOLD]) + more


def holder(project: Project, situation: Situation, place: Float64, eye_height_m: float) -> int:
    """The object that the eye of one who stands at a place (3,) is in, z NaN on the terrain; -1 for none."""
    x, y, z = place.tolist()
    cast = casters(project, situation, (x, y, 0.0, x, y, 0.0), AROUND_M)
    foot = float(cast.ground.heights(place[None, :2])[0]) if np.isnan(z) else z
    if np.isnan(foot):
        return -1
    fids = cast.holding(np.array([[x, y, foot + eye_height_m]]))
    return int(Naming(project).wholes(fids)[0]) if fids[0] >= 0 else -1
