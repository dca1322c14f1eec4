"""What a window has for drawing and changing shapes, put together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.modelling.desk import Desk
from app.modelling.handling import RaiseTool
from app.modelling.houses import BuildingTool
from app.modelling.panel import ModelPanel
from app.modelling.tool import Tool

if TYPE_CHECKING:
    from app.window import Window

TOOLS: Mapping[str, type[Tool]] = MappingProxyType({tool.name: tool for tool in (BuildingTool, RaiseTool)})


class Modelling(QObject):
    """The desk with its tools, and the panel of the one in use."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.desk = Desk(window.session, window.canvas)
        self.panel = ModelPanel(self.desk)

    def begin(self, name: str) -> None:
        """Take up a tool."""
        self.desk.begin(TOOLS[name](self.desk))

    def escape(self) -> bool:
        """Whether there was a tool to put away."""
        if self.desk.tool is None:
            return False
        self.desk.tool.escape()
        self.desk.show()
        return True
