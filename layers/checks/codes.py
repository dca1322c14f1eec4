"""What can be wrong with a geometry, by the numbers of val3dity (https://val3dity.readthedocs.io/2.5.1/errors/).

The checks follow ISO 19107 as H. Ledoux reads it: doi:10.1186/s40965-018-0043-x.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Corners that are no farther apart than this are one.
SNAP_M = 0.001
#: A corner may lie so far off the plane that fits its polygon best.
PLANAR_M = 0.01
#: The triangles of a polygon may be turned against it by so much.
NORMALS_DEG = 20.0

CODES: Mapping[str, str] = MappingProxyType(
    {
        "101": "too few points",
        "102": "consecutive points are the same",
        "103": "ring not closed",
        "104": "ring intersects or touches itself",
        "201": "rings of a polygon intersect",
        "202": "rings of a polygon are the same",
        "203": "polygon not planar",
        "204": "polygon folded",
        "205": "interior of a polygon disconnected",
        "206": "inner ring outside the outer one",
        "207": "inner rings nested",
        "208": "inner ring turns as the outer one does",
        "301": "too few polygons",
        "302": "shell not closed",
        "303": "not a manifold",
        "305": "several components",
        "306": "shell intersects itself",
        "307": "polygons of different orientation",
        "401": "shells intersect",
        "402": "shells are the same",
        "403": "inner shell outside the outer one",
        "405": "shell turned inside out",
        "501": "solids intersect",
        "502": "solids are the same",
        "503": "solids not connected",
        "601": "building parts overlap",
        "609": "object without geometry",
        "902": "empty geometry",
    }
)
