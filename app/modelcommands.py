"""What the commands do that draw and change shapes."""

from __future__ import annotations

from app.timecommands import TimeCommands


class ModelCommands(TimeCommands):
    """The handlers of app/modelactions.py."""

    def model(self, name: str) -> None:
        """Take up a tool."""
        self._window.modelling.begin(name)
