"""How finely irradiation is looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fineness:
    """How many rays go where."""

    #: Bins of the sun's path; 0: every single position of the sun has its ray.
    sun_bins: int
    #: Directions to the sky, of equal solid angle; 0: the middles of Tregenza's patches, but of those
    #: that a ray to the sun's path passes, and of the others every `patch_step`-th.
    sky: int = 0
    patch_step: int = 1
    #: Directions in which each point looks for what reflects light onto it.
    ways: int = 32
    #: Points of a surface within a cube of this side share what is reflected onto them.
    shared_m: float = 4.0
    #: Side of the pieces that reflecting surfaces, and the ground, are cut into.
    piece_m: float = 4.0
    ground_piece_m: float = 6.0


#: For whole districts.
BINNED = Fineness(160)
#: For single buildings, and for judging the other.
EXACT = Fineness(0, sky=2_000, ways=256, shared_m=1.0, piece_m=2.0, ground_piece_m=2.0)
#: For what only reflects light onto others.
COARSE = Fineness(60, patch_step=3)
