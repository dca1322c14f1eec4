"""How many objects a file holds, counted by other means than the readers under test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import laspy
import orjson
from lxml import etree


def counted(form: str, path: Path) -> int | None:
    """The objects (or points) in a file of that format; None where there is no other way to tell."""
    count = COUNTS.get(form)
    return None if count is None else count(path)


def _cityjson(path: Path) -> int:
    return len(orjson.loads(path.read_text("utf-8-sig")).get("CityObjects", ()))


def _cityjsonseq(path: Path) -> int:
    lines = (line for line in path.read_text("utf-8-sig").split("\n") if line.strip())
    return sum(len(orjson.loads(line).get("CityObjects") or ()) for line in lines)


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
    "cityjsonseq": _cityjsonseq,
    "citygml": _citygml,
    "las": _points,
    "copc": _points,
    "vector": _records,
    "geojson": _records,
    "geopackage": _records,
}
