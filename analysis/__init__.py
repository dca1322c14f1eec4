"""Numbers in, numbers out: sun, shadow, solar energy and what comes after them."""

from __future__ import annotations

#: Every analysis, by the name of its file.
ANALYSES: tuple[str, ...] = ("shadow", "sunlight", "rules", "blame", "solar", "skyview")
