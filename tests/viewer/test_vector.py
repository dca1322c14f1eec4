"""Areas, lines and points: on the ground, raised, as trees; picked, recoloured, left out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import orjson
import pytest
from vtkmodules.vtkCommonCore import reference

from layers.arrays import Float64
from layers.colors import THEME_COLORS
from layers.importing import import_files
from layers.project import Project
from tests.conftest import real
from viewer.areas import LIFT_M, Outlines, laid, outlines, raised
from viewer.letters import SIZE_M, lettered
from viewer.patch import LINES, Patch
from viewer.scene import Scene
from viewer.solids import Solids
from viewer.trees import trees
from viewer.vector import CROWN, FLAT, PIN, RAISED, TREE, WORDS, VectorView

NAN = float("nan")
SQUARE = [(0, 0), (40, 0), (40, 40), (0, 40)]
HOLE = [(10, 10), (30, 10), (30, 30), (10, 30)]


def yard(*rings: list[tuple[int, int]]) -> Outlines:
    corners = [(x + 5e5, y + 5e6, NAN) for ring in rings for x, y in ring]
    return outlines(np.array(corners), np.array([len(ring) for ring in rings]), np.array([len(rings)]))


def slope(places: Float64) -> Float64:
    found: Float64 = 100.0 + 0.5 * (places[:, 0] - 5e5)
    return found


def volume(solids: Solids) -> float:
    """Of what lies between the surfaces and the level 0, by the divergence theorem."""
    a, b, c = (solids.vertices[solids.triangles[:, k]] - (5e5, 5e6, 0.0) for k in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


@pytest.mark.parametrize("turn", [1, -1])
def test_an_area_follows_a_slope_and_keeps_its_size(turn: int) -> None:
    solids = laid(yard(SQUARE[::turn], HOLE[::turn]), slope)
    a, b, c = (solids.vertices[solids.triangles[:, k]] for k in range(3))
    normals = np.cross(b - a, c - a)
    assert normals[:, 2].sum() / 2 == pytest.approx(40 * 40 - 20 * 20, rel=1e-9)
    assert (normals[:, 2] > 0).all(), "all of it is seen from above"
    assert np.allclose(solids.vertices[:, 2], slope(solids.vertices[:, :2]) + LIFT_M, atol=1e-9)
    longest = np.linalg.norm((b - a)[:, :2], axis=1).max()
    assert longest <= 2.0


@pytest.mark.parametrize("turn", [1, -1])
def test_a_raised_area_encloses_its_volume(turn: int) -> None:
    solids = raised(yard(SQUARE[::turn], HOLE[::turn]), np.array([12.0]), np.array([0.0]), None)
    assert volume(solids) == pytest.approx(1200 * 12, rel=1e-9)
    a, b, c = (solids.vertices[solids.triangles[:, k]] for k in range(3))
    facing = np.cross(b - a, c - a)
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    assert np.allclose(facing, solids.normals[solids.triangles[:, 0]], atol=1e-6)


def test_it_stands_on_the_lowest_ground_at_its_corners() -> None:
    solids = raised(yard(SQUARE), np.array([10.0]), np.array([NAN]), slope)
    assert (solids.vertices[:, 2].min(), solids.vertices[:, 2].max()) == (100.0, 110.0)


def test_trees_are_as_high_and_wide_as_they_are_said_to_be() -> None:
    places = np.array([(0.0, 0.0, 50.0), (20.0, 0.0, 50.0), (40.0, 0.0, 50.0)])
    crowns, stems = trees(places, np.array([12.0, NAN, NAN]), np.array([6.0, 6.0, NAN]), np.full(3, NAN))
    each = crowns.vertices.reshape(3, -1, 3)
    assert each[..., 2].max(axis=1).tolist() == pytest.approx([62.0, 60.0, 58.0])
    assert np.ptp(each[:2, :, 0], axis=1).tolist() == pytest.approx([6.0, 6.0], rel=0.1)
    assert stems.vertices[:, 2].min() == 50.0


@pytest.mark.parametrize("name", ["street_furniture", "metree"])
def test_what_only_sounds_like_a_tree_is_none(name: str) -> None:
    assert TREE.search(name) is None


@pytest.mark.parametrize("name", ["trees 2024", "bgt_bomen", "Bäume der Stadt", "SolitaryVegetationObject"])
def test_trees_are_known_by_their_names(name: str) -> None:
    assert TREE.search(name)


def feature(id: int, kind: str, coordinates: object, **properties: object) -> dict[str, object]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"id": id, **properties}, "geometry": geometry}


@pytest.fixture
def plan(tmp_path: Path) -> Project:
    def at(*points: tuple[float, float]) -> list[list[float]]:
        return [[x + 84000.0, y + 446000.0] for x, y in points]

    features = [
        feature(1, "Polygon", [at((0, 0), (40, 0), (40, 40), (0, 40), (0, 0))], zone="park"),
        feature(2, "Polygon", [at((60, 0), (100, 0), (100, 40), (60, 40), (60, 0))], zone="mixed", height=15),
        feature(3, "Point", at((20, 80))[0], crown_diameter=8),
        feature(4, "LineString", at((0, 120), (100, 120)), zone="street"),
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::7415"}}
    path = tmp_path / "plan.geojson"
    path.write_bytes(orjson.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    project = Project.create(tmp_path / "p.city.gpkg")
    import_files(project, [path])
    return project


def drawn(scene: Scene) -> VectorView:
    (view,) = (view for view in scene._views.values() if isinstance(view, VectorView))
    return view


def test_a_layer_is_drawn_picked_and_styled(plan: Project) -> None:
    (layer,) = plan.layers
    assert layer.kind == "vector"
    scene = Scene(plan, size=(400, 300))
    scene.load(layer, plan.drawable(layer))
    view = drawn(scene)
    assert sorted(view._what[view._visible].tolist()).count(FLAT) == 1
    assert {RAISED, CROWN} <= set(view._what[view._visible].tolist())
    assert {entry.label: entry.count for entry in view.legend()} == {
        "Areas": 1,
        "Raised areas": 1,
        "Trees": 1,
        "Lines": 1,
    }
    scene.fit()
    scene.frame()
    ids = {
        plan.object(hit.fid).id
        for x in range(0, 400, 4)
        for y in range(0, 300, 4)
        if (hit := scene.pick(x, y)) is not None and hit.fid is not None
    }
    assert ids == {"1", "2", "3", "4"}
    with plan.edit("Flat") as edit:
        edit.set_layer(layer.id, style={**layer.style, "extrude": False, "color_by": "attribute:zone"})
    assert edit.changes is not None
    scene.on_changes(edit.changes)
    scene.frame()
    assert RAISED not in view._what[view._visible]
    assert {entry.label for entry in view.legend()} >= {"park", "mixed", "street"}
    plan.close()


def test_one_delivery_of_cables_has_the_colours_that_diggers_rely_on(tmp_path: Path) -> None:
    """Every theme has its prescribed colour, in the network and in what lies beside it, unasked."""
    with Project.create(tmp_path / "dig.city.gpkg") as project:
        import_files(project, [real("utilities/klic-give/GI_22G003180_1_V2.redacted.xml")])
        scene = Scene(project, size=(400, 300))
        for layer in project.layers:
            scene.load(layer, project.drawable(layer))
        scene.fit()
        scene.frame()
        rows = [entry for entry in scene.legend() if entry.count]
        assert {entry.layer for entry in rows} == {layer.id for layer in project.layers}
        shown = {(entry.label, entry.color) for entry in rows if entry.label in THEME_COLORS}
        assert shown <= set(THEME_COLORS.items())
        assert {"middenspanning", "laagspanning", "gasLageDruk", "water"} <= {label for label, _ in shown}
        (beside,) = (view for view in scene._views.values() if isinstance(view, VectorView))
        what = Counter(beside._what.tolist())
        assert (what[WORDS], what[PIN]) == (158, 1), "annotations and dimensions do not stand as pins"
        assert not [entry.label for entry in rows if "[" in entry.label or "(" in entry.label]


def test_words_lie_on_the_ground_as_they_are_turned() -> None:
    places = np.array([(5e5, 5e6, 3.0), (5e5, 5e6, 4.0), (5e5, 5e6, 5.0)])
    words = lettered(places, ["HH", "HH", ""], np.array([0.0, 90.0, NAN]))
    flat, turned, tip = (
        words.vertices[words.body_vertex[at] : words.body_vertex[at + 1]] - places[at] for at in range(3)
    )
    assert flat[:, 1].max() == pytest.approx(SIZE_M, rel=0.05) and flat[:, 0].max() > 1.2 * SIZE_M
    assert np.allclose(turned[:, :2], np.column_stack((flat[:, 1], -flat[:, 0])), atol=1e-9), "clockwise"
    assert not flat[:, 2].any() and len(tip) == 3
    assert np.bincount(words.triangle_body).tolist()[0] > 4


def test_areas_that_lie_on_the_ground_leave_the_depth_of_all_else_alone() -> None:
    areas, pipes = Patch(), Patch(LINES)
    areas.lie_over()
    for kind in ("Polygon", "Line"):
        found = []
        for patch in (areas, pipes):
            factor, units = reference(0.0), reference(0.0)
            mapper = patch.actor.GetMapper()
            getattr(mapper, f"GetCoincidentTopology{kind}OffsetParameters")(factor, units)
            found.append((float(factor), float(units)))
        assert found == [(-2.0, -4.0), (0.0, 0.0)], "or pipes shine through the ground"
