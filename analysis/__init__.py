"""Numbers in, numbers out: sun, shadow, solar energy, sight, and whether the model itself is sound."""

from __future__ import annotations

#: Analyses by the names of their files, as the menu groups them.
SUN: tuple[str, ...] = ("shadow", "sunlight", "rules", "blame", "solar", "skyview")
VISIBILITY: tuple[str, ...] = (
    "visibility",
    "sightline",
    "protectedview",
    "exposure",
    "isovist",
    "windowview",
)
CHANGE: tuple[str, ...] = ("change",)
PLANNING: tuple[str, ...] = ("zoning", "indicators")
QUALITY: tuple[str, ...] = ("soundness", "doctor")
#: Every analysis.
ANALYSES = (*SUN, *VISIBILITY, *CHANGE, *PLANNING, *QUALITY)
