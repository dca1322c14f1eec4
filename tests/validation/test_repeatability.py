"""The same numbers with any number of threads."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import ROOT
from tests.validation.record import record


def hashes(threads: int) -> list[str]:
    """Of quantities that were counted with so many threads, of ours and of the linear algebra."""
    limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return subprocess.run(
        [sys.executable, "-m", "tests.validation.threads", str(threads)],
        cwd=ROOT,
        env=os.environ | limits,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def test_the_same_bits_with_one_thread_and_with_two() -> None:
    one, two, three = (hashes(threads) for threads in (1, 2, 3))
    assert len(one) == 4
    record(
        "Repeatability",
        "sky views and irradiation with one, two and three threads",
        reference="the same computation on one thread",
        quantity="quantities of which any bit differs",
        found=sum(len({a, b, c}) > 1 for a, b, c in zip(one, two, three, strict=True)),
        tolerance=0,
        note="sky view factor, sky component, direct and diffuse irradiation",
    )
