"""Several situations of the city in one view: side by side, divided by a line, mixed, or in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app import loading
from app.jobs import THREADS
from layers.epochs import Tick, date_in
from layers.errors import CitystrataError
from layers.records import Scenario
from viewer.arrangement import BLINK, GRID, ROW, Arrangement
from viewer.scene import Prepared
from viewer.showing import Showing

if TYPE_CHECKING:
    from app.session import Session
    from layers.project import Project

#: Side by side in a row, or four in a grid.
SPLIT = (ROW, GRID)
FEWEST, MOST = 2, 4
#: Between the two pictures of a blink.
BLINK_MS, SLOWEST_MS, FASTEST_MS = 700, 3000, 150
#: How far one press of a key moves the line, or mixes.
KEY_STEP = 0.02


class Comparing(QObject):
    """The views of one session: how many there are, how they are put together, what each shows."""

    changed = Signal()  # begun, ended, or there are other views
    moved = Signal()  # the line, or how much is seen of the second view
    ending = Signal()  # the project is about to be closed, with all that is shown of it
    lost = Signal(object)  # CitystrataError: a layer cannot be drawn in one of the views

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._coming: set[tuple[int, int]] = set()
        self._lost: set[tuple[int, int]] = set()
        self._blink = QTimer(self, interval=BLINK_MS)
        self._blink.timeout.connect(lambda: self.set_at(1.0 - round(self.at)))
        session.drawing.shown.connect(lambda _layer: self._bring())
        session.project_changed.connect(lambda _changes: self._bring())

    # -- how it is -----------------------------------------------------------------------------

    @property
    def is_on(self) -> bool:
        """Whether several views are shown."""
        return self._session.is_open and len(self._session.panes.scenes) > 1

    @property
    def way(self) -> str:
        """How they are put together, one of viewer.arrangement.WAYS; '' while there is only one."""
        return self._session.panes.arrangement.way if self.is_on else ""

    @property
    def at(self) -> float:
        """Where the line is, as a share of the width; or how much is seen of the second view."""
        return self._session.panes.arrangement.at if self.is_on else 0.5

    @property
    def showings(self) -> tuple[Showing, ...]:
        """What each view shows."""
        return self._session.panes.showings if self._session.is_open else ()

    @property
    def linked(self) -> bool:
        """Whether all look from the same place."""
        return self._session.panes.linked if self._session.is_open else True

    @property
    def active(self) -> int:
        """The view that timeline and scenarios set, and that edits go into."""
        return self._session.panes.active if self._session.is_open else 0

    @property
    def blink_ms(self) -> int:
        """How long each of two pictures is shown."""
        return int(self._blink.interval())

    # -- beginning and ending --------------------------------------------------------------------

    def begin(self, way: str, count: int = 2, showings: Sequence[Showing] = ()) -> None:
        """Show so many views in this way; those there are stay, others begin with what one would compare."""
        if not self._session.is_open:
            return
        wanted = list(showings) or self._wanted(count)
        if self.is_on and way == self.way and wanted == list(self.showings):
            return
        now, panes = self._session.situation.showing.situation, self._session.panes
        panes.arrange(Arrangement(way, 0.0 if way == BLINK else 0.5), wanted)
        same = [number for number, showing in enumerate(wanted) if showing.situation == now and not showings]
        # What was looked at stays so; else what is planned, rather than what it is compared with.
        panes.active = panes.active if panes.active in same else same[-1] if same else len(wanted) - 1
        self._after()

    def end(self) -> None:
        """Show the active view alone, as before."""
        if not self.is_on:
            return
        panes = self._session.panes
        kept, camera = panes.showings[panes.active], panes.camera
        panes.linked, panes.active = True, 0
        panes.arrange(Arrangement(), [kept])
        panes.camera = camera
        self._after()

    def forget(self) -> None:
        """The project is about to be closed."""
        self.ending.emit()
        self._blink.stop()
        self._coming.clear()
        self._lost.clear()

    def _after(self) -> None:
        if self.way == BLINK:
            self._blink.start()
        else:
            self._blink.stop()
        self._lost.clear()
        self._bring()
        self._session.situation.tell()
        self.changed.emit()

    def _wanted(self, count: int) -> list[Showing]:
        """The views there are, and further ones."""
        now = self._session.situation.showing
        held = list(self.showings) if self.is_on else []
        offered = offers(self._session.project.scenarios, self._session.ticks)
        if not held:
            held = pair_of(self._session.project, now, offered)
        spare = [
            showing for showing in offered if not any(showing.situation == one.situation for one in held)
        ]
        while len(held) < count:
            held.append(spare.pop() if spare else replace(now, caption=""))
        if not held[0].situation[1] and not any(one.scenario for one in held) and count > FEWEST:
            held.sort(key=lambda one: one.date or "")
        return held[:count]

    # -- what one does with it ---------------------------------------------------------------------

    def set_at(self, at: float) -> None:
        """Put the line elsewhere, or show more or less of the second view: costs no new pictures."""
        if self.is_on:
            panes = self._session.panes
            panes.arrangement = panes.arrangement.moved(at)
            self.moved.emit()

    def nudge(self, direction: int) -> None:
        """Move the line a little, or mix a little more or less; a blink is turned by hand."""
        if self.way == BLINK:
            self._blink.stop()
            self.set_at(1.0 - round(self.at))
        elif self.way not in SPLIT:
            self.set_at(self.at + direction * KEY_STEP)

    def set_blink_ms(self, milliseconds: int) -> None:
        """Show each of two pictures for so long."""
        self._blink.setInterval(min(max(milliseconds, FASTEST_MS), SLOWEST_MS))
        self.changed.emit()

    def set_linked(self, on: bool) -> None:
        """Let all views look from the same place, or each from its own."""
        panes = self._session.panes
        if on and not panes.linked:
            camera = panes.camera
            panes.linked = True
            panes.camera = camera
        panes.linked = on
        self.changed.emit()
        self._session.scene_changed.emit()

    def activate(self, number: int) -> None:
        """Make a view the one that timeline and scenarios set."""
        if self.is_on and number != self.active:
            self._session.panes.active = number
            self.changed.emit()
            self._session.situation.changed.emit()  # the picture stays as it is

    def show(self, number: int, showing: Showing) -> None:
        """Let a view show another date, scenario or style."""
        self._session.panes.show(number, showing)
        self.changed.emit()
        self._session.situation.tell()

    def swap(self) -> None:
        """Let two views change their places."""
        if self.is_on:
            active = len(self.showings) - 1 - self.active
            self.begin(self.way, showings=self.showings[::-1])
            self.activate(active)

    # -- layers on their way into the views ----------------------------------------------------------

    def _bring(self) -> None:
        """Prepare what the views lack of the first one's layers, a few at a time."""
        if not self.is_on:
            return
        for number, layer in self._session.panes.missing():
            key = (number, layer.id)
            if len(self._coming) >= THREADS:
                return
            if key not in self._coming and key not in self._lost:
                self._coming.add(key)
                title = f"Drawing {layer.name} once more"
                work = partial(loading.draw, self._session.project, layer, title)
                done, failed = partial(self._on_prepared, key), partial(self._on_lost, key)
                self._session.jobs.run(title, work, done, failed, is_lost=False)

    def _on_prepared(self, key: tuple[int, int], prepared: Prepared) -> None:
        self._coming.discard(key)
        number, layer = key
        if number < len(self._session.panes.scenes) and layer in self._session.scene.layer_ids:
            self._session.panes.bring(number, prepared)
            self._session.scene_changed.emit()
        self._bring()

    def _on_lost(self, key: tuple[int, int], error: CitystrataError) -> None:
        self._coming.discard(key)
        self._lost.add(key)
        self._session.tell(error)
        self._bring()


