"""Days and directions as reports say them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePath

from app.resultanswer import answers_of
from layers.project import Project
from layers.results import Result
from layers.written import unbroken

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
#: Local days in audit lines: a time with its offset, not one in UTC.
LOCAL_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2})?[+-]")
COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


def day_of_result(result: Result) -> str:
    """The one day of the sun that a result is about, in local time; '' where it is none, or several."""
    days = {found for line in result.pedigree.sun for found in LOCAL_DAY.findall(line)}
    return days.pop() if len(days) == 1 else ""


def date_in_words(day: str) -> str:
    """An ISO date as in "21 March 2035", whatever the language of the system."""
    found = date.fromisoformat(day)
    return f"{found.day} {MONTHS[found.month - 1]} {found.year}"


def seen_from(azimuth_deg: float) -> str:
    """Where somebody stands who looks into a direction: "south-west"."""
    return COMPASS[round((azimuth_deg + 180) % 360 / 45) % 8]


def subject_of(result: Result) -> str:
    """The title of a result without what it says of the outcome, which stands below it."""
    title = unbroken(result.title)
    for sentence in answers_of(result)[:1]:
        title = title.replace(f": {sentence.removesuffix('.')}", "")
    return title


def sources_of(project: Project) -> list[tuple[str, str]]:
    """The layers of a city model with the files they come from, and how fine these are."""
    rows = []
    for layer in project.layers:
        if layer.kind not in ("city", "terrain"):
            continue
        said = [PurePath(layer.source_path).name] if layer.source_path else []
        cells = layer.facts.get("cell_size")
        if layer.kind == "terrain" and isinstance(cells, list) and cells:
            said.append(f"cells of {max(cells):g} m")
        rows.append((layer.name, ", ".join(said) or "drawn here"))
    return rows
