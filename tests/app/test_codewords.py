"""Codes of a city model stand with their words in the inspector, and are offered with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.inspector import Inspector
from app.session import Session
from layers.project import Project
from tests.app.panels import Show, attributes_of, fid_of, show, type_into_focus
from tests.app.test_inspector import open_field, shown
from tests.cities import import_here
from tests.layers.test_gmlcodes import city

__all__ = ["city", "show"]


def test_a_code_of_the_files_own_list_has_its_word_and_stays_a_code(
    qtbot: QtBot, session: Session, show: Show, city: Path, tmp_path: Path, settled: Callable[[Session], None]
) -> None:
    path = tmp_path / "p.city.gpkg"
    with Project.create(path) as project:
        import_here(project, city)
    session.open_project(path)
    settled(session)
    inspector = Inspector(session)
    show(inspector)
    session.select([fid_of(session, "b3")])
    assert shown(inspector)["usage"] == "411 · 住宅"
    open_field(qtbot, inspector, "usage")
    type_into_focus(qtbot, "401")
    qtbot.waitUntil(lambda: attributes_of(session, "b3")["usage"] == "401")
    assert shown(inspector)["usage"] == "401 · 業務施設"
    session.jobs.wait()
