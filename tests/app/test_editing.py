"""Edits of panels: into the scenario that is looked at, with nothing of the base touched."""

from __future__ import annotations

import pytest

from app.editing import Editing, editing
from app.session import Session
from layers.bulk import plan_calculation
from layers.expression import parse
from tests.app.panels import Show, fid_of, houses, opened, show

__all__ = ["houses", "opened", "show"]


@pytest.fixture
def edits(opened: Session, show: Show) -> Editing:
    with opened.project.edit("Begin") as edit:
        number = edit.add_scenario("Plan")
    opened.situation.set_scenario(number)
    return editing(opened)


def test_what_is_typed_goes_into_the_scenario(edits: Editing, opened: Session) -> None:
    house = fid_of(opened, "A")
    opened.select([house])
    assert edits.set_attribute([house], "roofType", "1030")
    (copy,) = opened.selection.tolist()
    assert copy != house
    assert opened.project.object(copy).attributes["roofType"] == "1030"
    assert opened.project.object(house).attributes["roofType"] == "1000"
    assert edits.remove_attribute([house], "name") and edits.remove_attribute([copy], "built")
    assert set(opened.project.object(copy).attributes) == {"measuredHeight", "roofType"}
    plan = plan_calculation(opened.project, [fid_of(opened, "B")], "storeys", parse("storeys + 1"))
    assert edits.carry_out(plan)
    assert opened.project.object(fid_of(opened, "B")).attributes["storeys"] == 1
    (raised,) = opened.project.fids(opened.project.layers[0], "storeys == 2").tolist()
    assert opened.project.object(raised).replaces == fid_of(opened, "B")
    for _ in range(4):
        opened.undo()
    assert [layer.name for layer in opened.project.layers] == ["houses"]


def test_without_a_scenario_the_city_itself_is_changed(edits: Editing, opened: Session) -> None:
    opened.situation.set_scenario(None)
    house = fid_of(opened, "A")
    assert edits.set_attribute([house], "roofType", "1030")
    assert opened.project.object(house).attributes["roofType"] == "1030"
