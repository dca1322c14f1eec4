"""Imports every real file there is and writes docs/formats.md from what came out.

python -m docs.formats
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from layers import formats
from layers.data import ReadOptions
from layers.decoding import MissingCrs
from layers.errors import CitystrataError
from layers.importing import import_files
from layers.project import Project
from layers.records import Layer
from tests.conftest import DATA
from tests.counts import counted, polygons

PAGE = Path(__file__).with_name("formats.md")
FOLDERS = (
    "citygml",
    "cityjson",
    "ifc",
    "heritage",
    "pointcloud",
    "terrain",
    "utilities",
    "tiles3d",
    "multitemporal",
)
#: Files that others name and bring along; by themselves they are nothing.
SIDE = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg", ".qpj", ".qmd", ".sbn", ".sbx", ".shp.xml", ".cst"),
    ".gml": (".jpg", ".jpeg", ".png", ".tif"),
    ".obj": (".mtl", ".jpg", ".png"),
    ".gltf": (".bin",),
}
#: What speaks of files: whose they are, how they were made, what a raster's cells are worth.
ABOUT = ("readme", "licen", "source", "notice", "citation", "manifest")
ABOUT_RASTERS = (".tfw", ".aux.xml", ".ovr", ".vat.cpg", ".vat.dbf", ".rpt")
#: Side files that need not be called like the file that names them: a model lies in their folder or above.
ANY_NAME = (".mtl", ".bin", ".jpg", ".jpeg", ".png")
#: Words of a page that stay on one line.
MOST_WARNINGS = 3
INTRODUCTION = """# Real files, opened

Made by `make formats-table`: every file of a collection of real city data is imported into a project of
its own, and this is what came out. *In the file* counts objects with other means than Citystrata's own
readers, where there are some (XPath over GML, plain JSON, laspy's headers, GDAL's feature counts); *in the
project* is what can be selected afterwards. *Surfaces* are the polygons of city objects, counted alike: those
that objects share by a link are drawn of each of them, and are one in the file. Nothing is dropped silently:
what cannot be drawn is kept and counted as such.

