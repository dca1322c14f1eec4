"""How much light vegetation lets through, in leaf and bare, and when it is in leaf."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from layers.project import Project
from layers.records import Layer

Float32 = NDArray[np.float32]

#: Direct sunlight through the crowns of deciduous street trees in leaf and bare: measured 1.3 to 5.3 %
#: and 40.2 to 51.9 % (Konarska et al. 2014, doi:10.1007/s00704-013-1000-3).
IN_LEAF, BARE = 0.03, 0.46
#: Days of the year on which trees north of the tropics are in leaf, as in SOLWEIG: 7 April to 27 October.
FIRST_LEAF, LAST_LEAF = 97, 300
TROPIC_DEG = 23.44

PLANT_COVER = frozenset(("PlantCover",))
PLANTS = frozenset(("SolitaryVegetationObject",)) | PLANT_COVER
#: Objects that lie on the ground and cast no shadow.
FLAT_COVERS = frozenset(
    (
        "LandUse",
        "Road",
        "Railway",
        "Square",
        "Track",
        "TransportSquare",
        "TransportationComplex",
        "WaterBody",
        "Waterway",
    )
)


def in_leaf(day: date, latitude_deg: float) -> bool:
    """Whether deciduous trees are in leaf; half a year later in the south, always in the tropics."""
    if abs(latitude_deg) < TROPIC_DEG:
        return True
    number = day.timetuple().tm_yday
    if latitude_deg < 0:
        number = (number + 182 - 1) % 365 + 1
    return FIRST_LEAF <= number <= LAST_LEAF


def shares_of(project: Project, layer: Layer) -> tuple[Float32, Float32]:
    """Per object of a layer the share of light it lets through, in leaf and bare; 0 where it is opaque."""
    codes, names = project.values(layer, "type").as_codes()
    is_plant = np.array([*(str(name) in PLANTS for name in names), False])[codes]
    leafy, bare = (np.where(is_plant, share, 0.0).astype(np.float32) for share in (IN_LEAF, BARE))
    return leafy, bare
