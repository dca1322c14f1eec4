"""Whether lists of a CityJSON document are nested as they must be, and values fit surfaces and rings."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_a(value: Any, kinds: tuple[type, ...]) -> bool:
    """Whether a value is of one of these kinds; true and false are no numbers."""
    return isinstance(value, kinds) and not isinstance(value, bool)


def is_index(value: Any) -> TypeGuard[int]:
    """Whether a value is a whole number from zero."""
    return is_a(value, (int,)) and value >= 0


def are_numbers(values: Any, count: int) -> bool:
    """Whether a value is a list of so many numbers."""
    return isinstance(values, list) and len(values) == count and all(is_a(v, (int, float)) for v in values)


def collect(values: Any, depth: int, into: list[int]) -> bool:
    """Whether lists are nested just so deep around whole numbers, which are gathered."""
    if not isinstance(values, list):
        return False
    if depth > 1:
        return all(collect(value, depth - 1, into) for value in values)
    if not all(is_a(value, (int,)) for value in values):
        return False
    into.extend(values)
    return True


def values_fit(values: Any, boundaries: Any, levels: int, count: int) -> bool:
    """Whether values are nested as the boundaries are, down to the surfaces, and below `count` or null."""
    if values is None:
        return True
    if levels == 0:
        return is_index(values) and bool(values < count)
    if not isinstance(values, list) or len(values) != len(boundaries):
        return False
    return all(values_fit(v, b, levels - 1, count) for v, b in zip(values, boundaries, strict=True))


def texture_fits(values: Any, boundaries: Any, levels: int, textures: int, corners: int) -> bool:
    """Whether each ring has a texture and as many coordinates as corners, or nulls."""
    if not isinstance(values, list):
        return False
    if levels == 1 and values == [[None]]:
        return True  # one null for a surface with all its holes
    if levels > 0:
        return len(values) == len(boundaries) and all(
            texture_fits(v, b, levels - 1, textures, corners) for v, b in zip(values, boundaries, strict=True)
        )
    if all(value is None for value in values):
        return True
    if len(values) != len(boundaries) + 1 or not all(is_index(v) for v in values):
        return False
    return bool(values[0] < textures) and all(v < corners for v in values[1:])
