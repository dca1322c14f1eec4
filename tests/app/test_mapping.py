"""Fields of networks and shapes: chosen with a look at the values, and remembered for files alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.dialogs.mapping import FieldMapping
from app.session import Session
from app.settings import Settings
from app.window import Window
from layers.pipe_fields import FIELDS, SHAPE_FIELDS
from layers.source import Source

VALUES: dict[str, list[Any]] = {
    "DIAM": [300, 500, 1200, None],
    "b_begin": ["-1,25", "-1,30", None, "x"],
    "mat": ["PVC", "beton", "PVC", None],
}


def test_values_are_shown_in_metres_as_unit_and_field_are_chosen(qapp: object) -> None:
    dialog = FieldMapping("Sewer", FIELDS, VALUES, {"diameter_m": "DIAM [mm]", "material": "mat"})
    assert dialog.preview_of("diameter_m") == "0.3 to 1.2 m, mostly 0.5 m"
    assert dialog.preview_of("material") == "PVC, beton"
    dialog.choose("diameter_m", "DIAM", "cm")
    assert dialog.preview_of("diameter_m") == "3 to 12 m, mostly 5 m"
    dialog.choose("start_invert_m", "b_begin")
    assert dialog.preview_of("start_invert_m") == "-1.3 to -1.25 m, mostly -1.27 m"
    dialog.choose("depth_m", "nothing")
    assert dialog.preview_of("depth_m") == "there is no field 'nothing'"
    dialog.choose("depth_m", "")
    assert dialog.mapping == {"diameter_m": "DIAM [cm]", "material": "mat", "start_invert_m": "b_begin"}


def test_alternatives_stay_as_they_are_written(qapp: object) -> None:
    text = "elevation [ft] | head [ft]"
    values = {"elevation": [10, None], "head": [None, 20]}
    dialog = FieldMapping("Net", FIELDS, values, {"bottom_level_m": text})
    assert dialog.mapping == {"bottom_level_m": text}
    assert dialog.preview_of("bottom_level_m") == "3.05 to 6.1 m, mostly 4.57 m"


def test_heights_and_storeys_of_shapes(qapp: object) -> None:
    values = {"h": [3, 9], "levels": [1, 3]}
    dialog = FieldMapping("Blocks", SHAPE_FIELDS, values, {"height_m": "h [m]", "floors": "levels"})
    assert dialog.preview_of("floors") == "1 to 3, mostly 2"
    assert dialog.mapping == {"height_m": "h [m]", "floors": "levels"}


@pytest.mark.parametrize("columns", [["a", "b"], ["b", "a"]])
def test_the_same_columns_in_any_order_get_the_same_mapping(tmp_path: Path, columns: list[str]) -> None:
    settings = Settings(tmp_path / "kept.ini")
    settings.keep_field_map(["a", "b"], {"diameter_m": "a [mm]"})
    settings.save()
    again = Settings(tmp_path / "kept.ini")
    assert again.field_map(columns) == {"diameter_m": "a [mm]"}
    assert again.field_map(["a"]) is None


def network(path: Path) -> Path:
    """A network whose diameters nobody could guess the unit of."""
    line = {"type": "LineString", "coordinates": [[4.3, 52.1], [4.301, 52.1]]}
    feature = {"type": "Feature", "properties": {"maat": 3, "diameter": 20}, "geometry": line}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_fields_are_asked_for_once_and_then_read_the_same(
    window: Window, tmp_path: Path, qtbot: QtBot, settled: Callable[[Session], None]
) -> None:
    session = window.session
    session.imports.read([Source(network(tmp_path / "north.geojson"))], {})
    qtbot.waitUntil(lambda: bool(window.findChildren(FieldMapping)), timeout=30_000)
    (dialog,) = window.findChildren(FieldMapping)
    dialog.choose("diameter_m", "maat", "cm")
    dialog.accept()
    settled(session)
    (north,) = session.project.layers
    assert north.style["field_map"] == {"diameter_m": "maat [cm]"}
    session.imports.read([Source(network(tmp_path / "south.geojson"))], {})
    qtbot.waitUntil(lambda: len(session.project.layers) == 2, timeout=30_000)
    settled(session)
    south = next(layer for layer in session.project.layers if layer.name == "south")
    assert south.style["field_map"] == {"diameter_m": "maat [cm]"}
