"""City models made of what is drawn wear what is drawn: materials, and images copied beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.album import WRAPS, Album
from layers.arrays import CityTiles
from layers.data import WriteOptions
from layers.errors import WriteError
from layers.exporting import export_layer
from layers.importing import complete
from layers.losses import losses
from layers.placement import Placement
from layers.project import Project
from layers.records import Layer
from tests.cities import faults, import_here, raw_models
from tests.conftest import real
from tests.dressed import ONCE, THRICE, write_image, write_wall

DELFSHAVEN = "cityjson/delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json"
ENDINGS = (".city.json", ".city.jsonl")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.city.gpkg") as found:
        yield found


def tiles(project: Project, layer: Layer) -> tuple[CityTiles, Album]:
    """What is drawn of a layer, and its looks."""
    complete(project, [layer])
    city = project.drawable(layer)
    assert isinstance(city, CityTiles) and city.album is not None
    return city, city.album


def worn(project: Project, layer: Layer, column: int = 0) -> Counter[tuple[Any, ...]]:
    """What the polygons wear: object, colour, size and wrap of the picture, and places of corners in it."""
    city, album = tiles(project, layer)
    assert city.surface_look is not None
    ids, found = project.column(layer, "id"), Counter[tuple[Any, ...]]()
    entry = np.searchsorted(city.entry_surface, np.arange(len(city.surface_type)), side="right") - 1
    for surface, look in enumerate(city.surface_look[:, column].tolist()):
        picture = int(album.picture[look]) if look >= 0 else -1
        if look < 0:
            continue
        begin, end = city.surface_vertex[surface], city.surface_vertex[surface + 1]
        size = tuple(album.size[picture].tolist()) if picture >= 0 else ()
        places: list[Any] = []
        if picture >= 0 and city.vertex_uv is not None:
            places = sorted(map(tuple, city.vertex_uv[begin:end, column].tolist()))
        color = tuple(album.color[look].tolist())
        key = ids[city.entry_object[entry[surface]]], color, size, WRAPS[album.wrap[look]], tuple(places)
        found[key] += 1
    return found


@pytest.mark.parametrize("ending", ENDINGS)
def test_images_of_a_glb_come_out_as_textures(project: Project, tmp_path: Path, ending: str) -> None:
    import_here(project, real(DELFSHAVEN))
    export_layer(project, project.layers[0], tmp_path / "d.glb")
    import_here(project, tmp_path / "d.glb")
    drawn = next(layer for layer in project.layers if layer.source_format == "gltf")
    out = tmp_path / "out" / f"made anew{ending}"
    said = {loss.code for loss in losses(project, drawn, WriteOptions(out=out))}
    assert not said & {"appearance", "themes", "images"}
    export_layer(project, drawn, out)
    _city, album = tiles(project, drawn)
    pictures = {album.encoded(number) for number in range(len(album.size))}
    assert {path.read_bytes() for path in (out.parent / "made_anew_images").iterdir()} == pictures
    assert list(faults(out)) == []
    before = worn(project, drawn)
    import_here(project, out)
    after = next(layer for layer in project.layers if layer.source_path == str(out))
    again = worn(project, after)
    assert after.report["dropped"] == 0 and len(pictures) == 3
    assert not again - before
    # Triangles whose corners fall together are left out.
    kept = [[sum(found[key] for key in found if key[2:3] != ((),)) for found in (again, before)]]
    kept.append([sum(found.values()) for found in (again, before)])
    assert all(0.9 * most < some <= most for some, most in kept)


def test_all_themes_come_out(project: Project, tmp_path: Path) -> None:
    for image, side in (("day.png", 64), ("night.png", 32)):
        write_image(tmp_path / image, side)
    texture = {
        "day": {"values": [[[0, 0, 1, 2, 3]]]},
        "night": {"values": [[[1, 4, 5, 6, 7]]]},
    }
    source = write_wall(
        tmp_path / "wall.city.json", ("day.png", "night.png"), (*ONCE, *THRICE), texture,
        {"seen": {"value": 1}},
    )  # fmt: skip
    layer = import_here(project, source)
    with project.edit("Put elsewhere") as edit:
        edit.set_layer(layer.id, placement=Placement(shift=(5.0, 0.0, 0.0)))
    layer = project.layers[0]
    out = tmp_path / "placed.city.jsonl"
    export_layer(project, layer, out)
    before = [worn(project, layer, column) for column in range(4)]
    import_here(project, out)
    after = next(one for one in project.layers if one.source_path == str(out))
    _city, album = tiles(project, after)
    columns = ["", "day", "night", "seen"]
    again = {name: worn(project, after, album.themes.index(name)) for name in columns}
    assert [again[name] for name in columns] == before
    assert sum(before[2].values()) == 1 and before[1] != before[2] != before[3]


def test_images_are_not_put_over_other_files(project: Project, tmp_path: Path) -> None:
    write_image(tmp_path / "wall.png")
    layer = import_here(project, write_wall(tmp_path / "wall.city.json"))
    with project.edit("Put elsewhere") as edit:
        edit.set_layer(layer.id, placement=Placement(shift=(5.0, 0.0, 0.0)))
    mine = write_image(tmp_path / "new_images" / "0.jpg", 8).read_bytes()
    with pytest.raises(WriteError, match=r"0\.jpg"):
        export_layer(project, project.layers[0], tmp_path / "new.city.jsonl")
    assert (tmp_path / "new_images" / "0.jpg").read_bytes() == mine
    assert not (tmp_path / "new.city.jsonl").exists()
    export_layer(project, project.layers[0], tmp_path / "new.city.jsonl", overwrite=True)
    (textures,) = [one["appearance"]["textures"] for one in raw_models(tmp_path / "new.city.jsonl")[1:]]
    assert textures == [{"type": "JPG", "image": "new_images/0.jpg", "wrapMode": "wrap"}]
