"""The tables of a printed comparison: what differs, object by object, and what results say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from app.paper import INK, MUTED, SMALL, TINY, Block, heading, paragraph
from app.papergrid import Grid
from app.paperparts import VERDICT_COLOURS
from app.printed.comparison import FEWEST, Comparison
from app.printed.differences import KINDS, MOST_LOOKED_AT, SAID, Changed, Differences
from app.printed.told import Line, Told
from app.resulttext import NOTHING, WORDS, amount
from layers.results import unit_of_change
from layers.written import counted, grouped, unbroken

#: Objects that are listed; the list of changes in the window has all.
MOST_LISTED = 40
#: Objects that have a number in the pictures.
MOST_NUMBERED = 9
OUTDATED = "computed before the city was last changed."
#: Above the names of what several lists lead to.
FROM_FIRST = "From the first to"
#: A minus as it is printed.
MINUS = "\u2212"


def signed(value: float, digits: int, unit: str = "") -> str:
    """A difference with its sign; none where there is nothing to tell apart."""
    if not math.isfinite(value):
        return NOTHING
    if round(value, digits) == 0:
        return amount(0.0, digits, unit)
    return f"{'+' if value > 0 else MINUS}{amount(abs(value), digits, unit)}"


def counts_of(comparison: Comparison, found: Sequence[Differences]) -> list[Block]:
    """How much appeared, vanished and changed, in the pictures and in the whole city."""
    blocks: list[Block] = []
    rows = [row for differences in found for row in _counts(comparison, differences, len(found) > 1)]
    if rows:
        titles = [FROM_FIRST] * (len(found) > 1) + ["", "In the pictures", "In all", "Volume in the pictures"]
        blocks.append(Grid(titles, rows, [False] * (len(titles) - 3) + [True] * 3))
    for differences in found:
        to = f" from the first to {_name(comparison, differences)}" if len(found) > 1 else ""
        if differences.result is None:
            blocks.append(paragraph("Both are the same situation of the city.", SMALL))
        elif not differences.counts:
            blocks.append(paragraph(f"Nothing differs{to}.", SMALL))
        elif not differences.is_whole:
            words = f"In the pictures{to} counts among the {grouped(MOST_LOOKED_AT)} that changed most."
            blocks.append(paragraph(words, TINY, MUTED))
    return blocks


def _counts(comparison: Comparison, differences: Differences, is_named: bool) -> Iterator[list[str]]:
    """A row per kind of change; of several lists the first one names it."""
    every, shown = differences.counts, differences.counts_shown
    name = [_name(comparison, differences)] * is_named
    for kind in KINDS:
        if every[kind]:
            here = [each for each in differences.shown if each.kind == kind]
            volume = signed(_sum(here), 0, "m³") if here and kind != SAID else NOTHING
            yield [*name, kind, grouped(shown[kind]), grouped(every[kind]), volume]
            name = [""] * is_named


def _name(comparison: Comparison, differences: Differences) -> str:
    """What is compared with the first situation."""
    return comparison.situations[differences.to].title


def _sum(rows: Sequence[Changed]) -> float:
    """By how much volumes are larger; NaN where none is known. Pieces of a whole have its volume each."""
    by_change = {each.group: each.volume_change_m3 for each in rows}
    known = [value for value in by_change.values() if math.isfinite(value)]
    return sum(known) if known else math.nan


def objects_of(comparison: Comparison, found: Sequence[Differences]) -> list[Block]:
    """The objects that differ in the pictures, with their heights and volumes in both situations."""
    blocks: list[Block] = []
    for differences in found:
        rows = differences.shown
        if not rows:
            continue
        more = f": from the first to {_name(comparison, differences)}" if len(found) > 1 else ""
        blocks.append(heading(f"In the pictures{more}", 11, 14))
        blocks.append(_objects(rows[:MOST_LISTED], numbered=len(found) == 1))
        if len(rows) > MOST_LISTED:
            words = f"The {MOST_LISTED} that differ most, of {counted(len(rows), 'object')} in the pictures."
            blocks.append(paragraph(words, TINY, MUTED, gap=3))
    return blocks


def _objects(rows: Sequence[Changed], numbered: bool) -> Grid:
    cells = []
    for number, each in enumerate(rows, 1):
        is_numbered = numbered and number <= MOST_NUMBERED
        cells.append(
            [
                str(number) if is_numbered else "",
                each.name,
                each.kind,
                *(amount(value, 1) for value in each.heights_m),
                signed(each.height_change_m, 1),
                *(amount(value, 0) for value in each.volumes_m3),
                signed(each.volume_change_m3, 0),
            ]
        )
    titles = ["", "Object", "What happened", "Height before (m)", "after", "difference",
              "Volume before (m³)", "after", "difference"]  # fmt: skip
    return Grid(titles, cells, [True, False, False, *[True] * 6])


def results_of(comparison: Comparison, told: Sequence[Told]) -> list[Block]:
    """What results say, a line per number: before, after and the difference of two, else each."""
    if not told:
        return []
    heads = comparison.heads
    compares = len(heads) == FEWEST
    titles = ["Result", "", *heads, *(["Difference"] if compares else [])]
    rows, colours, notes = [], [], []
    for one in told:
        for number, line in enumerate(one.lines):
            difference = [_difference(line)] if compares else []
            rows.append(
                ["" if number else one.title, line.title, *(_told(v, line) for v in line.values), *difference]
            )
            colours.append([INK, INK, *map(_ink, line.values), *[INK] * len(difference)])
        notes += [f"{one.title}: {sentence}" for sentence in one.sentences]
        if one.is_outdated:
            notes.append(f"{one.title}: {OUTDATED}")
    numeric = [False, False, *[True] * (len(titles) - 2)]
    table = Grid(titles, rows, numeric, colours)
    said = [paragraph(unbroken(note), SMALL, gap=4) for note in notes]
    return [heading("What results say", 11, 14), table, *said]


def _told(value: float | str, line: Line) -> str:
    if isinstance(value, str):
        return value or NOTHING
    return amount(value, line.digits, line.unit)


def _difference(line: Line) -> str:
    """After minus before, of what is shown, so that it adds up."""
    before, after = line.values
    if isinstance(before, str) or isinstance(after, str):
        return ""
    unit = unit_of_change(line.unit)
    return signed(round(after, line.digits) - round(before, line.digits), line.digits, unit)


def _ink(value: float | str) -> str:
    verdicts = {word: verdict for verdict, word in WORDS.items()}
    return VERDICT_COLOURS.get(verdicts.get(str(value), ""), (INK, ""))[0]
