"""Light and dark: named colours, one stylesheet template, and the icons in those colours."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from app import icons
from app.icons import pixmap
from app.stylesheet import TEMPLATE

__all__ = ["CHOICES", "Colours", "Theme", "current", "pixmap", "start"]

CHOICES = ("system", "light", "dark")
#: The first of these that is installed; otherwise the system's own interface font.
FONTS = ("Inter", "Segoe UI Variable Text", "Segoe UI", "SF Pro Text", "Noto Sans", "Cantarell", "Ubuntu")


@dataclass(frozen=True)
class Colours:
    """The colours of one theme, by what they are for."""

    window: str  # behind the panels
    panel: str  # lists, forms, tables
    raised: str  # buttons, fields
    border: str
    strong_border: str
    hover: str
    pressed: str
    text: str
    muted: str  # secondary text
    faint: str  # disabled text and icons
    accent: str
    accent_hover: str
    accent_soft: str  # selected rows
    on_accent: str
    check: str  # behind a white tick
    notice: str
    notice_soft: str
    danger: str
    danger_soft: str
    good: str
    good_soft: str
    overlay: str  # behind text that lies on the picture, #aarrggbb
    canvas: str  # the view before there is a picture


LIGHT = Colours(
    window="#f3f5f6",
    panel="#ffffff",
    raised="#ffffff",
    border="#dde2e5",
    strong_border="#c3cbd0",
    hover="#eaeef0",
    pressed="#dfe5e8",
    text="#1d262b",
    muted="#5d6b74",
    faint="#a3aeb5",
    accent="#0e6f79",
    accent_hover="#0b5d66",
    accent_soft="#dceef0",
    on_accent="#ffffff",
    check="#0e6f79",
    notice="#7a5200",
    notice_soft="#fff1c9",
    danger="#a02a26",
    danger_soft="#fdeae8",
    good="#1c6b3c",
    good_soft="#e2f3e8",
    overlay="#e6ffffff",
    canvas="#e8eef2",
)
DARK = Colours(
    window="#171b1e",
    panel="#1e2428",
    raised="#262d32",
    border="#2f383e",
    strong_border="#445059",
    hover="#2a3238",
    pressed="#333d44",
    text="#e4e9ec",
    muted="#9aa8b1",
    faint="#5f6c75",
    accent="#4cb6bf",
    accent_hover="#66c6ce",
    accent_soft="#1d444a",
    on_accent="#0c2124",
    check="#2b8a94",
    notice="#f2cd72",
    notice_soft="#3d3217",
    danger="#ff9d94",
    danger_soft="#47231f",
    good="#7fd6a0",
    good_soft="#1d3b29",
    overlay="#e01e2428",
    canvas="#20272c",
)


class Theme(QObject):
    """The theme of the running program; `changed` tells widgets that draw for themselves."""

    changed = Signal()

    def __init__(self, application: QApplication, choice: str = "system") -> None:
        super().__init__(application)
        self._application = application
        self.choice = choice
        self.colours = LIGHT
        application.setStyle("Fusion")
        application.setFont(interface_font())
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.choose(choice)

    @property
    def is_dark(self) -> bool:
        """Whether the dark colours are in use."""
        return self.colours is DARK

    def choose(self, choice: str) -> None:
        """Use "light" or "dark" colours, or follow the "system"."""
        self.choice = choice if choice in CHOICES else "system"
        system_is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        dark = self.choice == "dark" or (self.choice == "system" and system_is_dark)
        self.colours = DARK if dark else LIGHT
        self._application.setPalette(palette(self.colours))
        self._application.setStyleSheet(stylesheet(self.colours))
        self.changed.emit()

    def icon(self, name: str) -> QIcon:
        """The icon `name` in the colours of this theme."""
        colours = self.colours
        return icons.icon(name, colours.text, colours.faint, colours.accent)

    def _follow_system(self) -> None:
        if self.choice == "system":
            self.choose("system")


_theme: Theme | None = None


def start(application: QApplication, choice: str) -> Theme:
    """Dress the program; called once, before the first window."""
    global _theme
    _theme = Theme(application, choice)
    return _theme


def current() -> Theme:
    """The theme of the running program."""
    if _theme is None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        return start(application, "system")
    return _theme


def palette(colours: Colours) -> QPalette:
    """The Qt palette of these colours."""
    made = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, colours.window),
        (role.WindowText, colours.text),
        (role.Base, colours.panel),
        (role.AlternateBase, colours.window),
        (role.Text, colours.text),
        (role.Button, colours.raised),
        (role.ButtonText, colours.text),
        (role.BrightText, colours.danger),
        (role.ToolTipBase, colours.panel),
        (role.ToolTipText, colours.text),
        (role.PlaceholderText, colours.faint),
        (role.Highlight, colours.accent_soft),
        (role.HighlightedText, colours.text),
        (role.Link, colours.accent),
        (role.LinkVisited, colours.accent),
        (role.Accent, colours.accent),
        (role.Mid, colours.border),
        (role.Dark, colours.strong_border),
        (role.Light, colours.panel),
    ):
        made.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(colours.faint))
    return made


def stylesheet(colours: Colours) -> str:
    """The stylesheet of these colours."""
    return Template(TEMPLATE).substitute(asdict(colours), icons=icons.FOLDER.as_posix())


def interface_font() -> QFont:
    """A readable interface font that this system has."""
    installed = set(QFontDatabase.families())
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    for family in FONTS:
        if family in installed:
            font.setFamily(family)
            break
    font.setPointSizeF(max(font.pointSizeF(), 9.0))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
