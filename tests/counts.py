"""How many objects and polygons a file holds, counted by other means than the readers under test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import laspy
import orjson
from lxml import etree

#: How deep polygons lie in the boundaries of what CityJSON draws of them.
DEPTHS = {"MultiSurface": 1, "CompositeSurface": 1, "Solid": 2, "MultiSolid": 3, "CompositeSolid": 3}
POLYGONS = ("Polygon", "PolygonPatch", "Triangle", "Rectangle")


def counted(form: str, path: Path) -> int | None:
    """The objects (or points) in a file of that format; None where there is no other way to tell."""
    count = COUNTS.get(form)
    return None if count is None else count(path)


def polygons(form: str, path: Path) -> int | None:
    """The polygons of city objects in a file; None where there is no other way to tell.

    Templates count wherever they stand; a polygon that others are part of by a link counts once.
    """
    count = POLYGON_COUNTS.get(form)
    return None if count is None else count(path)


def _models(path: Path) -> list[dict[str, Any]]:
    """A city model, or the header and the features of a sequence."""
    text = path.read_text("utf-8-sig")
    texts = text.split("\n") if path.suffix == ".jsonl" else [text]
    return [orjson.loads(each) for each in texts if each.strip()]


def _cityjson(path: Path) -> int:
    return sum(len(model.get("CityObjects") or ()) for model in _models(path))


def _cityjson_polygons(path: Path) -> int:
    models, count = _models(path), 0
    of_header = (models[0].get("geometry-templates") or {}).get("templates") or []
    for model in models:
        templates = (model.get("geometry-templates") or {}).get("templates") or of_header
        for item in (model.get("CityObjects") or {}).values():
            for shape in item.get("geometry") or ():
                drawn = templates[shape["template"]] if shape["type"] == "GeometryInstance" else shape
                count += _nested(drawn["boundaries"], DEPTHS.get(drawn["type"], 0))
    return count


def _nested(boundaries: list[Any], depth: int) -> int:
    """How many lists there are so deep; none where nothing is said to be."""
    if depth <= 1:
        return len(boundaries) * depth
    return sum(_nested(each, depth - 1) for each in boundaries)


def _citygml_polygons(path: Path) -> int:
    root = etree.parse(path, etree.XMLParser(huge_tree=True)).getroot()
    names = " or ".join(f"local-name() = '{name}'" for name in POLYGONS)
    count = root.xpath(f"count(//*[{names}])")
    assert isinstance(count, float)
    return int(count)


def _citygml(path: Path) -> int | None:
    from tests.layers.test_citygml import CLASSES
    from tests.layers.test_citygml import counted as elements

    root = etree.parse(path).getroot()
    if any("utility" in uri.lower() for uri in root.nsmap.values()):
        return None  # whose networks are counted by other names
    return sum(elements(root, name) for name in CLASSES)


def _points(path: Path) -> int:
    with laspy.open(path) as file:
        return int(file.header.point_count)


def _records(path: Path) -> int:
    from pyogrio import list_layers, read_info

    return sum(
        int(read_info(path, layer=name, force_feature_count=True)["features"])
        for name, _ in list_layers(path)
    )


COUNTS: dict[str, Callable[[Path], int | None]] = {
    "cityjson": _cityjson,
    "cityjsonseq": _cityjson,
    "citygml": _citygml,
    "las": _points,
    "copc": _points,
    "vector": _records,
    "geojson": _records,
    "geopackage": _records,
}
POLYGON_COUNTS: dict[str, Callable[[Path], int]] = {
    "cityjson": _cityjson_polygons,
    "cityjsonseq": _cityjson_polygons,
    "citygml": _citygml_polygons,
}
