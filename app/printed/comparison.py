"""What is compared on paper: which situations, seen from where, on which sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.situated import Named
from app.paper import SHEETS, Page
from viewer.shade import SunLight
from viewer.showing import Showing
from viewer.studio import Take

#: Of each number of views, their aspect (width / height) on paper, so that numbers have room below them.
ASPECTS = {2: 1.42, 3: 1.0, 4: 2.35}
FEWEST, MOST = min(ASPECTS), max(ASPECTS)
#: So many views stand in a row; of more, some stand below.
PER_ROW = {2: 2, 3: 3, 4: 2}
BEFORE, AFTER = "Before", "After"


@dataclass(frozen=True)
class Comparison:
    """Two to four situations, the first one before all others, seen from the very same place."""

    situations: Sequence[Named]
    showings: Sequence[Showing]  # of each, with its style
    take: Take  # from where, in which light
    suns: Sequence[SunLight] = ()  # of each, with the shadows of its own city; none: without sun
    paper: str = "A4"  # of SHEETS
    title: str = ""
    results: Sequence[int] = field(default=())  # of which results numbers are told; none: of all that fit
    fits: bool = False  # whether what differs fills the views, from the side where the take looks from

    @property
    def page(self) -> Page:
        """The paper as it lies."""
        return SHEETS[self.paper]

    @property
    def names(self) -> list[str]:
        """What the situations are called in tables."""
        return [one.title for one in self.situations]

    @property
    def heads(self) -> list[str]:
        """What stands above the columns of numbers."""
        return [BEFORE, AFTER] if len(self.situations) == FEWEST else self.names
