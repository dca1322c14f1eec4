"""Keeps Python 3.11 alive under PySide 6.12, whose `Signal.emit` gives away a reference to True each time.

After some thousand signals Python would end with "deallocating True or False". From Python 3.12 on,
True cannot be deallocated and nothing is to be done.
"""

from __future__ import annotations

import ctypes
import sys

#: More than any program will ever emit.
SPARE = 1 << 48


def keep_true_alive() -> None:
    """Give True so many references that losing one per signal does not matter; again does no harm."""
    if sys.version_info < (3, 12) and sys.getrefcount(True) < SPARE // 2:
        # The count is the first field of every object of CPython.
        ctypes.c_ssize_t.from_address(id(True)).value += SPARE
