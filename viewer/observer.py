"""What an observer sees of a picture: every pixel that shows a place in sight is tinted, the others fade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from layers.arrays import Float64, UInt8
from viewer.color import LegendEntry
from viewer.faces import Mask
from viewer.palette import rgb
from viewer.picture import Float32

#: What is in sight, and what is not: told apart by hue and by brightness.
SEEN, UNSEEN = "#62b98a", "#6d6f86"
#: How much of a pixel's own colour gives way, and how bright the rest is.
SEEN_SHARE, UNSEEN_SHARE = 0.62, 0.72
SEEN_TONE, UNSEEN_TONE = 1.0, 0.62
#: The brightness of a colour (Rec. 601).
BRIGHTNESS = np.array((0.299, 0.587, 0.114), np.float32)
#: Surfaces that turn away by less than this (a cosine) may be in sight: their sides are not known exactly.
AWAY = 0.03
HEADING = "From the observer"


class Sight(Protocol):
    """What stands in the way of sight; asked on the interface thread for some thousand points."""

    def sees(self, points: Float64, eye: Float64) -> Float32:
        """Whether points (n, 3, world) are in sight of an eye (3,): 1, or 0 (n,)."""


@dataclass(frozen=True, eq=False)
class Observer:
    """Who looks, for a scene."""

    eye: Float64  # (3,) world
    sight: Sight | None = None  # None: it is not known yet what stands in the way
    reach_m: float = np.inf  # nothing farther away counts as seen

    def facing(self, places: Float64, normals: Float32) -> Float32:
        """How much surfaces at places (n, 3) with normals (3, n) face the eye; 0 where they do not."""
        ways = self.eye - places
        away = np.maximum(np.sqrt((ways * ways).sum(axis=1)), 1e-9)
        found = np.einsum("in,ni->n", normals, ways) / away + AWAY
        found[away > self.reach_m] = 0.0
        return np.asarray(np.maximum(found, 0.0), np.float32)

    def near(self, places: Float64) -> Mask:
        """Which places (n, 3) are within reach."""
        return np.asarray(((places - self.eye) ** 2).sum(axis=1) <= self.reach_m**2)

    def sees(self, points: Float64) -> Float32:
        """Whether points (n, 3) are in sight; nothing is as long as that is not known."""
        if self.sight is None or not len(points):
            return np.zeros(len(points), np.float32)
        return self.sight.sees(points, self.eye)


def tinted(colors: Float32, seen: Float32) -> Float32:
    """Colours (n, 3) of what is in sight by shares (n,), 0 … 1."""
    bright = (colors @ BRIGHTNESS)[:, None]
    found = [
        colors + (bright * (tone * _hue(color)) - colors) * np.float32(share)
        for color, tone, share in ((SEEN, SEEN_TONE, SEEN_SHARE), (UNSEEN, UNSEEN_TONE, UNSEEN_SHARE))
    ]
    mixed: Float32 = found[1] + (found[0] - found[1]) * seen[:, None]
    return mixed


def _hue(color: str) -> Float32:
    """A colour of the brightness 1."""
    found = rgb(color).astype(np.float32)
    return np.asarray(found / (found @ BRIGHTNESS))


def legend() -> list[LegendEntry]:
    """What the tints mean."""
    return [
        LegendEntry("Seen", SEEN, 0, heading=HEADING),
        LegendEntry("Not seen", UNSEEN, 0, heading=HEADING),
    ]


def tint(tones: Float32, colors: UInt8, seen: Float32) -> None:
    """Change tones (3, n) so that they tint the colours (n, 3) of pixels, in place."""
    own = np.maximum(colors, 1).astype(np.float32)
    tones[:] = (tinted(own * tones.T, seen) / own).T
