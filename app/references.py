"""Keeps Python before 3.12 alive under PySide 6.12, which gives away a reference with every call.

Its wheel was built for Pythons whose None and True cannot be deallocated, so on older ones each void
method takes a reference from None and each `Signal.emit` one from True, until Python ends with
"deallocating None". PySide 6.11 is sound.
"""

from __future__ import annotations

import ctypes
import sys

SINGLETONS = (None, True, False, NotImplemented)
#: More than any program will ever give away.
SPARE = 1 << 48


def keep_singletons_alive() -> None:
    """Give them so many references that losing some does not matter; doing it again does no harm."""
    if sys.version_info >= (3, 12):
        return
    for singleton in SINGLETONS:
        if sys.getrefcount(singleton) < SPARE // 2:
            # The count is the first field of every object of CPython.
            ctypes.c_ssize_t.from_address(id(singleton)).value += SPARE