def offers(scenarios: Sequence[Scenario], ticks: Sequence[Tick]) -> list[Showing]:
    """What a view may show: the named dates, oldest first, then the scenarios."""
    dates = [Showing(tick.date) for tick in ticks if tick.names]
    return [*dates, *(Showing(scenario=known.id) for known in scenarios)]


def as_it_is(project: Project, showing: Showing) -> Showing:
    """The city without the scenario of a view, at the date that the scenario changes."""
    return replace(showing, caption="", scenario=None, date=date_in(project, *showing.situation))


def pair_of(project: Project, now: Showing, offered: Sequence[Showing]) -> list[Showing]:
    """What one would compare with what is shown: a scenario with the city as it is, a date with the last."""
    plain = replace(now, caption="")
    if now.scenario is not None:
        return [as_it_is(project, plain), plain]
    dates = [one.date for one in offered if one.date]
    before = [date for date in dates if now.date and date < now.date]
    after = [date for date in dates if now.date and date > now.date]
    if before:
        return [replace(plain, date=before[-1]), plain]
    if after:
        return [plain, replace(plain, date=after[0])]
    if len(dates) > 1:
        return [replace(plain, date=dates[-2]), replace(plain, date=dates[-1])]
    scenarios = [one for one in offered if one.scenario is not None]
    planned = replace(plain, scenario=scenarios[-1].scenario) if scenarios else plain
    return [as_it_is(project, planned), planned]
