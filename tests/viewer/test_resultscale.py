"""What colours of a quantity mean: values at even steps, or what is yes and what is no."""

from __future__ import annotations

import numpy as np

from layers.arrays import Float64
from layers.results import Pedigree, Quantity, Result, Table
from viewer.palette import color_table, hex_color
from viewer.resultscale import scale_of

SEEN = Quantity("seen_fraction", "Seen", "", 2, "seen", 0.0, 1.0, ("Not seen", "Seen"))
GAIN = Quantity(
    "seen_fraction_change", "Seen, change", "", 2, words=("No longer seen", "As before", "Newly seen")
)


def _result(quantity: Quantity, values: Float64) -> Result:
    points = {quantity.name: values, "area_m2": np.full(len(values), 500.0)}
    return Result("visibility", "", {}, Pedigree("", "", ()), (quantity,), points=Table(points))


def test_yes_and_no_have_an_entry_each_with_its_area() -> None:
    scale = scale_of(_result(SEEN, np.array([1.0, 0.0, 0.0, np.nan, 0.0])), SEEN)
    legend = [(entry.label, entry.count, entry.unit) for entry in scale.legend()]
    assert legend == [("Seen", 500, "m²"), ("Not seen", 1500, "m²")]
    strong, pale = (entry.color for entry in scale.legend())
    assert [pale, strong] == [hex_color(color) for color in color_table("seen")[[0, -1]]]


def test_a_change_of_yes_and_no_has_three() -> None:
    scale = scale_of(_result(GAIN, np.array([-1.0, 0.0, 0.0])), GAIN)
    legend = [(entry.label, entry.count) for entry in scale.legend()]
    assert legend == [("Newly seen", 0), ("As before", 1000), ("No longer seen", 500)]


def test_shares_are_a_ramp_in_percent_and_one_value_needs_none() -> None:
    shares = scale_of(_result(SEEN, np.array([0.25, 1.0, 0.0])), SEEN).legend()
    assert (shares[0].label, shares[-1].label, shares[0].unit) == ("100", "0", "%")
    area = Quantity("isovist_m2", "Isovist area", "m²", 0, low=0.0)
    assert scale_of(_result(area, np.array([9295.0])), area).legend() == []


def test_nothing_seen_is_pale_and_what_is_seen_grows_steadily_darker() -> None:
    lightness = color_table("seen") @ (0.2126, 0.7152, 0.0722)
    assert lightness[0] > 210 and (np.diff(lightness) < -10).all()
