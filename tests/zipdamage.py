"""Damaging zip archives: what is in them, what they say of it, and what a hostile hand would put there."""

from __future__ import annotations

import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import Any

from tests.mutations import damaged, looks_like_text

START = b"PK\x03\x04"
STORED, DEFLATED = 0, 8
HOSTILE_NAMES = (
    b"../canary",
    b"../../../../../../../../etc/hostname",
    b"/etc/hostname",
    b"..\\..\\canary",
    b"a/../../canary",
    b"C:\\canary.shp",
    b"\\\\host\\share\\a.shp",
    b"",
    b".",
    b"a/",
    b"nul\0.shp",
    b"\xff\xfe.shp",
    b"n" * 5000 + b".shp",
    b"d/" * 2000 + b"a.shp",
)
BOMB_BLOCK, BOMB_BLOCKS = 16 << 20, 96  # 1.5 GiB
MANY = 60_000
#: Not compressed, deflated, and others that are known, unknown or never were.
METHODS = (0, 1, 8, 9, 12, 14, 93, 99, 65535)
LIES = (0, 1, 0x7FFFFFFF, 0xFFFFFFFF)


@dataclass(frozen=True)
class Entry:
    """A member as it lies in an archive, and what the archive says of it."""

    name: bytes
    packed: bytes
    size: int
    crc: int = 0
    method: int = DEFLATED
    flags: int = 0
    said: int | None = None  # bytes when packed, where that is a lie
    shares: bool = False  # it is the first member once more

    @classmethod
    def of(cls, name: bytes, data: bytes) -> Entry:
        """An honest one."""
        squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
        return cls(name, squeeze.compress(data) + squeeze.flush(), len(data), zlib.crc32(data))

    def data(self) -> bytes:
        """What is in it."""
        return zlib.decompress(self.packed, -15) if self.method == DEFLATED else self.packed

    def fields(self) -> bytes:
        """What both headers say alike."""
        packed = len(self.packed) if self.said is None else self.said
        names = struct.pack("<HH", len(self.name), 0)
        lasts = struct.pack("<HH", 0, 33)  # midnight of the first day there is
        return (
            struct.pack("<HHH", 20, self.flags, self.method)
            + lasts
            + struct.pack("<III", self.crc, packed, self.size)
            + names
        )


def entries_of(data: bytes) -> list[Entry]:
    """The members of a sound archive."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return [Entry.of(item.filename.encode(), archive.read(item)) for item in archive.infolist()]


def archive_of(entries: Sequence[Entry], told: int | None = None) -> bytes:
    """An archive, the same bytes every time; `told` is how many members it says it has."""
    body, table, offset = BytesIO(), BytesIO(), 0
    for number, entry in enumerate(entries):
        if not (entry.shares and number):
            offset = body.tell()
            body.write(START + entry.fields() + entry.name + entry.packed)
        at = 0 if entry.shares else offset
        more = struct.pack("<HHHII", 0, 0, 0, 0, at)
        table.write(b"PK\x01\x02" + struct.pack("<H", 20) + entry.fields() + more + entry.name)
    count = min(len(entries) if told is None else told, 0xFFFF)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, table.tell(), body.tell(), 0)
    return body.getvalue() + table.getvalue() + b"PK\x05\x06" + end


def damaged_zip(data: bytes, seed: int) -> bytes:
    """`data`, a sound archive, with something wrong in it: its bytes, its members or its make."""
    dice = random.Random(seed)
    if dice.random() < 0.3:
        return damaged(data, seed, False)
    return dice.choice(ZIP_DAMAGE)(entries_of(data), dice)


def _at(entries: Sequence[Entry], dice: random.Random, worse: Callable[[Entry], Entry]) -> bytes:
    """The archive with one member changed."""
    which = dice.randrange(len(entries))
    return archive_of([worse(entry) if n == which else entry for n, entry in enumerate(entries)])


def _damage_member(entries: Sequence[Entry], dice: random.Random) -> bytes:
    def worse(entry: Entry) -> Entry:
        data = entry.data()
        return Entry.of(entry.name, damaged(data, dice.randrange(1 << 30), looks_like_text(data)))

    return _at(entries, dice, worse)


def _rename(entries: Sequence[Entry], dice: random.Random) -> bytes:
    name = dice.choice(HOSTILE_NAMES)
    if dice.random() < 0.5:
        return archive_of([*entries, Entry.of(name, b"canary")])
    return _at(entries, dice, lambda entry: replace(entry, name=name))


def _twice(entries: Sequence[Entry], dice: random.Random) -> bytes:
    again = dice.choice(entries)
    name = dice.choice((again.name, again.name + b"/below", again.name.upper()))
    return archive_of([*entries, replace(again, name=name)])


def _leave_out(entries: Sequence[Entry], dice: random.Random) -> bytes:
    which = dice.randrange(len(entries))
    return archive_of([*entries[:which], *entries[which + 1 :]])


def _lie(entries: Sequence[Entry], dice: random.Random) -> bytes:
    kind = dice.choice(("size", "said", "crc", "method", "flags", "count"))
    if kind == "count":
        return archive_of(entries, told=dice.choice((0, 1, 0xFFFF)))
    values = {"method": METHODS, "flags": (1, 8, 0x40, 0x800, 0xFFFF)}.get(kind, LIES)
    change: dict[str, Any] = {kind: dice.choice(values)}
    return _at(entries, dice, lambda entry: replace(entry, **change))


def _bomb(entries: Sequence[Entry], dice: random.Random) -> bytes:
    """A member that grows to 1.5 GiB, which the archive says, or not."""
    packed, size = _zeros()
    said = dice.choice((size, 10))
    if dice.random() < 0.3:
        return archive_of([*entries, Entry(dice.choice(entries).name + b".bin", packed, said)])
    return _at(entries, dice, lambda entry: replace(entry, packed=packed, size=said, method=DEFLATED))


@cache
def _zeros() -> tuple[bytes, int]:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = squeeze.compress(bytes(BOMB_BLOCK)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return block * BOMB_BLOCKS + b"\x03\x00", BOMB_BLOCK * BOMB_BLOCKS


def _many(entries: Sequence[Entry], dice: random.Random) -> bytes:
    """Thousands of members that are all one and the same, or nothing."""
    name = dice.choice(entries).name
    more = Entry.of(b"", b"")
    shares = dice.random() < 0.5
    if shares:
        first = entries[0]
        more = replace(first, shares=True)
    named = (replace(more, name=b"%d-%s" % (number, name)) for number in range(MANY))
    return archive_of([*entries, *named])


def _nest(entries: Sequence[Entry], dice: random.Random) -> bytes:
    """Archives in archives."""
    data = archive_of(entries)
    for _ in range(dice.choice((1, 2, 50))):
        data = archive_of([Entry.of(dice.choice((b"a.zip", entries[0].name)), data)])
    return data


#: Most of it is damage to what is within.
ZIP_DAMAGE: tuple[Callable[[Sequence[Entry], random.Random], bytes], ...] = (
    *[_damage_member] * 24,
    *[_rename] * 6,
    *[_lie] * 6,
    *[_twice] * 2,
    *[_leave_out] * 2,
    *[_nest] * 2,
    _bomb,
    _many,
)
