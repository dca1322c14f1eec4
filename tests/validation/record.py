"""What a validation found, asserted and kept for docs/validation.md.

    record("Sun position", "azimuth and altitude of all rows of the reference table",
           reference="Reda & Andreas 2004, doi:10.1016/j.solener.2003.12.003",
           quantity="largest difference", found=worst_deg, tolerance=0.0003, unit="°")

fails the test when the tolerance is not met. `python -m docs.validation` runs all tests that record and
writes the page from what they found.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import pytest

#: Parts of the page, in its order.
SECTIONS = (
    "Rays",
    "Sun position",
    "Shadow",
    "Sunlight hours",
    "Sky view",
    "Irradiation of unshaded surfaces",
    "Irradiation among buildings",
    "Measured irradiance",
    "Photovoltaics",
    "Lines of sight",
    "Viewsheds",
    "Protected views",
    "Isovists and exposure",
    "Views from windows",
    "What changed",
    "Planning",
    "Repeatability",
)
#: The environment's name of the file that findings are added to, a JSON text per line.
KEPT_IN = "CITYSTRATA_FINDINGS"
#: Marks tests that take long and add to the page what shorter ones do not need.
ONLY_FOR_THE_PAGE = pytest.mark.skipif(
    KEPT_IN not in os.environ and not any("::" in argument for argument in sys.argv),
    reason="takes long: runs when it is asked for by name, or by python -m docs.validation",
)


@dataclass(frozen=True)
class Finding:
    """One row of the page."""

    section: str
    claim: str  # what is said of Citystrata
    reference: str  # what it is compared with, with DOI or address
    quantity: str  # what the numbers are: "largest difference", "bias per year"
    found: float
    tolerance: float | None  # None: there is none, the number is reported
    unit: str
    at_least: bool  # whether the tolerance is a least value, as of r²
    allowed: float | None  # what the test asserts where the tolerance is not met
    because: str  # which quantity that can be checked explains that
    note: str  # how many cases, what else was found
    test: str  # what repeats it

    @property
    def holds(self) -> bool:
        """Whether the tolerance is met."""
        return self.tolerance is None or self._within(self.tolerance)

    def _within(self, limit: float) -> bool:
        return self.found >= limit if self.at_least else abs(self.found) <= limit


def record(
    section: str,
    claim: str,
    *,
    reference: str,
    quantity: str,
    found: float,
    tolerance: float | None,
    unit: str = "",
    at_least: bool = False,
    allowed: float | None = None,
    because: str = "",
    note: str = "",
) -> None:
    """Keep a finding and assert it: `found` within `tolerance` (of absolute value).

    Where the tolerance cannot be met, `allowed` is what is asserted instead and `because` says which
    quantity that can be checked explains it; the page then shows all three.
    """
    test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
    finding = Finding(
        section,
        claim,
        reference,
        quantity,
        float(found),
        tolerance,
        unit,
        at_least,
        allowed,
        because,
        note,
        test,
    )
    assert section in SECTIONS, f"{section} is none of {SECTIONS}"
    assert (allowed is None) == (not because), "a missed tolerance needs a reason, and only that"
    _keep(asdict(finding))
    limit = tolerance if allowed is None else allowed
    assert limit is None or finding._within(limit), (
        f"{claim}: {quantity} {found:.6g} {unit}, {limit:g} {unit}"
    )


def _keep(finding: Mapping[str, object]) -> None:
    if kept_in := os.environ.get(KEPT_IN):
        with Path(kept_in).open("ab") as file:
            file.write(orjson.dumps(finding, option=orjson.OPT_APPEND_NEWLINE))
