"""Where a building model stands on the Earth.

The best that a file says wins: IfcMapConversion or IfcRigidOperation with IfcProjectedCRS (ISO
16739-1, 8.18); the same as property sets of the site or the project, as buildingSMART's user guide
for geo-referencing recommends for IFC2x3; the latitude and longitude of the site with the direction
of true north. A model whose coordinates are those of a map already needs none of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from layers.arrays import Float64
from layers.bim.model import Model
from layers.crs import LOCAL, crs_text, height_unit, parse_crs
from layers.errors import PlaceError
from layers.moving import way
from layers.place import far_note, is_metric, project_crs_for
from layers.srsnames import crs_of

IDENTITY: Float64 = np.eye(4)
#: Scales this near to each other are those of a projection (0.9996) and not of a unit.
NEARLY = 0.02
DEGREES = "EPSG:4326"
#: A designer's own coordinates are smaller than this, those of a map are not.
FAR_M = 10_000.0
#: Metres of a step along the meridian by which the direction of north is found.
STEP_M = 100.0
METRES_PER_DEGREE = 111_320.0
#: IfcSIPrefix, as far as lengths of buildings and maps are told in them.
PREFIXES = MappingProxyType(
    {"KILO": 1e3, "HECTO": 1e2, "DECA": 10.0, "DECI": 0.1, "CENTI": 0.01, "MILLI": 1e-3, "MICRO": 1e-6}
)


@dataclass(frozen=True)
class Georeference:
    """The CRS of a model, and the matrix (4, 4) from metres in the model's own axes into it."""

    crs: str | None  # LOCAL where it lies nowhere; None where the numbers may be those of a map
    matrix: Float64
    source: str  # of the file, for the facts
    notes: tuple[str, ...] = ()
    doubt: str = ""  # why the place that the file names is not believed


def georeference(model: Model, unit_m: float, said: str | None, project_crs: str | None) -> Georeference:
    """How the model comes to lie; `unit_m` is its length unit, `said` the CRS that a person says."""
    if said == LOCAL:
        return Georeference(LOCAL, IDENTITY, "none")
    world = _world(model, unit_m)
    values, source = _conversion(model)
    if values is not None:
        found = _converted(values, source, unit_m, said)
        if found is not None:
            return replace(found, matrix=found.matrix @ world)
    if np.abs(world[:2, 3]).max() >= FAR_M:
        return Georeference(said, world, "IfcGeometricRepresentationContext")
    return _by_site(model, unit_m, said, project_crs) or Georeference(said, world, "none")


def _world(model: Model, unit_m: float) -> Float64:
    """The matrix of the world coordinate system, in which all placements of the model stand; mostly identity.

    Some writers put the coordinates of the map there.
    """
    for context in _contexts(model):
        system = context.WorldCoordinateSystem
        location = None if system is None else system.Location
        if location is not None:
            toward = getattr(system, "RefDirection", None)
            x, y = (1.0, 0.0) if toward is None else toward.DirectionRatios[:2]
            east, north, up = (*location.Coordinates, 0.0)[:3]
            place = (east * unit_m, north * unit_m, up * unit_m)
            return _matrix(math.atan2(y, x), place, (1.0, 1.0, 1.0), 1.0, 1.0)
    return IDENTITY


def _contexts(model: Model) -> list[Any]:
    """The contexts of shapes in space."""
    return [
        context
        for context in model.all("IfcGeometricRepresentationContext")
        if not context.is_a("IfcGeometricRepresentationSubContext")
        and str(context.ContextType or "Model").lower() != "plan"
    ]


# --- by a map conversion -------------------------------------------------------------------------


def _conversion(model: Model) -> tuple[dict[str, Any] | None, str]:
    """What the file says of its map, under the names of IfcMapConversion and IfcProjectedCRS."""
    for operation in model.all("IfcCoordinateOperation"):
        values = {name: value for name, value in operation.get_info().items() if value is not None}
        target = values.get("TargetCRS")
        if target is not None:
            values.update({f"CRS.{k}": v for k, v in target.get_info().items() if v is not None})
        if "FirstCoordinate" in values:  # IfcRigidOperation
            values["Eastings"] = values["FirstCoordinate"].wrappedValue
            values["Northings"] = values["SecondCoordinate"].wrappedValue
            values["OrthogonalHeight"] = values.get("Height") or 0.0
        if "Eastings" in values:
            return values, str(operation.is_a())
    return _conversion_in_property_sets(model)


