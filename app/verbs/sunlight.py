"""`citystrata sunlight`, `rules` and `blame`: hours of sunlight, rules on them, and who takes them."""

from __future__ import annotations

import argparse
import calendar
import re

import numpy as np

from app.verbs.asking import (
    OPTIONS,
    ROWS_SHOWN,
    add_results,
    add_states,
    add_surfaces,
    add_where,
    lines_of,
    measured,
    surveyed_from,
    told,
    values_of,
)
from app.verbs.verb import Answer, Verb
from layers.errors import UsageError
from layers.results import Table

#: A year is computed on one day of each week unless it is asked otherwise.
WEEK = 7

_YEAR, _MONTH, _DAY = r"\d{4}", r"\d{4}-\d{2}", r"\d{4}-\d{2}-\d{2}"


def days_from(text: str) -> tuple[str, str]:
    """First and last day of "2026-03-21", "2026-03", "2026" or "2026-02-01..2026-03-21"."""
    first, dots, last = text.partition("..")
    if dots and re.fullmatch(_DAY, first) and re.fullmatch(_DAY, last):
        return first, last
    if re.fullmatch(_DAY, text):
        return text, ""
    if re.fullmatch(_YEAR, text):
        return f"{text}-01-01", f"{text}-12-31"
    if re.fullmatch(_MONTH, text) and 1 <= int(text[5:]) <= 12:
        return f"{text}-01", f"{text}-{calendar.monthrange(int(text[:4]), int(text[5:]))[1]}"
    raise UsageError(
        "The date is not understood",
        found=repr(text),
        allowed="a day 2026-03-21, a month 2026-03, a year 2026, or 2026-02-01..2026-03-21",
    )


def _sunlight_arguments(parser: argparse.ArgumentParser) -> None:
    add_where(parser)
    add_surfaces(parser)
    parser.add_argument("--date", metavar="D", required=True, type=days_from, help="a day, a month or a year")
    parser.add_argument("--from", dest="begin", metavar="HH:MM", help="time of the day from which it counts")
    parser.add_argument("--to", dest="end", metavar="HH:MM", help="and up to which, on clocks of the place")
    parser.add_argument("--step", metavar="MIN", type=float, help="step in time in minutes; default 5")
    parser.add_argument("--every", metavar="DAYS", type=int, help="of so many days one is computed")
    parser.add_argument("--enough", metavar="H", type=float, help="hours a day that are enough; default 2")
    parser.add_argument("--least-altitude", metavar="DEG", type=float, help="a lower sun does not count")
    parser.add_argument("--least-spell", metavar="MIN", type=float, help="shorter spells do not count")
    parser.add_argument("--no-trees", action="store_true", help="as if there were no vegetation")
    add_states(parser, "--city-date")
    add_results(parser)


def _run_sunlight(arguments: argparse.Namespace) -> Answer:
    first, last = arguments.date
    arguments.city_date = arguments.city_date or first
    given = {
        "begin": arguments.begin,
        "end": arguments.end,
        "step_min": arguments.step,
        "every": arguments.every or (WEEK if last and first[:7] != last[:7] else None),
        "enough_h": arguments.enough,
        "least_altitude_deg": arguments.least_altitude,
        "least_spell_min": arguments.least_spell,
    }
    answers = {
        **surveyed_from(arguments),
        "day": first,
        "last_day": last,
        "vegetation": not arguments.no_trees,
        **{name: value for name, value in given.items() if value is not None},
    }
    dates = {"date": "--city-date", "day": "--date", "last_day": "--date"}
    result, said = measured(arguments, "sunlight", answers, {**OPTIONS, **dates})
    name = "hours_lost" if "hours_lost" in result.tables else "objects"
    headings = {"name": "object", "area_m2": "m²", "sunlight_h": "sunlight, h"}
    if name == "hours_lost":
        headings |= {"sunlight_h_before": "before, h", "sunlight_h_change": "change, h"}
    lines = [result.title, *lines_of(result.tables[name], headings), *told(result), *said]
    return Answer(values_of(arguments, result), tuple(lines))


def _rules_arguments(parser: argparse.ArgumentParser) -> None:
    add_where(parser)
    parser.add_argument("--rule", metavar="NAME", help="which rule; without it, the rules are listed")
    parser.add_argument("--day", metavar="D", help="another day, where the rule leaves a choice")
    parser.add_argument("--least-altitude", metavar="DEG", type=float, help="instead of the rule's own")
    add_states(parser, "--date")
    add_results(parser)


