"""What the commands do that look from a place in the city."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from analysis.windowview import NAME as WINDOW_VIEW
from app.askpoints import normal_of
from app.looking import view_from
from viewer.picking import Hit

if TYPE_CHECKING:
    from app.window import Window


class LookCommands(QObject):
    """The handlers of commands about a place that was clicked, or from which a result looks."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session

    def look_here(self) -> None:
        """See the city from where the menu was asked for: out of the facade, or as one who stands there."""
        hit, canvas = self._clicked(), self._window.canvas
        if hit is not None:
            canvas.look_from(view_from(self._session.project, hit, canvas.camera))

    def view_here(self) -> None:
        """Ask what is seen from where the menu was asked for."""
        hit = self._clicked()
        if hit is not None:
            normal = normal_of(self._session.project, hit)
            fields = self._window.ask_analysis(WINDOW_VIEW).fields
            fields[("on",)].show_value("points")
            fields[("points",)].show_value(((*hit.point_in_world.tolist(), *normal.tolist()),))

    def sight_here(self) -> None:
        """Put the observer where the menu was asked for, and tint what they see."""
        hit = self._clicked()
        if hit is not None:
            self._window.sight.place(hit.point_in_world)
            self._window.set_sight(True)

    def _clicked(self) -> Hit | None:
        """What the menu was asked for; where that is nothing, it is said."""
        hit = self._window.canvas.context_hit
        if hit is None:
            self._session.message.emit("Click a facade or a spot with the right button first")
        return hit

    def look_there(self) -> None:
        """See the city from where the shown result looks; where it has several places, the next one."""
        canvas, views = self._window.canvas, self._session.scene.result_views
        at = views.index(canvas.looking) + 1 if canvas.looking in views else 0
        canvas.look_from(views[at % len(views)])
