"""Damaging files the way disks, networks and careless programs do, the same at every run."""

from __future__ import annotations

import random
import re
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


BINARY_DAMAGE: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip_bit,
    _magic_number,
    _cut_out,
    _cut_off,
    _repeat,
)
#: Most of it is damage to values: damage to brackets is found before anything else is looked at.
TEXT_DAMAGE = (*BINARY_DAMAGE, *[_magic_word] * 9, _hostile_path, _hostile_path, _nest, _entities)
