"""Snapshots in the window: the question after an import, and what the timeline then shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.dialogs.snapshot import SnapshotForm
from app.session import Session
from app.window import Window
from layers.epochs import state_at
from tests.app.snapshots import NOW, THEN, write_city

LEFT = Qt.MouseButton.LeftButton


def form_of(window: Window) -> SnapshotForm:
    return next(form for form in window.findChildren(SnapshotForm) if form.isVisible())


def import_file(qtbot: QtBot, window: Window, path: Path, settled: Callable[[Session], None]) -> None:
    count = len(window.session.project.layers) if window.session.is_open else 0
    window.open_paths([path])
    qtbot.waitUntil(
        lambda: window.session.is_open and len(window.session.project.layers) > count, timeout=20_000
    )
    settled(window.session)


def test_the_number_of_a_second_layer_of_a_name_is_none_of_both(
    qtbot: QtBot, window: Window, tmp_path: Path, settled: Callable[[Session], None]
) -> None:
    for folder, boxes in (("then", THEN), ("now", NOW)):
        (tmp_path / folder).mkdir()
        import_file(qtbot, window, write_city(tmp_path / folder / "tile_HH.city.json", boxes), settled)
    names = [layer.name for layer in window.session.project.layers]
    assert len(set(names)) == 2
    window.notices.info.acted.emit()
    assert form_of(window).series.text() == min(names, key=len)


def test_two_files_of_one_place_become_snapshots_of_two_dates_in_one_step(
    qtbot: QtBot, window: Window, tmp_path: Path, settled: Callable[[Session], None]
) -> None:
    import_file(qtbot, window, write_city(tmp_path / "lod2_2016.city.json", THEN), settled)
    assert "show the city of 2016" in window.notices.info.text
    import_file(qtbot, window, write_city(tmp_path / "lod2_2022.city.json", NOW), settled)
    assert "Are they the same at two dates?" in window.notices.info.text
    window.notices.info.acted.emit()
    form = form_of(window)
    assert (form.date.text(), form.other_date.text(), form.series.text()) == ("2022", "2016", "lod2")
    steps = len(window.session.project.history())
    qtbot.mouseClick(form._buttons.button(QDialogButtonBox.StandardButton.Ok), LEFT)
    project = window.session.project
    assert len(project.history()) == steps + 1
    found = {layer.name: (layer.epoch, layer.series) for layer in project.layers}
    assert found == {"lod2 2016": ("2016-01-01", "lod2"), "lod2 2022": ("2022-01-01", "lod2")}
    qtbot.waitUntil(lambda: len(window.session.ticks) == 2, timeout=3000)
    assert window.timeline.isVisible()
    later = next(layer for layer in project.layers if layer.name.endswith("2022"))
    stands = state_at(project, "2019-01-01")
    assert not stands[later.id][0].any()
    window.actions_["undo"].trigger()
    assert not any(layer.epoch for layer in project.layers)


def test_objects_of_a_snapshot_stand_at_its_date_though_they_were_entered_later(
    qtbot: QtBot, window: Window, tmp_path: Path, settled: Callable[[Session], None]
) -> None:
    path = write_city(tmp_path / "lod2_2016.city.json", THEN)
    text = path.read_text("utf-8").replace('"storeys"', '"creationDate": "2016-11-22", "storeys"')
    path.write_text(text, "utf-8")
    import_file(qtbot, window, path, settled)
    window.actions_["layer_snapshot"].trigger()
    form_of(window).accept()
    project = window.session.project
    assert state_at(project, "2016-02-01")[project.layers[0].id][0].all()
    window.actions_["undo"].trigger()
    assert not state_at(project, "2016-02-01")[project.layers[0].id][0].any()


def test_dates_that_are_none_or_the_same_are_refused_in_words(
    qtbot: QtBot, window: Window, tmp_path: Path, settled: Callable[[Session], None]
) -> None:
    import_file(qtbot, window, write_city(tmp_path / "old.city.json", THEN), settled)
    assert "snapshot" not in window.notices.info.text.lower()
    import_file(qtbot, window, write_city(tmp_path / "new.city.json", NOW), settled)
    window.actions_["layer_snapshot"].trigger()
    form = form_of(window)
    assert "Write the date" in form.sentence
    form.date.setText("2016")
    form.other_date.setText("2016")
    assert "one date" in form.sentence
    form.other_date.setText("2015")
    form.series.setText(" ")
    assert "name" in form.sentence
    form.other.setCurrentIndex(0)
    assert "from this date on" in form.sentence
    form.accept()
    assert sorted(str(layer.epoch or "") for layer in window.session.project.layers) == ["", "2016-01-01"]
