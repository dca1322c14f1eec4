"""What a written format can hold of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Holds:
    """What comes out again as it went in; what is false or said in words is lost or changed."""

    shapes: Literal["yes", "as footprints", "no"] = "yes"  # the surfaces of city objects
    solids: bool = True  # that surfaces close a body
    semantics: bool = True  # what kind of surface each polygon is
    appearance: Literal["yes", "materials", "no"] = "yes"  # with images, or without
    holes: bool = True  # polygons with inner rings, else cut into triangles
    several_lods: bool = True
    shapeless: bool = True  # objects that have no shape, or no place
    attributes: bool = True
    nested: Literal["yes", "as text"] = "yes"  # lists and nested attributes
    types: bool = True  # kinds and ids of objects
    parents: bool = True
    dates: bool = True  # since when and until when an object stands
    crs: Literal["yes", "in a comment", "no"] = "yes"
    in_metres: bool = False  # it knows no other unit
