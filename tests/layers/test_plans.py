"""Pipes, areas, lines and points in scenarios: copied when they are changed, moved, merged, written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers import pipes, scenarios, wkb
from layers.data import ReadOptions
from layers.duplicates import duplicate
from layers.epochs import state_at
from layers.errors import EditError
from layers.exporting import export_layer
from layers.importing import import_files
from layers.modelling.moving import moved, turned
from layers.project import Project
from layers.proposals import merge, touched
from layers.records import Layer
from layers.reworking import Workshop

X, Y = 85_000.0, 447_000.0
SHAPES: dict[str, tuple[str, Any]] = {
    "oak": ("Point", [X, Y]),
    "path": ("LineString", [[X, Y, 1.0], [X + 10, Y, 2.0]]),
    "park": (
        "Polygon",
        [
            [[X, Y], [X + 9, Y], [X + 9, Y + 9], [X, Y]],
            [[X + 6, Y + 1], [X + 8, Y + 1], [X + 8, Y + 3], [X + 6, Y + 1]],
        ],
    ),
    "benches": ("MultiPoint", [[X, Y], [X + 2, Y]]),
}


def geojson(path: Path, shapes: dict[str, tuple[str, Any]], **values: Any) -> Path:
    """Features with these geometries."""
    features = [
        {
            "type": "Feature",
            "id": id,
            "properties": {"name": id, **values},
            "geometry": {"type": kind, "coordinates": places},
        }
        for id, (kind, places) in shapes.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture
def green(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.city.gpkg", crs="EPSG:7415") as project:
        path = geojson(tmp_path / "green.geojson", SHAPES)
        import_files(project, [path], ReadOptions(kind="vector", crs="EPSG:7415"), name="Green")
        with project.edit("Begin") as edit:
            edit.add_scenario("Park")
        yield project


def fids(project: Project, layer: str = "Green") -> dict[str, int]:
    """The objects of a layer by their names."""
    return {item.attributes["name"]: item.fid for item in project.objects(project.layer(layer))}


def places(project: Project, fid: int) -> Any:
    """The coordinates of an object."""
    data = project.wkb(fid)
    assert data is not None
    return wkb.read(data).coordinates


def drawn_layer(project: Project, name: str = "Green – Park") -> Layer:
    return project.layer(name)


def test_each_kind_of_geometry_is_moved_in_a_copy_and_stays_what_it_is(green: Project) -> None:
    before = {name: places(green, fid) for name, fid in fids(green).items()}
    codes = {name: wkb.read(green.wkb(fid) or b"").code for name, fid in fids(green).items()}
    workshop = Workshop(green, 1)
    shapes = workshop.shapes(fids(green).values())
    with green.edit("Move") as edit:
        workshop.reshape(edit, {fid: moved(shape, (3, 4, 5)) for fid, shape in shapes.items()})
    own = fids(green, "Green – Park")
    for name, fid in own.items():
        has_height = name == "path"
        expected = before[name] + (3, 4, 5 if has_height else 0)
        assert np.allclose(places(green, fid), expected, equal_nan=True)
        assert wkb.read(green.wkb(fid) or b"").code == codes[name]
        assert np.array_equal(places(green, fids(green)[name]), before[name], equal_nan=True)
        assert green.object(fid).replaces == fids(green)[name]
    layer = drawn_layer(green)
    assert (layer.kind, layer.crs, layer.scenario) == ("vector", "EPSG:7415", 1) and layer.box is not None
    assert layer.box[0] == X + 3 and layer.box[4] == Y + 13
    base, _ = state_at(green, None, "Park")[green.layer("Green").id]
    assert not base.any() and state_at(green, None)[green.layer("Green").id][0].all()
    green.undo()
    assert [layer.name for layer in green.layers] == ["Green"]
    green.redo()
    assert np.allclose(places(green, own["oak"])[0, :2], (X + 3, Y + 4))


def test_attributes_change_in_copies_and_what_is_added_and_removed_is_so_there_alone(green: Project) -> None:
    known, workshop = fids(green), Workshop(green, 1)
    with green.edit("Attribute") as edit:
        copy = scenarios.editable(green, edit, [known["oak"]], 1)[known["oak"]]
        edit.set_attribute(copy, "height", 20)
    with green.edit("Copy") as edit:
        (oak,) = workshop.shapes([known["oak"]]).values()
        (twin,) = workshop.copies(edit, [{known["oak"]: moved(oak, (7, 0))}])
    with green.edit("Remove") as edit:
        scenarios.remove(green, edit, [known["benches"]], 1)
    assert green.object(copy).attributes["height"] == 20
    assert "height" not in green.object(known["oak"]).attributes
    assert places(green, twin)[0, 0] == X + 7 and green.object(twin).replaces is None
    found = touched(green, 1)
    assert found.changed == {known["oak"]: copy} and found.added == (twin,)
    assert found.removed == (known["benches"],)
    with green.edit("Again") as edit:
        second = duplicate(green, edit, 1, "Square")
    assert green.count(drawn_layer(green, "Green – Square")) == 2
    assert len(touched(green, second).added) == 1


def test_points_lines_and_areas_are_drawn_into_a_scenario(green: Project) -> None:
    workshop, green_layer = Workshop(green, 1), green.layer("Green")
    ring = np.add([(0, 0), (6, 0), (6, 4)], (X, Y))
    with green.edit("Draw") as edit:
        made = [
            workshop.draw(edit, green_layer, kind, ring[:count], {"name": kind})
            for kind, count in (("point", 1), ("line", 2), ("area", 3))
        ]
    assert [green.object(fid).type for fid in made] == ["Point", "Line", "Area"]
    assert [wkb.read(green.wkb(fid) or b"").code for fid in made] == [wkb.POINT, wkb.LINE, wkb.POLYGON]
    assert np.allclose(places(green, made[2])[:3, :2], ring) and green.count(green_layer) == len(SHAPES)
    bow = np.add([(0, 0), (6, 4), (6, 0), (0, 4)], (X, Y))
    with pytest.raises(EditError, match="makes no area"), green.edit("Bow") as edit:
        workshop.draw(edit, green_layer, "area", bow)
    with green.edit("Merge") as edit:
        merge(green, edit, 1)
    assert sorted(fids(green, "Green (drawn)")) == ["area", "line", "point"]


def test_a_merge_moves_what_was_moved_and_undo_gives_the_bytes_of_the_source(
    green: Project, tmp_path: Path
) -> None:
    known, workshop = fids(green), Workshop(green, 1)
    source = (tmp_path / "green.geojson").read_bytes()
    with green.edit("Move") as edit:
        shapes = workshop.shapes([known["path"], known["park"]])
        workshop.reshape(edit, {fid: turned(shape, 90, (X, Y)) for fid, shape in shapes.items()})
    with green.edit("Merge") as edit:
        merge(green, edit, 1)
    assert np.allclose(places(green, known["path"]), [[X, Y, 1], [X, Y + 10, 2]])
    out = tmp_path / "out.geojson"
    export_layer(green, green.layer("Green"), out, overwrite=True)
    written = {one["properties"]["name"]: one["geometry"] for one in json.loads(out.read_bytes())["features"]}
    assert np.allclose(written["path"]["coordinates"][1][:2], (X, Y + 10))
    assert [len(ring) for ring in written["park"]["coordinates"]] == [4, 4]
    green.undo()
    green.undo()
    export_layer(green, green.layer("Green"), out, overwrite=True)
    assert out.read_bytes() == source


def test_pipes_of_a_scenario_lie_as_their_fields_say(tmp_path: Path) -> None:
    line = {"sewer": ("LineString", [[X, Y], [X + 50, Y]]), "drain": ("LineString", [[X, Y], [X, Y + 50]])}
    with Project.create(tmp_path / "p.city.gpkg", crs="EPSG:7415") as project:
        path = geojson(tmp_path / "net.geojson", line, calibre=400, start=-2.0, stop=-2.5)
        fields = {"diameter_m": "calibre [mm]", "start_invert_m": "start", "end_invert_m": "stop"}
        options = ReadOptions(kind="pipes", crs="EPSG:7415", field_map=fields)
        import_files(project, [path], options, name="Net")
        with project.edit("Begin") as edit:
            edit.add_scenario("Dig")
        workshop = Workshop(project, 1)
        sewer = fids(project, "Net")["sewer"]
        with project.edit("Move") as edit:
            (copy,) = workshop.reshape(edit, {sewer: moved(workshop.shapes([sewer])[sewer], (0, 8))})
        own = project.layer("Net – Dig")
        network = pipes.network(project, own)
        assert own.kind == "pipes" and network.fid.tolist() == [copy]
        assert network.diameter_m.tolist() == [0.4]
        assert np.allclose(network.points, [[X, Y + 8, -1.8], [X + 50, Y + 8, -2.3]])


def test_what_is_no_solid_is_neither_raised_nor_drawn_in_layers_of_rasters(green: Project) -> None:
    from layers.modelling.pushing import raised

    workshop = Workshop(green, 1)
    shapes = workshop.shapes([fids(green)["park"]])
    with pytest.raises(EditError):
        raised(next(iter(shapes.values())), 3)
    with pytest.raises(EditError, match="cannot be drawn"), green.edit("Layer") as edit:
        edit.add_layer("Photo", "image")
