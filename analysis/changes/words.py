"""What changed, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from analysis.changes.datum import Datum
from analysis.changes.tables import (
    APPEARED,
    ATTRIBUTES,
    BOTH,
    GEOMETRY,
    MERGED,
    SPLIT,
    VANISHED,
    Found,
)
from layers.crs import heights, parse_crs
from layers.results import Table
from layers.written import counted

#: Layers whose content is not told object by object.
WITHOUT_OBJECTS = frozenset(("terrain", "image", "points"))


def sentences(found: Found, changes: Table, layers: Table) -> Iterator[str]:
    """What there is to say of objects and layers, the most important first."""
    if len(found.before) or len(found.after) or found.kept:
        yield from _of_objects(found, changes)
    for change in (APPEARED, VANISHED):
        names = [
            name
            for name, holds, what in zip(
                *(layers.texts(key) for key in ("name", "holds", "change")), strict=True
            )
            if what == change and holds in WITHOUT_OBJECTS
        ]
        if names:
            yield f"Layers that {'came' if change == APPEARED else 'are gone'}: {', '.join(names)}."


def _of_objects(found: Found, changes: Table) -> Iterator[str]:
    groups = dict(zip(changes.numbers("group").astype(int).tolist(), changes.texts("change"), strict=True))
    counts = Counter(groups.values())
    moved, said = counts[GEOMETRY] + counts[BOTH], counts[ATTRIBUTES] + counts[BOTH]
    yield (
        f"{counted(counts[APPEARED], 'object')} appeared, {counts[VANISHED]} vanished, "
        f"{counts[SPLIT]} split, {counts[MERGED]} merged; the geometry of {moved} and the attributes of "
        f"{said} changed; {found.unchanged} are unchanged."
    )
    far = found.sizes.distance_m[: found.cases.pairs]
    far = far[np.isfinite(far) & (far > found.tolerance_m)]
    if len(far):
        most = float(far.max())
        yield f"Surfaces moved by up to {most:.2f} m; {found.tolerance_m:g} m or less counts as unchanged."
    if doubtful := len(found.matching.doubtful):
        pairs = counted(doubtful, "pair is", "pairs are")
        yield f"{pairs} doubtful: whether they are the same is for people to say."
    for datum in found.sizes.datums:
        yield from datum_sentences(datum)


def datum_sentences(datum: Datum) -> Iterator[str]:
    """What is known of the heights of two layers."""
    names = f"{datum.after.name} against {datum.before.name}"
    references = [heights(parse_crs(crs)) if crs else "" for crs in (datum.before.crs, datum.after.crs)]
    stated = ""
    if all(references) and references[0] != references[1]:
        stated = f"; the layers state different references, {references[0]} and {references[1]}"
    if datum.is_found:
        way = "higher" if datum.offset_m > 0 else "lower"
        yield (
            f"Heights: {names} is {way} by {abs(datum.offset_m):.3f} m throughout (half of "
            f"{counted(datum.pairs, datum.what)} within {datum.spread_m:.3f} m of it{stated}). This offset "
            "is not counted as a change."
        )
    elif stated:
        yield f"Heights: no constant offset of {names} was found{stated}."
