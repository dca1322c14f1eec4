"""The layer list: what is on, in which order, under which name."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor, QDropEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from app import theme
from app.session import Session
from layers.edit import Edit
from layers.history import GONE
from layers.records import Changes, Layer

LAYER = Qt.ItemDataRole.UserRole
NAME, COUNT = 0, 1
#: What a layer's things are called, one and many.
WORDS = {
    "city": ("object", "objects"),
    "pipes": ("pipe or manhole", "pipes and manholes"),
    "vector": ("shape", "shapes"),
    "heritage": ("record", "records"),
    "terrain": ("part", "parts"),
    "image": ("picture", "pictures"),
    "points": ("point", "points"),
}


def count_text(layer: Layer, objects: int) -> str:
    """How much is in a layer, short: points of a cloud, objects of a city."""
    count = layer.facts.get("points") if layer.kind == "points" else objects
    if not isinstance(count, int) or count == 0:
        return ""
    if count >= 1_000_000:
        return f"{count / 1e6:.1f} M"
    return f"{count:,}".replace(",", "\u202f")


class LayerTree(QTreeWidget):
    """One row per layer, top first; boxes switch, dragging reorders, F2 renames."""

    context_requested = Signal(QPoint)  # global position

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._filling = False
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setIndentation(4)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(COUNT, QHeaderView.ResizeMode.ResizeToContents)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Layers")
        self.customContextMenuRequested.connect(lambda at: self.context_requested.emit(self.mapToGlobal(at)))
        self.itemChanged.connect(self._on_item_changed)
        self.currentItemChanged.connect(self._on_current_changed)
        session.opened.connect(self.refresh)
        session.project_changed.connect(self._on_project_changed)
        session.current_layer_changed.connect(self._mark_current)
        theme.current().changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the layers of the open project."""
        self._filling = True
        self.clear()
        if self._session.is_open:
            for layer in self._session.project.layers:
                self.addTopLevelItem(self._item(layer))
        self._filling = False
        self._mark_current()

    def rename_current(self) -> None:
        """Edit the name of the current layer in place."""
        item = self.currentItem()
        if item is not None:
            self.setFocus()
            self.editItem(item, NAME)

    def move_current(self, rows: int) -> None:
        """Move the current layer up (negative) or down."""
        order = self._order()
        layer = self._session.current_layer
        if layer is None:
            return
        at = order.index(layer.id)
        to = min(max(at + rows, 0), len(order) - 1)
        if to != at:
            order.insert(to, order.pop(at))
            self._keep_order(order, layer.name)

    def dropEvent(self, event: QDropEvent) -> None:
        """Keep the order that dragging made; the list is filled again from the project."""
        layer = self._session.current_layer
        super().dropEvent(event)
        if layer is not None:
            self._keep_order(self._order(), layer.name)
        self.refresh()

    def _item(self, layer: Layer) -> QTreeWidgetItem:
        objects = self._session.project.count(layer) if layer.object_count else 0
        item = QTreeWidgetItem([layer.name, count_text(layer, objects)])
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        if not self._session.project.read_only:
            flags |= (
                Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled
            )
        item.setFlags(flags)
        item.setData(NAME, LAYER, layer.id)
        item.setIcon(NAME, theme.current().icon(layer.kind))
        item.setCheckState(NAME, Qt.CheckState.Checked if layer.visible else Qt.CheckState.Unchecked)
        item.setForeground(COUNT, QColor(theme.current().colours.muted))
        item.setTextAlignment(COUNT, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        crs = layer.crs or "no CRS"
        shown = count_text(layer, objects)
        count = f"{shown} {WORDS[layer.kind][1]}<br>" if shown else ""
        item.setToolTip(NAME, f"<b>{layer.name}</b><br>{count}{crs}<br>{layer.source_path}")
        return item

    def _order(self) -> list[int]:
        return [int(item.data(NAME, LAYER)) for item in self._items()]

    def _items(self) -> list[QTreeWidgetItem]:
        found = (self.topLevelItem(row) for row in range(self.topLevelItemCount()))
        return [item for item in found if item is not None]

    def _keep_order(self, order: list[int], name: str) -> None:
        layers = self._session.project.layers
        if order == [layer.id for layer in layers]:
            return

        def change(edit: Edit) -> None:
            for number, place in zip(order, layers, strict=True):
                edit.set_layer(number, position=place.position)

        self._session.run_edit(f"Move layer {name}", change)

    def _on_item_changed(self, item: QTreeWidgetItem) -> None:
        if self._filling:
            return
        layer = self._session.project.layer(int(item.data(NAME, LAYER)))
        visible, name = item.checkState(NAME) == Qt.CheckState.Checked, item.text(NAME).strip()
        if visible != layer.visible:
            label = f"{'Show' if visible else 'Hide'} layer {layer.name}"
            self._session.run_edit(label, lambda edit: edit.set_layer(layer.id, visible=visible))
        elif name != layer.name:
            label = f"Rename layer {layer.name}"
            if not self._session.run_edit(label, lambda edit: edit.set_layer(layer.id, name=name)):
                self.refresh()

    def _on_current_changed(self, item: QTreeWidgetItem | None) -> None:
        if not self._filling:
            self._session.set_current_layer(int(item.data(NAME, LAYER)) if item is not None else None)

    def _on_project_changed(self, changes: Changes) -> None:
        if changes.layers or GONE in changes.keys:
            self.refresh()

    def _mark_current(self) -> None:
        layer = self._session.current_layer
        for item in self._items():
            if layer is not None and item.data(NAME, LAYER) == layer.id and item is not self.currentItem():
                self._filling = True
                self.setCurrentItem(item)
                self._filling = False
