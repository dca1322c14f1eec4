"""Classes, breaks and legends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from layers.colors import THEME_COLORS
from layers.columns import encoded
from viewer.color import Classes, Peers, natural_breaks, nice_breaks, nice_step, quantile_breaks
from viewer.color import classify as classify_column
from viewer.palette import (
    CATEGORY_MAP,
    COLOR_MAPS,
    NO_VALUE,
    OBJECT_COLORS,
    SURFACE_COLORS,
    color_table,
    object_color,
    pipe_color,
    rgb,
)


def classify(values: Sequence[Any], method: str = "", classes: int = 6, unit: str = "") -> Classes:
    return classify_column(encoded(list(values)), method, classes, unit=unit)


def test_the_twelve_most_frequent_values_have_classes_and_the_rest_is_other() -> None:
    values = [f"use {n:02}" for n in range(20) for _ in range(40 - n)] + [None, None, ""]
    classes = classify(values)
    rows = classes.legend(7, "use")
    assert [row.label for row in rows] == [*(f"use {n:02}" for n in range(12)), "other", "no value"]
    assert rows[0].count == 40 and rows[12].count == sum(40 - n for n in range(12, 20))
    assert rows[13].count == 3 and rows[13].color == NO_VALUE
    assert len({row.color for row in rows}) == 14


def test_numbers_are_graduated_between_readable_limits() -> None:
    heights = np.random.default_rng(1).lognormal(2.2, 0.5, 5_000)
    for method in ("graduated", "equal", "quantile", "natural"):
        classes = classify(list(heights), method, 6, unit="m")
        limits = [float(part) for label in classes.labels[:-1] for part in label.split(" – ")]
        assert limits == sorted(limits) and limits[0] <= heights.min() and limits[-1] >= heights.max()
        assert sum(row.count for row in classes.legend(1, "height")) == 5_000
        for code, (low, high) in enumerate(zip(limits[::2], limits[1::2], strict=True)):
            inside = heights[classes.codes == code]
            assert ((inside >= low) & (inside <= high)).all()


def test_missing_and_senseless_values_are_no_value() -> None:
    classes = classify([1.0, None, "3.5", float("nan"), True, {"a": 1}, 9.0, 4, 5, 6, 7, 8], "equal", 3)
    missing = len(classes.labels) - 1
    assert (classes.codes == missing).tolist() == [False, True, False, True, True, True, *[False] * 6]


def test_few_different_numbers_and_texts_are_categories_unless_asked_otherwise() -> None:
    assert classify([1, 2, 2, 3, None]).labels == ("2", "1", "3", "no value")
    assert classify(["a", 1, True]).labels == ("1", "a", "yes", "no value")
    codes = [str(1_000 + 10 * (n % 9)) for n in range(90)]
    assert classify(codes).labels[:2] == ("1000", "1010")
    assert len(classify(codes, "equal", 4).labels) == 5
    assert classify([5, 5, 5], "graduated").codes.tolist() == [0, 0, 0]
    assert classify([None, None]).labels == ("no value",)


def test_natural_breaks_find_the_gaps() -> None:
    rng = np.random.default_rng(3)
    groups = [rng.normal(centre, 0.4, 300) for centre in (2.0, 10.0, 30.0)]
    first, last = natural_breaks(np.concatenate(groups), 3)[1:-1]
    assert groups[0].max() < first <= groups[1].min() and groups[1].max() < last <= groups[2].min()


def test_natural_breaks_are_the_best_there_are() -> None:
    """Against trying all classifications of a small set."""
    numbers = np.sort(np.random.default_rng(5).uniform(0, 100, 14))

    def spread(cuts: tuple[int, ...]) -> float:
        parts = np.split(numbers, cuts)
        return sum(float(((part - part.mean()) ** 2).sum()) for part in parts)

    best = min(spread((i, j)) for i in range(1, 13) for j in range(i + 1, 14))
    limits = natural_breaks(numbers, 3)[1:-1]
    found = spread(tuple(int(cut) for cut in np.searchsorted(numbers, limits)))
    assert found == pytest.approx(best)


def test_quantiles_hold_equal_numbers() -> None:
    numbers = np.random.default_rng(2).exponential(10, 1_000)
    counts, _ = np.histogram(numbers, quantile_breaks(numbers, 5))
    assert counts.tolist() == [200] * 5
    nice, _ = np.histogram(numbers, nice_breaks(numbers, "quantile", 5))
    assert len(nice) == 5 and nice.min() > 150


@pytest.mark.parametrize(("wanted", "step"), [(0.9, 1.0), (23.0, 25.0), (0.0031, 0.0025), (700.0, 500.0)])
def test_steps_are_numbers_people_use(wanted: float, step: float) -> None:
    assert nice_step(wanted) == pytest.approx(step)


def test_every_colour_can_be_read() -> None:
    for color in (*OBJECT_COLORS.values(), *SURFACE_COLORS.values()):
        assert rgb(color).shape == (3,)
    for name in (*COLOR_MAPS, CATEGORY_MAP):
        table = color_table(name)
        assert table.shape[1] == 3 and table.min() >= 0 and table.max() <= 255
    assert object_color("BridgePart") == object_color("Bridge")
    assert object_color("+NoiseBarrier") == object_color("+NoiseBarrier")
    assert pipe_color("Trinkwasser Nord") != pipe_color("Sewer")


@pytest.mark.parametrize("name", ["viridis", "cividis", "magma"])
def test_maps_for_the_colour_blind_grow_steadily_lighter(name: str) -> None:
    lightness = color_table(name) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness) > 0).all()


def colors_of(classes: Classes) -> dict[str, str]:
    return {entry.label: entry.color for entry in classes.legend(1, "") if entry.count}


def test_a_value_has_one_colour_in_all_layers_of_a_source() -> None:
    one = encoded(["gas"] * 3 + ["water"] * 2 + ["heat"])
    other = encoded(["water"] * 5 + ["heat"] * 4 + ["gas", "sewer"])
    here = colors_of(classify_column(one, peers=Peers([other])))
    there = colors_of(classify_column(other, peers=Peers([one])))
    assert list(here) == ["water", "heat", "gas"] and set(there) - set(here) == {"sewer"}
    assert all(there[word] == color for word, color in here.items())
    assert colors_of(classify_column(one))["water"] != here["water"]


def test_values_that_have_agreed_colours_keep_them_however_many_there_are() -> None:
    many = encoded([*THEME_COLORS, *map(str, range(20)), ["water"], ["water", "gasLageDruk"]])
    found = colors_of(classify_column(many, "categories", peers=Peers(agreed=THEME_COLORS)))
    assert {name: found[name] for name in THEME_COLORS} == THEME_COLORS
    assert len(found) == len(THEME_COLORS) + 12 + 1 and "other" in found
    assert colors_of(classify_column(many, color_map="magma", peers=Peers(agreed=THEME_COLORS)))


def test_lists_are_written_as_words() -> None:
    classes = classify([["datatransport", "hoogspanning"], ["water"], True])
    assert set(colors_of(classes)) == {"datatransport, hoogspanning", "water", "yes"}
