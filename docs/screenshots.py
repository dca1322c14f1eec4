"""The pictures of the guide and the README, made by the program itself: `make screenshots`.

Without a display; names after `python -m docs.screenshots` make some alone: start, den_haag, demo, sun,
visibility, city, repair, building_model, mesh, scan, network, heights, dates, model, planning.
Most show real data, where that is at hand.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app import theme
from app.analysisform import AnalysisForm
from app.dialogs.export import ExportLayer
from app.gui import prepare_application
from app.settings import Settings
from app.window import Window
from docs import modelshots, planshots, timeshots
from docs.pictures import IMAGES, SIZES, asked, asking, demo_opened, keep, keep_report, opened, settle, take
from layers.remedies import lifted
from tests.conftest import DATA

DEN_HAAG = DATA / "cityjson" / "denhaag" / "denhaag.city.json"
YOKOSUKA = DATA / "citygml" / "plateau-yokosuka" / "bldg" / "52397519_bldg_6697_op.gml"
FZK = DATA / "ifc" / "fzk" / "FZK.ifc"
GARGOYLE = DATA / "heritage" / "3dhop" / "gargo.ply"
CLOUD = DATA / "pointcloud" / "pdal" / "autzen_trim.laz"
NANAIMO = DATA / "utilities" / "nanaimo"


def demo(window: Window, folder: Path) -> None:
    """The demo city of today on a summer afternoon."""
    demo_opened(window, folder)
    window.timeline.ghosts.setChecked(True)
    window.timeline.use_date.setChecked(True)
    window.timeline.track.set_date(date.fromisoformat("2025-07-01"))
    window.set_sun(True)
    settle(window)
    window.sun.set_clock(date(2025, 6, 21), "16:30")
    take(window, "demo")


def sun(window: Window, folder: Path) -> None:
    """From a planned tower to a report: its shadow, the question, the verdict, where it comes from."""
    demo_opened(window, folder)
    window.timeline.show_date("2035-07-01")
    yard = window.session.project.find("school-yard")[0].fid
    window.set_sun(True)
    settle(window)
    window.sun.set_clock(date(2035, 3, 21), "12:00")
    window.flights.to_objects([yard])
    settle(window)
    camera = window.canvas.camera
    window.canvas.set_camera(
        replace(camera, distance_m=3.2 * camera.distance_m, azimuth_deg=310.0, altitude_deg=48.0)
    )
    keep(window, "sun-1-shadows")
    window.session.select([yard])
    window.ask_analysis("rules")
    form = next(each for each in window.findChildren(AnalysisForm))
    keep(window, "sun-2-question", form)
    form.accept()
    settle(window)
    window.set_legend(True)
    window.flights.to_objects([yard])
    keep(window, "sun-3-verdict")
    window.results.show_origin()
    keep(window, "sun-4-origin")
    keep_report(window, folder, "sun-5-report")


def visibility(window: Window, folder: Path) -> None:
    """From a viewing place and a church to the verdict on a tower, as an eye sees it, and the report."""
    project = demo_opened(window, folder)
    window.timeline.show_date("2035-07-01")
    place, church = (project.find(name)[0].fid for name in ("viewing-place", "church-st-kilian"))
    window.session.select([place, church])
    window.flights.to_objects(window.session.selection)
    settle(window)
    camera = window.canvas.camera
    window.canvas.set_camera(
        replace(camera, distance_m=0.62 * camera.distance_m, azimuth_deg=325.0, altitude_deg=28.0)
    )
    form = asked(window, "protectedview")
    keep(window, "view-1-question", form)
    form.accept()
    settle(window)
    keep(window, "view-2-verdict")
    window.actions_["look_there"].trigger()
    keep(window, "view-3-seen")
    window.canvas.look_back()
    keep_report(window, folder, "view-4-report")
    exposure(window, project.find("Lohe tower")[0].fid)


def exposure(window: Window, tower: int) -> None:
    """From where on streets and squares a tower is seen."""
    window.set_legend(True)
    window.session.select([tower])
    asked(window, "exposure").accept()
    settle(window)
    window.commands.look("top")
    settle(window)
    window.canvas.fit()
    keep(window, "view-5-exposure")


def city(window: Window, _folder: Path) -> None:
    """CityGML with images: its report, its looks, one building, what goes out."""
    if not opened(window, YOKOSUKA):
        return
    layer = window.session.project.layers[0]
    keep(window, "open-1-city")
    window.session.select([layer.first_fid + 3])
    tree = window.inspector.attributes.tree
    for name in ("buildingDetailAttribute", "buildingDisasterRiskAttribute"):
        for row in tree.findItems(name, Qt.MatchFlag.MatchExactly):
            row.setExpanded(True)
    window.show_import_report(layer.id)
    keep(window, "open-2-report")
    window.show_dock("importreport", False)
    window.session.select([])
    export = ExportLayer(window.session, layer, window)
    export.show()
    export.move(window.mapToGlobal(window.rect().center()) - export.rect().center())
    export.format.setCurrentIndex(export.format.findText("GeoJSON", Qt.MatchFlag.MatchStartsWith))
    settle(window)
    keep(window, "export-1-losses", export)
    export.close()


def repair(window: Window, _folder: Path) -> None:
    """What is safe to repair in a city, and what stays."""
    if opened(window, DEN_HAAG):
        window.session.set_current_layer(
            next(each.id for each in window.session.project.layers if each.kind == "city")
        )
        window.commands.repair_geometry()
        settle(window)
        keep(window, "quality-1-repair", asking(window))
        asking(window).close()


def building_model(window: Window, _folder: Path) -> None:
    """A building model with its table."""
    if opened(window, FZK):
        window.show_dock("table", True)
        keep(window, "open-3-ifc")


def mesh(window: Window, _folder: Path) -> None:
    """A scanned mesh that says neither unit nor upright, and the window that places it."""
    if opened(window, GARGOYLE):
        window.commands.place_layer()
        settle(window)
        keep(window, "open-4-placing", asking(window))
        asking(window).close()


def scan(window: Window, _folder: Path) -> None:
    """A point cloud."""
    if opened(window, CLOUD):
        keep(window, "open-5-points")


def network(window: Window, _folder: Path) -> None:
    """A network that does not say how deep it lies, and the question what its fields mean."""
    if opened(window, NANAIMO / "Nanaimo_DEM1.tif") and opened(window, NANAIMO / "PIPES_AND_SERVICES_sm.shp"):
        question = asking(window)
        question.move(window.mapToGlobal(window.rect().center()) - question.rect().center())
        keep(window, "open-6-fields", question)
        question.close()


def heights(window: Window, folder: Path) -> None:
    """What floats above the terrain of the demo city, and what is suspected of all of it."""
    project = demo_opened(window, folder)
    layer = next(each for each in project.layers if each.kind == "city" and each.object_count > 20)
    fids = project.fids(layer)[:400:40].tolist()
    shapes = lifted(project, layer, dict.fromkeys(fids, 6.0))
    with project.edit("Lift") as edit:
        edit.set_geometries(shapes)
    settle(window)
    window.session.set_current_layer(layer.id)
    window.commands.correct_heights()
    settle(window)
    dialog = asking(window)
    keep(window, "quality-2-heights", dialog)
    dialog.close()


def den_haag(window: Window, folder: Path) -> None:
    """A real city: its highest building, its record, the table and the legend; then the dark theme."""
    if not opened(window, DEN_HAAG):
        return
    project = window.session.project
    layer = next(layer for layer in project.layers if layer.kind == "city")
    heights = project.column(layer, "RelativeRidgeHeight")
    highest = max(range(len(heights)), key=lambda i: heights[i] or 0.0)
    window.session.set_current_layer(layer.id)
    window.session.select([layer.first_fid + highest])
    window.show_dock("table", True)
    take(window, "denhaag")
    window.set_theme("dark")
    take(window, "dark")
    window.set_theme("light")


def dates(window: Window, folder: Path) -> None:
    """Two states of a city, several views, a scenario, and the city over time."""
    timeshots.hamburg(window)
    timeshots.demo(window, folder)


def model(window: Window, folder: Path) -> None:
    """A tower is drawn, a face pulled, a pit dug."""
    modelshots.model(window, folder)


def planning(window: Window, folder: Path) -> None:
    """The rules of a plot, what breaks them, and two proposals side by side."""
    planshots.planning(window, folder)


def start(window: Window, _folder: Path) -> None:
    """The start page."""
    take(window, "start")


#: All of them, each in a window of its own.
SHOTS: tuple[Callable[[Window, Path], None], ...] = (
    *(start, den_haag, demo, sun, visibility),
    *(city, repair, building_model, mesh, scan, network, heights, dates, model, planning),
)


def main() -> None:
    """Make all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    application = QApplication(["citystrata"])
    prepare_application()
    theme.start(application, "light")
    wanted = sys.argv[1:] or [show.__name__ for show in SHOTS]
    for show in (show for show in SHOTS if show.__name__ in wanted):
        with tempfile.TemporaryDirectory(prefix="citystrata-") as name:
            folder = Path(name)
            window = Window(Settings(folder / "settings.ini"), folder / "untitled")
            window.resize(*SIZES[0])
            window.show()
            settle(window)
            show(window, folder)
            window.session.close_project()
            window.close()


if __name__ == "__main__":
    main()
