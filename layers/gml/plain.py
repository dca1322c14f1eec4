"""The plain attributes of city objects, read from the text before it is parsed.

    <bldg:Building gml:id="b"><bldg:function>1000</bldg:function>…
                                       →  <bldg:Building gml:id="b" condensed-values="0">…

Only those are read that come first in a city object known by name, and whose text is what the parser would
make of it. Where there is a doubt the text stays as it is. Objects mostly say the same attributes in the
same order, so that for each order it is found out once what they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from layers.gml.attributes import Form, form_of, is_as_said, kind_of, plain_value, typed_value
from layers.gml.names import OBJECT_NAMES, object_type, split

#: The attribute that tells which values an object has.
VALUES = "condensed-values"
#: More orders of attributes than this are not remembered.
MOST_ORDERS = 4096
_NAME = r"[A-Za-z_][\w.-]*+(?::[A-Za-z_][\w.-]*+)?+"
_TEXT = "[^<]*+"
_SAID = r'="[^"<>\t\r\n]*+"'
_VALUE = rf"<({_NAME})(?: uom{_SAID})?+>{_TEXT}</\4>{_TEXT}"
_ATTRIBUTE = rf"<({_NAME})(?: (?:name|uom|codeSpace){_SAID})?+>{_TEXT}(?:{_VALUE})?+</\3>{_TEXT}"
_TAGS = re.compile("(<[^>]*+>)")
_OPENING = re.compile(r'<([^\s>]+)(?: (\w+)="([^"]*)")?>')
#: What means another thing than it looks like, or nothing that may stand in XML.
_ODD = re.compile("[&\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|]]>")
_ODD_BYTES = bytes(sign for sign in range(32) if sign not in b"\t\n\r") + b"&"
#: What leaves a property out of those that are read here: its level of detail is asked for elsewhere.
_ASKED = frozenset(("lod",))


class _Order(NamedTuple):
    """Attributes that follow each other: names, texts of this form, and what to make of some."""

    keys: list[str]
    pattern: re.Pattern[str]
    conversions: list[tuple[str, Callable[[str], Any]]]


class PlainValues:
    """Reads the plain attributes of the city objects of one file."""

    def __init__(self, gml: str, spaces: Mapping[str, str], encoding: str) -> None:
        """`gml` is the prefix of GML as a pattern, `spaces` the namespaces by their prefixes."""
        self._spaces = spaces
        self._is_utf8 = encoding.upper().replace("-", "") == "UTF8"
        self._orders: dict[str, _Order | None] = {}
        self._last: _Order | None = None
        tags = (
            (f"{prefix}:{name}".lstrip(":"), f"{{{space}}}{name}")
            for prefix, space in spaces.items()
            for name in OBJECT_NAMES
        )
        names = "|".join(re.escape(said) for said, tag in tags if object_type(tag))
        pattern = rf'<((?:{names or "(?!)"})(?:[ \t\r\n]++{gml}:id="[^"<]*+")?+)>({_TEXT}(?:{_ATTRIBUTE})++)'
        self._pattern = re.compile(pattern, re.ASCII)

    def taken(self, text: str) -> tuple[str, list[dict[str, Any]]]:
        """A text, whose signs are its bytes, without plain attributes; the attributes of each object."""
        parts = self._pattern.split(text)
        runs = parts[2::5]
        if not runs:
            return text, []
        odd = self._are_odd("".join(runs))
        found: list[dict[str, Any]] = []
        short = [parts[0]]
        for tag, run, rest in zip(parts[1::5], runs, parts[5::5], strict=True):
            values = self._values(run, odd)
            if values is None:
                short += ("<", tag, ">", run, rest)
            else:
                short += ("<", tag, f' {VALUES}="{len(found)}">', rest)
                found.append(values)
        return "".join(short), found

    def _are_odd(self, text: str) -> bool:
        """Whether there is anything but plain signs in a text."""
        signs = text.encode("latin-1")
        return (
            not text.isascii()
            or b"\r" in signs
            or b"]]>" in signs
            or signs != signs.translate(None, _ODD_BYTES)
        )

    def _values(self, run: str, is_odd: bool) -> dict[str, Any] | None:
        """What some attributes say; None when they are not plain after all."""
        if is_odd:
            plain = self._read(run)
            if plain is None:
                return None
            run = plain
        order = self._last
        found = order.pattern.fullmatch(run) if order is not None else None
        if found is None:
            self._last = order = self._order(_TAGS.findall(run))
            found = order.pattern.fullmatch(run) if order is not None else None
        if order is None or found is None:
            return None
        values: dict[str, Any] = dict(zip(order.keys, map(str.strip, found.groups()), strict=True))
        for key, convert in order.conversions:
            values[key] = convert(values[key])
        return values

    def _read(self, run: str) -> str | None:
        """A text as the parser reads it; None when that is another one, or an error."""
        if not run.isascii():
            if not self._is_utf8:
                return None
            try:
                run = run.encode("latin-1").decode("utf-8")
            except UnicodeDecodeError:
                return None
        return None if _ODD.search(run) else run.replace("\r\n", "\n").replace("\r", "\n")

    def _order(self, tags: list[str]) -> _Order | None:
        """What attributes of these tags are; None when one is not plain."""
        said = "".join(tags)
        if said not in self._orders:
            if len(self._orders) >= MOST_ORDERS:
                self._orders.clear()
            self._orders[said] = self._found(tags)
        return self._orders[said]

    def _found(self, tags: list[str]) -> _Order | None:
        keys: list[str] = []
        conversions: list[tuple[str, Callable[[str], Any]]] = []
        pattern, number = [_TEXT], 0
        while number < len(tags):
            has_value = not tags[number + 1].startswith("</")
            told = self._told(tags[number], tags[number + 1] if has_value else "")
            if told is None or told[0] in keys:
                return None
            key, convert = told
            keys.append(key)
            if convert is not None:
                conversions.append((key, convert))
            size = 4 if has_value else 2
            each = [re.escape(tag) + _TEXT for tag in tags[number : number + size]]
            each[has_value] = f"{re.escape(tags[number + has_value])}({_TEXT})"
            pattern += each
            number += size
        return _Order(keys, re.compile("".join(pattern)), conversions)

    def _told(self, opening: str, value: str) -> tuple[str, Callable[[str], Any] | None] | None:
        """Name of the attribute with this tag, and what to make of its text; None when it is not plain."""
        tag, name, said = self._tag(opening)
        if tag is None:
            return None
        form, local = form_of(tag), split(tag)[1]
        if value:
            inner, _, _ = self._tag(value)
            if form is not Form.GENERIC or inner is None or split(inner)[1] != "value":
                return None
            kind = kind_of(tag)
            return (said if name == "name" else "") or local, (
                None if is_as_said(kind) else lambda text: typed_value(text, kind)
            )
        if form is not Form.PLAIN or local in _ASKED:
            return None
        has_unit = name == "uom"
        return local, lambda text: plain_value(text, local, has_unit) if text else ""

    def _tag(self, opening: str) -> tuple[str | None, str, str]:
        """The tag with its namespace, None when that is not known, and its only attribute."""
        found = _OPENING.fullmatch(opening)
        if found is None:
            return None, "", ""
        prefix, _, name = found[1].rpartition(":")
        space = self._spaces.get(prefix)
        return f"{{{space}}}{name}" if space else None, found[2] or "", found[3] or ""
