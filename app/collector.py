"""Python's collector of cyclic garbage, on the interface thread only.

Left to itself it runs in whichever thread allocates. In a job's thread it may find a Qt object to
destroy, wait there for a lock of Qt's that the interface thread holds, and that one waits for Python.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QCoreApplication, QObject, QTimer

EVERY_MS = 1000


class Collector(QObject):
    """Collects on the thread it lives on, about as often as Python itself would."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the oldest generation that is due."""
        due = [count > most for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        for generation in (2, 1, 0):
            if due[generation]:
                gc.collect(generation)
                return


def keep_collector_here() -> None:
    """From now on garbage is collected on this thread, that of the application."""
    application = QCoreApplication.instance()
    assert application is not None
    if application.findChild(Collector) is None:
        Collector(application)
