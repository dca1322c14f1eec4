"""What the commands about time do."""

from __future__ import annotations

from app.lookcommands import LookCommands
from viewer.arrangement import SWIPE


class TimeCommands(LookCommands):
    """The handlers of app/timeactions.py."""

    def compare(self, way: str, on: bool) -> None:
        """Show two situations in this way, or one again."""
        if on:
            self._session.comparing.begin(way)
        else:
            self._session.comparing.end()

    def nudge_back(self) -> None:
        """Move the line to the left."""
        self._session.comparing.nudge(-1)

    def nudge_on(self) -> None:
        """Move the line to the right."""
        self._session.comparing.nudge(1)

    def swap_views(self) -> None:
        """Let two views change their places."""
        self._session.comparing.swap()

    def link_cameras(self, on: bool) -> None:
        """Look at all views from the same place, or not."""
        self._session.comparing.set_linked(on)

    def print_comparison(self) -> None:
        """Ask how the views are put on paper; of one view nothing is compared, so that two come first."""
        if not self._session.comparing.is_on:
            self._session.comparing.begin(SWIPE)
        self._window.time.ask_printing()

    def play(self, on: bool) -> None:
        """Play the dates, or pause."""
        self._window.time.player.play(on)

    def colour_by_age(self, on: bool) -> None:
        """Colour by age, or as layers are."""
        self._window.time.colour_by_age(on)

    def timelapse(self) -> None:
        """Ask for a time-lapse."""
        self._window.time.ask_timelapse()

    def new_scenario(self) -> None:
        """Ask for the name of a new scenario."""
        self._window.show_dock("scenarios", True)
        self._window.time.scenarios.ask_new()

    def leave_scenario(self) -> None:
        """Look at the city as it is."""
        self._session.situation.set_scenario(None)

    def make_snapshot(self) -> None:
        """Ask of which date the current layer is."""
        layer = self._session.current_layer
        if layer is not None:
            self._window.time.ask_snapshot(layer)
