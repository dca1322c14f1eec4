"""What the program relies on in Qt's Python binding."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal


class Sender(QObject):
    """Sends."""

    sent = Signal(int)


def test_calls_into_qt_do_not_wear_out_true_and_none() -> None:
    """PySide6 6.12.0 drops a reference with each call, which ends Python 3.11 after some thousand."""
    sender = Sender()
    sender.sent.emit(0)
    before = [sys.getrefcount(True), sys.getrefcount(None)]
    for number in range(200):
        sender.sent.emit(number)
        sender.setObjectName("sender")
    after = [sys.getrefcount(True), sys.getrefcount(None)]
    assert all(now > then - 100 for now, then in zip(after, before, strict=True))
