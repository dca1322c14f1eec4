"""Round parts that are larger than anything built: the kernel would divide them into pieces for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from layers.bim.model import Model

#: Nothing that is built is rounder than this, metres.
MOST_M = 1e5
_RADII = {
    "IfcCircle": ("Radius",),
    "IfcEllipse": ("SemiAxis1", "SemiAxis2"),
    "IfcCircleProfileDef": ("Radius",),
    "IfcEllipseProfileDef": ("SemiAxis1", "SemiAxis2"),
    "IfcSweptDiskSolid": ("Radius",),
    "IfcSphere": ("Radius",),
    "IfcRightCircularCylinder": ("Radius",),
    "IfcRightCircularCone": ("BottomRadius",),
    "IfcCylindricalSurface": ("Radius",),
    "IfcSphericalSurface": ("Radius",),
    "IfcToroidalSurface": ("MajorRadius", "MinorRadius"),
}


def take_away(model: Model, unit_m: float) -> Iterator[tuple[Any, float]]:
    """Take their shapes from products with a radius that cannot be, and tell them, with it in metres.

    `unit_m` is a unit of length of the file, in metres. The file on the disk stays as it is.
    """
    for name, keys in _RADII.items():
        for part in model.all(name):
            radius_m = max(abs(getattr(part, key) or 0.0) for key in keys) * unit_m
            if radius_m <= MOST_M:
                continue
            for product in _products(model, part):
                if product.Representation is not None:
                    product.Representation = None
                    yield product, radius_m


def _products(model: Model, part: Any) -> Iterator[Any]:
    """The products that have a part in their shape, by whatever ways."""
    left, met = [part], {part.id()}
    while left:
        for user in model.file.get_inverse(left.pop()):
            if user.id() in met:
                continue
            met.add(user.id())
            if user.is_a("IfcProduct"):
                yield user
            elif not user.is_a("IfcRoot"):
                left.append(user)
