"""What changed between real snapshots, against what is known of them from elsewhere."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import laspy
import numpy as np
import pytest

from analysis import change
from analysis.changes.m3c2 import Scales, m3c2
from layers.data import ReadOptions
from layers.importing import import_files
from layers.project import Project
from layers.results import FINDINGS, Result
from tests.conftest import real
from tests.validation.hamburg import SEEN, SPLIT, UNSEEN_M
from tests.validation.record import record

pytestmark = pytest.mark.usefixtures("read_here")
SECTION = "What changed"
GIVEN = "multitemporal"
HAMBURG = f"{GIVEN}/hamburg-2016-2022/{{}}/LoD2_576_5950_1_HH.xml"
VERSIONING = f"{GIVEN}/cj-versioning"
DEMO = f"{GIVEN}/change-detection-demo"
AUTZEN = f"{GIVEN}/autzen-bmx"
#: With which PDAL's own test made the reference results.
SCALES = Scales(normal_m=1.39, radius_m=2.89, depth_m=5.5)


def snapshots(project: Project, paths: tuple[Path, Path], crs: str | None = None, **more: object) -> Result:
    """Both files in a project, and what changed."""
    for date, path in zip(("2016", "2022"), paths, strict=True):
        import_files(project, [path], ReadOptions(crs=crs), name="city", epoch=f"{date}-01-01")
    inputs = {"compare_date": "2016-01-01", "date": "2022-01-01", **more}
    return change.run(project, change.Inputs(**inputs))


def cadastre(project: Project, fid: int) -> str:
    """The end of a building's name in the cadastre."""
    name: str = project.object(fid).attributes["externalReference"]["externalObject"]["name"]
    return name[-4:]


def test_hamburg_of_2016_and_2022(tmp_path: Path) -> None:
    with Project.create(tmp_path / "hamburg.city.gpkg") as project:
        result = snapshots(project, (real(HAMBURG.format(2016)), real(HAMBURG.format(2022))))
        table = result.tables["changes"]
        rows = [
            (what, cadastre(project, int(before)), cadastre(project, int(after)), float(away))
            for what, before, after, away in zip(
                table.texts("change"),
                table.numbers("before_fid"),
                table.numbers("fid"),
                table.numbers("distance_m"),
                strict=True,
            )
        ]
    split = {(was, now) for what, was, now, _ in rows if what == "split"}
    assert split == {(was, now) for was, pieces in SPLIT.items() for now in pieces}
    pairs = [(was, now) for what, was, now, _ in rows if what != "split"]
    wrong = sum(was != now for was, now in pairs)
    assert len(pairs) == 45
    record(
        SECTION,
        "Buildings of Hamburg 2016 found again in 2022, where no id is as it was, by their footprints alone",
        reference="external references to the cadastre (ALKIS) in both files",
        quantity="wrong of 46",
        found=wrong,
        tolerance=0,
        unit="",
        note="one is split in two; one pair is doubtful, and right",
    )
    moved = {now for what, _, now, away in rows if what != "split" and away > UNSEEN_M}
    record(
        SECTION,
        "Buildings of Hamburg whose shape changed",
        reference="both states looked at side by side (tests/validation/hamburg.py)",
        quantity="differences between the lists",
        found=len(moved ^ set(SEEN)),
        tolerance=0,
        unit="",
        note=f"{len(SEEN)} of 45 changed so that one sees it",
    )
    datum = next(text for text in result.tables[FINDINGS].texts("sentence") if text.startswith("Heights"))
    assert "lower by 0.05" in datum and "DHHN92 height and DHHN2016 height" in datum


def test_one_roof_of_rotterdam_moved(tmp_path: Path) -> None:
    paths = real(f"{VERSIONING}/initial.json"), real(f"{VERSIONING}/initial_moved_roof.json")
    cities = [json.loads(path.read_bytes())["CityObjects"] for path in paths]
    other_text = [id for id in cities[0] if cities[0][id] != cities[1][id]]
    assert len(other_text) == 174
    with Project.create(tmp_path / "rotterdam.city.gpkg") as project:
        result = snapshots(project, paths, crs="EPSG:7415")
    table = result.tables["changes"]
    assert table.texts("change") == ["geometry changed"] and table.texts("object_id")[0] in other_text
    record(
        SECTION,
        "CityJSON versioning: 174 of 853 buildings differ as text, one roof was moved",
        reference="the prototype's example, github.com/tudelft3d/cityjson-versioning-prototype",
        quantity="buildings found beside that one",
        found=len(table) - 1,
        tolerance=0,
        unit="",
        note=f"moved by {table.numbers('distance_m')[0]:.2f} m",
    )