def _run_rules(arguments: argparse.Namespace) -> Answer:
    if arguments.rule is None:
        return _list_of_rules()
    answers = {**surveyed_from(arguments), "rule": arguments.rule, "day": arguments.day or ""}
    if arguments.least_altitude is not None:
        answers["least_altitude_deg"] = arguments.least_altitude
    result, said = measured(arguments, "rules", answers)
    lines = [result.title, *_verdict_lines(result.tables["verdicts"]), *told(result), *said]
    return Answer(values_of(arguments, result), tuple(lines))


def _verdict_lines(verdicts: Table) -> list[str]:
    """The verdicts that count, each with its reason, then all as a table."""
    texts = (verdicts.texts(name) for name in ("name", "verdict", "reason"))
    rows = zip(verdicts.columns["counts"], *texts, strict=True)
    reasons = [f"{name}: {word or 'no verdict'}. {why}" for counts, name, word, why in rows if counts]
    unit = next(iter(verdicts.texts("unit")), "")
    headings = {
        "name": "what",
        "verdict": "verdict",
        "before": f"before, {unit}",
        "after": f"after, {unit}",
        "threshold": f"asked for, {unit}",
        "ratio": "after/before",
        "margin": f"margin, {unit}",
    }
    if not np.isfinite(verdicts.numbers("before")).any():
        del headings["before"]
    if not np.isfinite(verdicts.numbers("ratio")).any():
        del headings["ratio"]
    return [*reasons[:ROWS_SHOWN], *lines_of(verdicts, headings)]


def _list_of_rules() -> Answer:
    from layers.rulefiles import all_rules, user_folder

    found = all_rules()
    values = [
        {"name": name, "title": rule.title, "about": rule.about, "source": rule.source}
        for name, rule in found.rules.items()
    ]
    lines = [f"{rule['name']}\n  {rule['about']}\n  Source: {rule['source']}" for rule in values]
    lines += [*found.problems, f"Rules of your own go here. Folder: {user_folder()}"]
    return Answer({"rules": values, "problems": list(found.problems)}, tuple(lines))


def _blame_arguments(parser: argparse.ArgumentParser) -> None:
    add_where(parser)
    add_surfaces(parser)
    parser.add_argument(
        "--day",
        metavar="D",
        help="the day that is looked at hour by hour; default 21 March in the year of the city",
    )
    parser.add_argument("--day-only", action="store_true", help="not the year too")
    parser.add_argument("--step", metavar="MIN", type=float, help="step in time in minutes; default 5")
    add_states(parser, "--date")
    add_results(parser)


def _run_blame(arguments: argparse.Namespace) -> Answer:
    answers = {**surveyed_from(arguments), "year": not arguments.day_only}
    answers |= {"day": arguments.day} if arguments.day else {}
    answers |= {"step_min": arguments.step} if arguments.step else {}
    result, said = measured(arguments, "blame", answers)
    headings = {"name": "object", "taken_h": "takes that day, h", "sole_h": "of it alone, h"}
    if not arguments.day_only:
        headings |= {"taken_year_h": "takes in the year, h", "sole_year_h": "of it alone, h"}
    lines = [result.title, *lines_of(result.tables["blockers"], headings), *told(result), *said]
    return Answer(values_of(arguments, result), tuple(lines))


SUNLIGHT = Verb(
    "sunlight",
    "Hours of sunlight on surfaces, windows or ground, on a day or over a year.",
    "citystrata sunlight town.city.gpkg --date 2035-03-21 --compare-date 2025-03-21 --out sunlight.gpkg",
    _sunlight_arguments,
    _run_sunlight,
)
RULES = Verb(
    "rules",
    "Check a rule for daylight or sunlight, before and after; the answer says pass or fail.",
    "citystrata rules town.city.gpkg --rule bre-amenity --objects \"name == 'School yard'\" "
    "--date 2035-07-01 --compare-date 2025-07-01",
    _rules_arguments,
    _run_rules,
)
BLAME = Verb(
    "blame",
    "Say which objects take the sun of a window or a plot, and when.",
    "citystrata blame town.city.gpkg --objects \"name == 'School yard'\" --on ground --date 2035-07-01",
    _blame_arguments,
    _run_blame,
)
