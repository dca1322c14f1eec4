"""Members of a CityGML file with other attributes: only the bytes that say what was edited are changed.

What a member said as it was read is compared with what its objects say now. Of a value that differs
the text is replaced, where the element still fits it; what is gone goes with its element and its line;
what is new comes as an element of the class or as a generic attribute, at its place in the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from layers.data import HEAD, MEMBER, Gone, Piece
from layers.gml.attributes import (
    HEIGHT,
    Form,
    form_of,
    holder_of,
    key_of,
    parts_of,
    put,
    said,
    tag_of,
    text_of,
)
from layers.gml.edits import Edits, Head
from layers.gml.names import split
from layers.gml.objects import Extraction, is_value, member_of
from layers.gml.spelling import Speller, kind_of
from layers.gml.texts import items_of, spelt

if TYPE_CHECKING:
    from lxml.etree import _Element

Fields = Mapping[str, Any]
Groups = dict[str, list["_Element"]]

#: An element without content by which a group refers to a member.
_REFERENCE = rb"""\s*<(?:\w+:)?groupMember\s[^<>]*href\s*=\s*["']#%b["'][^<>]*/>"""
_GENERICS = (Form.GENERIC, Form.WRAPPED)


def rewrite(
    pieces: Iterable[tuple[Piece, int | None]], attributes_of: Callable[[int], Mapping[str, bytes] | None]
) -> Iterator[bytes]:
    """The file's bytes; of members with edited objects those that say what was edited are others.

    Objects within others that have no attributes are gone: their elements are left out.
    """
    head = Head(b"")
    for piece, touched in pieces:
        if piece.role == HEAD:
            head = Head(piece.data)
        if touched is None or not piece.role.startswith(MEMBER):
            yield piece.data
            continue
        said = map(attributes_of, range(touched, touched + int(piece.role.removeprefix(MEMBER))))
        now = [None if each is None else _decoded(each) for each in said]
        yield piece.data[: piece.start] + changed(head, piece.data[piece.start :], now)


def leave_out(pieces: Iterator[tuple[Piece, int | None]], gone: Gone) -> Iterator[tuple[Piece, int | None]]:
    """The pieces without members of which all is gone, in groups without references to these.

    What is gone within other members is left to `rewrite`.
    """
    for piece, touched in pieces:
        if piece.feature not in gone.fids:
            lost = () if piece.feature is None else gone.parts.get(piece.feature, ())
            yield _ungrouped(piece, lost), touched
        elif piece.data[: piece.start].strip():
            yield Piece(piece.data[: piece.start]), None


def _ungrouped(piece: Piece, lost: Iterable[str]) -> Piece:
    """A group without the elements that refer to these objects."""
    text = piece.data[piece.start :]
    for id in lost if b"groupMember" in text else ():
        text = re.sub(_REFERENCE % re.escape(id.encode()), b"", text)
    return Piece(piece.data[: piece.start] + text, piece.start, piece.feature, piece.role)


def _decoded(said: Mapping[str, bytes]) -> Fields:
    return {key: orjson.loads(value) for key, value in said.items()}


def changed(head: Head, member: bytes, now: Sequence[Fields | None]) -> bytes:
    """A member whose objects, in the order of their rows, have the attributes `now`; None: they are gone."""
    edits = Edits(head, member)
    gone: list[_Element] = []
    for element, fields in zip(things(edits.elements[0]), now, strict=True):
        if any(above in gone for above in element.iterancestors()):
            continue
        if fields is None:
            gone.append(element)
            edits.remove(_property_of(element))
        else:
            Patch(edits, element).change(fields)
    return edits.result()


def _property_of(element: _Element) -> _Element:
    """The property that holds an object and nothing else; else the object."""
    above = element.getparent()
    return above if above is not None and len(above) == 1 else element


def own_text(head: bytes, member: bytes, number: int) -> str:
    """The text of one of the city objects in a member, by its number among the rows."""
    edits = Edits(Head(head), member)
    return edits.text(things(edits.elements[0])[number])


def things(first: _Element) -> list[_Element]:
    """The city objects that a member gives, in the order of their rows."""
    batch = Extraction(lambda _code, _id, _text: None)
    return [item.element for item in batch.add(member_of(first), 0).objects]


class Patch:
    """Gives one city object other attributes."""

    def __init__(self, edits: Edits, thing: _Element) -> None:
        self.edits, self.thing = edits, thing
        self.speller = Speller(thing)

    def change(self, now: Fields) -> None:
        """Make the properties of the object say these attributes."""
        groups = _groups(part for part in self.thing if is_value(part))
        new: list[tuple[str, int]] = []
        for key, value in now.items():
            if key not in groups:
                if value is not None and value != []:
                    new.append(self.speller.properties(key, value))
            elif not _same(_value(key, groups[key]), value):
                self._say(key, groups[key], value)
        for text, place in sorted(new, key=lambda found: found[1]):
            self.edits.insert(self.thing, text, place)
        self._remove_others(groups, now)

    def _remove_others(self, groups: Groups, now: Fields) -> None:
        for key, parts in groups.items():
            if key not in now:
                for part in parts:
                    self.edits.remove(part)

    def _say(self, key: str, parts: Sequence[_Element], value: Any) -> None:
        """Make the elements that say one value say another."""
        if value is None or value == []:
            values: list[Any] = []
        elif len(parts) == 1 and isinstance(_said(parts[0], key), list):
            values = [value]  # an element that holds a list as it is
        else:
            values = items_of(value)
        for place, part in enumerate(parts):
            if place >= len(values):
                self.edits.remove(part)
            elif not _same(_said(part, key), values[place]) and not self._change(part, key, values[place]):
                self._replace(part, key, values[place])
        for item in values[len(parts) :]:
            alike = next((part for part in parts if _keys(_said(part, key)) == _keys(item)), parts[-1])
            self.edits.append(parts[-1], self._like(alike, key, item))

    def _change(self, part: _Element, key: str, value: Any) -> bool:
        """Make one element say another value; False when it cannot."""
        before = _said(part, key)
        text = text_of(part, key)
        if text is None:
            return isinstance(before, dict) and isinstance(value, dict) and self._nested(part, value)
        if isinstance(value, dict) or (isinstance(value, list) and not isinstance(before, list)):
            return False
        if form_of(tag_of(part)) in _GENERICS and not _fits(text, value):
            return False
        self.edits.write(text, spelt(value))
        return True

    def _nested(self, part: _Element, now: Fields) -> bool:
        """Make the parts of a nested value say other values."""
        groups: Groups = {}
        for key, inner in parts_of(part):
            groups.setdefault(key, []).append(inner)
        if form_of(tag_of(part)) is Form.ADDRESS:
            return self._address(part, groups, now)
        for key, value in now.items():
            if key not in groups:
                self._add(part, key, value)
            elif not _same(_value(key, groups[key]), value):
                self._say(key, groups[key], value)
        self._remove_others(groups, now)
        return True

    def _address(self, part: _Element, groups: Groups, now: Fields) -> bool:
        """Change the texts of an address, or write its parts anew when there are others than before."""
        values = {key: items_of(value) for key, value in now.items() if value is not None}
        if values.keys() == groups.keys() and all(len(values[key]) == len(groups[key]) for key in groups):
            for key, texts in groups.items():
                for text, value in zip(texts, values[key], strict=True):
                    if not _same(_said(text, key), value):
                        self.edits.write(text, spelt(value))
            return True
        holder = part.find(".//{*}xalAddress")
        if holder is None or "href" in now:
            return False
        self.edits.fill(holder, self.speller.xal(now))
        return True

    def _add(self, part: _Element, key: str, value: Any) -> None:
        """Put a new part into a nested value."""
        holder = holder_of(part)
        for item in items_of(value):
            if form_of(tag_of(part)) in _GENERICS:
                text = self.speller.generic(key, item, in_set=True)
            else:
                text = self.speller.plain(self.edits.name(holder[0] if len(holder) else holder), key, item)
            self.edits.put_last(holder, text)

    def _replace(self, part: _Element, key: str, value: Any) -> None:
        """Put another element in the place of one that cannot say a value."""
        if form_of(tag_of(part)) in _GENERICS:
            self.edits.replace(part, self.speller.generic(key, value, self._is_inside(part)))
        elif self._is_inside(part):
            self.edits.replace(part, self.speller.plain(self.edits.name(part), key, value))
        else:
            self.edits.remove(part)
            self.edits.insert(self.thing, *self.speller.properties(key, value))

    def _like(self, part: _Element, key: str, value: Any) -> str:
        """An element like another, with a value of its own."""
        form = form_of(tag_of(part))
        if form in _GENERICS:
            return self.speller.generic(key, value, self._is_inside(part))
        if form is Form.ADDRESS and isinstance(value, dict):
            return self.speller.address(value)
        copied = Edits(self.edits.head.within(part), self.edits.bytes_of(part))
        inner = Patch(copied, copied.elements[0])
        inner.speller = self.speller
        if _same(_said(part, key), value) or inner._change(copied.elements[0], key, value):
            return copied.result().decode(self.edits.head.encoding)
        if self._is_inside(part) or isinstance(value, dict):
            return self.speller.plain(self.edits.name(part), key, value)
        return self.speller.generic(key, value)

    def _is_inside(self, part: _Element) -> bool:
        """Whether a property belongs to a nested value, not to the object."""
        return part.getparent() is not self.speller.thing


def _groups(properties: Iterable[_Element]) -> Groups:
    """Properties by the names of the attributes that they say."""
    found: Groups = {}
    for part in properties:
        found.setdefault(key_of(part, found), []).append(part)
    return found


def _keys(value: Any) -> Any:
    """What a nested value is made of."""
    return {key: _keys(part) for key, part in value.items()} if isinstance(value, dict) else None


def _said(part: _Element, key: str) -> Any:
    """What one element says of an attribute."""
    return said(part, () if key == HEIGHT else (HEIGHT,))[1]


def _value(key: str, parts: Iterable[_Element]) -> Any:
    """What elements say together."""
    found: dict[str, Any] = {}
    for part in parts:
        put(found, key, _said(part, key))
    return found[key]


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same as JSON, in whatever order their members are."""
    option = orjson.OPT_SORT_KEYS
    return orjson.dumps(one, option=option) == orjson.dumps(other, option=option)


def _fits(text: _Element, value: Any) -> bool:
    """Whether the type of a generic attribute holds a value."""
    around = text.getparent()
    kind = "" if around is None else split(tag_of(around))[1].lower().removesuffix("attribute")
    wanted = kind_of(value)
    return (
        kind == wanted
        or (kind == "measure" and wanted in ("int", "double"))
        or (kind == "double" and wanted == "int")
        or (kind in ("string", "code", "uri", "date") and isinstance(value, str))
    )
