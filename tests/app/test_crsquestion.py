"""Where a layer lies is asked: nothing doubtful is chosen beforehand, and places are found by name."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.dialogs.crs import CrsQuestion
from app.jobs import Jobs
from layers.decoding import MissingCrs
from layers.place import suggest_crs

DELFT = (84000.0, 446000.0, 0.0, 84500.0, 446500.0, 30.0)
KY4 = (4.99e6, 3.9e6, 0.0, 5.0e6, 3.91e6, 300.0)


def asked(qtbot: QtBot, box: tuple[float, ...]) -> CrsQuestion:
    missing = MissingCrs("The file does not name its coordinate reference system")
    missing.box, missing.candidates = box, tuple(suggest_crs(box))  # type: ignore[arg-type]  # six numbers
    jobs = Jobs()
    question = CrsQuestion("network.inp", missing, jobs)
    jobs.setParent(question)
    qtbot.addWidget(question)
    return question


def typed(qtbot: QtBot, question: CrsQuestion, text: str) -> None:
    question.field.setText(text)
    question.field.textEdited.emit(text)
    qtbot.waitUntil(lambda: not question._pause.isActive() and not question._search.is_open, timeout=20_000)


def test_numbers_that_fit_anything_choose_nothing(qtbot: QtBot) -> None:
    question = asked(qtbot, KY4)
    assert question.crs == "" and not question.ok.isEnabled()
    assert question.titles[-1] == "Nowhere on Earth"
    assert asked(qtbot, DELFT).crs == "EPSG:7415"


def test_a_place_is_found_by_name(qtbot: QtBot) -> None:
    question = asked(qtbot, KY4)
    typed(qtbot, question, "Kentucky")
    assert question.titles[0] == "NAD83 / Kentucky Single Zone (ftUS)"
    assert question.crs == "", "a search chooses nothing"
    question._list.setCurrentRow(0)
    assert question.crs == "EPSG:3089" and question.ok.isEnabled()
    typed(qtbot, question, "EPSG:25832+7837")
    assert question.crs == "EPSG:25832+7837"
    typed(qtbot, question, "EPSG:999999")
    assert question.crs == "" and "not known" in question._answer.text()


@pytest.mark.parametrize("box", [DELFT, KY4])
def test_a_model_may_lie_nowhere(qtbot: QtBot, box: tuple[float, ...]) -> None:
    question = asked(qtbot, box)
    question._list.setCurrentRow(len(question.titles) - 1)
    assert question.crs == "local" and question.ok.text() == "Set it down"
