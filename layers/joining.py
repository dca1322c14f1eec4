"""A layer that was read in parts as one: ids given twice, parents in other parts, what is known of all."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64, Int32
from layers.codelists import CODES
from layers.data import Box, Feature
from layers.errors import ReadError
from layers.report import COUNTED, Report
from layers.request import StagedLayer
from layers.stored import Stored
from layers.values import merge_types

#: A parent's parent's … parent's box encloses an object up to so many generations.
MOST_GENERATIONS = 32
#: (n, 2) ids by 128 bits of their hashes, which no two different ones share.
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Kin(Stored):
    """What joining the parts of a layer needs to know of the objects of one."""

    id_key: Keys  # (n, 2)
    child: Int32  # (c,) objects that have a parent
    parent_key: Keys  # (c, 2)
    box: Float64  # (n, 6) in the project's CRS; NaN where there is none
    own: NDArray[np.bool_]  # (n,) whether the object has geometry of its own


def kin_of(features: Sequence[Feature], boxes: Float64) -> Kin:
    """The kin of some objects that follow one another."""
    child = [number for number, feature in enumerate(features) if feature.parent is not None]
    return Kin(
        id_key=_keys(feature.id for feature in features),
        child=np.array(child, np.int32),
        parent_key=_keys(str(features[number].parent) for number in child),
        box=boxes,
        own=np.fromiter((feature.lods != "" for feature in features), np.bool_, len(features)),
    )


def _keys(ids: Iterable[str]) -> Keys:
    hashes = b"".join([hashlib.blake2b(id.encode(), digest_size=16).digest() for id in ids])
    return np.frombuffer(hashes, np.uint64).reshape(-1, 2)


def joined(parts: Sequence[Kin]) -> Kin:
    """Parts in the order of the layer as one."""
    first = np.cumsum([0, *(len(part.id_key) for part in parts)])
    children = [part.child + np.int32(at) for part, at in zip(parts, first, strict=False)]
    return Kin(
        id_key=np.concatenate([part.id_key for part in parts]),
        child=np.concatenate(children),
        parent_key=np.concatenate([part.parent_key for part in parts]),
        box=np.concatenate([part.box for part in parts]),
        own=np.concatenate([part.own for part in parts]),
    )


def repeated(kin: Kin) -> int | None:
    """An object whose id an earlier one has, too; the first of them."""
    order = np.lexsort(kin.id_key.T)
    again = order[1:][(kin.id_key[order[1:]] == kin.id_key[order[:-1]]).all(axis=1)]
    return int(again.min()) if len(again) else None


def twice(path: Path, id: str) -> ReadError:
    """Two objects have one id."""
    return ReadError(
        f"The id {id[:80]!r} is given to two city objects",
        where=str(path),
        allowed="each id once",
        do="Ask the producer for a corrected file; reading one of the two would lose the other",
    )


def enclose(kin: Kin) -> NDArray[np.intp]:
    """Widen the boxes of objects without geometry to enclose their parts; gives those that changed."""
    before = kin.box.copy()
    widen(kin.box, kin.own, kin.child, _parents(kin))
    return np.flatnonzero((kin.box != before).any(axis=1) & np.isfinite(kin.box).all(axis=1))


def widen(box: Float64, own: NDArray[np.bool_], child: NDArray[Any], parent: NDArray[Any]) -> None:
    """Make (n, 6) boxes of objects without geometry of their own enclose their children; parent -1: none."""
    widened = parent >= 0
    widened[widened] = ~own[parent[widened]]
    child, parent = child[widened], parent[widened]
    for _ in range(MOST_GENERATIONS):
        last = box[parent]
        np.fmin.at(box[:, :3], parent, box[child, :3])
        np.fmax.at(box[:, 3:], parent, box[child, 3:])
        if np.array_equal(last, box[parent], equal_nan=True):
            break


def _parents(kin: Kin) -> NDArray[np.intp]:
    """The object that each child's parent is, or -1."""
    if not len(kin.child):
        return np.empty(0, np.intp)
    order = np.argsort(kin.id_key[:, 0])
    at = np.searchsorted(kin.id_key[order, 0], kin.parent_key[:, 0])
    found = order[np.minimum(at, len(order) - 1)]
    return np.where((kin.id_key[found] == kin.parent_key).all(axis=1), found, -1)


# --- what is known of a layer ---------------------------------------------------------------------


def merged(parts: Sequence[StagedLayer]) -> StagedLayer:
    """What is known of the parts of a city as what is known of all of it, but where it lies."""
    first = parts[0]
    counts: Counter[tuple[str, str, str]] = Counter()
    attributes: dict[str, str | None] = {}
    for part in parts:
        for *kind, count in part.counts:
            counts[kind[0], kind[1], kind[2]] += count
        for name, type in part.attributes.items():
            attributes[name] = merge_types(attributes.get(name), type)
    return StagedLayer(
        name=first.name,
        kind=first.kind,
        crs=first.crs,
        objects=sum(part.objects for part in parts),
        pieces=sum(part.pieces for part in parts),
        report=added(*(Report.from_dict(part.report) for part in parts)).as_dict(),
        facts=_facts([part.facts for part in parts]),
        drawable=first.drawable,
        attributes=attributes,
        counts=[(*kind, count) for kind, count in counts.items()],
    )


def added(*parts: Report) -> Report:
    """One report; what is said of the whole file is said once."""
    report = Report()
    said = set()
    for part in parts:
        for name in (*COUNTED, "more_warnings"):
            setattr(report, name, getattr(report, name) + getattr(part, name))
        for warning in part.warnings:
            if warning.object or warning not in said:
                report.keep(warning)
                said.add(warning)
    return report


def _facts(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One set of facts: counts are added up, lists and boxes united, of others the first one counts."""
    facts: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if name == "surfaces":
                counts = facts.setdefault(name, {})
                for type, count in value.items():
                    counts[type] = counts.get(type, 0) + count
            elif name == CODES:
                for attribute, codes in value.items():
                    facts.setdefault(name, {}).setdefault(attribute, {}).update(codes)
            elif name == "layer_box":
                facts[name] = united(facts.get(name), value)
            elif name == "extensions":
                facts[name] = sorted({*facts.get(name, []), *value})
            else:
                facts.setdefault(name, value)
    return facts


def united(a: Box | None, b: Box | None) -> Box | None:
    """The box around two boxes, either of which may not be there."""
    if a is None or b is None:
        return a or b
    low, high = np.minimum(a[:3], b[:3]), np.maximum(a[3:], b[3:])
    return (*low.tolist(), *high.tolist())
