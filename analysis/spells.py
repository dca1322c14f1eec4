"""Spells of sunlight: when points turn sunlit and when they turn dark, stepping through the sun's way.

Whether a point is sunlit is looked at in equal steps. Where it has changed from one step to the next,
the moment of the change is found by halving the step. So a start or an end of a spell is wrong by at
most half of what is left of the step; spells and gaps shorter than a step may go unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.runs import Int64

#: Which of all points are sunlit at some steps (s,): (s, points).
Look = Callable[[Int64], Mask]
#: Which points (k,) are sunlit, each at its own step (k,) and a share (k,) of the way to the next one.
Lit = Callable[[Int64, Int64, Float64], Mask]

SECONDS_PER_HOUR = 3600.0
#: Points at steps that are looked at together.
LOOKS_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Steps:
    """How time is stepped through."""

    step_min: float = 5.0
    end_s: float = 10.0  # what starts and ends of spells are found within; 0 = in the middle of their step
    least_spell_min: float = 0.0  # shorter spells do not count

    @property
    def halvings(self) -> int:
        """How often a step is halved to find the moment of a change."""
        if not self.end_s:
            return 0
        return max(0, int(np.ceil(np.log2(self.step_min * 60.0 / self.end_s))))

    @property
    def end_error_s(self) -> float:
        """How far off a start or an end of a spell may be."""
        return self.step_min * 60.0 / 2.0 ** (self.halvings + 1)

    @property
    def statement(self) -> str:
        """How far off sunlight hours may be, in a sentence."""
        return (
            f"Each start and end of a spell of sunlight is within {self.end_error_s:.3g} s of the model's; "
            f"spells and gaps shorter than the step of {self.step_min:g} min may be missed"
        )


@dataclass(frozen=True)
class Spells:
    """Sunlight of points, all (n,)."""

    hours: Float64  # of all spells that count
    longest_h: Float64  # of them
    error_h: Float64  # how far off the hours may be


def spells_of(
    look: Look, lit: Lit, count: int, hours: Float64, steps: Steps, progress: Progress = never_stop
) -> Spells:
    """The spells of `count` points over equal steps at `hours` (k,), rising, the sun up at all of them."""
    tally = _Tally(count, steps)
    at_once = max(1, LOOKS_AT_ONCE // max(count, 1))
    states = np.empty((0, count), bool)  # at the steps looked at last, the one before them first
    for first in range(0, len(hours), at_once):
        progress(first / len(hours), "following the sun")
        found = look(np.arange(first, min(first + at_once, len(hours))))
        if first == 0:
            tally.began[found[0]] = hours[0]
        states = np.concatenate((states[-1:], found))
        step, point = np.nonzero(states[1:] != states[:-1])
        was = states[step, point]
        number = first + len(found) - len(states) + step
        share = _moments(lit, point, was, number, steps.halvings)
        at = hours[number] + share * (hours[number + 1] - hours[number])
        for part in np.split(np.arange(len(step)), np.flatnonzero(np.diff(step)) + 1):
            tally.change(point[part], was[part], at[part])
    still = np.flatnonzero(states[-1])
    tally.end(still, np.full(len(still), hours[-1]))
    return tally.spells


def _moments(lit: Lit, points: Int64, was: Mask, numbers: Int64, halvings: int) -> Float64:
    """Share of its step (k,) after which each point changes from what it was at its beginning."""
    low, high = np.zeros(len(points)), np.ones(len(points))
    for _ in range(halvings if len(points) else 0):
        middle = (low + high) / 2
        same = lit(points, numbers, middle) == was
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2


class _Tally:
    """Adds up the spells of points as they end."""

    def __init__(self, count: int, steps: Steps) -> None:
        self.least_h, self.end_h = steps.least_spell_min / 60.0, steps.end_error_s / SECONDS_PER_HOUR
        self.began = np.full(count, np.nan)
        self.hours, self.longest_h, self.error_h = (np.zeros(count) for _ in range(3))

    def change(self, points: Int64, was_lit: Mask, at: Float64) -> None:
        """Points turn dark where they were lit and lit where they were dark, each at its moment."""
        self.error_h[points] += self.end_h
        self.end(points[was_lit], at[was_lit])
        self.began[points[~was_lit]] = at[~was_lit]

    def end(self, points: Int64, at: Float64) -> None:
        """The spells of points end, each at its moment."""
        length = at - self.began[points]
        if self.least_h:  # whether a spell of about the least length counts is not known
            unsure = np.abs(length - self.least_h) <= 2 * self.end_h
            self.error_h[points[unsure]] += length[unsure]
        counts = length >= self.least_h
        points, length = points[counts], length[counts]
        self.hours[points] += length
        self.longest_h[points] = np.maximum(self.longest_h[points], length)

    @property
    def spells(self) -> Spells:
        return Spells(self.hours, self.longest_h, self.error_h)
