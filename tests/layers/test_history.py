"""A random user edits, undoes, closes and reopens; the project never loses track."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from layers.errors import EditError
from layers.exporting import export_layer
from layers.project import Project
from tests.cities import import_here
from tests.conftest import real

keys = st.sampled_from(
    ["roofType", "height", "name", "Größe", 'a "quoted" key', "a.b[0]", "\u2615", "x" * 300]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
dates = st.none() | st.dates().map(str)
which_ones = st.integers(0, 10_000)
State = dict[str, Any]


def text_of(state: State) -> bytes:
    """A state as text: 1, 1.0 and true are not the same, and the order of attributes does not matter."""
    return orjson.dumps(state, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


@pytest.fixture(scope="module", params=["cjio/DH_01_subs.city.json", "railway-seq/delft_subset.city.jsonl"])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project with one real file in it, and the file."""
    source = real(f"cityjson/{request.param}")
    path = tmp_path_factory.mktemp("random") / "p.city.gpkg"
    with Project.create(path) as project:
        import_here(project, source)
    return path, source


class RandomUser(RuleBasedStateMachine):
    """Does anything at all; a plain dict for every moment of the past says what must be there."""

    template: Path
    source: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.project = Project.open(Path(shutil.copy(self.template, self.folder)))
        self.layer = self.project.layers[0].id
        self.fids = [int(fid) for fid in self.project.fids(self.layer)]
        self.past: list[State] = []
        self.first = self.now = self.seen()
        self.future: list[State] = []

    def seen(self) -> State:
        """What the project says."""
        objects = {
            item.fid: (item.attributes, item.valid_from, item.valid_to)
            for item in self.project.objects(self.layer)
        }
        layer = self.project.any_layer(self.layer)
        return {"objects": objects, "layer": (layer.name, layer.visible, layer.opacity, layer.style)}

    def expect(self, state: State) -> None:
        """A step was made unless nothing changed."""
        if text_of(state) != text_of(self.now):
            self.past.append(self.now)
            self.now, self.future = state, []

    def with_object(self, fid: int, attributes: dict[str, Any], first: str | None, last: str | None) -> State:
        return {**self.now, "objects": {**self.now["objects"], fid: (attributes, first, last)}}

    def one_of(self, which: int) -> int:
        return self.fids[which % len(self.fids)]

    @rule(which=which_ones, place=which_ones, key=keys, value=values)
    def set_attribute(self, which: int, place: int, key: str, value: Any) -> None:
        """Set one attribute of an object, a known one or a new one."""
        fid = self.one_of(which)
        attributes, first, last = self.now["objects"][fid]
        if attributes and place % 2:
            key = sorted(attributes)[place % len(attributes)]
        with self.project.edit("Set", why="because") as edit:
            edit.set_attribute(fid, key, value)
        self.expect(self.with_object(fid, {**attributes, key: value}, first, last))

    @rule(which=which_ones, place=which_ones)
    def remove_attribute(self, which: int, place: int) -> None:
        """Remove an attribute of an object, if it has any."""
        fid = self.one_of(which)
        attributes, first, last = self.now["objects"][fid]
        key = sorted(attributes)[place % len(attributes)] if attributes else "none"
        with self.project.edit("Remove") as edit:
            edit.remove_attribute(fid, key)
        left = {name: value for name, value in attributes.items() if name != key}
        self.expect(self.with_object(fid, left, first, last))

    @rule(key=keys, value=values, other=values)
    def set_all(self, key: str, value: Any, other: Any) -> None:
        """One step for all objects, each of them changed twice."""
        with self.project.edit("All") as edit:
            for fid in self.fids:
                edit.set_attribute(fid, key, other)
                edit.set_attribute(fid, key, value)
        objects = {
            fid: ({**attributes, key: value}, *dates)
            for fid, (attributes, *dates) in self.now["objects"].items()
        }
        self.expect({**self.now, "objects": objects})

    @rule(which=which_ones, first=dates, last=dates)
    def set_valid(self, which: int, first: str | None, last: str | None) -> None:
        """Say from when to when an object stands; the wrong way round is refused."""
        fid = self.one_of(which)
        if first and last and last < first:
            with (
                pytest.raises(EditError, match="cannot end before it begins"),
                self.project.edit("V") as edit,
            ):
                edit.set_valid(fid, first, last)
            return
        with self.project.edit("Valid") as edit:
            edit.set_valid(fid, first, last)
        self.expect(self.with_object(fid, self.now["objects"][fid][0], first, last))

    @rule(name=st.text(st.characters(codec="utf-8"), max_size=5).filter(str.strip), visible=st.booleans())
    def change_layer(self, name: str, visible: bool) -> None:
        """Rename the layer, show or hide it, give it a colour."""
        with self.project.edit("Layer") as edit:
            edit.set_layer(self.layer, name=name, visible=visible, opacity=0.5, style={"color": name})
        self.expect({**self.now, "layer": (name, visible, 0.5, {"color": name})})

    @rule(which=which_ones, key=keys, value=values)
    def think_again(self, which: int, key: str, value: Any) -> None:
        """An edit that ends in an exception leaves nothing."""
        fid = self.one_of(which)
        with pytest.raises(ZeroDivisionError), self.project.edit("Half") as edit:
            edit.set_attribute(fid, key, value)
            edit.set_layer(self.layer, name="half")
            raise ZeroDivisionError

    @rule()
    def undo(self) -> None:
        """Take a step back, but never the import."""
        if self.past:
            assert self.project.undo() is not None
            self.future.append(self.now)
            self.now = self.past.pop()

    @rule()
    def redo(self) -> None:
        """Do a step again."""
        step = self.project.redo()
        assert (step is None) == (not self.future)
        if self.future:
            self.past.append(self.now)
            self.now = self.future.pop()

    @rule()
    def close_and_reopen(self) -> None:
        """Everything is in the file."""
        self.project.close()
        assert not list(self.folder.glob("*-wal"))
        self.project = Project.open(self.project.path)

    @rule()
    def export(self) -> None:
        """The file that comes out says what the project says."""
        found = self.exported()
        untouched = all(self.now["objects"][fid][0] == self.first["objects"][fid][0] for fid in self.fids)
        assert (found == self.source.read_bytes()) == untouched

    @invariant()
    def nothing_is_lost(self) -> None:
        """The project says what the dict says, types and all."""
        assert text_of(self.seen()) == text_of(self.now)
        assert (self.project.can_redo is None) == (not self.future)

    def exported(self) -> bytes:
        out = self.folder / f"out{''.join(self.source.suffixes[-2:])}"
        export_layer(self.project, self.project.any_layer(self.layer), out, overwrite=True)
        return out.read_bytes()

    def teardown(self) -> None:
        """Undo all, down to the import: the file is as it came."""
        while self.past:
            self.undo()
        assert text_of(self.seen()) == text_of(self.first)
        assert self.project.can_undo is not None and self.project.can_undo.label.startswith("Import")
        assert hashlib.sha256(self.exported()).digest() == hashlib.sha256(self.source.read_bytes()).digest()
        self.project.close()
        shutil.rmtree(self.folder)


