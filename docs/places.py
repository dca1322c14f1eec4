"""Pages whose numbers are filled in by programs: what stands between `<!-- name -->` and `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

#: Where no numbers are known.
NOT_YET = "Not measured yet."
_PLACE = re.compile(r"(<!-- (?!end )([^>]+?) -->)\n.*?(<!-- end -->)", re.DOTALL)


def fill(page: Path, text_of: Callable[[str], str]) -> None:
    """Write every place of a page anew with the text of its name."""

    def filled(found: re.Match[str]) -> str:
        return f"{found[1]}\n{text_of(found[2])}\n{found[3]}"

    page.write_text(_PLACE.sub(filled, page.read_text("utf-8")), "utf-8")


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
