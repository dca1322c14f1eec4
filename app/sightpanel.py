"""The bar "What an observer sees" under the view: where they stand, how high their eye is, what they see."""

from __future__ import annotations

from functools import partial
from math import inf, isfinite

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from analysis.spelling import place_from
from app.labels import ElidedLabel
from app.livesight import HIGHEST_M, LiveSight
from app.session import Session
from app.sightpin import SightPin
from app.spokenfield import SpokenField
from app.sunpanel import named
from layers.values import typed_number
from viewer.scene import Hit

PICK, DONE = "Pick in the view", "Done"
HOW = "Drag the pin, or walk with the arrow keys"
ALL_KEYS = "Arrow keys walk 1 m, with Shift 10 m; Page Up and Page Down raise and lower the eye by 0.5 m"
#: What is said where they look as far as there is something to see.
ALL = "all"
PLACE_WIDTH, HEIGHT_WIDTH = 190, 76
#: What of all that is seen becomes an analysis.
KEEPING = (("surfaces", "Surfaces of all buildings…"), ("ground", "The ground around…"))
#: Higher than this an observer does not stand on the ground.
ON_GROUND_M = 0.3


class SightPanel(QWidget):
    """Puts the observer down, moves them, and says what they see."""

    kept = Signal(str)  # the observer is to become an analysis, of "surfaces" or of the "ground"
    look_wanted = Signal()  # the view is to go where the eye is

    def __init__(self, session: Session, live: LiveSight, pin: SightPin) -> None:
        super().__init__()
        self._session, self._live, self._pin = session, live, pin
        self.setObjectName("sightpanel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.pick = named(QPushButton(PICK), "small")
        self.pick.setCheckable(True)
        self.place_field = SpokenField("Place of the observer", place_from, "x, y or x, y, z")
        self.place_field.setPlaceholderText("x, y or x, y, z of where the observer stands")
        self.place_field.setMinimumWidth(PLACE_WIDTH)
        allowed = f"a height from 0 to {HIGHEST_M:g} m"
        self.height_field = SpokenField("Height of the eye", height_from, allowed)
        self.height_field.setFixedWidth(HEIGHT_WIDTH)
        allowed = "a distance in metres, or nothing: as far as there is something to see"
        self.reach_field = SpokenField("How far the observer looks", reach_from, allowed)
        self.reach_field.setFixedWidth(HEIGHT_WIDTH)
        self.look = named(QPushButton("Look from there"), "small")
        self.look.setToolTip("Let the view show what the observer sees")
        self.keep = named(QPushButton("Keep as analysis"), "small")
        self.keep.setToolTip("Fill in the form of the viewshed with this observer, whatever is selected")
        keeping = QMenu(self.keep)
        for on, text in KEEPING:
            keeping.addAction(text, partial(self.kept.emit, on))
        self.keep.setMenu(keeping)
        self.words, self.hint = named(ElidedLabel(), "heading"), named(ElidedLabel(), "hint")
        self._build()
        self._connect()
        self.refresh()

    def _build(self) -> None:
        places, hints = QHBoxLayout(), QHBoxLayout()
        for row in (places, hints):
            row.setSpacing(6)
        places.addWidget(self.pick)
        places.addWidget(self.place_field, 1)
        places.addSpacing(8)
        for title, field in (("Eye", self.height_field), ("Within", self.reach_field)):
            places.addWidget(QLabel(title))
            places.addWidget(field)
        hints.addWidget(self.hint, 1)
        hints.addWidget(self.look)
        hints.addWidget(self.keep)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 8, 12, 8)
        rows.setSpacing(4)
        rows.addLayout(places)
        rows.addWidget(self.words)
        rows.addLayout(hints)

    def _connect(self) -> None:
        self.pick.toggled.connect(self._on_pick)
        self.place_field.entered.connect(self._go_to)
        self.height_field.entered.connect(lambda found: self._live.set_eye_height(found[0]))
        self.reach_field.entered.connect(lambda found: self._live.set_reach(found[0]))
        for field in (self.place_field, self.height_field, self.reach_field):
            field.refused.connect(self.words.set_text)
        self.look.clicked.connect(self.look_wanted)
        self._live.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show where the observer is, and what they see."""
        live, foot = self._live, self._live.foot
        for widget in (self.look, self.keep):
            widget.setEnabled(live.is_on and foot is not None)
        self.pick.setChecked(self._pin.is_picking)
        self.pick.setText(DONE if self._pin.is_picking else PICK)
        self.place_field.show_text("" if foot is None else ", ".join(f"{part:.2f}" for part in foot))
        self.height_field.show_text(f"{live.eye_height_m:.2f} m")
        self.reach_field.show_text(f"{live.reach_m:g} m" if isfinite(live.reach_m) else ALL)
        if foot is None:
            self.words.set_text("Click in the view where the observer stands")
            self.hint.set_text("")
            return
        summary = live.summary()
        if summary:
            self.words.set_text(" · ".join(filter(None, (summary, self._stands()))))
        self._show_how()

    def point_at(self, hit: Hit | None) -> None:
        """Say whether what lies under the cursor is seen."""
        if self.isVisible() and self._live.foot is not None:
            told = self._live.told(hit)
            if told:
                self.hint.set_text(told)
            else:
                self._show_how()

    def _show_how(self) -> None:
        self.hint.set_text(HOW)
        self.hint.setToolTip(ALL_KEYS)

    def _stands(self) -> str:
        """How high above the terrain, where that is not on it."""
        above = self._live.above_ground_m
        return f"stands {above:.1f} m above the ground" if above and above > ON_GROUND_M else ""

    def _on_pick(self, on: bool) -> None:
        if on != self._pin.is_picking:
            self._pin.pick(on)

    def _go_to(self, place: tuple[float, ...]) -> None:
        if not self._live.stand_at(*place):
            self.words.set_text("There is no terrain at that place. Write its height too, as x, y, z.")


def height_from(text: str) -> tuple[float] | None:
    """The height in metres that a text spells; 0 is one too."""
    found = typed_number(text.strip().removesuffix("m"))
    return (found,) if found is not None and 0 <= found <= HIGHEST_M else None


def reach_from(text: str) -> tuple[float] | None:
    """The distance in metres that a text spells; endless where it spells nothing."""
    words = text.strip().removesuffix("m").strip()
    found = typed_number(words)
    if words in ("", ALL):
        return (inf,)
    return (found,) if found is not None and found > 0 else None
