"""Killed at any moment: every edit whose call had returned is there, and nothing is half made.

Children are forked from a server that has everything loaded, so that a kill hits the work itself.
With CITYSTRATA_LONG=1 there are a hundred kills of each kind.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layers.arrays import CITY_ROWS
from layers.cache import STAGING, CacheMissing, cache_folder, layer_folder
from layers.checks.geometry import ObjectCheck
from layers.data import ReadOptions
from layers.epochs import state_at
from layers.errors import EditError
from layers.exporting import export_layer
from layers.importing import import_files, rebuild
from layers.modelling.dividing import Cut
from layers.modelling.moving import moved
from layers.modelling.pushing import raised
from layers.project import Project
from layers.reworking import Workshop
from layers.safefile import MARK
from tests.conftest import real

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

KILLS = 100 if os.environ.get("CITYSTRATA_LONG") else 20
SOURCE = "cityjson/cjio/rotterdam_subset.json"
IN_ROTTERDAM = ReadOptions(crs="EPSG:7415")
KEYS = ("storeys", "roof", "note")

State = tuple[tuple[Any, ...], ...]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a few real buildings, closed."""
    path = tmp_path_factory.mktemp("kill") / "city.city.gpkg"
    with Project.create(path) as project:
        import_files(project, [real(SOURCE)], IN_ROTTERDAM)
    return path


def copied(city: Path, folder: Path) -> Path:
    """The project with its cache folder, in a folder of its own."""
    folder.mkdir()
    shutil.copytree(cache_folder(city), cache_folder(folder / city.name))
    return Path(shutil.copy(city, folder / city.name))


def killed(work: Callable[..., None], *arguments: object, after_s: float) -> list[Any]:
    """Run `work(pipe, *arguments)` in a child, kill it that long after its first word, give its words."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(theirs, *arguments))
    child.start()
    theirs.close()
    words = [ours.recv()]
    time.sleep(after_s)
    child.kill()
    child.join()
    try:
        while True:
            words.append(ours.recv())
    except (EOFError, OSError):
        return words


# --- edits ----------------------------------------------------------------------------------------


def do_one(project: Project, fids: list[int], dice: random.Random) -> None:
    """One step of a random user: an edit of two objects, an undo or a redo."""
    choice = dice.random()
    if choice < 0.2:
        project.undo()
    elif choice < 0.3:
        project.redo()
    else:
        one, other = dice.sample(fids, 2)
        key, value = dice.choice(KEYS), dice.randrange(10**9)
        with project.edit("Set two", why="survey") as edit:
            edit.set_attribute(one, key, value)
            edit.set_attribute(other, key, value)


def fids_of(project: Project) -> list[int]:
    return [int(fid) for fid in project.fids(project.layers[0])]


def edit_for_ever(pipe: Connection, path: Path, seed: int) -> None:
    """Edit, and say so after every step that has returned."""
    dice = random.Random(seed)
    with Project.open(path) as project:
        fids = fids_of(project)
        done = 0
        while True:
            pipe.send(done)
            do_one(project, fids, dice)
            done += 1


def state_of(project: Project) -> State:
    """All that edits change, and the journal."""
    objects = project.query("SELECT fid, attributes FROM object ORDER BY fid")
    steps = project.query("SELECT step, label, why, state FROM step ORDER BY step")
    changes = project.query("SELECT * FROM change ORDER BY step, seq")
    return tuple(objects), tuple(steps), tuple(changes)


@pytest.mark.parametrize("seed", range(KILLS))
def test_every_edit_that_returned_is_there_and_none_is_half_made(
    city: Path, tmp_path: Path, seed: int
) -> None:
    path = copied(city, tmp_path / "killed")
    after_s = random.Random(seed).uniform(0, 0.15)
    done = killed(edit_for_ever, path, seed, after_s=after_s)[-1]
    with Project.open(path) as project:
        assert not project.read_only
        assert project.query("PRAGMA integrity_check") == [("ok",)]
        found = state_of(project)
        project.undo()  # and it goes on from there
    dice = random.Random(seed)
    with Project.open(copied(city, tmp_path / "unharmed")) as project:
        fids = fids_of(project)
        for _ in range(done):
            do_one(project, fids, dice)
        states = [state_of(project)]
        do_one(project, fids, dice)
        states.append(state_of(project))
    assert found in states


# --- exports --------------------------------------------------------------------------------------


def export_for_ever(pipe: Connection, path: Path, out: Path) -> None:
    """Export again and again, each time with another edit in it."""
    with Project.open(path) as project:
        layer = project.layers[0]
        fid = fids_of(project)[0]
        number = 0
        while True:
            with project.edit("Number") as edit:
                edit.set_attribute(fid, "number", number)
            export_layer(project, layer, out, overwrite=True)
            pipe.send(number)
            number += 1


def exported_number(data: bytes, source: bytes) -> int:
    """The number that the export holds; everything else must be the source's."""
    before, _, rest = data.partition(b',"number":')
    digits = rest[: len(rest) - len(rest.lstrip(b"0123456789"))]
    assert before + rest[len(digits) :] == source
    return int(digits)