def test_a_random_user_never_loses_anything(imported: tuple[Path, Path]) -> None:
    RandomUser.template, RandomUser.source = imported
    run_state_machine_as_test(
        RandomUser,
        settings=settings(
            max_examples=8, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("imported", ["railway-seq/delft_subset.city.jsonl"], indirect=True)
def test_a_thousand_random_steps_can_all_be_taken_back(imported: tuple[Path, Path]) -> None:
    RandomUser.template, RandomUser.source = imported
    dice = random.Random(5)

    def number() -> int:
        return dice.randrange(10_000)

    def word() -> str:
        return dice.choice(["roofType", "height", "Größe", "a.b[0]", "x" * 300])

    def value() -> Any:
        return dice.choice([None, True, number(), dice.random(), word(), [1, {"a": -0.0}], "2024-01-01", ""])

    def date() -> str | None:
        return dice.choice([None, "1950-01-01", "2024-06-30", "2035-01-01"])

    user = RandomUser()
    deeds: list[tuple[int, Callable[[], None]]] = [
        (8, lambda: user.set_attribute(number(), number(), word(), value())),
        (4, lambda: user.remove_attribute(number(), number())),
        (1, lambda: user.set_all(word(), value(), value())),
        (2, lambda: user.set_valid(number(), date(), date())),
        (1, lambda: user.change_layer(word(), dice.random() < 0.5)),
        (1, lambda: user.think_again(number(), word(), value())),
        (6, user.undo),
        (4, user.redo),
        (1, user.close_and_reopen),
        (1, user.export),
    ]
    weights, acts = zip(*deeds, strict=True)
    for step, act in enumerate(dice.choices(acts, weights, k=1000)):
        act()
        if step % 10 == 0:
            user.nothing_is_lost()
    assert len(user.past) > 50
    user.teardown()
