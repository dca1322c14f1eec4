"""What differs between two situations: by the analysis of changes, and of that what is in the pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from analysis import change
from analysis.analysis import analysis_of, perform
from analysis.asked import as_json
from analysis.changes.tables import APPEARED, ATTRIBUTES, BOTH, GEOMETRY, MERGED, SPLIT, VANISHED
from analysis.naming import Naming
from analysis.situation import Situation
from app.printed.views import Seen
from layers.arrays import Float64
from layers.data import Progress
from layers.project import Project
from layers.results import BEFORE, CHANGES, Result, Table

#: Kinds of changes as they are counted, and which of the list's belong to each.
CAME, WENT, SAID = "Appeared", "Vanished", "Only attributes changed"
KINDS = {
    CAME: (APPEARED,),
    WENT: (VANISHED,),
    "Split": (SPLIT,),
    "Merged": (MERGED,),
    "Shape changed": (GEOMETRY, BOTH),
    SAID: (ATTRIBUTES,),
}

#: Of so many changes at most it is found out whether they are in the pictures.
MOST_LOOKED_AT = 20_000


@dataclass(frozen=True, eq=False)
class Changed:
    """An object that differs; heights and volumes before and after, NaN where there is none."""

    kind: str  # of KINDS
    name: str
    group: int  # the change that it is a part of
    heights_m: tuple[float, float]
    volumes_m3: tuple[float, float]
    box: Float64 | None  # (2, 3) in world coordinates

    @property
    def height_change_m(self) -> float:
        """By how much it is higher; all of it where it came, and less than nothing where it went."""
        return self._change(self.heights_m)

    @property
    def volume_change_m3(self) -> float:
        """By how much it is larger, likewise."""
        return self._change(self.volumes_m3)

    def _change(self, values: tuple[float, float]) -> float:
        before, after = values
        if self.kind in (CAME, WENT):
            before, after = (0.0, after) if self.kind == CAME else (before, 0.0)
        return after - before

    @property
    def size(self) -> float:
        """By which the largest come first: by how much its volume differs, else its height.

        What is only said anew comes last: it differs by less than counts as a change.
        """
        if self.kind == SAID:
            return 0.0
        changes = (abs(value) for value in (self.volume_change_m3, self.height_change_m))
        return next((value for value in changes if value > 0), 0.0)


@dataclass(frozen=True, eq=False)
class Differences:
    """From the first of the situations to another one."""

    to: int  # its number
    result: Result | None = None  # None: both are the same situation
    rows: Sequence[Changed] = ()  # the largest first
    is_whole: bool = True  # whether those are all changes
    shown: Sequence[Changed] = ()  # those in the pictures, the largest first

    @property
    def counts(self) -> Counter[str]:
        """All changes by kind."""
        if self.result is None:
            return Counter()
        table = self.result.tables[CHANGES]
        groups = dict(zip(table.numbers("group").tolist(), table.texts("change"), strict=True))
        return Counter(kind_of(change) for change in groups.values())

    @property
    def counts_shown(self) -> Counter[str]:
        """Those in the pictures by kind."""
        return Counter({each.group: each.kind for each in self.shown}.values())

    def within(self, seen: Seen) -> Differences:
        """The same, with those shown that are in these pictures."""
        shown = [row for row in self.rows if row.box is not None and seen.holds(row.box)]
        return replace(self, shown=shown)


def kind_of(change: str) -> str:
    """The kind of KINDS that a row of the list of changes belongs to."""
    return next(kind for kind, names in KINDS.items() if change in names)


def differences(project: Project, situations: Sequence[Situation], progress: Progress) -> list[Differences]:
    """What differs from the first situation to each of the others."""
    found = []
    for number, situation in enumerate(situations[1:], 1):

        def tell(fraction: float, text: str, number: int = number) -> None:
            progress((number - 1 + fraction) / (len(situations) - 1), text)

        if situation == situations[0]:
            found.append(Differences(number))
            continue
        result = _changes(project, situations[0], situation, tell)
        rows = sorted(_rows(project, result.tables[CHANGES]), key=lambda row: -round(row.size, 3))
        found.append(Differences(number, result, rows, len(rows) == len(result.tables[CHANGES])))
    return found


def _changes(project: Project, before: Situation, after: Situation, progress: Progress) -> Result:
    """The list of changes that the project keeps, if it is still true; else a new one."""
    inputs = change.Inputs(
        compare_date=before.date,
        compare_scenario=before.scenario,
        date=after.date,
        scenario=after.scenario,
    )
    asked = dict(as_json(inputs))
    for kept in reversed(project.results):
        if kept.kind == change.NAME and dict(kept.inputs) == asked and not project.is_outdated(kept.id):
            return project.result(kept.id)
    return perform(analysis_of(change.NAME), project, inputs, progress)


def _rows(project: Project, table: Table) -> Iterator[Changed]:
    """The rows of the list, of very many the first ones: those that moved farthest."""
    naming = Naming(project)
    pairs = [
        np.column_stack((table.numbers(name + BEFORE), table.numbers(name))).tolist()
        for name in ("height_m", "volume_m3")
    ]
    fids = zip(*(table.numbers(name).astype(int).tolist() for name in ("fid", "before_fid")), strict=True)
    groups = table.numbers("group").astype(int).tolist()
    rows = zip(table.texts("change"), groups, *pairs, fids, strict=True)
    for change_, group, heights, volumes, (fid, before_fid) in islice(rows, MOST_LOOKED_AT):
        box = project.box([each for each in (fid, before_fid) if each >= 0])
        yield Changed(
            kind_of(change_),
            naming.title(fid),
            group,
            tuple(heights),
            tuple(volumes),
            None if box is None else np.array(box).reshape(2, 3),
        )