def test_an_export_is_the_old_file_or_the_new_one_whole(city: Path, tmp_path: Path) -> None:
    path, out = copied(city, tmp_path / "project"), tmp_path / "out" / "city.json"
    out.parent.mkdir()
    source = real(SOURCE).read_bytes()
    dice = random.Random(7)
    for _ in range(KILLS):
        done = killed(export_for_ever, path, out, after_s=dice.uniform(0, 0.1))[-1]
        assert exported_number(out.read_bytes(), source) in (done, done + 1)
        left = [file.name for file in out.parent.iterdir() if file != out]
        assert all(MARK in name for name in left)
        with Project.open(path) as project:
            export_layer(project, project.layers[0], out, overwrite=True)
        assert list(out.parent.iterdir()) == [out]


# --- imports --------------------------------------------------------------------------------------


def import_one(pipe: Connection, path: Path, source: Path) -> None:
    """Import a file, telling of every step of progress."""
    with Project.open(path) as project:
        pipe.send("open")
        import_files(
            project, [source], IN_ROTTERDAM, progress=lambda fraction, text: pipe.send((fraction, text))
        )
        pipe.send("imported")
        time.sleep(60)


@pytest.mark.parametrize("seed", range(max(8, KILLS // 5)))
def test_a_killed_import_leaves_the_project_as_it_was(city: Path, tmp_path: Path, seed: int) -> None:
    path = copied(city, tmp_path / "killed")
    with Project.open(path) as project:
        before = (project.layers, state_of(project))
    after_s = random.Random(seed).uniform(0, 2.0)
    words = killed(
        import_one, path, real("cityjson/delfshaven/Rotterdam_3-20-DELFSHAVEN.city.json"), after_s=after_s
    )
    with Project.open(path) as project:
        if words[-1] == "imported" or len(project.layers) > 1:
            assert [layer.name for layer in project.layers][1:] == [layer.name for layer in before[0]]
        else:
            assert (project.layers, state_of(project)) == before
        uids = {uid for (uid,) in project.query("SELECT uid FROM layer")}
        for table in ("object", "piece"):
            owners = project.query(f"SELECT DISTINCT layer FROM {table}")
            assert {number for (number,) in owners} <= {layer.id for layer in project.layers}
        assert project.query("SELECT count(*) FROM object") == project.query(
            "SELECT count(*) FROM object_rtree"
        )
    assert {item.name for item in cache_folder(path).iterdir()} <= {"lock", *uids}


# --- drawing data ---------------------------------------------------------------------------------


def draw_for_ever(pipe: Connection, path: Path) -> None:
    """Lose the drawing data and make them again, again and again."""
    with Project.open(path) as project:
        (layer,) = project.layers
        while True:
            shutil.rmtree(layer_folder(path, layer.uid))
            pipe.send("lost")
            rebuild(project, layer)


@pytest.mark.parametrize("seed", range(max(6, KILLS // 5)))
def test_killed_while_drawing_data_are_made_they_are_whole_or_made_again(
    city: Path, tmp_path: Path, seed: int
) -> None:
    path = copied(city, tmp_path / "killed")
    with Project.open(path) as project:
        before = (state_of(project), arrays_of(project))
    killed(draw_for_ever, path, after_s=random.Random(seed).uniform(0, 1.0))
    with Project.open(path) as project:
        (layer,) = project.layers
        assert not list(cache_folder(path).glob(f"{STAGING}*"))
        try:
            project.drawable(layer)
        except CacheMissing:
            rebuild(project, layer)
        assert (state_of(project), arrays_of(project)) == before


def arrays_of(project: Project) -> list[bytes]:
    tiles = project.drawable(project.layers[0])
    return [
        np.asarray(getattr(tiles, name)).tobytes() for name, rows in CITY_ROWS.items() if not rows.of_looks
    ]


# --- shapes in a scenario -------------------------------------------------------------------------

SCENARIO = 1


def model_one(project: Project, dice: random.Random) -> None:
    """One step of somebody who changes buildings in a scenario: moved, copied, raised, split, removed."""
    workshop = Workshop(project, SCENARIO)
    state = state_at(project, None, SCENARIO)
    fids = [
        layer.first_fid + at
        for layer in project.layers
        for at in np.flatnonzero(state[layer.id][0]).tolist()
        if workshop.shape(layer.first_fid + at) is not None
    ]
    fid, choice = dice.choice(fids), dice.random()
    shapes = workshop.shapes([fid])
    if choice < 0.25:
        project.undo()
        return
    with suppress(EditError), project.edit("Model") as edit:
        if choice < 0.5:
            workshop.reshape(edit, {at: moved(shape, (5, 0, 1)) for at, shape in shapes.items()})
        elif choice < 0.65:
            workshop.copies(edit, [{at: moved(shape, (0, 90, 0)) for at, shape in shapes.items()}])
        elif choice < 0.8:
            workshop.reshape(edit, {at: raised(shape, 2) for at, shape in shapes.items()}, rise_m=2)
        elif choice < 0.9:
            middle = next(iter(shapes.values())).vertices.mean(axis=0)
            workshop.divide(edit, Cut.by_line(middle, np.add(middle, (1, 3, 0))).split(shapes))
        elif len(fids) > 4:
            workshop.remove(edit, [fid])


def model_for_ever(pipe: Connection, path: Path, seed: int) -> None:
    """Change buildings, and say so after every step that has returned."""
    dice = random.Random(seed)
    with Project.open(path) as project:
        with project.edit("Begin") as edit:
            edit.add_scenario("Tower")
        while True:
            pipe.send(len(project.history()))
            model_one(project, dice)


def whole_state(project: Project) -> State:
    """All that edits of shapes change."""
    there = (
        "SELECT fid, id, parent, attributes, lods, surfaces, geom, gone, replaces FROM object ORDER BY fid"
    )
    return (
        *map(tuple, (project.query(there), project.query("SELECT * FROM shape ORDER BY object"))),
        tuple(project.query("SELECT * FROM object_rtree ORDER BY fid")),
        tuple(project.query("SELECT * FROM absent ORDER BY scenario, object")),
    )


@pytest.mark.parametrize("seed", range(KILLS // 4))
def test_buildings_that_were_changed_are_whole_and_every_step_can_be_taken_back(
    city: Path, tmp_path: Path, seed: int
) -> None:
    path = copied(city, tmp_path / "killed")
    with Project.open(path) as project:
        base = project.query("SELECT fid, attributes, geom FROM object ORDER BY fid")
    done = killed(model_for_ever, path, seed, after_s=random.Random(seed).uniform(0.1, 0.8))[-1]
    with Project.open(path) as project:
        assert not project.read_only and project.query("PRAGMA integrity_check") == [("ok",)]
        assert len(project.history()) >= done
        found = whole_state(project)
        for layer in project.layers:
            for shape in project.shapes(layer).values():
                assert not list(ObjectCheck("", shape.vertices).findings(shape.geometries))
        steps = 0
        while project.can_undo is not None and project.can_undo.label in ("Model", "Begin"):
            project.undo()
            steps += 1
        known = project.query("SELECT fid, attributes, geom FROM object WHERE gone = 0 ORDER BY fid")
        assert known == base and not project.scenarios
        for _ in range(steps):
            project.redo()
        assert whole_state(project) == found
