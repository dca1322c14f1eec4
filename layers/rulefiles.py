"""Rules for daylight and sunlight as editable files: presets that come along, and the user's own.

A rule is a TOML file; `assets/rules/bre-amenity.toml` explains every line of it. A file of the user with
the name of a preset takes its place.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from layers.errors import ReadError
from layers.smallfile import read_whole

PRESETS: Final = Path(__file__).parent.parent / "assets" / "rules"
#: A rule is a page of text.
MOST_BYTES: Final = 64 * 1024

Share = Annotated[float, msgspec.Meta(ge=0.0, le=100.0)]
Hours = Annotated[float, msgspec.Meta(ge=0.0, le=24.0)]
MonthDay = Annotated[str, msgspec.Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


class Sun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When sunlight counts."""

    day: MonthDay  # of the year, "03-21"
    earliest: MonthDay = ""  # another day may be taken from here …
    latest: MonthDay = ""  # … to here
    begin: Clock = "00:00"  # hours of the day that count
    end: Clock = "24:00"
    clock: Literal["local", "true solar"] = "local"
    least_altitude_deg: Annotated[float, msgspec.Meta(ge=0.0, le=60.0)] = 0.0
    least_spell_min: Annotated[float, msgspec.Meta(ge=0.0, le=240.0)] = 0.0
    trees: Literal["ignore", "season", "opaque"] = "ignore"


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A grade above the least that passes."""

    title: str
    at_least: float


class Enough(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What passes."""

    at_least: float  # % or h, by the measure
    or_ratio: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] | None = None  # of the value before
    levels: tuple[Level, ...] = ()


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule: what is measured, where, and what passes."""

    title: str
    source: str
    about: str
    judges: Literal["areas", "windows"]
    measure: Literal["share", "hours", "sky"]
    enough: Enough
    one_of: Literal["", "building"] = ""  # of these windows one is enough; '': each is judged by itself
    hours: Hours = 0.0  # of sunlight that a point of an area must have to count in the share
    sun: Sun | None = None
    limits: tuple[str, ...] = ()
    name: str = ""  # of the file

    @property
    def unit(self) -> str:
        """Of its values and thresholds."""
        return "h" if self.measure == "hours" else "%"

    @property
    def sha256(self) -> str:
        """Of all that it says."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


@dataclass(frozen=True)
class Rules:
    """All rules that can be used, by name, and what is wrong with files that cannot."""

    rules: dict[str, Rule]
    problems: tuple[str, ...] = ()


def user_folder() -> Path:
    """Where a person may put own rules."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "citystrata" / "rules"


def all_rules(own: Path | None = None) -> Rules:
    """The presets and the rules of the user, from `own` or the folder in the user's data."""
    found: dict[str, Rule] = {}
    problems: list[str] = []
    for folder in (PRESETS, own or user_folder()):
        for path in sorted(folder.glob("*.toml")):
            try:
                found[path.stem] = read_rule(path)
            except ReadError as error:
                problems.append(f"{error.sentence()} File: {path}")
    return Rules(found, tuple(problems))


def read_rule(path: Path) -> Rule:
    """The rule in a file; ReadError says what is wrong with it."""
    text = read_whole(path, "rule", MOST_BYTES)
    try:
        values = tomllib.loads(text.decode("utf-8"))
        rule = msgspec.convert({**values, "name": path.stem}, Rule)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ReadError(
            "The rule cannot be used",
            where=path.name,
            found=str(error),
            do="Compare it with assets/rules/bre-amenity.toml, which explains every line",
        ) from error
    return _checked(rule)


def _checked(rule: Rule) -> Rule:
    """The rule, if its parts fit together."""
    problem = ""
    if rule.measure == "sky" and rule.sun is not None:
        problem = "a rule on the sky has no [sun]"
    if rule.measure != "sky" and rule.sun is None:
        problem = "a rule on sunlight needs [sun] with its day"
    if rule.measure == "share" and rule.judges != "areas":
        problem = "a share is one of an area: judges must be 'areas'"
    if rule.one_of and (rule.judges != "windows" or rule.enough.or_ratio is not None):
        problem = "one_of is for windows, and for rules without or_ratio"
    if problem:
        raise ReadError("The parts of the rule do not fit together", where=rule.name, found=problem)
    return rule
