"""GML 2, 3.1 and 3.2 with simple features: what web feature services and GIS programs hand out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from layers import xmlsafe
from layers.data import LayerData, ReadOptions
from layers.errors import ReadError
from layers.formats._files import is_near_zero
from layers.formats._vector import VECTOR_KINDS, Record, Table, layers_of
from layers.report import Report

if TYPE_CHECKING:
    from lxml.etree import _Element

    from layers.gml.features import GmlFeature

NAME = "gml"
TITLE = "GML with simple features"
ENDINGS = (".gml", ".xml")
KINDS = VECTOR_KINDS[:-1]

#: A collection of features by whatever name: wfs:FeatureCollection, gml:FeatureCollection, ogr:…
_ROOT = re.compile(rb"<(?:[\w.-]+:)?\w*(?:FeatureCollection|Collection|Dataset)[\s>]")
_GML = b"http://www.opengis.net/gml"
_MEMBERS = frozenset(("featureMember", "featureMembers", "member", "members"))


def can_read(head: bytes, path: Path) -> int:
    """How surely this is a collection of features; city models are surer to be ones."""
    if _GML not in head or b"CityModel" in head[:4096] or not xmlsafe.is_xml(head):
        return 0
    return 60 if _ROOT.search(head[:4096]) else 0


def read(path: Path, options: ReadOptions) -> list[LayerData]:
    """One layer per class of features."""
    from layers.gml.features import Features

    root = xmlsafe.parse_file(path)
    report = Report()
    features = Features(root, report)
    found = [features.add(element) for element in elements_of(root)]
    if not found:
        raise ReadError("There are no features in this GML file", where=path.name)
    options.progress(0.5, "Reading coordinates")
    crs = features.place()
    classes: dict[str, list[GmlFeature]] = {}
    for feature in found:
        classes.setdefault(feature.name, []).append(feature)
    tables = [
        Table(name, [record_of(feature) for feature in alike], crs, report if number == 0 else Report())
        for number, (name, alike) in enumerate(classes.items())
    ]
    layers = layers_of(tables, path, options)
    for layer in layers:
        if crs is None and layer.box is not None and is_near_zero(layer.box):
            layer.facts["local"] = True
    return layers


def elements_of(root: _Element) -> Iterator[_Element]:
    """The features of a collection; in its members they may be called as tables are, in small letters."""
    from layers.gml.attributes import tag_of
    from layers.gml.names import in_gml, is_object_like, split

    for member in root:
        if split(tag_of(member))[1] in _MEMBERS:
            yield from member
        elif is_object_like(tag_of(member)) and not in_gml(tag_of(member)):
            yield member


def record_of(feature: GmlFeature) -> Record:
    """A feature as a record."""
    data = orjson.dumps(feature.attributes)
    return Record(data, feature.shape, feature.id or None, feature.name)
