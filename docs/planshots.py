"""The pictures of the chapter on planning: rules of a plot, what breaks them, two proposals side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from analysis.indicators import NAME as INDICATORS
from analysis.indicators import Inputs
from app.demo import ZONING
from app.plotpanel import PlotPanel
from app.window import Window
from docs.modelshots import on_ground
from docs.pictures import demo_opened, keep, settle
from layers.arrays import Float64
from layers.edit import Edit
from layers.modelling.buildings import building
from layers.modelling.roofs import Roof
from layers.project import Project
from layers.scenarios import add

PLOT = "plot-18"
#: A free place on it, what two proposals build there about it, and how high.
PLACE = np.array([548_628.0, 5_494_508.0, 0.0])
PROPOSALS = {
    "Tower": ([(-11, -11), (11, -11), (11, 11), (-11, 11)], 46.0, "#c2579a"),
    "Courtyard": ([(-22, -20), (22, -20), (22, 20), (9, 20), (9, -7), (-9, -7), (-9, 20), (-22, 20)],
                  15.5, "#2f8f6b"),
}  # fmt: skip


def planning(window: Window, folder: Path) -> None:
    """From the rules of a plot to proposals side by side."""
    project = demo_opened(window, folder)
    window.timeline.show_date("2025-07-01")
    layer = project.layer(ZONING)
    with project.edit("Show the zoning plan") as edit:
        edit.set_layer(layer.id, visible=True, opacity=0.6)
    plot = project.find(PLOT)[0].fid
    ground = on_ground(window, PLACE)
    window.session.select([plot])
    window.flights.to_objects([plot])
    settle(window)
    camera = window.canvas.camera
    window.canvas.set_camera(replace(camera, azimuth_deg=320.0, altitude_deg=40.0))
    window.show_dock("rules", True)
    panel = window.arrangement.docks["rules"].widget()
    assert isinstance(panel, PlotPanel)
    settle(window)
    type_in(panel, "setback", "3 m")
    keep(window, "plan-1-rules")
    window.session.run_edit("Begin two proposals", begin)
    window.session.run_edit("Draw them", lambda edit: draw(project, edit, ground))
    window.session.situation.set_scenario(project.scenario("Tower").id)
    settle(window)
    window.session.select([plot])
    panel.check.click()
    settle(window)
    camera = window.canvas.camera
    window.canvas.set_camera(replace(camera, distance_m=0.7 * camera.distance_m, altitude_deg=22.0))
    window.set_legend(True)
    keep(window, "plan-2-verdict")
    window.set_legend(False)
    asked = Inputs(
        date="2025-07-01", scenario="Tower", compare=True, compare_date="2025-07-01",
        compare_scenario="Courtyard", further="2025-07-01", area_fids=(plot,),
    )  # fmt: skip
    window.analysing.run(INDICATORS, asked)
    settle(window)
    keep(window, "plan-3-indicators")


def type_in(panel: PlotPanel, name: str, text: str) -> None:
    """Type a rule and press Enter."""
    field = panel.fields[name]
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def begin(edit: Edit) -> None:
    """A scenario for each proposal."""
    for name, (_, _, color) in PROPOSALS.items():
        edit.set_scenario(edit.add_scenario(name, epoch="2025-07-01"), color=color)


def draw(project: Project, edit: Edit, ground: Float64) -> None:
    """A building in each of them."""
    city = next(layer for layer in project.layers if layer.kind == "city")
    for name, (corners, height, _) in PROPOSALS.items():
        shape = building([np.array(corners, np.float64) + ground[:2]], ground[2], height, Roof("flat"))
        number, said = project.scenario(name).id, {"name": name}
        add(project, edit, number, "Building", shape, id=name.lower(), attributes=said, base=city.id)
