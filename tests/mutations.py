"""Damaging files the way disks, networks and careless programs do, the same at every run."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable

FILE_NAME = re.compile(
    rb"[\w./\\-]{1,200}\.(?:png|jpe?g|tiff?|bin|mtl|glb|gltf|b3dm|json|subtree|xml|gml|dbf)"
)
HOSTILE_PATHS = (
    b"../../../../../../../../etc/hostname",
    b"/etc/hostname",
    b"file:///etc/hostname",
    b"..\\..\\canary",
    b"../canary",
    b"http://localhost:9/a.png",
    b"\\\\host\\share\\a.png",
    b"/dev/zero",
    b".",
)
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
MAGIC_NUMBERS = (
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80",
    b"\x01\x00\x00\x00",
)
MAGIC_WORDS = (
    b"-1",
    b"99999999",
    b"99999999999999999999",
    b"1e400",
    b"NaN",
    b"0.5",
    b"null",
    b"true",
    b'""',
    b"[]",
    b"{}",
    b"\xff",
)
HEAD = 600  # most of a format's structure lies here


def looks_like_text(data: bytes) -> bool:
    """Whether numbers in these bytes can be exchanged as words."""
    return b"\0" not in data[:4096]


def damaged(data: bytes, seed: int, is_text: bool) -> bytes:
    """`data` with one to four things wrong in it."""
    dice = random.Random(seed)
    kinds = TEXT_DAMAGE if is_text else BINARY_DAMAGE
    for _ in range(dice.choice((1, 1, 2, 4))):
        if data:
            data = dice.choice(kinds)(data, dice)
    return data


def _place(data: bytes, dice: random.Random) -> int:
    return dice.randrange(min(HEAD, len(data)) if dice.random() < 0.6 else len(data))


def _flip_bit(data: bytes, dice: random.Random) -> bytes:
    at = _place(data, dice)
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def _magic_number(data: bytes, dice: random.Random) -> bytes:
    at = _place(data, dice)
    return data[:at] + dice.choice(MAGIC_NUMBERS) + data[at + 4 :]


def _cut_out(data: bytes, dice: random.Random) -> bytes:
    at = _place(data, dice)
    return data[:at] + data[at + dice.randrange(1, 50) :]


def _cut_off(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def _repeat(data: bytes, dice: random.Random) -> bytes:
    at = _place(data, dice)
    return data[: at + dice.randrange(1, 200)] + data[at:]


def _magic_word(data: bytes, dice: random.Random) -> bytes:
    """Another value in the place of a number."""
    numbers = list(NUMBER.finditer(data))
    if not numbers:
        return data
    number = dice.choice(numbers)
    return data[: number.start()] + dice.choice(MAGIC_WORDS) + data[number.end() :]


def _hostile_path(data: bytes, dice: random.Random) -> bytes:
    """Another file in the place of one that the data name."""
    names = list(FILE_NAME.finditer(data))
    if not names:
        return data
    name = dice.choice(names)
    return data[: name.start()] + dice.choice(HOSTILE_PATHS) + data[name.end() :]


def _nest(data: bytes, dice: random.Random) -> bytes:
    """Brackets or elements within each other, thousands deep."""
    at = _place(data, dice)
    opening, closing = dice.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"(", b")")))
    depth = dice.choice((20, 2000, 100_000))
    return data[:at] + opening * depth + closing * depth + data[at:]


def _entities(data: bytes, dice: random.Random) -> bytes:
    """XML that would grow a thousand million times, or name another file, in front."""
    at = data.find(b"?>") + 2 if data.startswith(b"<?xml") else 0
    root = re.search(rb"<([A-Za-z][\w:.-]*)", data[at:])
    name = root[1] if root else b"a"
    bomb = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 9))
    entity = dice.choice((b'<!ENTITY e0 "lol">' + bomb, b'<!ENTITY e8 SYSTEM "file:///etc/hostname">'))
    used = re.sub(rb">([^<>]{1,20})<", b">&e8;<", data[at:], count=1)
    return data[:at] + b"<!DOCTYPE %s [%s]>" % (name, entity) + used


def damaged_glb(data: bytes, seed: int) -> bytes:
    """Binary glTF with damage to its text or to its numbers, but with the lengths that it then has."""
    (size,) = struct.unpack_from("<I", data, _GLB_HEAD)
    at = _GLB_HEAD + _GLB_CHUNK
    text, binary = data[at : at + size], data[at + size + _GLB_CHUNK :]
    if seed % 4:
        text = damaged(text, seed, True)
    else:
        binary = damaged(binary, seed, False)
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    chunks = (
        struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    )
    return struct.pack("<4sII", b"glTF", 2, _GLB_HEAD + len(chunks)) + chunks


def with_checksums(data: bytes) -> bytes:
    """An E57 file whose size and pages are what it says of them, so that damage is found by what it does."""
    data += bytes(-len(data) % _PAGE)
    data = data[:_SIZE_AT] + len(data).to_bytes(8, "little") + data[_SIZE_AT + 8 :]
    pages = (data[at : at + _PAGE - 4] for at in range(0, len(data), _PAGE))
    return b"".join(page + _crc32c(page).to_bytes(4, "big") for page in pages)


def _crc32c(data: bytes) -> int:
    rest = 0xFFFFFFFF
    for byte in data:
        rest = _CRC32C[(rest ^ byte) & 0xFF] ^ rest >> 8
    return rest ^ 0xFFFFFFFF


def _crc32c_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


_GLB_HEAD, _GLB_CHUNK = 12, 8
_PAGE, _SIZE_AT = 1024, 16
_CRC32C = [_crc32c_of(byte) for byte in range(256)]
BINARY_DAMAGE: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip_bit,
    _magic_number,
    _cut_out,
    _cut_off,
    _repeat,
)
#: Most of it is damage to values: damage to brackets is found before anything else is looked at.
TEXT_DAMAGE = (*BINARY_DAMAGE, *[_magic_word] * 9, _hostile_path, _hostile_path, _nest, _entities)
