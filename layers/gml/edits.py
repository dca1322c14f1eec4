"""A stretch of a GML file that is changed in places: texts, elements that go, elements that come."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from layers.gml.attributes import tag_of
from layers.gml.names import XLINK_HREF
from layers.gml.spans import Span, spans
from layers.gml.spelling import rank
from layers.gml.texts import escaped, quoted
from layers.xmlsafe import encoding_of, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

_VALUE = rb"""\s*=\s*(?:"[^"]*"|'[^']*')"""
_IDS = re.compile(rb"\s[\w.-]+:id" + _VALUE)
_NIL = re.compile(rb"\s(?:[\w.-]+:nil|nilReason)" + _VALUE)
_HREF = re.compile(rb"""(\s[\w.-]+:href\s*=\s*)(?:"[^"]*"|'[^']*')""")
_WHERE = "the source of the layer"


class Head:
    """What stands before the members of a file: its encoding, and the elements that they stand in."""

    def __init__(self, data: bytes) -> None:
        self.encoding = encoding_of(data)
        around = spans(data)[1]
        self.begin = b"".join(data[span.begin : span.inner] for span in around)
        self.end = b"".join(b"</" + span.name + b">" for span in reversed(around))
        self.depth = len(around)

    def within(self, element: _Element) -> Head:
        """The same for something that stands where an element stands."""
        found = copy.copy(self)
        names = (
            f" xmlns{':' if prefix else ''}{prefix or ''}={quoted(namespace)}"
            for prefix, namespace in element.nsmap.items()
        )
        found.begin, found.end, found.depth = f"<in{''.join(names)}>".encode(), b"</in>", 1
        return found

    def spelt(self, text: str) -> bytes:
        """Text in the encoding of the file; signs that it lacks as numbers."""
        return text.encode(self.encoding, "xmlcharrefreplace")

    def parsed(self, data: bytes) -> Iterator[_Element]:
        """The elements of a stretch, in order."""
        root = parse(self.begin + data + self.end, _WHERE, self.encoding)
        elements = root.iter()
        for _ in range(self.depth):
            next(elements)
        return elements


class Edits:
    """Changes to a stretch of whole elements, made all at once in the end."""

    def __init__(self, head: Head, data: bytes) -> None:
        self.head, self.data = head, data
        self.elements = list(head.parsed(data))
        self._span = dict(zip(self.elements, spans(data)[0], strict=True))
        self._edits: list[tuple[int, int, bytes]] = []
        self._opened: dict[int, Span] = {}

    def result(self) -> bytes:
        """The stretch with its changes."""
        data = self.data
        for span in self._opened.values():
            self._edits.append((span.inner - 2, span.inner, b">"))
            self._edits.append((span.end, span.end, b"</" + span.name + b">"))
        # From the end, so that places before stay where they are; what came first at a place stays first.
        for begin, end, text in sorted(self._edits, key=lambda edit: edit[:2])[::-1]:
            data = data[:begin] + text + data[end:]
        return data

    def name(self, element: _Element) -> bytes:
        """The name of an element as it stands there, with its prefix."""
        return self._span[element].name

    def text(self, element: _Element) -> str:
        """An element as it stands there."""
        span = self._span[element]
        return self.data[span.begin : span.end].decode(self.head.encoding, "replace")

    def bytes_of(self, element: _Element) -> bytes:
        """An element as it stands there, without ids, which are only once in a file."""
        span = self._span[element]
        return _IDS.sub(b"", self.data[span.begin : span.end])

    def write(self, element: _Element, text: str) -> None:
        """Give an element another text; the white space around it stays."""
        span = self._span[element]
        if not (element.text or "").strip() and element.get(XLINK_HREF):
            found = _HREF.search(self.data, span.begin, span.inner)
            assert found is not None  # the parser has seen it
            self._edit(found.end(1), found.end(), quoted(text))
            return
        for nil in _NIL.finditer(self.data, span.begin, span.inner):
            self._edits.append((*nil.span(), b""))
        inner = self.data[span.inner : span.outer]
        lead = len(inner) - len(inner.lstrip()) if inner.strip() else 0
        tail = len(inner.rstrip()) if inner.strip() else len(inner)
        if span.is_closed and text:
            self._opened[span.begin] = span
        self._edit(span.inner + lead, span.inner + tail, escaped(text))

    def replace(self, element: _Element, text: str) -> None:
        """Put other elements in the place of one."""
        span = self._span[element]
        self._edit(span.begin, span.end, text)

    def fill(self, element: _Element, text: str) -> None:
        """Put other elements into one."""
        span = self._span[element]
        self._edit(span.inner, span.outer, text)

    def remove(self, element: _Element) -> None:
        """Take an element out, with the line it stands on when it stands there alone."""
        span = self._span[element]
        self._edits.append((span.begin - len(self._lead(span)), span.end, b""))

    def append(self, element: _Element, text: str) -> None:
        """Put elements behind one, as it stands itself."""
        span = self._span[element]
        self._edit(span.end, span.end, self._lead(span).decode() + text)

    def insert(self, around: _Element, text: str, place: int) -> None:
        """Put a new property into a thing, at its place among the others."""
        following = next((child for child in around if rank(tag_of(child)) > place), None)
        if following is None:
            self.put_last(around, text)
            return
        span = self._span[following]
        lead = self._lead(span)
        begin = span.begin - len(lead)
        self._edit(begin, begin, lead.decode() + text)

    def put_last(self, around: _Element, text: str) -> None:
        """Put elements behind all others in one."""
        span = self._span[around]
        if len(around):
            self.append(around[-1], text)
            return
        if span.is_closed:
            self._opened[span.begin] = span
        self._edit(span.inner, span.inner, text)

    def _edit(self, begin: int, end: int, text: str) -> None:
        self._edits.append((begin, end, self.head.spelt(text)))

    def _lead(self, span: Span) -> bytes:
        """The end of the line before an element and the white space up to it, when it begins a line."""
        begin = span.begin
        while self.data[begin - 1 : begin] in (b" ", b"\t"):
            begin -= 1
        if self.data[begin - 1 : begin] != b"\n":
            return b""
        begin -= 2 if self.data[begin - 2 : begin] == b"\r\n" else 1
        return self.data[begin : span.begin]
