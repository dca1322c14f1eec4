"""The same numbers with any number of threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.analysis.town import make_town
from tests.conftest import ROOT
from tests.validation.record import record
from tests.validation.threads import RUNS


def counting(threads: int, project: Path) -> subprocess.Popen[str]:
    """A process that prints the hashes of columns, with so many threads of ours and of the linear algebra."""
    limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.validation.threads", str(threads), str(project)],
        cwd=ROOT,
        env=os.environ | limits,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_same_bits_with_one_thread_and_with_two(tmp_path: Path) -> None:
    project = make_town(tmp_path)
    processes = [counting(threads, project) for threads in (1, 2)]
    one, two = (process.communicate()[0].splitlines() for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    differ = [a for a, b in zip(one, two, strict=True) if a != b]
    assert len(one) > 20 * len(RUNS)
    record(
        "Repeatability",
        "sky view, sunlight hours, irradiation, shadows and viewsheds of a project, with one and two threads",
        reference="the same computation on one thread",
        quantity="columns of results of which any bit differs",
        found=len(differ),
        tolerance=0,
        note=f"{len(one)} columns{''.join(f'; {column.split()[0]}' for column in differ)}",
    )
