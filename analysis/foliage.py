"""How much light vegetation lets through, in leaf and bare, and when it is in leaf."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from analysis.standing import objects_of
from layers.columns import Mask
from layers.project import Project
from layers.records import Layer

Float32 = NDArray[np.float32]

#: Direct sunlight through the crowns of deciduous street trees in leaf and bare: measured 1.3 to 5.3 %
#: and 40.2 to 51.9 % (Konarska et al. 2014, doi:10.1007/s00704-013-1000-3).
IN_LEAF, BARE = 0.03, 0.46
#: Days of the year on which trees north of the tropics are in leaf, as in SOLWEIG: 7 April to 27 October.
FIRST_LEAF, LAST_LEAF = 97, 300
TROPIC_DEG = 23.44

#: The attribute by which a plant says for itself how much light it lets through.
TRANSMISSIVITY = "transmissivity"
LEAST = 1e-6
#: Attributes with the species, and the genera that keep their leaves.
SPECIES = ("species", "latinName", "botanicalName")
EVERGREEN = (
    "abies",
    "araucaria",
    "buxus",
    "cedrus",
    "chamaecyparis",
    "cupressus",
    "eucalyptus",
    "hedera",
    "ilex",
    "juniperus",
    "laurus",
    "ligustrum",
    "magnolia grandiflora",
    "olea",
    "picea",
    "pinus",
    "prunus laurocerasus",
    "pseudotsuga",
    "quercus ilex",
    "rhododendron",
    "sequoia",
    "taxus",
    "thuja",
    "tsuga",
)

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
    """Per object of a layer the share of light it lets through, in leaf and bare; 0 where it is opaque.

    A plant's own attribute `transmissivity`, from 0 to 1, holds in all seasons.
    """
    is_plant = objects_of(project, layer, PLANTS)
    in_leaf = np.where(is_plant, np.float32(IN_LEAF), np.float32(0))
    bare = np.where(is_plant & ~_is_evergreen(project, layer), np.float32(BARE), in_leaf)
    said = project.values(layer, TRANSMISSIVITY).numbers if is_plant.any() else None
    if said is not None:
        known = is_plant & (said >= 0) & (said <= 1)
        # What lets nothing through at all is still a plant; 0 would make it a wall.
        own = np.maximum(said[known], LEAST).astype(np.float32)
        in_leaf[known] = bare[known] = own
    return in_leaf, bare


def _is_evergreen(project: Project, layer: Layer) -> Mask:
    """Which objects are of a species that keeps its leaves."""
    found = np.zeros(layer.object_count, bool)
    for name in SPECIES:
        if name in project.attribute_types(layer):
            codes, values = project.values(layer, name).as_codes()
            keeps = [str(value or "").lower().startswith(EVERGREEN) for value in values]
            found |= np.array([*keeps, False])[codes]
    return found
