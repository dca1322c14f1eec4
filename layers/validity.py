"""Whether the shapes of a CityJSON document are sound, with the codes of `layers.checks.codes`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from layers.arrays import Float64
from layers.checks.geometry import ObjectCheck, parts_findings
from layers.conformance import Finding
from layers.crs import is_geographic
from layers.polygons import METRES_PER_DEGREE


class Validity:
    """Checks the surfaces and solids of a document that keeps the rules."""

    def __init__(self, document: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> None:
        self.objects = document["CityObjects"]
        transform = (header or document).get("transform") or {"scale": [1, 1, 1], "translate": [0, 0, 0]}
        #: The translation is left out in checking: shapes are the same without, and more precise.
        self.scale = np.array(transform["scale"], np.float64)
        self.translate = np.array(transform["translate"], np.float64)
        points = np.array(document["vertices"], np.float64).reshape(-1, 3)
        reference = ((header or document).get("metadata") or {}).get("referenceSystem")
        #: Metres per unit of the coordinates.
        self.metres = _metres(points * self.scale + self.translate, str(reference) if reference else None)
        self.points = points * self.scale * self.metres
        self.templates = document.get("geometry-templates") or {}

    def findings(self) -> Iterator[Finding]:
        """All that is unsound: the templates, then object by object, then building by building."""
        yield from self._of_templates()
        checks: dict[str, ObjectCheck] = {}
        for id, members in self.objects.items():
            geometries = members.get("geometry") or []
            check = checks[id] = ObjectCheck(id, self.points)
            for found in check.findings(geometries):
                yield self._placed(found)
            if not geometries and not members.get("children"):
                yield Finding("609", id, "", "it has neither geometry nor parts")
        for id, members in self.objects.items():
            family = {part: checks[part] for part in (id, *members.get("children", ())) if part in checks}
            if len(family) > 1:
                yield from map(self._placed, parts_findings(id, family))

    def _placed(self, found: Finding) -> Finding:
        """A finding with its place where it is in the document."""
        if not found.at:
            return found
        at = tuple((np.array(found.at) / self.metres + self.translate).tolist())
        return Finding(found.code, found.object, found.surface, found.text, found.geometry, found.polygon, at)

    def _of_templates(self) -> Iterator[Finding]:
        """What is unsound in the shapes that instances share."""
        vertices = self.templates.get("vertices-templates") or []
        if vertices:
            check = ObjectCheck("", np.array(vertices, np.float64).reshape(-1, 3))
            for found in check.findings(self.templates.get("templates") or []):
                where = found.surface.replace("geometry", "template", 1)
                yield Finding(found.code, "", where, found.text)


def _metres(points: Float64, crs: str | None) -> Float64:
    """(3,) metres per unit of coordinates, which may be longitudes and latitudes."""
    if not len(points) or not is_geographic(crs):
        return np.ones(3)
    latitude = np.radians(float(np.abs(points[:, 1]).mean()))
    return np.array([METRES_PER_DEGREE * np.cos(latitude), METRES_PER_DEGREE, 1.0])
