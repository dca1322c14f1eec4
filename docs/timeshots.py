"""The pictures of the chapter on time: two states of Hamburg, four of the demo city, a scenario, a film."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from app.dialogs.printing import Wanted as Printed
from app.dialogs.timelapse import Wanted
from app.printing import run_printing
from app.timelapse import run_timelapse
from app.window import Window
from docs.pictures import IMAGES, demo_opened, keep, settle
from layers.edit import Edit
from layers.modelling.buildings import building
from layers.modelling.roofs import Roof
from layers.scenarios import add
from tests.conftest import DATA, ROOT
from viewer.arrangement import GRID

HAMBURG = DATA / "multitemporal" / "hamburg-2016-2022"
TILE = "LoD2_576_5950_1_HH.xml"
#: Pixels across a page of paper.
SHEET_PX = 1280
SQUARE = np.array([(0, 0), (18, 0), (18, 18), (0, 18)], np.float64)


def hamburg(window: Window) -> None:
    """From two files to the list of what changed."""
    if not HAMBURG.exists():
        print(f"Left out: {HAMBURG} is not here (set CITYSTRATA_DATA)", file=sys.stderr)
        return
    for year in ("2016", "2022"):
        window.open_paths([HAMBURG / year / TILE])
        settle(window)
    window.set_legend(False)
    form = window.time.ask_snapshot(window.session.project.layers[0])
    form.series.setText("Hamburg")
    keep(window, "time-1-snapshots", form)
    form.accept()
    settle(window)
    window.commands.compare("swipe", True)
    window.session.select([])
    settle(window)
    window.canvas.set_camera(replace(window.canvas.camera, altitude_deg=38.0))
    window.canvas.fit()
    settle(window)
    keep(window, "time-2-swipe")
    window.time.ask_what_changed().accept()
    settle(window)
    changes = window.results.changes
    changes.view.setCurrentIndex(changes.rows.index(0))
    settle(window)
    keep(window, "time-3-changes")


def demo(window: Window, folder: Path) -> None:
    """Four views of the demo city, a scenario beside the city as it is, and the city over time."""
    demo_opened(window, folder)
    window.timeline.show_date("2035-07-01")
    settle(window)
    window.flights.to_objects([window.session.project.find("school-yard")[0].fid])
    settle(window)
    near = window.canvas.camera
    near = replace(near, distance_m=4.0 * near.distance_m, azimuth_deg=310.0, altitude_deg=35.0)
    window.canvas.set_camera(near)
    window.session.comparing.begin(GRID, 4)
    settle(window)
    keep(window, "time-4-views")
    window.session.comparing.end()
    window.session.select([])
    scenario(window)
    window.show_dock("scenarios", True)
    window.time.scenarios.compare(window.session.project.scenario("Two towers"))
    window.canvas.set_camera(near)
    settle(window)
    keep(window, "time-5-scenario")
    sheet(window)
    window.session.comparing.end()
    window.session.situation.set_scenario(None)
    window.timeline.age.setChecked(True)
    settle(window)
    wanted = Wanted("1950-01-01", "2040-01-01", 46, 0, 12, (960, 540), is_film=True)
    run_timelapse(window.session, wanted, IMAGES / "time-lapse.mp4")
    settle(window)


def sheet(window: Window) -> None:
    """What is compared, on paper, on a morning in spring."""
    window.set_sun(True)
    settle(window)
    window.sun.set_clock(date(2035, 3, 21), "10:00")
    settle(window)
    path = IMAGES / "time-6-sheet.png"
    run_printing(window.session, window.sun, Printed("", "A4", is_picture=True), path, lambda *_: None)
    settle(window)
    window.set_sun(False)
    page = QImage(str(path)).scaledToWidth(SHEET_PX, Qt.TransformationMode.SmoothTransformation)
    page.save(str(path))
    print(path.relative_to(ROOT), flush=True)


def scenario(window: Window) -> None:
    """Two towers beside the school yard, in a scenario of their own."""
    session = window.session
    project = session.project
    city = next(layer for layer in project.layers if layer.kind == "city")
    box = project.box([project.find("school-yard")[0].fid])
    assert box is not None
    x, y, ground = box[3] + 30.0, (box[1] + box[4]) / 2, box[2]

    def begin(edit: Edit) -> None:
        number = edit.add_scenario("Two towers", epoch="2035-07-01")
        edit.set_scenario(number, color="#c2579a", note="Beside the school yard")

    def draw(edit: Edit) -> None:
        number = project.scenario("Two towers").id
        for step, height in ((0.0, 42.0), (34.0, 30.0)):
            shape = building([SQUARE + np.array([x, y - 20 + step])], ground, height, Roof("flat"))
            add(project, edit, number, "Building", shape, id=f"tower-{step:g}", base=city.id)

    session.run_edit("Begin scenario Two towers", begin)
    session.run_edit("Draw two towers", draw)
    session.situation.set_scenario(project.scenario("Two towers").id)
