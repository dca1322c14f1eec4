"""The CRS that is told of a written file is the one that is written into it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import ezdxf

from layers.data import ReadOptions, WriteOptions
from layers.exporting import export_layer
from layers.importing import import_files
from layers.losses import losses
from layers.project import Project

#: Kentucky in US survey feet, which a drawing in metres is not in.
FEET = "EPSG:3547"


def test_a_drawing_of_lines_in_feet(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[4_971_350.0, 3_905_604.0], [4_971_850.0, 3_905_604.0]]}
    source = tmp_path / "streets.geojson"
    source.write_text(json.dumps({"type": "Feature", "properties": {"name": "a"}, "geometry": line}))
    out = tmp_path / "streets.dxf"
    with Project.create(tmp_path / "p.city.gpkg") as project:
        (layer,) = import_files(project, [source], ReadOptions(crs=FEET))
        told = [loss.text for loss in losses(project, layer, WriteOptions(out=out)) if loss.code == "crs"]
        export_layer(project, layer, out)
    drawing = ezdxf.readfile(out)
    written = re.findall(r"EPSG:\d+", " ".join(value for _, value in drawing.header.custom_vars))
    (comment,) = [text for text in told if "only in a comment" in text]
    assert written and re.findall(r"EPSG:\d+", comment) == written[:1] != [FEET]
    assert any(FEET in text and "is not" in text for text in told)
    (drawn,) = drawing.modelspace()
    points = (
        [tuple(point)[:2] for point in drawn.get_points()]
        if drawn.dxftype() == "LWPOLYLINE"
        else [tuple(point)[:2] for point in drawn.points()]
    )
    assert 152.3 < abs(points[1][0] - points[0][0]) < 152.5, "500 ft in metres"
