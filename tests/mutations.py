"""Damaging files the way disks, networks and careless programs do, the same at every run."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

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


BINARY_DAMAGE: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip_bit,
    _magic_number,
    _cut_out,
    _cut_off,
    _repeat,
)
TEXT_DAMAGE = (*BINARY_DAMAGE, _magic_word, _magic_word, _magic_word)
