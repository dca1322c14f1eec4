"""Windows that ask for something before they do it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.mnemonics import letter_dialog

#: Pixels between a dialog and the edges of the window.
MARGIN = 16


def show_beside(dialog: QDialog, view: QWidget | None = None) -> None:
    """Show a dialog beside the work, at the right of the window that a view is in; it is gone when closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setModal(False)
    letter_dialog(dialog)
    if view is not None:
        window, top = view.window(), view.mapToGlobal(QPoint(0, 0)).y()
        right = window.mapToGlobal(window.rect().topRight()).x()
        dialog.move(right - dialog.width() - MARGIN, top + MARGIN)
    dialog.show()