Damaged files are another matter: `make fuzz` takes small files of every format, real ones where there are
some and made ones besides, damages each in thousands of ways (bytes flipped and cut, counts enlarged,
brackets nested, entities and archives that grow without end, names that lead out of the folder) and reads
them in processes of their own. A reader must read such a file or refuse it in one sentence, in 10 s of
work and 1 GB, and open nothing outside the folder. Where a native decoder reads (LAS, GeoTIFF, IFC, E57,
the vector files that GDAL reads), damage may end the import process: that is told in the window, which
lives on. Files that ever failed are kept as tests (`tests/fuzz/finds.json`).
"""


@dataclass(frozen=True)
class Row:
    """What became of one file."""

    path: Path
    format: str = ""
    there: int | None = None  # objects in the file, counted by other means
    here: int = 0  # objects in the project
    faces_there: int | None = None  # polygons in the file, counted by other means
    faces: int = 0  # polygons that the objects are drawn of
    dropped: int = 0
    repaired: int = 0
    unsupported: int = 0
    warnings: tuple[tuple[str, int], ...] = ()
    note: str = ""
    refused: str = ""

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        name = f"`{self.path.name}`"
        if self.refused:
            return name, self.format or "—", "", "", "", "", "", f"refused: {self.refused}"
        there, faces_there = ("" if n is None else f"{n:,}" for n in (self.there, self.faces_there))
        faces = f"{self.faces:,}" if self.faces else ""
        said = [f"{code} × {count}" if count > 1 else code for code, count in self.warnings[:MOST_WARNINGS]]
        if len(self.warnings) > MOST_WARNINGS:
            said.append(f"{len(self.warnings) - MOST_WARNINGS} other kinds")
        kinds = ((self.repaired, "repaired"), (self.unsupported, "kept, not drawn"))
        said = [*(f"{n:,} {what}" for n, what in kinds if n), *said, *filter(None, [self.note])]
        counts = there, f"{self.here:,}", faces_there, faces, str(self.dropped)
        return name, self.format, *counts, ", ".join(said)


def main() -> int:
    """Write the page; 1 when an object was dropped."""
    if not DATA.exists():
        sys.exit(f"The real files are not here: {DATA} (set CITYSTRATA_DATA).")
    lines = [INTRODUCTION]
    dropped = 0
    with ThreadPoolExecutor(2) as pool:
        for folder in FOLDERS:
            files = list(_files(DATA / folder))
            rows = list(pool.map(row_of, files))
            opened = [row for row in rows if not row.refused]
            dropped += sum(row.dropped for row in rows)
            lines += [
                f"## {folder}\n",
                f"{len(rows)} files: {len(opened)} opened, {len(rows) - len(opened)} refused;"
                f" {sum(row.dropped for row in rows)} objects dropped.\n",
                "| file | format | in the file | in the project | surfaces in the file | surfaces drawn"
                " | dropped | what was said |",
                "|---|---|---:|---:|---:|---:|---:|---|",
            ]
            lines += ["| " + " | ".join(_plain(cell) for cell in row.cells()) + " |" for row in rows]
            lines.append("")
            print(folder, len(rows), "files,", len(opened), "opened", flush=True)
    PAGE.write_text("\n".join(lines), "utf-8")
    return 1 if dropped else 0


def _plain(cell: str) -> str:
    return cell.replace("|", "/").replace("\n", " ")


def _files(folder: Path) -> Iterator[Path]:
    """What stands for itself in a folder: not what belongs to another file, nor the parts of a tileset."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    tilesets = {path.parent for path in paths if path.name == "tileset.json"}
    for path in paths:
        if path.name != "tileset.json" and any(parent in tilesets for parent in path.parents):
            continue
        if not _belongs(path):
            yield path


def _belongs(path: Path) -> bool:
    """Whether a file is about others, or is brought along by one beside it."""
    name = path.name.lower()
    if name.startswith(ABOUT) or name.endswith(ABOUT_RASTERS):
        return True
    for main, sides in SIDE.items():
        for side in sides:
            stem = path.name[: -len(side)]
            if name.endswith(side) and (path.with_name(stem + main).exists() or side in ANY_NAME):
                return True
    return False


def row_of(path: Path) -> Row:
    """Import one file."""
    try:
        form = formats.detect(path)
    except CitystrataError as error:
        return Row(path, refused=_why(error))
    try:
        with tempfile.TemporaryDirectory() as folder, Project.create(Path(folder, "p.city.gpkg")) as project:
            try:
                return _row(path, form.NAME, import_files(project, [path]))
            except MissingCrs:
                layers = import_files(project, [path], ReadOptions(crs="local"))
                return _row(path, form.NAME, layers, "names no CRS: opened as a local model")
    except CitystrataError as error:
        return Row(path, form.NAME, refused=_why(error))


def _row(path: Path, form: str, layers: Sequence[Layer], note: str = "") -> Row:
    codes = Counter(w["code"] for layer in layers for w in layer.report["warnings"] if w["code"] != "placed")

    def total(key: str) -> int:
        return sum(int(layer.report[key]) for layer in layers)

    points = sum(int(layer.facts.get("points") or 0) for layer in layers if not layer.object_count)
    here = points or sum(layer.object_count for layer in layers) or total("read")
    return Row(
        path,
        form,
        counted(form, path),
        here,
        polygons(form, path),
        total("polygons"),
        total("dropped"),
        total("repaired"),
        total("unsupported"),
        tuple(codes.most_common()),
        note,
    )


def _why(error: CitystrataError) -> str:
    parts = error.parts()
    said = str(parts["what"])
    return f"{said} ({parts['found']})" if parts.get("found") else said


if __name__ == "__main__":
    sys.exit(main())
