"""How far a viewshed on a raster may be trusted: its cells again, each along a line of sight of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analysis.sight.viewshed import Aim, Eye, Seen, Surface, excess_m
from layers.columns import Mask
from layers.data import Progress, never_stop
from layers.written import grouped

#: Cells that are looked at again, by chance where there are more; it is the same ones every time.
MOST_CHECKED, SEED = 20_000, 1
#: So many cells beside those that are seen are looked at again too.
BESIDE = 2


class See(Protocol):
    """A way to look over a raster."""

    def __call__(
        self,
        surface: Surface,
        eyes: Sequence[Eye],
        aim: Aim | None = None,
        with_lowest: bool = False,
        progress: Progress = never_stop,
    ) -> Seen:
        """What observers see."""


@dataclass(frozen=True)
class Checked:
    """What came of it."""

    cells: int  # that were looked at again
    seen: int  # of these, as the viewshed has it
    otherwise: int  # of these, along their own lines
    edge_pct: float  # half a cell along the outline of what is seen, as a share of what is seen

    @property
    def title(self) -> str:
        """A sentence, without a stop."""
        said = (
            f"Of {grouped(self.cells)} cells seen or beside, which were looked at again along lines "
            f"of sight of their own, {grouped(self.otherwise)} are otherwise"
        )
        return f"{said}: {self._share:.2g} % of what is seen" if self.otherwise else said

    @property
    def outline(self) -> str:
        """How much of what is seen lies within half a cell of its outline."""
        return f": {self.edge_pct:.2g} % of what is seen" if self.edge_pct else ""

    @property
    def numbers(self) -> Mapping[str, float]:
        """For the pedigree."""
        return {"checked": self.cells, "otherwise": self.otherwise, "otherwise_pct_of_seen": self._share}

    @property
    def _share(self) -> float:
        return 100.0 * self.otherwise / max(self.seen, 1)


def checked(see: See, surface: Surface, eyes: Sequence[Eye], aim: Aim, seen: Seen) -> Checked:
    """Cells again as the first of some eyes sees them; `seen` is what all of them do."""
    one = seen if len(eyes) == 1 else see(surface, eyes[:1], aim, True)
    assert one.lowest_m is not None and seen.lowest_m is not None
    # Of a part of the raster that part alone.
    is_looked_at = np.isfinite(one.lowest_m) & np.isfinite(seen.lowest_m)
    cells = np.flatnonzero(_about(one.count > 0) & is_looked_at)
    if len(cells) > MOST_CHECKED:
        cells = np.random.default_rng(SEED).choice(cells, MOST_CHECKED, replace=False)
    rows, columns = np.divmod(cells, surface.heights.shape[1])
    is_free = excess_m(surface, eyes[0], rows, columns, aim.bend) <= aim.target_m
    is_seen = one.count.ravel()[cells] > 0
    return Checked(len(cells), int(is_seen.sum()), int((is_free != is_seen).sum()), _edge_pct(seen))


def _about(is_seen: Mask) -> Mask:
    """Cells that are seen, and those beside them: what is otherwise lies at the edge of what is seen."""
    found = is_seen.copy()
    for _ in range(BESIDE):
        for grown in (found, found.T):
            before = grown.copy()
            grown[1:] |= before[:-1]
            grown[:-1] |= before[1:]
    return found


def _edge_pct(seen: Seen) -> float:
    """Half a cell along the outline of what is seen, in % of what is seen."""
    assert seen.lowest_m is not None
    is_seen, is_looked_at = seen.count > 0, np.isfinite(seen.lowest_m)
    edges = 0
    for one, known in ((is_seen, is_looked_at), (is_seen.T, is_looked_at.T)):
        edges += int(np.count_nonzero((one[1:] != one[:-1]) & known[1:] & known[:-1]))
    whole = int(np.count_nonzero(is_seen))
    return 50.0 * edges / whole if whole else 0.0
