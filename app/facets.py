"""The other sides of one object: geometry, history, source text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QKeySequence, QShortcut, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.labels import counted, thousands
from app.lines import ASIDE, FAINT, SECOND_LINE, TwoLines
from app.session import Session
from app.steps import change_lines, when_text, who_and_why
from layers.arrays import CityTiles
from layers.errors import CitystrataError
from layers.place import is_metric
from layers.records import CityObject
from layers.surfaces import SurfaceSum, surface_sums

#: Longer source texts are cut in the view, where they would only slow it down.
LONGEST_TEXT = 400_000
ONE_ONLY = "Select one object to see this."


class Facet(QWidget):
    """One side of one object; says so when there is nothing to show."""

    TITLE = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._note = QLabel(wordWrap=True)
        self._note.setObjectName("muted")
        self._note.setContentsMargins(12, 12, 12, 12)
        self._note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._body = QWidget()
        self._layout = QVBoxLayout(self._body)
        outer = QVBoxLayout(self)
        outer.addWidget(self._note)
        outer.addWidget(self._body, 1)
        outer.addStretch()
        for layout in (outer, self._layout):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)

    def show_object(self, item: CityObject | None) -> None:
        """Turn to an object; None when several are selected."""
        note = self._fill(item) if item is not None else ONE_ONLY
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._body.setVisible(item is not None and self._has_content())

    def _fill(self, item: CityObject) -> str:
        """Show the object; gives a sentence where there is something to say about that."""
        raise NotImplementedError

    def _has_content(self) -> bool:
        """Whether there is anything to see."""
        raise NotImplementedError


class Geometry(Facet):
    """Extent, levels of detail, and the surfaces of each with their areas."""

    TITLE = "Geometry"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.tree = QTreeWidget()
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels(["", "Surfaces", "Area"])
        self.tree.setUniformRowHeights(True)
        self.tree.setAccessibleName("Geometry")
        self.tree.header().setStretchLastSection(False)
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._layout.addWidget(self.tree)

    def _fill(self, item: CityObject) -> str:
        self.tree.clear()
        metre, square = self._units()
        for name, value in self._extent(item.fid):
            self._row(None, name, "", f"{value:.2f}{metre}")
        for lod in item.lods:
            self._fill_lod(lod, [each for each in self._sums(item) if each.lod == lod], square)
        self.tree.expandAll()
        return "" if self._has_content() else "This object has no geometry of its own."

    def _has_content(self) -> bool:
        return self.tree.topLevelItemCount() > 0

    def _fill_lod(self, lod: str, sums: list[SurfaceSum], square: str) -> None:
        count = sum(each.count for each in sums)
        area = sum(each.area for each in sums)
        top = self._row(None, f"LoD {lod}", str(count or ""), f"{area:.1f}{square}" if count else "")
        for each in sums:
            self._row(top, each.type or "no semantic surface", str(each.count), f"{each.area:.1f}{square}")

    def _row(self, parent: QTreeWidgetItem | None, *texts: str) -> QTreeWidgetItem:
        row = QTreeWidgetItem(list(texts))
        for column in (1, 2):
            row.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if parent is None:
            self.tree.addTopLevelItem(row)
        else:
            parent.addChild(row)
        return row

    def _extent(self, fid: int) -> list[tuple[str, float]]:
        box = self._session.project.box([fid])
        if box is None:
            return []
        return [("Lowest point", box[2]), ("Highest point", box[5]), ("Height", box[5] - box[2])]

    def _units(self) -> tuple[str, str]:
        """The units of lengths and areas, where the project's CRS has them in metres."""
        crs = self._session.project.place.crs
        return (" m", " m²") if crs and is_metric(crs) else ("", "")

    def _sums(self, item: CityObject) -> list[SurfaceSum]:
        project = self._session.project
        for layer in project.layers:
            if layer.id == item.layer and layer.kind == "city":
                try:
                    mesh = project.drawable(layer)
                except CitystrataError:
                    return []  # the cache is being made again; the view says so
                return surface_sums(mesh, item.fid - layer.first_fid) if isinstance(mesh, CityTiles) else []
        return []


class History(Facet):
    """Every step that changed the object."""

    TITLE = "History"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.list = QListWidget()
        self.list.setItemDelegate(TwoLines(self.list))
        self.list.setAccessibleName("History of this object")
        self._layout.addWidget(self.list)

    def _fill(self, item: CityObject) -> str:
        self.list.clear()
        for step in reversed(self._session.project.history(item.fid)):
            row = QListWidgetItem(step.label)
            row.setData(SECOND_LINE, "\n".join([*change_lines(step), who_and_why(step)]))
            row.setData(ASIDE, "undone" if step.undone else when_text(step.when))
            row.setData(FAINT, step.undone)
            row.setToolTip(f"{step.label}\n{when_text(step.when)} · {who_and_why(step)}")
            self.list.addItem(row)
        return "" if self._has_content() else "Nothing was changed in this object since it was read."

    def _has_content(self) -> bool:
        return self.list.count() > 0


class Source(Facet):
    """The object's text as an export would write it now."""

    TITLE = "Source"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.field = QLineEdit(placeholderText="Find in the source text", clearButtonEnabled=True)
        self.field.setAccessibleName("Find in the source text")
        self._count = QLabel()
        self._count.setObjectName("muted")
        self.text = QPlainTextEdit(readOnly=True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setStyleSheet("border: none; border-radius: 0; padding: 0 8px;")
        self.text.setAccessibleName("Source text")
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 8)
        row.addWidget(self.field)
        row.addWidget(self._count)
        self._layout.addLayout(row)
        self._layout.addWidget(self.text)
        self.field.textChanged.connect(self._find_first)
        self.field.returnPressed.connect(self.find_next)
        again = QShortcut(QKeySequence.StandardKey.FindNext, self, self.find_next)
        again.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def find_next(self) -> None:
        """Go to the next place, from the end to the first."""
        if not self.text.find(self.field.text()):
            self.text.moveCursor(QTextCursor.MoveOperation.Start)
            self.text.find(self.field.text())

    def _fill(self, item: CityObject) -> str:
        try:
            text = self._session.project.source_text(item.fid)
        except CitystrataError as error:
            text, note = "", error.sentence()
        else:
            note = "" if text else "The source of this object is not text."
        if len(text) > LONGEST_TEXT:
            note = f"The first {thousands(LONGEST_TEXT)} of {counted(len(text), 'character')}."
        self.text.setPlainText(text[:LONGEST_TEXT])
        self._find_first(self.field.text())
        return note

    def _has_content(self) -> bool:
        return not self.text.document().isEmpty()

    def _find_first(self, typed: str) -> None:
        found = self.text.toPlainText().casefold().count(typed.casefold()) if typed else 0
        self._count.setText("" if not typed else f"{found} found")
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        if found:
            self.text.find(typed, QTextDocument.FindFlag(0))