def _conversion_in_property_sets(model: Model) -> tuple[dict[str, Any] | None, str]:
    found: dict[str, Any] = {}
    for name, prefix in (("epset_mapconversion", ""), ("epset_projectedcrs", "CRS.")):
        for group in model.all("IfcPropertySet"):
            if str(group.Name or "").lower() == name:
                for item in group.HasProperties or ():
                    value = getattr(item, "NominalValue", None)
                    if value is not None:
                        found[prefix + str(item.Name)] = value.wrappedValue
    return (found, "ePSet_MapConversion") if "Eastings" in found else (None, "")


def _converted(
    values: Mapping[str, Any], source: str, unit_m: float, said: str | None
) -> Georeference | None:
    """A model by its map conversion; None when that says nothing (all zero, no CRS)."""
    notes: list[str] = []
    crs = said or _named_crs(values, notes)
    place = [_number(values.get(name)) for name in ("Eastings", "Northings", "OrthogonalHeight")]
    if crs is None and not any(place):
        return None
    map_unit_m = _map_unit(values, unit_m)
    crs_unit_m, height_m = _units(crs)
    scale = _scale(values, unit_m / map_unit_m, notes)
    east, north = (value * map_unit_m / crs_unit_m for value in place[:2])
    if crs is not None and map_unit_m != crs_unit_m and far_note(crs, (east, north, 0, east, north, 0)):
        as_crs = (place[0], place[1], 0.0, place[0], place[1], 0.0)
        if not far_note(crs, as_crs):
            east, north, map_unit_m = place[0], place[1], crs_unit_m
            notes.append("eastings and northings are taken in the unit of the map, where they make sense")
    up = place[2] * map_unit_m / height_m
    x, y = _number(values.get("XAxisAbscissa")), _number(values.get("XAxisOrdinate"))
    angle = math.atan2(y, x) if x or y else 0.0
    factors = [scale * _number(values.get(f"Factor{axis}"), 1.0) for axis in "XYZ"]
    matrix = _matrix(angle, (east, north, up), factors, crs_unit_m, height_m)
    return Georeference(crs, matrix, source, tuple(notes))


def _named_crs(values: Mapping[str, Any], notes: list[str]) -> str | None:
    name = str(values.get("CRS.Name") or "").strip()
    heights = str(values.get("CRS.VerticalDatum") or "").strip()
    if not name:
        notes.append("the file says how it lies on a map, but not on which")
        return None
    crs = crs_of(name) or crs_of(name.replace(" ", ""))
    if crs is None:
        notes.append(f"the CRS {name!r} of the file is not known")
        return None
    if heights and "+" not in crs and not parse_crs(crs).is_compound:
        code = "".join(filter(str.isdigit, heights.rpartition(":")[2])) if "epsg" in heights.lower() else ""
        whole = crs_of(f"{crs}+{code}".removeprefix("EPSG:")) if code else None
        if whole is None:
            notes.append(f"heights refer to {heights!r}, which the project's CRS does not say")
        crs = whole or crs
    return crs_text(parse_crs(crs))


def _map_unit(values: Mapping[str, Any], unit_m: float) -> float:
    """Metres in the unit of eastings and northings: that of the map, else that of the model."""
    unit = values.get("CRS.MapUnit")
    if unit is None:
        return unit_m
    if isinstance(unit, str):
        return {"METRE": 1.0, "M": 1.0, "MILLIMETRE": 0.001, "FOOT": 0.3048}.get(unit.upper(), 1.0)
    return length_unit_m(unit)


def length_unit_m(unit: Any) -> float:
    """Metres in a unit of the file (IfcSIUnit, IfcConversionBasedUnit)."""
    factor = 1.0
    while unit is not None and unit.is_a("IfcConversionBasedUnit"):
        measure = unit.ConversionFactor
        factor *= float(measure.ValueComponent.wrappedValue)
        unit = measure.UnitComponent
    if unit is not None and unit.is_a("IfcSIUnit"):
        factor *= PREFIXES.get(str(unit.Prefix), 1.0)
    return factor


def _units(crs: str | None) -> tuple[float, float]:
    """Metres in the units of positions and of heights of a CRS."""
    if crs is None or crs == LOCAL:
        return 1.0, 1.0
    return float(parse_crs(crs).axis_info[0].unit_conversion_factor), height_unit(crs)[1]


def _scale(values: Mapping[str, Any], by_units: float, notes: list[str]) -> float:
    """What is left of the scale once units are cared for; some writers count them in, some do not."""
    said = _number(values.get("Scale"), 1.0) or 1.0
    for rest in (said / by_units, said):
        if abs(rest - 1.0) < NEARLY:
            return rest
    notes.append(f"the file scales the model by {said:g} on the map")
    return said / by_units


