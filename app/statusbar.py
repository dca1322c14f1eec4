"""The status bar: where the cursor is, how large things are drawn, what is selected, what is going on."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QStatusBar

from app.canvas import Canvas
from app.jobbar import JobBar
from app.labels import counted, thousands
from app.session import Session
from layers.arrays import Float64
from layers.place import crs_title, unit_names
from layers.written import grouped
from viewer.scene import Hit

#: The size of a pixel that scales are counted with, as in map services (OGC).
PIXEL_M = 0.00028
SHOWN_AFTER_MS = 250
UNITS = {"metre": "m", "degree": "°", "US survey foot": "ft", "foot": "ft"}


def scale_text(metres_per_point: float) -> str:
    """The scale as people round it: two digits that count."""
    wanted = metres_per_point / PIXEL_M
    power = 10 ** max(len(f"{wanted:.0f}") - 2, 0)
    return f"1 : {grouped(round(wanted / power) * power, 0)}"


class StatusBar(QStatusBar):
    """Coordinates, scale, selection and work."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__()
        self._session, self._canvas = session, canvas
        self.setSizeGripEnabled(False)
        self.coordinates, self.scale, self.selection, self.crs = QLabel(), QLabel(), QLabel(), QLabel()
        self.scale.setToolTip("Scale at the point the camera looks at")
        self.shown = QLabel()
        self.shown.setToolTip(
            "City objects that are drawn, of all in the visible layers. The others have no geometry of their "
            "own, or are hidden, switched off or of another date. Of several views, in the active one."
        )
        self.addWidget(self.coordinates, 1)
        for widget in (JobBar(session.jobs), self.selection, self.shown, self.scale, self.crs):
            self.addPermanentWidget(widget)
        self._soon = QTimer(self, singleShot=True, interval=SHOWN_AFTER_MS)
        self._soon.timeout.connect(self._show_shown)
        for signal in (canvas.camera_changed, session.scene_changed, session.comparing.changed):
            signal.connect(self._soon.start)
        canvas.hovered.connect(self._on_hover)
        canvas.camera_changed.connect(self._show_scale)
        session.selection_changed.connect(self._on_selection)
        session.project_changed.connect(lambda changes: self._on_opened() if changes.project else None)
        session.opened.connect(self._on_opened)
        self._on_opened()

    def _on_opened(self) -> None:
        crs = self._session.project.place.crs if self._session.is_open else None
        horizontal, vertical = unit_names(crs) if crs else ("", "")
        self._unit = UNITS.get(horizontal, horizontal)
        self._height_unit = UNITS.get(vertical, vertical) or self._unit
        self.crs.setText(crs if crs and len(crs) < 24 else "local CRS" if crs else "")
        self.crs.setToolTip(crs_title(crs) if crs else "")
        self._on_hover(None)
        self._on_selection()
        self._show_scale()
        self._show_shown()

    def _on_hover(self, hit: Hit | None) -> None:
        self.coordinates.setText("" if hit is None else self._place(hit.point_in_world))

    def _place(self, point: Float64) -> str:
        x, y, z = (grouped(float(value), 2).replace("-", "−") for value in point)
        return f"E {x} {self._unit}    N {y} {self._unit}    H {z} {self._height_unit}"

    def _on_selection(self) -> None:
        count = len(self._session.selection)
        self.selection.setText(f"{grouped(count, 0)} selected" if count else "")

    def _show_shown(self) -> None:
        """How many objects are drawn of how many, and whether detail is still to come."""
        if not self._session.is_open:
            self.shown.clear()
            return
        panes, layers = self._session.panes, self._session.project.layers
        shown, _ = panes.scenes[panes.active].shown_objects
        every = sum(layer.object_count for layer in layers if layer.kind == "city" and layer.visible)
        text = f"{thousands(shown)} of " if shown != every else ""
        is_coming = panes.needs_frame or panes.is_drawing
        refining = " · refining…" if is_coming else ""
        self.shown.setText(f"{text}{counted(every, 'object')} drawn{refining}" if every else "")
        if is_coming:
            self._soon.start()

    def _show_scale(self) -> None:
        if self._session.is_open and self._session.project.layers:
            camera = self._session.scene.camera
            self.scale.setText(scale_text(camera.metres_per_pixel(self._canvas.height())))
        else:
            self.scale.setText("")
