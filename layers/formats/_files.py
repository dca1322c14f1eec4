"""What the readers of bulk data share: the names of layers, and whether numbers are a scanner's own."""

from __future__ import annotations

from pathlib import Path

from layers.data import Box

NEAR = 10_000.0
#: Endings of city models that are not part of a layer's name.
CITY_ENDINGS = (".city.jsonl", ".jsonl", ".city.json", ".json")


def layer_name(path: Path, endings: tuple[str, ...]) -> str:
    """The file's name without the longest of `endings` that fits."""
    for ending in sorted(endings, key=len, reverse=True):
        if path.name.lower().endswith(ending) and len(path.name) > len(ending):
            return path.name[: -len(ending)]
    return path.stem


def is_near_zero(box: Box) -> bool:
    """Whether coordinates look like a scanner's own, not like a country's grid."""
    return max(map(abs, box)) < NEAR
