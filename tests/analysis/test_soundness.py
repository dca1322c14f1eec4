"""Geometry check as an analysis: which surfaces are faulty, in which layer, said and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.soundness import FAULTY, Inputs, estimate, run
from layers.data import ReadOptions
from layers.errors import UsageError
from layers.importing import import_files
from layers.project import Project
from layers.remedies import repairs
from tests.app.test_remedies import turned
from tests.conftest import real
from viewer.shot import shot


def test_faults_are_told_by_object_and_coloured(tmp_path: Path) -> None:
    with Project.open(turned(tmp_path)) as project:
        assert estimate(project, Inputs()).points == 9
        result = run(project, Inputs())
        assert result.verdict == "fail"
        assert result.tables["findings"].texts("sentence") == [
            "1 of 9 objects are not sound.",
            "405 shell turned inside out: 1 time, in 1 object.",
        ]
        (row,) = range(len(result.tables["faults"]))
        assert result.tables["faults"].texts("object_id")[row] == "house-0"
        assert len(result.surfaces) == 6 and (result.surfaces.numbers(FAULTY) == 1).all()
        assert np.isclose(result.surfaces.numbers("area_m2").sum(), 2 * 100 + 4 * 30)
        with project.edit("Keep") as edit:
            number = edit.add_result(result)
        picture = tmp_path / "faults.png"
        shot(project, picture, (320, 240), result=project.result(number), quantity=FAULTY)
        assert picture.stat().st_size > 0
        with project.edit("Repair") as edit:
            edit.set_geometries(repairs(project, project.layers[0]).shapes)
        again = run(project, Inputs())
        assert again.verdict == "pass" and not len(again.surfaces)
        assert again.pedigree.inputs != result.pedigree.inputs, "another geometry is another content"


def test_only_what_is_asked_is_checked(tmp_path: Path) -> None:
    with Project.open(turned(tmp_path)) as project:
        first = project.layers[0].first_fid
        assert run(project, Inputs(where="id != 'house-0'")).verdict == "pass"
        assert run(project, Inputs(fids=(first,))).verdict == "fail"
        with pytest.raises(UsageError, match="No city object is meant"):
            run(project, Inputs(layer="nowhere"))


def test_a_fault_of_one_surface_marks_that_one(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.city.gpkg") as project:
        import_files(project, [real("cityjson/val3dity-cj/denhaag_random_5.city.jsonl")], ReadOptions())
        result = run(project, Inputs())
        codes = result.tables["faults"].texts("code")
        assert sorted(set(codes)) == ["203", "601"]
        faulty = result.surfaces.numbers(FAULTY) == 1
        named = {
            (fid, text)
            for fid, text, code in zip(
                result.tables["faults"].numbers("fid"),
                result.tables["faults"].texts("surface"),
                codes,
                strict=True,
            )
            if code == "203"
        }
        shown = {
            (fid, f"geometry {g:.0f}, surface {s:.0f}")
            for fid, g, s in zip(
                *(result.surfaces.numbers(name)[faulty] for name in ("fid", "geometry", "surface")),
                strict=True,
            )
        }
        assert named <= shown
