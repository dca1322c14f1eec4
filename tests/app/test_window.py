"""The main window: opening, the layer list, styles, dates, settings, and what it says about troubles."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import sleep

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFontMetrics
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.dialogs.crs import CrsQuestion
from app.exporting import run_export
from app.jobs import Work
from app.leaving import LeavingQuestion
from app.lines import shortened
from app.opening import open_filter
from app.overlay import legend_rows
from app.session import Session
from app.settings import Settings
from app.window import Window
from layers.cache import cache_folder
from layers.data import WriteOptions
from layers.edit import Edit
from layers.project import Project
from layers.untitled import untitled_projects
from tests.app.blocks import write_city
from viewer.color import LegendEntry

Settled = Callable[[Session], None]


@pytest.fixture
def city(window: Window, settled: Settled, blocks: Path) -> Window:
    """The window with nine boxes in an untitled project."""
    shutil.copytree(blocks.parent, window.session.untitled_folder)
    window.open_paths([window.session.untitled_folder / blocks.name])
    settled(window.session)
    return window


def drop(target: QWidget, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(50, 50), copy, data, left, none))
    QApplication.sendEvent(target, QDropEvent(QPointF(50, 50), copy, data, left, none))


def labels(window: Window) -> list[str]:
    return [step.label for step in window.session.project.history()]


def test_the_start_page_is_shown_and_nothing_else_is_in_the_way(window: Window) -> None:
    assert window.start_page.isVisible()
    assert not window.canvas.isVisible() and not window.tree.isVisible() and not window.inspector.isVisible()
    assert window.windowTitle() == "Citystrata"


def test_dropping_a_file_opens_it_in_an_untitled_project(
    window: Window, settled: Settled, tmp_path: Path
) -> None:
    drop(window, write_city(tmp_path / "blocks.city.json"))
    settled(window.session)
    assert window.canvas.isVisible() and window.session.is_untitled
    assert [layer.name for layer in window.session.project.layers] == ["blocks"]
    assert "Read 9 objects with 54 surfaces, nothing to report." in window.notices.info.text
    assert window.statusBar().crs.text() == "EPSG:7415"  # type: ignore[attr-defined]
    assert window.statusBar().scale.text().startswith("1 : ")  # type: ignore[attr-defined]
    assert "Untitled" in window.windowTitle()
    assert [path.name for path in window.settings.recent] == ["blocks.city.json"]


def test_the_open_dialog_offers_every_format() -> None:
    for title in ("CityJSON", "GeoTIFF", "Citystrata project", "*.city.gpkg", "*.laz"):
        assert title in open_filter()


def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(
    qtbot: QtBot, window: Window, settled: Settled, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.city.json"
    empty.write_bytes(b"")
    window.open_paths([empty, write_city(tmp_path / "blocks.city.json")])
    settled(window.session)
    qtbot.waitUntil(lambda: bool(window.notices.danger.text), timeout=3000)
    assert "empty" in window.notices.danger.text and "Traceback" not in window.notices.danger.text
    assert [layer.name for layer in window.session.project.layers] == ["blocks"]


def test_a_layer_without_crs_asks_where_it_lies(
    qtbot: QtBot, window: Window, settled: Settled, tmp_path: Path
) -> None:
    window.open_paths([write_city(tmp_path / "somewhere.city.json", crs=None)])
    settled(window.session)
    qtbot.waitUntil(lambda: bool(window.findChildren(CrsQuestion)), timeout=3000)
    question = window.findChildren(CrsQuestion)[0]
    assert question.crs == "EPSG:7415"
    question.accept()
    qtbot.waitUntil(lambda: bool(window.session.project.layers), timeout=20_000)
    assert window.session.project.place.crs == "EPSG:7415"


def test_an_untitled_project_with_edits_is_offered_again(
    qtbot: QtBot, city: Window, settled: Settled, tmp_path: Path
) -> None:
    session = city.session
    fid = int(session.project.fids(session.project.layers[0])[0])
    session.run_edit("Correct", lambda edit: edit.set_attribute(fid, "roofType", "1000"))
    city.actions_["close"].trigger()
    settled(session)
    city.start_page.refresh()
    kept = untitled_projects(session.untitled_folder)
    assert len(kept) == 1 and city.start_page.isVisible()
    city.start_page.discard_clicked.emit(kept[0])
    assert untitled_projects(session.untitled_folder) == []


def test_an_untitled_project_without_edits_leaves_nothing_behind(city: Window, settled: Settled) -> None:
    path = city.session.project.path
    city.actions_["close"].trigger()
    settled(city.session)
    assert not path.exists() and not cache_folder(path).exists()


def test_saving_as_goes_on_in_the_new_file(city: Window, settled: Settled, tmp_path: Path) -> None:
    path = tmp_path / "Delft.city.gpkg"
    city.session.save_as(path)
    settled(city.session)
    assert city.session.project.path == path and city.windowTitle() == "Delft – Citystrata"
    assert len(city.session.scene.layer_ids) == 1
    assert untitled_projects(city.session.untitled_folder) == []


def test_a_second_window_says_why_it_is_read_only(
    city: Window, tmp_path: Path, qtbot: QtBot, settled: Settled
) -> None:
    path = tmp_path / "Delft.city.gpkg"
    city.session.save_as(path)
    settled(city.session)
    second = Window(Settings(tmp_path / "second.ini"), tmp_path / "second")
    qtbot.addWidget(second)
    second.open_paths([path])
    settled(second.session)
    assert "another window" in second.notices.notice.text
    assert not second.actions_["layer_remove"].isEnabled()
    second.close()


def test_layers_are_renamed_hidden_and_removed_with_undo(qtbot: QtBot, city: Window) -> None:
    city.tree.setFocus()
    qtbot.keyClick(city.tree, Qt.Key.Key_F2)
    editor = QApplication.focusWidget()
    assert editor is not None and editor is not city.tree
    editor.selectAll()  # type: ignore[attr-defined]
    qtbot.keyClicks(editor, "Houses")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: city.session.project.layers[0].name == "Houses", timeout=2000)
    city.tree.setFocus()
    qtbot.keyClick(city.tree, Qt.Key.Key_Space)
    assert not city.session.project.layers[0].visible
    qtbot.keyClick(city.tree, Qt.Key.Key_Delete)
    assert city.session.project.layers == () and city.tree.topLevelItemCount() == 0
    for _ in range(3):
        qtbot.keyClick(city, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [(layer.name, layer.visible) for layer in city.session.project.layers] == [("blocks", True)]
    assert city.tree.topLevelItemCount() == 1


def test_the_order_of_layers_is_an_edit(city: Window, settled: Settled, tmp_path: Path) -> None:
    city.open_paths([write_city(tmp_path / "more.city.json", 4)])
    settled(city.session)
    before = [layer.name for layer in city.session.project.layers]
    city.session.set_current_layer(city.session.project.layers[1].id)
    city.actions_["layer_up"].trigger()
    assert [layer.name for layer in city.session.project.layers] == before[::-1]
    city.session.undo()
    assert [layer.name for layer in city.session.project.layers] == before


def test_find_takes_what_was_sought_before_and_menus_open_by_the_keyboard(qtbot: QtBot, city: Window) -> None:
    find, menus = city.find_box, city.menuBar()
    city.actions_["find"].trigger()
    qtbot.keyClicks(find, "house")
    city.actions_["find"].trigger()
    qtbot.keyClicks(find, "box")
    assert find.text() == "box"
    letters = [action.text()[1] for action in menus.actions() if action.text().startswith("&")]
    assert len(letters) == len(set(letters)) == len(menus.actions())
    qtbot.keyClick(city, Qt.Key.Key_F10)
    assert menus.activeAction() is menus.actions()[0]


def test_one_drag_of_the_opacity_slider_is_one_step(city: Window) -> None:
    slider = city.styles.opacity
    slider.setSliderDown(True)
    for value in range(90, 40, -10):
        slider.setValue(value)
    slider.setSliderDown(False)
    assert city.session.project.layers[0].opacity == 0.5
    assert labels(city)[1:] == ["Style of blocks"]


def test_colouring_by_an_attribute_shows_in_the_legend(city: Window) -> None:
    box = city.styles.colour_by
    box.setCurrentIndex(box.findData("attribute:roofType"))
    box.activated.emit(box.currentIndex())
    legend = city.session.scene.legend()
    assert {entry.label.split(" ")[0]: entry.count for entry in legend} == {"1030": 5, "1000": 4}


def test_the_timeline_shows_the_city_at_a_date(qtbot: QtBot, city: Window, settled: Settled) -> None:
    assert not city.timeline.isVisible()
    fids = city.session.project.fids(city.session.project.layers[0]).tolist()
    city.session.run_edit("Date", lambda edit: edit.set_valid(fids[4], "1990-01-01", None))
    city.session.run_edit("Epoch", lambda edit: edit.set_epoch("then", "1980-06-01"))
    qtbot.waitUntil(lambda: "1980-06-01" in {tick.date for tick in city.session.ticks}, timeout=5000)
    assert city.timeline.isVisible()
    city.timeline.track.set_date(date(1980, 6, 1))
    qtbot.waitUntil(lambda: city.session.situation.date == "1980-06-01", timeout=2000)
    assert sum(entry.count for entry in city.session.scene.legend() if entry.label == "RoofSurface") == 8


def test_the_theme_is_kept_and_every_text_stays_readable(city: Window, tmp_path: Path) -> None:
    for name in ("dark", "light"):
        city.actions_[f"theme_{name}"].trigger()
        assert Settings(tmp_path / "settings.ini").theme == name
        colours = theme.current().colours
        for ground in (colours.panel, colours.window, colours.accent_soft):
            assert contrast(colours.text, ground) > 7
        for text, ground in (
            (colours.muted, colours.panel),
            (colours.on_accent, colours.accent),
            (colours.danger, colours.danger_soft),
            (colours.notice, colours.notice_soft),
        ):
            assert contrast(text, ground) > 4.5, (name, text, ground)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_arrangement_of_the_window_is_remembered(
    qtbot: QtBot, city: Window, settled: Settled, tmp_path: Path
) -> None:
    path = tmp_path / "Delft.city.gpkg"
    city.session.save_as(path)
    settled(city.session)
    city.resize(1100, 700)
    city.actions_["dock_inspector"].trigger()
    city.actions_["dock_table"].trigger()
    city.actions_["legend"].trigger()
    city.close()
    again = Window(Settings(tmp_path / "settings.ini"), tmp_path / "again")
    qtbot.addWidget(again)
    again.show()
    again.open_paths([path])
    settled(again.session)
    assert (again.width(), again.height()) == (1100, 700)
    assert not again.inspector.isVisible() and again.table.isVisible()
    assert not again.canvas.shows_legend and not again.actions_["legend"].isChecked()
    again.close()


def test_edits_from_anywhere_arrive_on_the_interface_thread(qtbot: QtBot, city: Window) -> None:
    layer = city.session.project.layers[0]
    fid = int(city.session.project.fids(layer)[0])
    with qtbot.waitSignal(city.session.project_changed, timeout=2000) as changed:
        city.session.run_edit("Correct", lambda edit: edit.set_attribute(fid, "roofType", "1000"))
    assert (changed.args[0].fids.tolist(), changed.args[0].keys) == ([fid], {"roofType"})
    assert not city.session.run_edit("Wrong", lambda edit: edit.set_valid(fid, "2000-01-01", "1990-01-01"))
    assert "cannot end before it begins" in city.notices.danger.text


def test_a_long_edit_and_its_undo_run_as_jobs(
    city: Window, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.session.LONG_STEP", 5)
    project = city.session.project
    fids = project.fids(project.layers[0]).tolist()

    def change(edit: Edit) -> None:
        for fid in fids:
            edit.set_attribute(fid, "storeys", 3)

    assert city.session.run_edit("Storeys", change, values=len(fids))
    assert city.session.jobs.running
    settled(city.session)
    assert project.column(project.layers[0], "storeys") == [3] * len(fids)
    city.session.undo()
    settled(city.session)
    assert project.column(project.layers[0], "storeys") == [None] * len(fids)


def test_a_project_is_one_plain_file_after_closing(city: Window, tmp_path: Path, settled: Settled) -> None:
    path = tmp_path / "Delft.city.gpkg"
    city.session.save_as(path)
    settled(city.session)
    city.close()
    assert not path.with_name(path.name + "-wal").exists()
    with Project.open(path) as project:
        assert len(project.layers) == 1


def test_a_project_is_left_with_something_selected(city: Window) -> None:
    city.session.select([city.session.project.layers[0].first_fid])
    city.session.close_project()
    assert not city.session.is_open and not len(city.session.selection)


def test_an_exported_layer_is_the_source_byte_by_byte(
    qtbot: QtBot, city: Window, blocks: Path, tmp_path: Path
) -> None:
    out = tmp_path / "back.city.json"
    with qtbot.waitSignal(city.session.message, timeout=10_000) as told:
        run_export(city.session, city.session.project.layers[0], WriteOptions(out=out))
    assert "byte by byte" in told.args[0]
    assert out.read_bytes() == blocks.with_suffix(".json").read_bytes()


def test_a_picture_to_keep_is_what_the_view_shows_but_finer(city: Window) -> None:
    canvas = city.canvas
    picture = canvas.picture()
    assert picture.width() >= max(2 * canvas.width(), 1600)
    assert picture.height() / picture.width() == pytest.approx(canvas.height() / canvas.width(), abs=0.002)
    assert len({picture.pixel(x, picture.height() // 2) for x in range(0, picture.width(), 5)}) > 5


def asked(window: Window) -> LeavingQuestion:
    """The one question whether work is to be stopped."""
    (question,) = [one for one in window.findChildren(LeavingQuestion) if one.isVisible()]
    return question


def never_done(work: Work) -> None:
    while True:
        work.progress(0.5, "half")
        sleep(0.01)


def test_closing_asks_while_work_is_under_way(
    qtbot: QtBot, opened: Callable[[Path], Window], blocks: Path
) -> None:
    window = opened(blocks)
    window.session.jobs.run("Writing film.mp4", never_done)
    window.close()
    window.close()
    assert "Writing film.mp4 is not finished" in asked(window).text()
    assert window.isVisible() and window.session.is_open
    qtbot.mouseClick(asked(window).go_on, Qt.MouseButton.LeftButton)
    assert window.session.jobs.at_stake and window.isVisible()
    window.close()
    qtbot.mouseClick(asked(window).stop, Qt.MouseButton.LeftButton)
    assert not window.isVisible() and not window.session.is_open


def test_closing_the_project_asks_as_well(
    qtbot: QtBot, opened: Callable[[Path], Window], blocks: Path
) -> None:
    window = opened(blocks)
    window.session.jobs.run("Sunlight hours", never_done)
    window.actions_["close"].trigger()
    qtbot.keyClick(asked(window), Qt.Key.Key_Escape)
    assert window.session.is_open and window.session.jobs.at_stake
    window.actions_["close"].trigger()
    qtbot.mouseClick(asked(window).stop, Qt.MouseButton.LeftButton)
    assert not window.session.is_open and window.isVisible()


def test_closing_the_program_while_the_project_is_asked_about_closes_both(
    qtbot: QtBot, opened: Callable[[Path], Window], blocks: Path
) -> None:
    window = opened(blocks)
    window.session.jobs.run("Sunlight hours", never_done)
    window.actions_["close"].trigger()
    window.close()
    qtbot.mouseClick(asked(window).stop, Qt.MouseButton.LeftButton)
    assert not window.session.is_open and not window.isVisible()


def test_nothing_is_asked_where_nothing_is_lost(
    qtbot: QtBot, opened: Callable[[Path], Window], blocks: Path
) -> None:
    window = opened(blocks)
    window.session.jobs.run("Drawing", never_done, is_lost=False)
    window.actions_["close"].trigger()
    assert not window.session.is_open and window.findChild(LeavingQuestion) is None


def test_a_key_brings_a_panel_in_front_before_it_hides_it(qtbot: QtBot, city: Window) -> None:
    docks = city.arrangement.docks
    city.show_dock("scenarios", True)
    city.show_dock("inspector", True)
    qtbot.waitUntil(lambda: docks["scenarios"].visibleRegion().isEmpty(), timeout=2000)
    action = city.actions_["dock_scenarios"]
    action.trigger()
    qtbot.waitUntil(lambda: not docks["scenarios"].visibleRegion().isEmpty(), timeout=2000)
    assert action.isChecked()
    action.trigger()
    assert docks["scenarios"].isHidden() and not action.isChecked()


def test_what_speaks_for_itself_in_a_legend_stands_below_no_heading() -> None:
    rows = [
        LegendEntry(name, "#112233", 2, "polygons", 1, "Polygons of surfaces") for name in ("Roof", "Wall")
    ]
    rows.append(LegendEntry("Monuments", "#445566", 1, "", 2, "Monuments"))
    told = [text for _, text, _ in legend_rows(rows, 9)]
    assert told == ["Monuments", "Polygons of surfaces", "Roof", "Wall"]


def test_an_old_and_a_new_id_are_shortened_each_for_itself(qtbot: QtBot) -> None:
    metrics = QFontMetrics(QApplication.font())
    text = "DEHH_6aa83aa0-f904 → DEHH_31d98927-70ac"
    whole = metrics.horizontalAdvance(text)
    assert shortened(text, metrics, whole) == text
    one, other = shortened(text, metrics, whole * 2 // 3).split(" → ")
    for short, start, end in ((one, "DEHH", "04"), (other, "DEHH", "ac")):
        assert short.startswith(start[:2]) and short.endswith(end) and "…" in short
