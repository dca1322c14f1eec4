"""The start page: open, try the demo city, go on with recent work, or drop files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.lines import ASIDE, SECOND_LINE, TwoLines
from app.settings import Settings

PATH = Qt.ItemDataRole.UserRole
WIDTH, HEIGHT = 880, 620


def dropped_files(event: QDragEnterEvent | QDropEvent) -> list[Path]:
    """The local files of a drag."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


class DropZone(QFrame):
    """A field that takes dropped files."""

    dropped = Signal(list)  # paths

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dropzone")
        self.setAcceptDrops(True)
        self._sign = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        words = QLabel("Drop city models, terrain, pipes, scans and point clouds here, or a folder of tiles")
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        kinds = QLabel(
            "CityGML · CityJSON · IFC · 3D Tiles, glTF, OBJ · GeoTIFF · LAS, LAZ, E57, PLY"
            " · GeoPackage, Shapefile, GeoJSON, GML · EPANET, SWMM"
        )
        kinds.setObjectName("muted")
        kinds.setAlignment(Qt.AlignmentFlag.AlignCenter)
        kinds.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(8)
        layout.addStretch()
        for label in (self._sign, words, kinds):
            layout.addWidget(label)
        layout.addStretch()
        theme.current().changed.connect(self._tint)
        self._tint()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up for files."""
        if dropped_files(event):
            event.acceptProposedAction()
            self._light(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Go back to quiet."""
        self._light(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the files."""
        self._light(False)
        event.acceptProposedAction()
        self.dropped.emit(dropped_files(event))

    def _light(self, on: bool) -> None:
        self.setProperty("over", on)
        self.style().unpolish(self)
        self.style().polish(self)

    def _tint(self) -> None:
        self._sign.setPixmap(
            theme.pixmap("import", theme.current().colours.muted, 32, self.devicePixelRatioF())
        )


class StartPage(QWidget):
    """What the window shows while nothing is open."""

    open_clicked = Signal()
    demo_clicked = Signal()
    files_chosen = Signal(list)  # paths
    folder_clicked = Signal()
    discard_clicked = Signal(object)  # path of an untitled project

    def __init__(self, settings: Settings, untitled: Callable[[], list[Path]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("start")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._settings, self._untitled = settings, untitled
        self._recent = self._list("Recent work")
        self._kept = self._list("Projects without a name")
        self._discard = QPushButton("Discard selected")
        self._kept_box = self._section(
            "Not saved under a name yet",
            self._kept,
            "Every edit is in there. Open one to go on.",
            self._discard,
        )
        self._discard.clicked.connect(self._discard_current)
        self._recent_box = self._section("Recent", self._recent)
        self.zone = DropZone()
        self.zone.setFixedHeight(220)
        self.zone.dropped.connect(self.files_chosen)

        content = QWidget()
        content.setMaximumWidth(WIDTH)
        columns = QHBoxLayout()
        columns.setSpacing(32)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.setSpacing(24)
        left.addLayout(self._buttons())
        left.addWidget(self.zone)
        left.addWidget(self._folder_button(), alignment=Qt.AlignmentFlag.AlignLeft)
        left.addStretch()
        right.setSpacing(24)
        right.addWidget(self._kept_box, 1)
        right.addWidget(self._recent_box, 2)
        columns.addLayout(left, 5)
        columns.addLayout(right, 6)
        page = QVBoxLayout(content)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(32)
        page.addLayout(self._headline())
        page.addLayout(columns, 1)
        content.setMaximumHeight(HEIGHT)
        outer = QGridLayout(self)
        outer.setContentsMargins(48, 56, 48, 48)
        outer.addWidget(content, 1, 1)
        for stretch in (outer.setColumnStretch, outer.setRowStretch):
            for place, share in enumerate((1, 100, 1)):
                stretch(place, share)
        theme.current().changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the recent files and untitled projects there are now."""
        recent, kept = self._settings.recent, self._untitled()
        self._fill(self._recent, recent)
        self._fill(self._kept, kept)
        self._kept_box.setVisible(bool(kept))
        self._recent_box.setVisible(bool(recent) or not kept)
        if not recent:
            item = QListWidgetItem("What you open will be listed here.")
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self._recent.addItem(item)

    def _headline(self) -> QHBoxLayout:
        logo = QLabel()
        logo.setPixmap(theme.pixmap("citystrata", "#000000", 56, self.devicePixelRatioF()))
        title, line = (
            QLabel("Citystrata"),
            QLabel("See a city in all its layers, correct it, and hand it back."),
        )
        title.setObjectName("title")
        line.setObjectName("muted")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        words.addWidget(line)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(logo)
        row.addLayout(words, 1)
        return row

    def _buttons(self) -> QHBoxLayout:
        open_button, demo = QPushButton("Open…"), QPushButton("Try the demo city")
        open_button.setObjectName("primary")
        open_button.setToolTip("Open a project or files (Ctrl+O)")
        demo.setToolTip("Make the demo city and open it; it takes a few seconds")
        open_button.clicked.connect(self.open_clicked)
        demo.clicked.connect(self.demo_clicked)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(open_button, 1)
        row.addWidget(demo, 1)
        return row

    def _folder_button(self) -> QPushButton:
        button = QPushButton("Open a folder of tiles…")
        button.setToolTip("All files of the folder become one layer (Ctrl+Shift+I)")
        button.clicked.connect(self.folder_clicked)
        return button

    def _section(
        self, title: str, content: QListWidget, hint: str = "", button: QPushButton | None = None
    ) -> QWidget:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        heading = QLabel(title)
        heading.setObjectName("heading")
        layout.addWidget(heading)
        if hint:
            words = QLabel(hint)
            words.setObjectName("muted")
            words.setWordWrap(True)
            layout.addWidget(words)
        layout.addWidget(content, 1)
        if button is not None:
            layout.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeft)
        return box

    def _list(self, name: str) -> QListWidget:
        made = QListWidget()
        made.setAccessibleName(name)
        made.setObjectName("files")
        made.setItemDelegate(TwoLines(made))
        made.setSpacing(1)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.itemActivated.connect(self._open_item)
        made.itemClicked.connect(self._on_click)
        return made

    def _fill(self, widget: QListWidget, paths: list[Path]) -> None:
        widget.clear()
        for path in paths:
            when = datetime.fromtimestamp(path.stat().st_mtime).strftime("%d %b %Y, %H:%M")
            name = path.name.removesuffix(".city.gpkg")
            item = QListWidgetItem(theme.current().icon(_icon_of(path)), name)
            item.setData(SECOND_LINE, _short(path.parent))
            item.setData(ASIDE, when)
            item.setData(PATH, path)
            item.setToolTip(str(path))
            widget.addItem(item)

    def _on_click(self, item: QListWidgetItem) -> None:
        if item.listWidget() is self._recent:
            self._open_item(item)

    def _open_item(self, item: QListWidgetItem) -> None:
        path = item.data(PATH)
        if path is not None:
            self.files_chosen.emit([path])

    def _discard_current(self) -> None:
        item = self._kept.currentItem()
        if item is not None:
            self.discard_clicked.emit(item.data(PATH))


def _icon_of(path: Path) -> str:
    return "layers" if path.name.endswith(".gpkg") else "file"


def _short(folder: Path) -> str:
    """A folder as people write it, with ~ for their own."""
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