# --- by the site ---------------------------------------------------------------------------------


def _by_site(model: Model, unit_m: float, said: str | None, project_crs: str | None) -> Georeference | None:
    for site in model.all("IfcSite"):
        latitude, longitude = degrees(site.RefLatitude), degrees(site.RefLongitude)
        if latitude is None or longitude is None or (latitude == 0.0 and longitude == 0.0):
            continue
        place = f"{latitude:.6f}°, {longitude:.6f}°"
        at = (longitude, latitude, 0.0)
        crs = said or _crs_around(at, project_crs)
        if crs is None:
            doubt = f"its site is said to lie at {place}, far from the project"
            return Georeference(LOCAL, IDENTITY, "none", doubt=doubt)
        height = float(site.RefElevation or 0.0) * unit_m
        try:
            matrix = _around(model, crs, longitude, latitude, height) @ _from_site(site, unit_m)
        except PlaceError as error:
            doubt = f"its site is said to lie at {place}, which cannot be used: {error.sentence()}"
            return Georeference(LOCAL, IDENTITY, "none", doubt=doubt)
        note = (
            f"the model is placed by the latitude and longitude of its site ({place}), seldom exact to metres"
        )
        return Georeference(crs, matrix, "site", (note,))
    return None


def _from_site(site: Any, unit_m: float) -> Float64:
    """The matrix that moves the origin of a site, whose latitude and longitude are told, to 0, 0, 0."""
    from ifcopenshell.util import placement

    library: Any = placement  # its types are said in part only
    matrix = np.eye(4)
    if site.ObjectPlacement is not None:
        matrix[:3, 3] = -unit_m * np.asarray(library.get_local_placement(site.ObjectPlacement))[:3, 3]
    return matrix


def _crs_around(at: tuple[float, float, float], project_crs: str | None) -> str | None:
    """The project's CRS, if the place is in its area; that of a new project; None when it is far away."""
    if project_crs is None or project_crs == LOCAL:
        return project_crs_for(DEGREES, (*at, *at))
    try:
        east, north, _up = way(DEGREES, project_crs).move(np.array([at]))[0].tolist()
    except PlaceError:
        return None
    if not is_metric(project_crs) or far_note(project_crs, (east, north, 0.0, east, north, 0.0)):
        return None
    return project_crs


def _around(model: Model, crs: str, longitude: float, latitude: float, height_m: float) -> Float64:
    """The matrix of a model that stands at a place on the Earth, its true north turned to the map's."""
    step = STEP_M / METRES_PER_DEGREE
    here, north = way(DEGREES, crs).move(
        np.array([(longitude, latitude, 0.0), (longitude, latitude + step, 0.0)])
    )
    toward = north - here
    bearing = math.atan2(float(toward[0]), float(toward[1]))  # of true north on the map, clockwise
    unit_m, height_unit_m = _units(crs)
    up = height_m / height_unit_m
    place = (float(here[0]), float(here[1]), up)
    return _matrix(true_north(model) - bearing, place, (1.0, 1.0, 1.0), unit_m, height_unit_m)


def true_north(model: Model) -> float:
    """The angle in radians; turned anticlockwise by it, the model has true north along its y axis."""
    for context in _contexts(model):
        north = context.TrueNorth
        if north is not None:
            x, y = north.DirectionRatios[:2]
            return math.atan2(float(x), float(y))
    return 0.0


def degrees(parts: Any) -> float | None:
    """Degrees of an IfcCompoundPlaneAngleMeasure: degrees, minutes, seconds, millionths of seconds."""
    if not parts:
        return None
    weights = (1.0, 1 / 60, 1 / 3600, 1 / 3600e6)
    found = sum(float(part) * weight for part, weight in zip(parts, weights, strict=False))
    return found if math.isfinite(found) and abs(found) <= 360 else None


# --- matrices ------------------------------------------------------------------------------------


def _matrix(
    angle: float,
    place: tuple[float, float, float],
    factors: Any,
    unit_m: float,
    height_unit_m: float,
) -> Float64:
    """Metres of the model, scaled, turned anticlockwise, moved; in units of the map."""
    cosine, sine = math.cos(angle), math.sin(angle)
    matrix = np.eye(4)
    matrix[:2, :2] = [[cosine, -sine], [sine, cosine]]
    matrix[:3, :3] *= np.array(factors)
    matrix[:2, :3] /= unit_m
    matrix[2, :3] /= height_unit_m
    matrix[:3, 3] = place
    return matrix


def _number(value: Any, missing: float = 0.0) -> float:
    """A number of the file, be it written as one or as text."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return missing
    return found if math.isfinite(found) else missing
