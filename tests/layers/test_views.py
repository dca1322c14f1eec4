"""Pictures of results: the direction that they tell is clockwise from true north, where that is known."""

from __future__ import annotations

from layers.results import VIEWS, Pedigree, Result, Table
from layers.views import View, views_of, views_table


def _result(table: Table) -> Result:
    return Result("windowview", "", {}, Pedigree("", "", ()), tables={VIEWS: table})


def test_directions_are_told_from_true_north_and_survive_the_table() -> None:
    # To the grid's west; true north lies 2.4 degrees west of the grid's.
    view = View("spot 1", (0.0, 0.0, 2.0), (-10.0, 0.0, 2.0), 60.0, 1.5, convergence_deg=2.4)
    assert view.title == "From spot 1 to the west (272° from true north), 60° wide"
    assert views_of(_result(views_table([view]))) == (view,)


def test_a_picture_that_does_not_know_true_north_says_so() -> None:
    view = View("spot 1", (0.0, 0.0, 2.0), (-10.0, 0.0, 2.0), 60.0)
    kept = dict(views_table([view]).columns)
    del kept["convergence_deg"]  # as results of before have it
    (found,) = views_of(_result(Table(kept)))
    assert found == view and "(270° from the grid's north)" in found.title
