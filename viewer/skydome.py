"""The sky dome: where the sun goes in a day and in the seasons, drawn around what is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from layers.arrays import Float64


@dataclass(frozen=True, eq=False)
class SkyMark:
    """A place on a path of the sun with a word: a full hour, sunrise, sunset."""

    direction: Float64  # (3,) unit, towards the sun, in the project's grid
    label: str  # "9", "6:12"
    is_horizon: bool = False  # sunrise or sunset


@dataclass(frozen=True, eq=False)
class SkyPath:
    """Where the sun goes in one day, as far as it is above the horizon."""

    title: str  # "21 March"
    directions: Float64  # (n, 3) unit, towards the sun, in the project's grid
    is_day: bool = False  # of the day that is looked at; others are drawn fainter
    marks: tuple[SkyMark, ...] = ()


@dataclass(frozen=True, eq=False)
class Dome:
    """What is drawn of the sky."""

    paths: tuple[SkyPath, ...] = ()
    convergence_deg: float = 0.0  # of the grid: true north lies at the grid azimuth of minus so much
