"""All figures: `python -m benchmarks`, or `python -m benchmarks NAME…` for some of them."""

from __future__ import annotations

import subprocess
import sys

FIGURES = ("reading_cityjson", "importing", "first_picture", "editing", "responsiveness")


def main(names: list[str]) -> int:
    """Run each in a process of its own; the exit status says whether all are within their limits."""
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        print(f"There is no figure {unknown[0]!r}; there are: {', '.join(FIGURES)}.", file=sys.stderr)
        return 2
    status = 0
    for name in names or FIGURES:
        print(f"{name}:", flush=True)
        status |= subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
    return int(status != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
