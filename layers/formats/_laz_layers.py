"""What a chunk of layered LAZ says is in its layers, looked at before the decoder makes room for it.

The layers of a chunk (LAZ 1.4 specification, point formats 6 and up) lie behind its first point and the
number of its points; how many bytes each has is said before them.
"""

from __future__ import annotations

import struct

from layers.formats._las_header import Header

_LAYERED = 3  # of the ways to compress
_ITEMS_AT, _ITEM = 34, struct.Struct("<HHH")  # type, bytes, version
#: Layers by the type of an item of a point: its place and time, colour, colour with infrared, waveform.
_LAYERS = {10: 9, 11: 1, 12: 2, 13: 1}
#: Extra bytes have a layer each.
_EXTRA = 14


def head_bytes(header: Header) -> int:
    """So many bytes at the beginning of a chunk tell of its layers; 0 where there are none."""
    count = _layers(header.laszip)
    return header.record_bytes + 4 * (1 + count) if count else 0


def check_layers(head: bytes, size: int, header: Header) -> None:
    """Refuse a chunk of so many bytes that says it holds more than that."""
    length = head_bytes(header)
    if not length:
        return
    sizes = struct.unpack_from(f"<{_layers(header.laszip)}I", head, header.record_bytes + 4)
    if length + sum(sizes) > size:
        raise ValueError("a chunk says that it holds more than it does")


def _layers(laszip: bytes) -> int:
    (way,) = struct.unpack_from("<H", laszip)
    if way != _LAYERED:
        return 0
    items = (
        _ITEM.unpack_from(laszip, at) for at in range(_ITEMS_AT, len(laszip) - _ITEM.size + 1, _ITEM.size)
    )
    return sum(size if kind == _EXTRA else _LAYERS.get(kind, 0) for kind, size, _version in items)
