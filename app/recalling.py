"""A project opens as it was last looked at: date, scenario, views, camera and the result that is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from layers.errors import UsageError
from layers.project import Project
from layers.recalled import keep_view, kept_view
from viewer.arrangement import MOST_PANES, STACKED, WAYS, Arrangement
from viewer.camera import Camera
from viewer.shot import camera_from, camera_text
from viewer.showing import Showing

if TYPE_CHECKING:
    from app.window import Window

#: So long after the last motion it is kept.
REST_MS = 400


class Recalling(QObject):
    """Keeps how the project of a window is looked at, and looks at it so when it is opened again."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._awaited: tuple[int, Showing] | None = None  # a result on its way, and what is looked at with it
        self._path: Path | None = None  # of the project whose view is kept
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.keep)
        session = self._session
        session.opened.connect(self._on_opened)
        session.comparing.ending.connect(self.keep)
        for signal in (
            session.situation.changed,
            session.comparing.changed,
            session.comparing.moved,
            window.canvas.camera_changed,
            window.analysing.shown_changed,
        ):
            signal.connect(self._rest.start)
        window.analysing.shown_changed.connect(self._on_shown)

    # -- keeping -----------------------------------------------------------------------------------

    def keep(self) -> None:
        """Keep it now; a project that can only be read has no place for it."""
        self._rest.stop()
        if not self._session.is_open or self._session.project.read_only:
            return
        if self._path == self._session.project.path:
            keep_view(self._path, self._now())

    def _now(self) -> dict[str, Any]:
        panes, canvas, shown = self._session.panes, self._window.canvas, self._window.analysing.shown
        cameras = [scene.camera for scene in panes.scenes]
        if panes.linked:
            cameras = [canvas.resting_camera]
        return {
            "views": [_told(showing) for showing in panes.showings],
            "way": panes.arrangement.way,
            "at": panes.arrangement.at,
            "active": panes.active,
            "linked": panes.linked,
            "cameras": [camera_text(camera) for camera in cameras] if canvas.was_moved else [],
            "result": shown.result.id if shown is not None else 0,
            "quantity": shown.quantity.name if shown is not None and shown.quantity is not None else "",
        }

    # -- looking so again --------------------------------------------------------------------------

    def _on_opened(self) -> None:
        self._awaited = self._path = None
        if not self._session.is_open:
            return
        project = self._session.project
        said = kept_view(project.path)
        self._path = project.path
        views = _views(project, said.get("views"))
        if views:
            self._show(said, views)
        cameras = _cameras(said.get("cameras"))
        if cameras:
            self._look(cameras)
        result = said.get("result")
        if isinstance(result, int) and any(kept.id == result for kept in project.results):
            self._awaited = result, self._session.situation.showing
            self._window.analysing.show(result, str(said.get("quantity") or ""))

    def _show(self, said: Mapping[str, Any], views: Sequence[Showing]) -> None:
        """The views, as many as there were."""
        way, at, active = said.get("way"), said.get("at"), said.get("active")
        most = 2 if way in STACKED else MOST_PANES
        if len(views) == 1 or way not in WAYS or len(views) > most:
            self._session.situation.show(views[0])
            return
        comparing = self._session.comparing
        comparing.begin(way, showings=views)
        comparing.set_at(Arrangement().moved(float(at)).at if isinstance(at, int | float) else 0.5)
        if isinstance(active, int) and 0 <= active < len(views):
            comparing.activate(active)
        comparing.set_linked(said.get("linked") is not False)

    def _look(self, cameras: Sequence[Camera]) -> None:
        """From where it was seen, each view from its own place where they had one."""
        panes = self._session.panes
        if not panes.linked and len(cameras) == len(panes.scenes):
            for scene, camera in zip(panes.scenes, cameras, strict=True):
                scene.camera = camera
        self._window.canvas.set_camera(panes.camera if not panes.linked else cameras[0])

    def _on_shown(self) -> None:
        """A result brings its own date and scenario along; what was looked at stays."""
        shown = self._window.analysing.shown
        if self._awaited is None or shown is None or shown.result.id != self._awaited[0]:
            return
        _, showing = self._awaited
        self._awaited = None
        if not self._session.comparing.is_on:
            QTimer.singleShot(0, self, lambda: self._session.situation.show(showing))


def _told(showing: Showing) -> dict[str, Any]:
    return {
        "date": showing.date,
        "scenario": showing.scenario,
        "layers": sorted(showing.layers) if showing.layers is not None else None,
        "color_by": showing.color_by,
    }


def _views(project: Project, said: Any) -> list[Showing]:
    """What views showed, as far as it is still there."""
    scenarios = {known.id for known in project.scenarios}
    found = []
    for one in said if isinstance(said, list) else ():
        if not isinstance(one, dict):
            return []
        layers, color_by = one.get("layers"), one.get("color_by")
        scenario = one.get("scenario")
        found.append(
            Showing(
                _date(one.get("date")),
                scenario if scenario in scenarios else None,
                layers=frozenset(layers) if isinstance(layers, list) else None,
                color_by=color_by if isinstance(color_by, str) else None,
            )
        )
    return found


def _date(said: Any) -> str | None:
    try:
        return date.fromisoformat(str(said)).isoformat() if said else None
    except ValueError:
        return None


def _cameras(said: Any) -> list[Camera]:
    try:
        return [camera_from(str(text)) for text in said] if isinstance(said, list) else []
    except UsageError:
        return []
