"""How much of a city may be drawn, so that motion stays fluent and rest is reached soon."""

from __future__ import annotations

from collections.abc import Iterable

from viewer.aim import Aim
from viewer.picking import View2D
from viewer.view import LayerView

#: What is drawn of a city with levels of detail, and of point clouds, while the camera moves and at rest.
MOVING_TRIANGLES, RESTING_TRIANGLES = 95_000, 1_600_000
RESTING_POINTS = 1_000_000
#: Tiles of terrain, which are drawn coarsely while the camera moves; a little more where there is power.
GROUND_TILES = 40
#: Tiles of city objects in full detail. Each is an actor: few of them keep a frame quick.
CITY_TILES = 100

#: In motion several views share less than what one may draw: each costs something by itself.
SHARED_MOVING = 1.25


def share_of(count: int, moving: bool) -> float:
    """What one of so many views may draw of what one alone might."""
    return float(count ** (-SHARED_MOVING if moving else -1.0))


def aim_of(
    views: Iterable[LayerView],
    view: View2D,
    moving: bool,
    power: float,
    detail: float,
    points: int,
    share: float = 1.0,
) -> Aim:
    """How views are looked at; what may be drawn is shared out among those that are shown.

    `power` and `detail` are factors for triangles and for `points`; of all that this scene has a `share`.
    """
    shown = [view.layer.kind for view in views if view.is_shown]
    triangles = share * power * (MOVING_TRIANGLES if moving else RESTING_TRIANGLES)
    return Aim(
        view,
        moving,
        round(triangles / max(shown.count("city"), 1)),
        round(share * detail * points / max(shown.count("points"), 1)),
        round(GROUND_TILES * min(power, 1.5) * share**0.5 / max(shown.count("terrain"), 1)),
        round(CITY_TILES * share / max(shown.count("city"), 1)),
    )
