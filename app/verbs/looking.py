"""What the verbs of visibility share: from where one looks, over which Earth, through which trees."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from analysis.sight.looking import EYE_HEIGHT_M
from app.verbs.asking import (
    OPTIONS,
    add_results,
    add_states,
    numbers_from,
    states_from,
)
from app.verbs.options import Option, add_options, given
from app.verbs.verb import add_project
from layers.errors import UsageError

#: Options by which the inputs of visibility are given, where they are called otherwise.
LOOKING_OPTIONS: Mapping[str, str] = {
    **OPTIONS,
    "places": "--from",
    "eye_height_m": "--height",
    "curvature": "--no-curvature",
}
HEIGHT = Option(
    "height",
    "eye_height_m",
    "M",
    f"of the eye above that place in metres; default {EYE_HEIGHT_M:g}",
    float,
)
REFRACTION = Option("refraction", "refraction", "K", "coefficient of refraction; default 0.13", float)
PLACE = "X,Y[,Z]"


def add_from(parser: argparse.ArgumentParser, least: bool = True, are_eyes: bool = False) -> None:
    """The project, and from which places one looks.

    `least`: one at least is needed; `are_eyes`: places with a height are those of eyes, not of feet.
    """
    add_project(parser)
    what = "the eye itself" if are_eyes else "where one stands"
    about = f"from where: X,Y on the ground, or X,Y,Z of {what}, Z in the project's heights"
    add_places(parser, "--from", about, least)
    more = " for X,Y and 0, the eye itself, for X,Y,Z" * are_eyes
    add_options(parser, [replace(HEIGHT, about=f"{HEIGHT.about}{more}")])


def add_places(parser: argparse.ArgumentParser, option: str, about: str, least: bool = True) -> None:
    """Places as NAME_places of the option --NAME, of which there may be several."""
    parser.add_argument(
        option,
        dest=option.strip("-").replace("-", "_") + "_places",
        metavar=PLACE,
        nargs="+",
        action="extend",
        default=[],
        required=least,
        type=place_from,
        help=f"{about}; in the project's CRS, may be given again",
    )


def add_seeing(parser: argparse.ArgumentParser, trees: bool = True, far: bool = True) -> None:
    """What hides, over which Earth, in which states of the city, and what becomes of the result.

    `trees`: whether they hide unless it is said otherwise; `far`: whether one looks so far that the Earth's
    curvature matters.
    """
    add = parser.add_argument
    if trees:
        add("--no-trees", action="store_true", help="as if there were no vegetation")
    else:
        add("--trees", action="store_true", help="trees count too")
    if far:
        add("--no-curvature", action="store_true", help="as if the Earth were flat and without air")
        add_options(parser, [REFRACTION])
    add_states(parser, "--date")
    add_results(parser)


def looking_from(arguments: argparse.Namespace) -> dict[str, Any]:
    """The inputs that all analyses of visibility have, from the arguments."""
    found = {
        **states_from(arguments),
        "vegetation": arguments.trees if hasattr(arguments, "trees") else not arguments.no_trees,
    }
    if hasattr(arguments, "no_curvature"):
        found |= {"curvature": not arguments.no_curvature, **given(arguments, [REFRACTION])}
    if hasattr(arguments, "from_places"):
        found |= {"places": tuple(arguments.from_places), **given(arguments, [HEIGHT])}
    return found


def place_from(text: str) -> tuple[float, ...]:
    """A place on the ground, or with the height of one's feet."""
    numbers = numbers_from(text)
    if len(numbers) not in (2, 3):
        raise UsageError(
            "The place is not understood",
            found=repr(text),
            allowed="X,Y on the ground or X,Y,Z, in the project's CRS",
        )
    return numbers


def range_from(allowed: str) -> Callable[[str], tuple[float, float]]:
    """Reads two numbers, the smaller one first, such as "-10,30"."""

    def read(text: str) -> tuple[float, float]:
        numbers = numbers_from(text)
        if len(numbers) != 2 or numbers[0] > numbers[1]:
            raise UsageError("The range is not understood", found=repr(text), allowed=allowed)
        return numbers[0], numbers[1]

    return read
