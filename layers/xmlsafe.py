"""The one way to read XML of strangers: no entities, no network, no DTD, bounded depth and text.

`lxml` is told so in words, and a document type declaration, without which there is neither an entity
nor anything to fetch, is refused wherever it stands (CVE-2026-41066; OWASP XXE prevention).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from layers.errors import ReadError

if TYPE_CHECKING:
    from lxml import etree

#: What the parsers of this file are told, each word on purpose.
SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
}
_DAMAGED = "Ask for the file again, or have it checked by the program that wrote it"
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
#: What may stand before the outermost element: declaration, comments, instructions, white space.
_PROLOGUE = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ENCODING = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]*)[\"']")
_WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


def parser(encoding: str | None = None) -> etree.XMLParser[etree._Element]:
    """A parser for one text; `encoding` is for a stretch of a file that says its encoding elsewhere."""
    from lxml import etree

    safe: etree.XMLParser[etree._Element] = etree.XMLParser(
        encoding=encoding, remove_comments=True, remove_pis=True, **SAFE
    )
    return safe


def parse(data: bytes, where: str, encoding: str | None = None) -> etree._Element:
    """The outermost element of a text; ReadError, which names `where`, when it is none that may be read."""
    from lxml import etree

    refuse_doctype(data, where)
    try:
        root = etree.fromstring(data, parser(encoding))
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise broken(error, where) from error
    _refuse_if_declared(root, where)
    return root


def parse_file(path: Path, most_bytes: int = 512 << 20) -> etree._Element:
    """The outermost element of a file of at most so many bytes."""
    size = path.stat().st_size
    if size > most_bytes:
        raise ReadError(
            "This XML file is too large to be read as a whole",
            where=path.name,
            found=f"{size >> 20:,} MiB",
            allowed=f"{most_bytes >> 20:,} MiB",
        )
    return parse(path.read_bytes(), path.name)


def elements(source: Path | IO[bytes], where: str, *tags: str) -> Iterator[etree._Element]:
    """Each element of these tags ("{namespace}name", "{*}name") once it is whole; whoever asks clears it."""
    from lxml import etree

    if isinstance(source, Path):
        with source.open("rb") as file:
            yield from elements(file, where, *tags)
        return
    refuse_doctype(source.read(65536), where)
    source.seek(0)
    first = True
    try:
        for _, element in etree.iterparse(source, tag=tags, remove_comments=True, remove_pis=True, **SAFE):
            if first:
                _refuse_if_declared(element, where)
                first = False
            yield element
    except (etree.XMLSyntaxError, LookupError) as error:
        raise broken(error, where) from error


def refuse_doctype(head: bytes, where: str) -> None:
    """ReadError when a text that begins like this declares a document type."""
    text = _plain(head)
    prologue = _PROLOGUE.match(text)
    if _DOCTYPE.match(text, prologue.end() if prologue else 0):
        raise ReadError(
            "This XML file declares a document type, which may hide entities, and is not read",
            where=where,
            found="<!DOCTYPE …>",
            allowed="XML without a document type declaration",
            do="Take the declaration out if you trust the file",
        )


def is_xml(head: bytes) -> bool:
    """Whether a file that begins like this is XML, or means to be."""
    text = _plain(head)
    prologue = _PROLOGUE.match(text)
    return text[prologue.end() if prologue else 0 :][:1] == b"<"


def encoding_of(head: bytes) -> str:
    """The encoding that a text's beginning tells, as it is spelt there; "UTF-8" where it says none."""
    wide = next((name for mark, name in _WIDE.items() if head.startswith(mark)), "")
    if wide:
        return wide.upper()
    said = _ENCODING.match(head.removeprefix(b"\xef\xbb\xbf"))
    return said[1].decode("ascii") if said else "UTF-8"


def broken(error: Exception, where: str) -> ReadError:
    """The sentence about a text that is not well-formed XML, or goes beyond the bounds."""
    return ReadError("This file is not whole XML", where=where, found=str(error), do=_DAMAGED)


def _refuse_if_declared(element: etree._Element, where: str) -> None:
    """What the parser found counts too, however the text hid it from `refuse_doctype`."""
    if element.getroottree().docinfo.internalDTD is not None:
        refuse_doctype(b"<!DOCTYPE", where)


def _plain(head: bytes) -> bytes:
    """The beginning of a text as bytes of ASCII, from UTF-16 too."""
    wide = next((name for mark, name in _WIDE.items() if head.startswith(mark)), "")
    if not wide:
        return head
    return head[: len(head) // 2 * 2].decode(wide, "replace").encode("utf-8")
