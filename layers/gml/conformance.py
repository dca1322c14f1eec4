"""Whether a city model in GML keeps rules that its shapes do not show; the XML schemas are not consulted.

xml_syntax       text that is no XML
id_syntax        a gml:id that is no xs:ID, which begins with a letter or "_" and has no spaces or colons
duplicate_id     a gml:id that is given twice
broken_link      an xlink:href to a gml:id that nothing in the file has
unknown_element  an element in the name space of a module of CityGML that does not have it
broken_target    a warning: a material or texture for a polygon or ring that is not there

`python -m layers.gml.conformance` is the process that reads the file, see `layers.workers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.conformance import Finding
from layers.errors import CitystrataError, ReadError
from layers.gml.ids import own_id
from layers.gml.names import XLINK_HREF, object_type, split
from layers.gml.vocabulary import is_known, module_of, version_of
from layers.workers import Workers, serve
from layers.xmlsafe import elements

if TYPE_CHECKING:
    from lxml.etree import _Element

#: What xs:ID allows (NCName of https://www.w3.org/TR/xml-names/), but for rare signs that `\w` leaves out.
_ID = re.compile(r"[^\W\d][\w.\-·]*")
#: Elements and attributes that say which polygon or ring an appearance is for.
_TARGETS, _TARGET_ATTRIBUTES = ("target", "ring"), ("uri", "ring")


def conformance(path: Path) -> list[Finding]:
    """All that is wrong, in the order of the file but for what is known only at its end."""
    with Workers(__name__, 1) as workers:
        ((_number, answer),) = workers.each([{"path": str(path.absolute())}])
    if isinstance(answer, CitystrataError):
        raise answer
    return [Finding(**found) for found in answer["findings"]]


class _Rules:
    """What is met on the way through one file."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}  # and the city object that each is in
        self._links: list[tuple[str, str, str]] = []  # code, city object, what is meant
        self._unknown: dict[str, list[str]] = {}  # tags, and the city objects they are in

    def findings(self, path: Path) -> Iterator[Finding]:
        """All that is wrong with a file."""
        try:
            for element in elements(path, path.name, "*"):
                yield from self._of(element)
                _forget(element)
        except ReadError as error:
            yield Finding("xml_syntax", "", "", error.found)
            return
        yield from self._at_the_end()

    def _of(self, element: _Element) -> Iterator[Finding]:
        tag = str(element.tag)
        if element.attrib:
            id = own_id(element).strip()
            if id:
                yield from self._of_id(id, element)
            href = element.get(XLINK_HREF)
            if href is not None:
                self._follow("broken_link", element, href)
        version = version_of(tag)
        if not version:
            return
        if not is_known(tag):
            self._unknown.setdefault(tag, []).append(_owner(element))
        if split(tag)[1] in _TARGETS:
            self._follow("broken_target", element, element.text or "")
        for name in _TARGET_ATTRIBUTES:
            self._follow("broken_target", element, element.get(name) or "")

    def _of_id(self, id: str, element: _Element) -> Iterator[Finding]:
        owner = _owner(element)
        if not _ID.fullmatch(id):
            why = (
                "must begin with a letter or _"
                if _ID.fullmatch(f"_{id}")
                else "has signs that no id may have"
            )
            yield Finding("id_syntax", owner, "", f"the gml:id {id!r} {why}")
        if id in self._ids:
            yield Finding("duplicate_id", owner, "", f"the gml:id {id!r} is given again")
        self._ids.setdefault(id, owner)

    def _follow(self, code: str, element: _Element, text: str) -> None:
        """Remember what is meant by a reference within the file."""
        said = text.strip()
        if said.startswith("#") and not said.startswith("#xpointer"):
            self._links.append((code, _owner(element), said[1:]))

    def _at_the_end(self) -> Iterator[Finding]:
        for code, owner, id in self._links:
            if id not in self._ids:
                yield Finding(code, owner, "", f"nothing in the file has the gml:id that '#{id}' refers to")
        for tag, owners in self._unknown.items():
            namespace, name = split(tag)
            times = f", {len(owners):,} times" if len(owners) > 1 else ""
            where = f"the module {module_of(tag)} of CityGML {version_of(tag)}"
            text = f"{name!r} is no element of {where} (name space {namespace}){times}"
            yield Finding("unknown_element", owners[0], "", text)


def _owner(element: _Element) -> str:
    """The gml:id of the city object that an element is or is in; else of what is nearest around it."""
    nearest = own_id(element)
    if nearest and object_type(element.tag):
        return nearest
    for around in element.iterancestors():
        id = own_id(around)
        if id and object_type(around.tag):
            return id
        nearest = nearest or id
    return nearest


def _forget(element: _Element) -> None:
    """Free what was looked at; of a member nothing stays behind."""
    element.clear(keep_tail=True)
    parent = element.getparent()
    if parent is not None and parent.getparent() is None:
        while element.getprevious() is not None:
            del parent[0]


def work(task: dict[str, Any]) -> dict[str, Any]:
    """Check one file."""
    return {"findings": [asdict(found) for found in _Rules().findings(Path(task["path"]))]}


if __name__ == "__main__":
    serve(work)
