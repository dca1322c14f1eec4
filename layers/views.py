"""Pictures that belong to a result: from where, to where, and how wide (the table `layers.results.VIEWS`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot, isnan, nan

import numpy as np

from layers.results import VIEWS, Result, Table

Place = tuple[float, float, float]
CONVERGENCE = "convergence_deg"
COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


@dataclass(frozen=True)
class View:
    """A picture with its true field of view, as a camera without lens faults takes it."""

    name: str
    eye: Place  # world
    to: Place  # world; the middle of the picture
    fov_deg: float  # from its left to its right edge
    aspect: float = 1.6  # width / height
    convergence_deg: float | None = None  # azimuth of the grid's north, from true north; None: not known

    @property
    def azimuth_deg(self) -> float:
        """Where it looks, clockwise from the north of the grid."""
        east, north, _ = self._way
        return degrees(atan2(east, north)) % 360

    @property
    def altitude_deg(self) -> float:
        """How far above the horizon it looks."""
        east, north, up = self._way
        return degrees(atan2(up, hypot(east, north)))

    @property
    def title(self) -> str:
        """In words: "From spot 1 to the south (180° from true north), 90° wide"."""
        azimuth = (self.azimuth_deg + (self.convergence_deg or 0.0)) % 360
        way = COMPASS[round(azimuth / 45) % 8]
        up = round(self.altitude_deg)
        rise = f", {abs(up)}° {'up' if up > 0 else 'down'}" if up else ""
        north = "the grid's north" if self.convergence_deg is None else "true north"
        turn = f"{round(azimuth) % 360}° from {north}"
        return f"From {self.name} to the {way} ({turn}){rise}, {self.fov_deg:g}° wide"

    @property
    def distance_m(self) -> float:
        """From the eye to what it looks at."""
        return hypot(*self._way)

    @property
    def _way(self) -> Place:
        (x, y, z), (to_x, to_y, to_z) = self.eye, self.to
        return to_x - x, to_y - y, to_z - z


def views_table(views: Sequence[View]) -> Table:
    """Views as results keep them."""
    eyes, ends = (np.array([getattr(view, end) for view in views]).reshape(-1, 3) for end in ("eye", "to"))
    return Table(
        {
            "name": [view.name for view in views],
            **{axis: eyes[:, at] for at, axis in enumerate("xyz")},
            **{f"to_{axis}": ends[:, at] for at, axis in enumerate("xyz")},
            "fov_deg": np.array([view.fov_deg for view in views], np.float64),
            "aspect": np.array([view.aspect for view in views], np.float64),
            CONVERGENCE: np.array([view.convergence_deg for view in views], np.float64),  # None: NaN
        }
    )


def views_of(result: Result) -> tuple[View, ...]:
    """The views that a result has, in order; none where it has no such table."""
    table = result.tables.get(VIEWS, Table())
    if not len(table):
        return ()
    turns = table.numbers(CONVERGENCE).tolist() if CONVERGENCE in table.columns else [nan] * len(table)
    columns = {name: table.numbers(name).tolist() for name in table.columns if name != "name"}
    return tuple(
        View(
            name,
            (columns["x"][row], columns["y"][row], columns["z"][row]),
            (columns["to_x"][row], columns["to_y"][row], columns["to_z"][row]),
            columns["fov_deg"][row],
            columns["aspect"][row],
            None if isnan(turns[row]) else turns[row],
        )
        for row, name in enumerate(table.texts("name"))
    )
