"""What a window has for drawing and changing shapes, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.modelling import atonce
from app.modelling.designs import import_design
from app.modelling.desk import Desk
from app.modelling.drawing import CutTool, RoadTool, TreeTool
from app.modelling.earth import EarthTool
from app.modelling.houses import BuildingTool
from app.modelling.panel import ModelPanel
from app.modelling.placing import DuplicateTool, MoveTool, ScaleTool, TurnTool
from app.modelling.plans import PlanTool
from app.modelling.raising import FloorTool, PushTool, RaiseTool
from app.modelling.repeating import ArrayTool, LineArrayTool
from app.modelling.tool import Tool

if TYPE_CHECKING:
    from app.window import Window

_ALL: tuple[type[Tool], ...] = (
    *(BuildingTool, TreeTool, RoadTool, PlanTool, EarthTool),
    *(RaiseTool, PushTool, MoveTool, TurnTool, ScaleTool, DuplicateTool),
    *(ArrayTool, LineArrayTool, CutTool, FloorTool),
)
TOOLS: Mapping[str, type[Tool]] = MappingProxyType({tool.name: tool for tool in _ALL})
AT_ONCE: Mapping[str, Callable[[Desk], None]] = MappingProxyType(
    {"ground": atonce.set_on_ground, "merge": atonce.merge, "delete": atonce.delete}
)


class Modelling(QObject):
    """The desk with its tools, and the panel of the one in use."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.desk = Desk(window.session, window.canvas)
        self.panel = ModelPanel(self.desk)
        self._front = ""  # the panel that was in front before
        self.desk.ended.connect(self._put_away)

    def begin(self, name: str) -> None:
        """Take up a tool, or do what needs none."""
        if name in AT_ONCE:
            AT_ONCE[name](self.desk)
            return
        if name == "design":
            import_design(self._window)
            return
        self.desk.begin(TOOLS[name](self.desk))
        docks = self._window.arrangement.docks
        if docks["model"].isHidden():
            beside = self._window.tabifiedDockWidgets(docks["inspector"])
            shown = [dock for dock in (docks["inspector"], *beside) if not dock.visibleRegion().isEmpty()]
            self._front = shown[0].objectName() if shown else ""
        self._window.show_dock("model", True)
        self.desk.canvas.setFocus()

    def _put_away(self) -> None:
        """Panels are as they were before."""
        self._window.show_dock("model", False)
        if self._front:
            self._window.arrangement.docks[self._front].raise_()

    def take_back(self) -> bool:
        """Whether the tool in use held something that is not made, the last of which is gone now."""
        tool = self.desk.tool
        if tool is None or not tool.holds:
            return False
        tool.take_back()
        return True

    def escape(self) -> bool:
        """Whether there was a tool to put away."""
        if self.desk.tool is None:
            return False
        self.desk.tool.escape()
        self.desk.show()
        return True
