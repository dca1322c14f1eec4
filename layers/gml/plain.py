"""The plain attributes of city objects, read from the text before it is parsed.

    <bldg:Building gml:id="b"><bldg:function>1000</bldg:function>…
                                       →  <bldg:Building gml:id="b" condensed-values="0">…

Only those are read that come first in a city object known by name, and whose text is what the parser would
make of it. Where there is a doubt the text stays as it is. Objects mostly say the same attributes in the
same order, so that for each order it is found out once what they are, and all that say them in the order
that was met last are read together, attribute by attribute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from layers.gml.attributes import Form, conversion, form_of, kind_of, typed_conversion
from layers.gml.names import object_names, split

#: The attribute that tells which values an object has.
VALUES = "condensed-values"
#: More orders of attributes than this are not remembered.
MOST_ORDERS = 4096
#: So many objects have to say their attributes in one order before others like them are looked for together.
MANY = 8
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
#: A text that says what it looks like: ASCII without "&", "<" and "]", whose lines end as they do here.
_SURE = r"[\t\n -%'-;=-\\^-~]*+"
_BLANK = r"[\t\n ]*+"


@dataclass(slots=True)
class _Order:
    """Attributes that follow each other in an element of this name."""

    element: str
    tags: list[str]
    keys: list[str]
    places: list[int]  # of their texts, among all texts and tags
    conversions: list[tuple[int, Callable[[str], Any]]]  # by place among the keys
    met: int = 0
    pattern: re.Pattern[str] | None = None  # of objects that are just like this, once many are met


class PlainValues:
    """Reads the plain attributes of the city objects of one file."""

    def __init__(self, gml: str, spaces: Mapping[str, str], encoding: str) -> None:
        """`gml` is the prefix of GML as a pattern, `spaces` the namespaces by their prefixes."""
        self._gml = gml
        self._spaces = spaces
        self._is_utf8 = encoding.upper().replace("-", "") == "UTF8"
        self._orders: dict[str, _Order | None] = {}
        self._last: _Order | None = None
        self._pattern = _objects(gml, tuple(spaces.items()))

    def taken(self, text: str) -> tuple[str, list[dict[str, Any]]]:
        """A text, whose signs are its bytes, without plain attributes; the attributes of each object."""
        found: list[dict[str, Any]] = []
        if self._last is not None and self._last.met >= MANY:
            text = self._taken_alike(text, self._last, found)
        parts = self._pattern.split(text)
        runs = parts[2::5]
        if not runs:
            return text, found
        odd = self._are_odd("".join(runs))
        short = [parts[0]]
        for tag, run, rest in zip(parts[1::5], runs, parts[5::5], strict=True):
            values = self._values(tag.split(None, 1)[0], run, odd)
            if values is None:
                short += ("<", tag, ">", run, rest)
            else:
                short += (_marked(tag, len(found)), rest)
                found.append(values)
        return "".join(short), found

    def _taken_alike(self, text: str, order: _Order, found: list[dict[str, Any]]) -> str:
        """A text without the attributes of objects like the last one, which are added to those found."""
        if order.pattern is None:
            tag = rf'<({re.escape(order.element)}(?:[ \t\r\n]++{self._gml}:id="[^"<]*+")?+)>'
            order.pattern = re.compile(tag + _body(order.tags))
        each = order.pattern.groups + 1
        parts = order.pattern.split(text)
        if len(parts) == 1:
            self._last = None
            return text
        columns = [list(map(str.strip, parts[place::each])) for place in range(2, each)]
        for place, convert in order.conversions:
            columns[place] = list(map(convert, columns[place]))
        found += [dict(zip(order.keys, row, strict=True)) for row in zip(*columns, strict=True)]
        marks = map(_marked, parts[1::each], range(len(found)))
        return "".join([*chain.from_iterable(zip(parts[::each], marks, strict=False)), parts[-1]])

    def _are_odd(self, text: str) -> bool:
        """Whether there is anything but plain signs in a text."""
        signs = text.encode("latin-1")
        return (
            not text.isascii()
            or b"\r" in signs
            or b"]]>" in signs
            or signs != signs.translate(None, _ODD_BYTES)
        )

    def _values(self, element: str, run: str, is_odd: bool) -> dict[str, Any] | None:
        """What some attributes say; None when they are not plain after all."""
        if is_odd:
            plain = self._read(run)
            if plain is None:
                return None
            run = plain
        parts = _TAGS.split(run)
        self._last = order = self._order(element, parts[1::2])
        if order is None:
            return None
        order.met += 1
        values: dict[str, Any] = {
            key: parts[place].strip() for key, place in zip(order.keys, order.places, strict=True)
        }
        for number, convert in order.conversions:
            key = order.keys[number]
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

    def _order(self, element: str, tags: list[str]) -> _Order | None:
        """What attributes of these tags are; None when one is not plain."""
        said = "".join((element, *tags))
        if said not in self._orders:
            if len(self._orders) >= MOST_ORDERS:
                self._orders.clear()
            self._orders[said] = self._found(element, tags)
        return self._orders[said]

    def _found(self, element: str, tags: list[str]) -> _Order | None:
        order = _Order(element, tags, [], [], [])
        number = 0
        while number < len(tags):
            has_value = not tags[number + 1].startswith("</")
            told = self._told(tags[number], tags[number + 1] if has_value else "")
            if told is None or told[0] in order.keys:
                return None
            key, convert = told
            if convert is not None:
                order.conversions.append((len(order.keys), convert))
            order.keys.append(key)
            order.places.append(2 * (number + has_value + 1))
            number += 4 if has_value else 2
        return order

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
            return (said if name == "name" else "") or local, typed_conversion(kind_of(tag))
        if form is not Form.PLAIN or local in _ASKED:
            return None
        return local, conversion(tag, name == "uom")

    def _tag(self, opening: str) -> tuple[str | None, str, str]:
        """The tag with its namespace, None when that is not known, and its only attribute."""
        found = _OPENING.fullmatch(opening)
        if found is None:
            return None, "", ""
        prefix, _, name = found[1].rpartition(":")
        space = self._spaces.get(prefix)
        return f"{{{space}}}{name}" if space else None, found[2] or "", found[3] or ""


def _marked(tag: str, number: int) -> str:
    """The tag of an object whose attributes were taken out, which have that number."""
    return f'<{tag} {VALUES}="{number}">'


def _body(tags: list[str]) -> str:
    """The pattern of attributes with these tags: a group for the text of each."""
    parts = [_BLANK]
    for tag, after in zip(tags, [*tags[1:], ""], strict=True):
        says = not tag.startswith("</") and after.startswith("</")
        parts += (re.escape(tag), f"({_SURE})" if says else _BLANK)
    return "".join(parts)


@lru_cache(maxsize=16)
def _objects(gml: str, spaces: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    """City objects that are known by name: their tags, and the plain attributes that come first in them."""
    tags = (f"{prefix}:{name}".lstrip(":") for prefix, space in spaces for name in object_names(space))
    names = "|".join(map(re.escape, tags))
    pattern = rf'<((?:{names or "(?!)"})(?:[ \t\r\n]++{gml}:id="[^"<]*+")?+)>({_TEXT}(?:{_ATTRIBUTE})++)'
    return re.compile(pattern, re.ASCII)
