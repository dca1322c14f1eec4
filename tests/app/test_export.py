"""The window before a layer is exported: formats, what they cannot hold, and what is asked for."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.dialogs.export import NOTHING, ExportLayer
from app.exporting import run_export
from app.session import Session
from layers.data import WriteOptions
from tests.app.panels import Show, houses, opened, show

__all__ = ["houses", "opened", "show"]


def settle(qtbot: QtBot, dialog: ExportLayer) -> list[str]:
    """What the file cannot hold, once that is known."""
    qtbot.waitUntil(lambda: not dialog._pause.isActive() and not dialog._looking.is_open)
    return dialog.missing


def can_accept(dialog: ExportLayer) -> bool:
    return dialog._buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()


def test_it_says_what_a_format_cannot_hold(qtbot: QtBot, opened: Session, show: Show) -> None:
    dialog = ExportLayer(opened, opened.project.layers[0])
    show(dialog)
    assert settle(qtbot, dialog) == [] and dialog._said.text() == NOTHING and dialog.ending == ".city.json"
    assert dialog.format.currentText().startswith("CityJSON, as it came")
    dialog.format.setCurrentText("Wavefront OBJ")
    said = settle(qtbot, dialog)
    assert any("Attributes are not written: measuredHeight" in line for line in said)
    assert can_accept(dialog) and dialog.stem + dialog.ending == "houses.obj"
    dialog.format.setCurrentText("3D Tiles 1.1")
    assert dialog.stem + dialog.ending == "tileset.json"
    assert any("above the ellipsoid" in line for line in settle(qtbot, dialog))


def test_a_wrong_crs_or_line_is_said_before_a_file_is_chosen(
    qtbot: QtBot, opened: Session, show: Show, tmp_path: Path
) -> None:
    dialog = ExportLayer(opened, opened.project.layers[0])
    show(dialog)
    dialog.format.setCurrentText("DXF drawing")
    dialog.section.setText("85000,447000")
    settle(qtbot, dialog)
    assert "line of the section" in dialog.sentence and not can_accept(dialog)
    dialog.section.setText("85000,447006;85009,447006")
    assert "Only what the section cuts is drawn." in settle(qtbot, dialog) and can_accept(dialog)
    dialog.crs.setText("EPSG:1")
    settle(qtbot, dialog)
    assert "EPSG:1" in dialog.sentence and not can_accept(dialog)
    dialog.crs.setText("EPSG:7415")
    settle(qtbot, dialog)
    options = dialog.options(tmp_path / "cut.dxf")
    assert options.section == ((85000.0, 447006.0), (85009.0, 447006.0)) and options.crs == "EPSG:7415"
    with qtbot.waitSignal(opened.message, timeout=10_000) as told:
        run_export(opened, opened.project.layers[0], options)
    assert told.args[0] == "cut.dxf: written anew as DXF drawing"


def test_a_layer_goes_into_the_format_that_was_chosen(qtbot: QtBot, opened: Session, tmp_path: Path) -> None:
    out = tmp_path / "houses.glb"
    with qtbot.waitSignal(opened.message, timeout=10_000):
        run_export(opened, opened.project.layers[0], WriteOptions(out=out))
    assert out.read_bytes()[:4] == b"glTF"
