"""The zoning plan of the demo city: what may be built on the blocks of the old town and the town."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import shapely

from assets.demo_features import feature, write_features
from assets.demo_plan import GASWORKS, Plan

#: Kinds of building land as BauNVO names them, with their rules: metres, storeys, GRZ, GFZ.
RULES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "old": {"use": "MK", "maxHeight": 16, "maxStoreys": 4, "GRZ": 0.9, "GFZ": 3.0},
        "town": {"use": "WA", "maxHeight": 20, "maxStoreys": 5, "GRZ": 0.5, "GFZ": 1.8},
        "works": {"use": "GE", "maxHeight": 25, "GRZ": 0.8, "BMZ": 8.0, "setback": 5},
    }
)


def write_plots(path: Path, plan: Plan) -> None:
    """The blocks with their rules, west to east."""
    streets = [street for street in plan.streets if street.kind in ("old", "town")]
    features = []
    for number, block in enumerate([*plan.blocks(), GASWORKS], 1):
        near = min(streets, key=lambda street: shapely.distance(street.line, block))
        kind = "works" if block is GASWORKS else near.kind
        name = "Gasworks" if block is GASWORKS else f"{near.name}, block {number}"
        record = {"id": f"plot-{number:02d}", "name": name, **RULES[kind]}
        features.append(feature(block.simplify(0.05), record))
    write_features(path, "zoning", features)