@pytest.mark.parametrize("name", ["Demo_Building", "Polygon_Multi_Interior", "Test_XLink"])
def test_the_pairs_of_the_change_detection_demo(tmp_path: Path, name: str) -> None:
    """The same file; the same area with its holes cut otherwise, 1e-8 m away; the same by other links."""
    with Project.create(tmp_path / "demo.city.gpkg") as project:
        paths = real(f"{DEMO}/{name}_0.gml"), real(f"{DEMO}/{name}_1.gml")
        crs = None if name == "Demo_Building" else "EPSG:25832"
        result = snapshots(project, paths, crs=crs, tolerance_m=0.001)
    record(
        SECTION,
        f"Change detection demo: {name}",
        reference="github.com/tum-gis/citygml-change-detection, whose pairs are the same city",
        quantity="changes",
        found=len(result.tables["changes"]),
        tolerance=0,
        unit="",
    )
    assert result.pedigree.numbers["unchanged"] == 1


def test_a_bmx_track_of_2010_and_2023() -> None:
    clouds = [
        np.asarray(laspy.read(real(f"{AUTZEN}/autzen-bmx-{year}.las")).xyz, np.float64)
        for year in (2010, 2023)
    ]
    pdal, compare = (
        list(csv.DictReader(real(f"{AUTZEN}/autzen-bmx-{name}.txt").open(encoding="utf-8")))
        for name in ("m3c2", "cc")
    )
    cores = np.array([[float(row[axis]) for axis in "XYZ"] for row in pdal])
    found = m3c2(cores, *clouds, SCALES)
    known = np.isfinite(found.distance_m)
    theirs = np.array([float(row["m3c2_distance"]) for row in pdal])
    told = np.array([float(row["m3c2_significant"]) for row in pdal]) > 0
    assert (theirs[~known] == 0).all() and (found.is_significant == told).all()
    record(
        SECTION,
        "M3C2 distances of lidar of 2010 and 2023 at 103 places",
        reference="PDAL, filters.m3c2 (its own test allows 0.12 m to CloudCompare)",
        quantity="largest difference",
        found=float(np.abs(found.distance_m - theirs)[known].max()),
        tolerance=0.03,
        unit="m",
        note=f"median {np.median(np.abs(found.distance_m - theirs)[known]):.4f} m; the same are significant",
    )
    other = np.array([float(row["M3C2 distance"]) for row in compare])
    both = known & np.isfinite(other)
    record(
        SECTION,
        "The same",
        reference="CloudCompare, plug-in M3C2 (Lague et al. 2013, doi:10.1016/j.isprsjprs.2013.04.009)",
        quantity="95 % of differences are within",
        found=float(np.percentile(np.abs(found.distance_m - other)[both], 95)),
        tolerance=0.03,
        unit="m",
    )
    counts = np.array([[float(row[f"Npoints_cloud{n}"]) for n in (1, 2)] for row in compare])
    assert (found.count[both] == counts[both]).mean() > 0.95


def test_the_versions_of_a_historical_succession(tmp_path: Path) -> None:
    """The file's own transition: 47 and 49 of 2000 became 49 and 50 of 2015; 49 is the same building."""
    path = real("citygml/ogc3/historicalSuccession_CityGML_3.0_LOD2_Versioning.gml")
    with Project.create(tmp_path / "lyon.city.gpkg") as project:
        import_files(project, [path])
        result = change.run(project, change.Inputs(compare_date="2007-01-01", date="2016-01-01"))
    table = result.tables["changes"]
    rows = zip(table.texts("change"), table.texts("before_id"), table.texts("object_id"), strict=True)
    assert set(rows) == {
        ("appeared", "", "BU_69381AL50_2015-01-01"),
        ("vanished", "BU_69381AL47_2000-01-01", "BU_69381AL47_2000-01-01"),
        ("geometry and attributes changed", "BU_69381AL49_2000-01-01", "BU_69381AL49_2015-01-01"),
    }
    assert table.texts("told_by")[2] == "id"
