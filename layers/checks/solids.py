"""Solids among each other: shells within a solid, solids of a composite, the parts of a building."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from layers.arrays import Float64
from layers.checks import contact
from layers.checks.codes import SNAP_M

#: Code, sentence, place.
Told = tuple[str, str, tuple[float, ...]]
#: Triangles of shells or solids, each (n, 3, 3).
Bodies = Sequence[Float64]


def shells_apart(shells: Bodies) -> Iterator[Told]:
    """What is wrong between the outer shell of a solid, which comes first, and its inner ones."""
    outer, *inner = shells
    for number, shell in enumerate(inner, 1):
        if any(_same(shell, other) for other in shells[:number]):
            yield "402", f"shell {number} is the same as one before it", _middle(shell)
        elif any(_touch(shell, other) for other in shells[:number]):
            yield "401", f"shell {number} crosses or touches another", _middle(shell)
        elif not contact.inside(shell[:1].mean(axis=1), outer, SNAP_M).all():
            yield "403", f"shell {number} lies outside the outer one", _middle(shell)
        elif any(
            contact.inside(shell[:1].mean(axis=1), other, SNAP_M).all() for other in inner[: number - 1]
        ):
            yield "403", f"shell {number} lies within another inner one", _middle(shell)


def solids_together(solids: Bodies) -> Iterator[Told]:
    """What is wrong among the solids of a composite, each its outer shell."""
    joined, is_sound = np.arange(len(solids)), True
    for one in range(len(solids)):
        for other in range(one + 1, len(solids)):
            if _same(solids[one], solids[other]):
                yield "502", f"solids {one} and {other} are the same", _middle(solids[one])
                is_sound = False
            elif (place := overlap(solids[one], solids[other])) is not None:
                yield "501", f"solids {one} and {other} overlap", place
                is_sound = False
            elif _share_area(solids[one], solids[other]):
                joined[joined == joined[other]] = joined[one]
    if is_sound and len(set(joined.tolist())) > 1:
        yield "503", f"the solids fall into {len(set(joined.tolist()))} groups", _middle(solids[0])


def overlap(one: Float64, other: Float64) -> tuple[float, ...] | None:
    """A place that two solids have in common, deeper than the tolerance; None when there is none."""
    low = np.maximum(one.min(axis=(0, 1)), other.min(axis=(0, 1)))
    high = np.minimum(one.max(axis=(0, 1)), other.max(axis=(0, 1)))
    if (high - low <= SNAP_M).any():
        return None
    for mine, yours in ((one, other), (other, one)):
        samples = np.concatenate((mine.mean(axis=1), *_towards_corners(mine)))
        near = ((samples > low - SNAP_M) & (samples < high + SNAP_M)).all(axis=1)
        within = contact.inside(samples[near], yours, SNAP_M)
        if within.any():
            return tuple(samples[near][within][0].tolist())
    a, b = contact.near_pairs(one, other, SNAP_M)
    met = contact.crossings(one[a], other[b], SNAP_M)
    # Faces that should lie upon each other cross, too, once their corners are rounded: what counts is depth.
    samples = met + contact.inwards(one[a], other[b], 2 * SNAP_M)
    samples = samples[np.isfinite(samples).all(axis=1)]
    within = contact.inside(samples, one, SNAP_M)
    within[within] = contact.inside(samples[within], other, SNAP_M)
    return tuple(samples[within][0].tolist()) if within.any() else None


def _towards_corners(triangles: Float64) -> Iterator[Float64]:
    """Points within triangles near each of their corners."""
    for corner in range(3):
        weights = np.full(3, 0.1)
        weights[corner] = 0.8
        yield np.einsum("j,njk->nk", weights, triangles)


def _same(one: Float64, other: Float64) -> bool:
    """Whether two bodies have the same corners."""
    corners = [np.unique(np.round(body.reshape(-1, 3) / SNAP_M), axis=0) for body in (one, other)]
    return corners[0].shape == corners[1].shape and bool((np.abs(corners[0] - corners[1]) <= 1).all())


def _touch(one: Float64, other: Float64) -> bool:
    a, b = contact.near_pairs(one, other, SNAP_M)
    if contact.crossing(one[a], other[b], SNAP_M).any():
        return True
    return bool(contact.upon_each_other(one[a], other[b], SNAP_M).any())


def _share_area(one: Float64, other: Float64) -> bool:
    a, b = contact.near_pairs(one, other, SNAP_M)
    return bool(contact.upon_each_other(one[a], other[b], SNAP_M).any())


def _middle(body: Float64) -> tuple[float, ...]:
    return tuple(body.mean(axis=(0, 1)).tolist()) if len(body) else ()
