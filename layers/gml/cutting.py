"""A city model in GML, cut into its members without being parsed: where each begins and ends in the bytes.

Only tags, comments, CDATA sections and instructions are looked at, in any encoding whose ASCII is ASCII.
Whether what lies between them is XML is for the parser to say that reads the members.
"""

from __future__ import annotations

import mmap
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from layers.errors import ReadError
from layers.xmlsafe import encoding_of, refuse_doctype

#: Text to be cut: bytes, or a file that is mapped.
Text = bytes | mmap.mmap
HEAD = 1 << 20

#: Nothing is tried twice: in a text that is no XML it would be in thousands of ways.
_INSIDE = rb"""(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+"""
_OPENING = re.compile(rb"<([^\s<>/!?]++)(" + _INSIDE + rb")>", re.DOTALL)
_BETWEEN = re.compile(rb"[^<]*")
#: What is no element, each to its end; one that has no end matches without.
_OTHER = rb"<!--(?:.*?(-->))?|<!\[CDATA\[(?:.*?(\]\]>))?|<\?(?:.*?(\?>))?"
_NO_ELEMENT = re.compile(_OTHER, re.DOTALL)
_ID = re.compile(rb""":id\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")
#: Members that hold many features, each of which is a member of its own here.
_MANY = frozenset((b"featureMembers", b"cityObjectMembers"))


class Cut(NamedTuple):
    """An element below the outermost one, or a feature in a member of many."""

    begin: int
    end: int
    name: bytes  # without its prefix
    in_many: bool = False


class Frame(NamedTuple):
    """What stands around the members."""

    opening: bytes  # the tag of the outermost element, with the namespaces
    name: bytes
    begin: int  # behind that tag
    encoding: str

    def whole(self, members: bytes) -> bytes:
        """Some members as a text of their own."""
        return self.opening + members + b"</" + self.name + b">"


def frame_of(head: bytes, where: str) -> Frame:
    """The frame of a file that begins like this."""
    encoding = encoding_of(head)
    if encoding.upper().startswith(("UTF-16", "UTF-32", "UCS", "EBCDIC", "CP037")):
        raise ReadError(
            "The encoding of this file is not read",
            where=where,
            found=encoding,
            allowed="UTF-8, ISO-8859-1, windows-1252 and others that hold ASCII as it is",
            do="Save it as UTF-8",
        )
    refuse_doctype(head, where)
    at = _next_element(head, 0, where)
    opening = _OPENING.match(head, at)
    if opening is None:
        raise _broken(where, at, "no outermost element begins there")
    return Frame(opening[0], opening[1], opening.end(), encoding)


def members_in(text: Text, frame: Frame, where: str) -> Iterator[Cut]:
    """The elements below the outermost one, in order; ReadError when the text ends before they do."""
    if frame.opening.endswith(b"/>"):
        return
    yield from _children(text, frame.begin, frame.name, where, False)


def members_of_stretch(text: Text, where: str, in_many: bool) -> Iterator[Cut]:
    """The same for a stretch of a file that holds whole members."""
    yield from _children(text, 0, b"", where, in_many)


def _children(text: Text, at: int, parent: bytes, where: str, in_many: bool) -> Iterator[Cut]:
    others = _Others(text)
    while True:
        begin = _next_element(text, at, where)
        if not parent and begin == len(text):
            return
        if text[begin : begin + 2] == b"</":
            closed = text.find(b">", begin) >= 0
            if not closed or text[begin + 2 : begin + 2 + len(parent)] != parent:
                raise _broken(where, begin, f"</{parent.decode('ascii', 'replace')}> is expected there")
            return
        opening = _OPENING.match(text, begin)
        if opening is None:
            what = "a tag has no end" if begin < len(text) else "the text ends too early"
            raise _broken(where, begin, what)
        end = _end(text, opening, where, others)
        name = opening[1].rpartition(b":")[2]
        if name in _MANY and not opening[2].endswith(b"/"):
            yield from _children(text, opening.end(), opening[1], where, True)
        else:
            cut = Cut(begin, end, name, in_many)
            yield cut
            if not opening[2]:
                for following in _alike(text, cut, opening[1], others):
                    yield following
                    end = following.end
        at = end


def _alike(text: Text, last: Cut, name: bytes, others: _Others) -> Iterator[Cut]:
    """What follows an element, as long as it has the same tag and that name nowhere within."""
    opening, closing, until = b"<%b>" % name, b"</%b>" % name, others.next(last.end)
    at, size = last.end, len(closing)
    while True:
        begin = text.find(b"<", at)
        if text[begin : begin + len(opening)] != opening:
            return
        found = text.find(name, begin + len(opening)) - 2
        at = found + size
        if not begin < found < until or text[found:at] != closing:
            return
        yield Cut(begin, at, last.name, last.in_many)


def _end_of(text: Text, begin: int, where: str, others: _Others) -> int:
    """Where the element ends that begins there."""
    opening = _OPENING.match(text, begin)
    if opening is None:
        raise _broken(where, begin, "a tag has no end")
    return _end(text, opening, where, others)


def _end(text: Text, opening: re.Match[bytes], where: str, others: _Others) -> int:
    """Where the element of a tag ends."""
    if opening[2].endswith(b"/"):
        return opening.end()
    name, at = opening[1], opening.end()
    # Mostly no tag of that name, no comment and no section is before the tag that closes.
    closing = b"</" + name
    found = text.find(closing, at)
    end = found + len(closing) + 1
    is_next = found >= 0 and text[end - 1 : end] == b">"
    if not is_next or text.find(b"<" + name, at, found) >= 0 or others.next(at) < found:
        return _end_among_others(text, at, name, where)
    return end


class _Others:
    """Where the next sign stands that comments, sections and instructions have: mostly there is none."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._next = dict.fromkeys((b"!", b"?"), -1)

    def next(self, begin: int) -> int:
        """The place of the next one from there on, the end of the text where there is none."""
        for sign, at in self._next.items():
            if at < begin:
                at = self._text.find(sign, begin)
                self._next[sign] = len(self._text) if at < 0 else at
        return min(self._next.values())


def _end_among_others(text: Text, at: int, name: bytes, where: str) -> int:
    """Where an element ends that holds comments, or elements of its own name."""
    tokens = re.compile(_OTHER + rb"|<(/)?" + re.escape(name) + rb"(?=[\s/>])(" + _INSIDE + rb")>", re.DOTALL)
    depth = 1
    for token in tokens.finditer(text, at):
        if token[0].startswith((b"<!", b"<?")):
            if not any(token.group(1, 2, 3)):
                raise _broken(where, token.start(), "a comment or section has no end")
        elif token[4]:
            depth -= 1
        elif not token[5].endswith(b"/"):
            depth += 1
        if depth == 0:
            return token.end()
    raise _broken(where, at, f"<{name.decode('ascii', 'replace')}> has no end")


def _next_element(text: Text, at: int, where: str) -> int:
    """Where the next tag begins, behind comments and instructions; the end when there is none."""
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        other = _NO_ELEMENT.match(text, at)
        if other is None:
            return at
        if not any(other.groups()):
            raise _broken(where, at, "a comment or section has no end")
        at = other.end()


@contextmanager
def mapped(path: Path) -> Iterator[Text]:
    """The bytes of a file, of which only those are in memory that are looked at."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            yield text


def forget(text: Text, begin: int, end: int) -> None:
    """Leave a stretch of a mapped file to the system: what of it is asked for again is mapped again."""
    if sys.platform == "linux" and isinstance(text, mmap.mmap) and begin < end:
        begin -= begin % mmap.PAGESIZE
        text.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def ids_in(text: Text) -> set[str]:
    """All gml:ids in a text."""
    return {(found[1] or found[2] or b"").decode("utf-8", "replace") for found in _ID.finditer(text)}


def with_ids(text: Text, ids: set[str], encoding: str, where: str) -> Iterator[tuple[int, int]]:
    """Where the elements with these gml:ids begin and end."""
    others = _Others(text)
    wanted = {id.encode(encoding, "replace") for id in ids}
    for found in _ID.finditer(text):
        if (found[1] or found[2]) in wanted:
            begin = text.rfind(b"<", 0, found.start())
            yield begin, _end_of(text, begin, where, others)


def _broken(where: str, at: int, what: str) -> ReadError:
    return ReadError(
        "This GML file is not whole",
        where=f"{where}, byte {at:,}",
        found=what,
        do="It may be cut off; ask for it again",
    )
