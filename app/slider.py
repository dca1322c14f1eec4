"""A slider whose drag is one step."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider


class Steps(QSlider):
    """A slider that counts as moved when it is let go, so that one drag is one step of the history."""

    def __init__(self, low: int, high: int, settled: Callable[[int], None]) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(low, high)
        self.setPageStep(max((high - low) // 10, 1))
        self.sliderReleased.connect(lambda: settled(self.value()))
        self.valueChanged.connect(lambda value: None if self.isSliderDown() else settled(value))
