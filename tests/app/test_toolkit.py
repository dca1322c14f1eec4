"""What the program relies on in Qt's Python binding."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal


class Sender(QObject):
    """Sends."""

    sent = Signal(int)


def test_sending_a_signal_does_not_wear_out_true() -> None:
    """PySide6 6.12.0 drops a reference to True at each emit, which ends Python 3.11 after some thousand."""
    sender = Sender()
    sender.sent.emit(0)
    before = sys.getrefcount(True)
    for number in range(200):
        sender.sent.emit(number)
    assert sys.getrefcount(True) > before - 100
