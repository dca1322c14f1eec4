"""Images and other files that a source names by paths: they go out with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layers.data import WriteOptions
from layers.errors import WriteError
from layers.exporting import export_layer
from layers.losses import losses
from layers.project import Project
from layers.records import Layer
from tests.cities import import_here
from tests.conftest import real
from tests.dressed import write_image, write_wall

DELFSHAVEN = "cityjson/delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.city.gpkg") as found:
        yield found


def textures(path: Path) -> list[str]:
    """The images that a city model names, of a sequence those of its header or features."""
    found: list[str] = []
    for line in path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]:
        appearance: dict[str, Any] = json.loads(line).get("appearance") or {}
        found += [one["image"] for one in appearance.get("textures", [])]
    return found


def wall(project: Project, folder: Path, *images: str) -> Layer:
    """A layer of one wall that names these images, of which those without `..` are there."""
    for image in images:
        if ".." not in image and "gone" not in image and ":" not in image:
            write_image(folder / image)
    return import_here(project, write_wall(folder / "wall.city.json", images))


def codes(project: Project, layer: Layer, out: Path) -> dict[str, str]:
    return {loss.code: loss.text for loss in losses(project, layer, WriteOptions(out=out))}


def test_images_go_out_with_the_source_as_it_came(project: Project, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    out.mkdir()
    layer = wall(project, source, "looks/wall.png", "plain.png")
    how = export_layer(project, layer, out / "same.city.json")
    assert (out / "same.city.json").read_bytes() == (source / "wall.city.json").read_bytes()
    assert how.endswith("; 2 files that it names beside it")
    for name in ("looks/wall.png", "plain.png"):
        assert (out / name).read_bytes() == (source / name).read_bytes()
    assert "images" not in codes(project, layer, out / "same.city.json")
    # Once more, beside the first one: the images that are there are the same.
    export_layer(project, layer, out / "again.city.json")
    # And beside the source itself nothing needs to be copied.
    export_layer(project, layer, source / "again.city.json")


def test_what_is_written_anew_names_images_in_a_folder_of_its_own(project: Project, tmp_path: Path) -> None:
    layer = wall(project, tmp_path / "in", "a/wall.png", "b/wall.png", "https://example.org/c.png")
    for name in ("anew.city.jsonl", "moved.city.json"):
        out = tmp_path / name
        export_layer(project, layer, out, crs="EPSG:28992" if name.startswith("moved") else None)
        folder = f"{name.partition('.')[0]}_images"
        # Features of a sequence name what they use.
        named = [f"{folder}/wall.png", f"{folder}/wall-2.png", "https://example.org/c.png"]
        assert textures(out) == (named[:1] if out.suffix == ".jsonl" else named)
        assert sorted(path.name for path in (tmp_path / folder).iterdir()) == ["wall-2.png", "wall.png"]
        assert "images" not in codes(project, layer, out)
        again = import_here(project, out)
        assert not [warning for warning in again.report["warnings"] if warning["code"] == "missing_picture"]


def test_only_city_models_name_images_by_their_paths(project: Project, tmp_path: Path) -> None:
    layer = wall(project, tmp_path / "source", "wall.png", "gone.png")
    for name in ("tileset.json", "wall.glb"):
        out = tmp_path / "out" / name
        assert "images" not in codes(project, layer, out)
        export_layer(project, layer, out)
    assert not list((tmp_path / "out").rglob("*.png"))


def test_what_is_missing_outside_or_no_image_is_said_and_left(project: Project, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    out.mkdir()
    write_image(tmp_path / "secret.png")
    source.mkdir()
    (source / "diary.png").write_text("not an image")
    layer = wall(project, source, "wall.png", "../secret.png", "gone.png")
    path = source / "wall.city.json"
    path.write_text(path.read_text().replace("gone.png", "diary.png"))
    layer = import_here(project, path)
    for name in ("same.city.json", "anew.city.jsonl"):
        said = codes(project, layer, out / name)["images"]
        assert said.startswith("2 of 3 files that the source names") and "../secret.png, diary.png" in said
        export_layer(project, layer, out / name)
    found = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert found == ["anew.city.jsonl", "anew_images/wall.png", "same.city.json", "wall.png"]
    export_layer(project, layer, out / "anew.city.json", lod="2")
    assert textures(out / "anew.city.json") == ["anew_images/wall.png", "../secret.png", "diary.png"]


def test_no_image_takes_the_place_of_another_file(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    layer = wall(project, tmp_path / "in", "wall.png")
    (out / "wall.png").write_bytes(b"mine")
    with pytest.raises(WriteError, match="file of that name already"):
        export_layer(project, layer, out / "same.city.json")
    assert (out / "wall.png").read_bytes() == b"mine" and not (out / "same.city.json").exists()
    export_layer(project, layer, out / "same.city.json", overwrite=True)
    assert (out / "wall.png").read_bytes() == (tmp_path / "in/wall.png").read_bytes()


def test_a_failed_export_leaves_no_images(project: Project, tmp_path: Path) -> None:
    layer = wall(project, tmp_path / "in", "wall.png")
    with pytest.raises(WriteError, match="LoD 7"):
        export_layer(project, layer, tmp_path / "x.city.json", lod="7")
    (tmp_path / "x").write_text("no folder")
    for name in ("x/same.city.json", "x/anew.city.jsonl"):
        with pytest.raises(WriteError):
            export_layer(project, layer, tmp_path / name)
    assert [path.name for path in tmp_path.glob("x*")] == ["x"]


def test_images_of_tiles_keep_their_folders(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    for tile in ("a", "b"):
        (folder / tile).mkdir(parents=True)
        write_image(folder / tile / "wall.png", side=32 if tile == "a" else 64)
        path = write_wall(folder / tile / f"{tile}.city.json")
        path.write_text(path.read_text().replace('"wall": {', f'"wall {tile}": {{'))
    layer = import_here(project, folder)
    export_layer(project, layer, tmp_path / "out")
    for tile in ("a", "b"):
        assert (tmp_path / "out" / tile / "wall.png").read_bytes() == (
            folder / tile / "wall.png"
        ).read_bytes()
    export_layer(project, layer, tmp_path / "one.city.json")
    assert textures(tmp_path / "one.city.json") == ["one_images/wall.png", "one_images/wall-2.png"]
    sizes = [(tmp_path / path).stat().st_size for path in textures(tmp_path / "one.city.json")]
    assert sizes == [(folder / tile / "wall.png").stat().st_size for tile in ("a", "b")]


def test_a_mesh_brings_its_library_images_buffers_and_place(project: Project, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    out.mkdir()
    write_image(folder / "maps/clay tiles.png")
    write_image(folder / "maps/bump.png")
    lines = "newmtl clay\nKd 1 1 1\nmap_Kd -s 1 1 1 clay tiles.png\nbump -bm 0.5 bump.png\n"
    (folder / "maps/clay.mtl").write_text(lines)
    lines = "mtllib maps/clay.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nusemtl clay\nf 1/1 2/1 3/1\n"
    (folder / "church.obj").write_text(lines)
    (folder / "church_offset.xyz").write_text("85000 446000 0")
    (folder / "church.prj").write_text("EPSG:28992")
    layer = import_here(project, folder / "church.obj")
    export_layer(project, layer, out / "copy.obj")
    found = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert found == [
        "copy.obj", "copy.prj", "copy_offset.xyz", "maps/bump.png", "maps/clay tiles.png", "maps/clay.mtl",
    ]  # fmt: skip
    assert (out / "copy.obj").read_text() == lines
    again = import_here(project, out / "copy.obj")
    assert again.box == pytest.approx(layer.box) and again.crs == layer.crs == "EPSG:28992"


def test_the_images_of_delfshaven_go_out(project: Project, tmp_path: Path) -> None:
    layer = import_here(project, real(DELFSHAVEN))
    for name, folder in (("same.city.json", "appearances"), ("anew.city.jsonl", "anew_images")):
        out = tmp_path / name.partition(".")[0]
        out.mkdir()
        assert codes(project, layer, out / name)["images"].startswith("145 of 148 files")
        export_layer(project, layer, out / name)
        found = {path.name: path.read_bytes() for path in (out / folder).iterdir()}
        theirs = real(DELFSHAVEN).parent / "appearances"
        assert len(found) == 3 and found == {name: (theirs / name).read_bytes() for name in found}


def test_the_images_of_yokosuka_go_out_with_citygml(project: Project, tmp_path: Path) -> None:
    source = real("citygml/plateau-yokosuka/bldg/52397519_bldg_6697_op.gml")
    layer = import_here(project, source)
    export_layer(project, layer, tmp_path / "same.gml")
    assert (tmp_path / "same.gml").read_bytes() == source.read_bytes()
    folder = "52397519_bldg_6697_appearance"
    theirs = {path.name for path in (source.parent / folder).iterdir()}
    mine = {path.name for path in (tmp_path / folder).iterdir()}
    assert mine and mine <= theirs
    told = codes(project, layer, tmp_path / "metres.obj")["crs"]
    assert "in a comment" in told and "JGD2011 / UTM zone 54N" in told  # not in the degrees of the source
    out = tmp_path / "anew.city.json"
    export_layer(project, layer, out)
    inside = [path for path in textures(out) if path.startswith("anew_images/")]
    assert {path.partition("/")[2] for path in inside} == mine
    assert all((tmp_path / path).is_file() for path in inside)
