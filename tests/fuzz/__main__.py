"""`python -m tests.fuzz [--each 10000] [--from 0] [--keep] [FORMAT…]`: damages files and reads them.

Prints, for every format, what became of them; ends with 1 when a reader did what it must not: let an
exception out, work for more than 10 s, take more than 1 GB, open a file outside the folder of
its source, or, where it is no foreign native code, end its process. `--keep` adds such files to
`finds.json`, which the tests read again for ever.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import orjson

from tests.conftest import DATA
from tests.fuzz.cases import Case
from tests.fuzz.reading import Outcome, outcomes, warm
from tests.fuzz.seeds import seeds

FINDS = Path(__file__).with_name("finds.json")
#: Files that one child reads, unless it ends before.
BATCH = 100


def main() -> int:
    """Damage, read, count."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("formats", nargs="*", metavar="FORMAT")
    parser.add_argument("--each", type=int, default=10_000, help="damaged files for every format")
    parser.add_argument("--from", type=int, default=0, dest="first", help="number of the first")
    parser.add_argument("--keep", action="store_true", help="add what fails to finds.json")
    asked = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"The real files that are damaged are not here: {DATA} (set CITYSTRATA_DATA).")
    faults: list[Outcome] = []
    heads = ("seeds", "files", "read", "refused", "own process died", "faults")
    print(f"{'format':<14}" + "".join(f"{head:>{len(head) + 3}}" for head in heads))
    warm()
    for name, mine in seeds().items():
        if asked.formats and name not in asked.formats:
            continue
        cases = [Case(mine[n % len(mine)], n) for n in range(asked.first, asked.first + asked.each)]
        found = _read(cases)
        count = Counter(outcome.what for outcome in found)
        bad = [outcome for outcome in found if outcome.is_fault]
        died = count["died"] - sum(outcome.what == "died" for outcome in bad)
        row = (len(mine), len(found), count["read"], count["refused"], died, len(bad))
        told = "".join(f"{value:>{len(head) + 3},}" for head, value in zip(heads, row, strict=True))
        print(f"{name:<14}{told}", flush=True)
        for outcome in bad[:10]:
            print(f"    {outcome.what} {outcome.case.seed.name} {outcome.case.number}: {outcome.text}")
        faults += bad
        if asked.keep and bad:
            keep(bad)
    return 1 if faults else 0


def _read(cases: list[Case]) -> list[Outcome]:
    batches = [cases[at : at + BATCH] for at in range(0, len(cases), BATCH)]
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool:
        return [outcome for batch in pool.map(_batch, batches) for outcome in batch]


def _batch(cases: list[Case]) -> list[Outcome]:
    return list(outcomes(cases))


def keep(faults: list[Outcome]) -> None:
    """Add them to the finds."""
    known = orjson.loads(FINDS.read_bytes()) if FINDS.exists() else []
    for outcome in faults:
        case = outcome.case
        find = {"format": case.seed.format, "seed": case.seed.name, "number": case.number}
        if find not in known:
            known.append(find)
    FINDS.write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
