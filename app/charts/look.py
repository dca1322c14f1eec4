"""What charts look like: colours and letters, for the window in light and dark, and for paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtGui import QFont

from app.theme import Colours

#: Okabe and Ito's colours without black, which people who see red and green alike can tell apart.
SERIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a000")
SERIES_ON_DARK = ("#4aa3dc", "#f0b23e", "#35c49a", "#e09cc4", "#86cbf0", "#f08048", "#dccb4e")
#: What takes the sun, in none of the colours of the sun and its paths.
HIDERS = ("#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#7b5ea7", "#8c6d46")
HIDERS_ON_DARK = ("#4aa3dc", "#35c49a", "#e09cc4", "#86cbf0", "#b09ad6", "#c4a27a")
#: Letters of charts, in 1/96 inch.
LETTERS = 11.0


@dataclass(frozen=True)
class Look:
    """Colours as #rrggbb, and letters in units of the painter."""

    paper: str  # behind the chart
    text: str
    muted: str  # axes and units
    grid: str
    accent: str
    sky: str  # the dome behind a sun path
    sun: str  # sunlit
    shade: str  # shaded, by something without a colour of its own
    series: tuple[str, ...]
    hiders: tuple[str, ...]
    family: str = ""
    size: float = LETTERS

    @property
    def unit(self) -> float:
        """The width of a hairline that is seen: lengths grow with the letters."""
        return self.size / LETTERS

    def hider_colors(self, names: Iterable[str]) -> dict[str, str]:
        """Colours of what takes the sun, as many as there are: the first names get them."""
        return dict(zip(dict.fromkeys(names), self.hiders, strict=False))

    def font(self, bold: bool = False, scale: float = 1.0) -> QFont:
        """The letters."""
        made = QFont(self.family) if self.family else QFont()
        made.setPixelSize(max(1, round(self.size * scale)))
        made.setBold(bold)
        return made


def of_theme(colours: Colours, is_dark: bool, size: float = LETTERS) -> Look:
    """The look in the window."""
    return Look(
        paper=colours.panel,
        text=colours.text,
        muted=colours.muted,
        grid=colours.border,
        accent=colours.accent,
        sky="#2a3a44" if is_dark else "#eaf2f7",
        sun="#f2c14b" if is_dark else "#f5b921",
        shade="#5b6a74" if is_dark else "#a9b4bb",
        series=SERIES_ON_DARK if is_dark else SERIES,
        hiders=HIDERS_ON_DARK if is_dark else HIDERS,
        size=size,
    )


def on_paper(family: str = "", size: float = LETTERS) -> Look:
    """The look in print."""
    return Look(
        paper="#ffffff",
        text="#1d262b",
        muted="#5d6b74",
        grid="#d9dfe2",
        accent="#0e6f79",
        sky="#eef4f8",
        sun="#f5b921",
        shade="#a9b4bb",
        series=SERIES,
        hiders=HIDERS,
        family=family,
        size=size,
    )
