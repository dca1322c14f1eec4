"""Appearance of CityJSON geometries: the look of every polygon, and where its corners lie in images.

https://www.cityjson.org/specs/2.0.1/#appearance-object
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from layers.arrays import Int32
from layers.looks import Look, Picture
from layers.nested import NotNested, nested
from layers.runs import Int64, ranges, starts, sums
from layers.semantics import MALFORMED, WRAP, surface_of_polygons

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
#: A member that is not there (Raw cannot be combined with None in a decoder).
ABSENT = msgspec.Raw()
#: Boundaries of all types brought to the depth of a MultiSolid; there the lists are so deep.
POLYGONS_DEEP = 4
WRAP_RINGS, RINGS_DEEP = (b"[[%s]]", b"[%s]", b"%s"), 6
LARGEST_UV = 1e4
#: Below this, a list is decoded quicker than its text is taken apart.
FEW_BYTES = 1 << 14
NUMBERS = b"0123456789+-.eE,[] \t\n\r"
TO_SPACES = bytes.maketrans(b"[],\t\n\r", b"      ")


class RawAppearance(msgspec.Struct):
    """The member "appearance" of a file or of a feature."""

    materials: msgspec.Raw = ABSENT
    textures: msgspec.Raw = ABSENT
    places: msgspec.Raw = msgspec.field(default=ABSENT, name="vertices-texture")
    texture_theme: str | None = msgspec.field(default=None, name="default-theme-texture")
    material_theme: str | None = msgspec.field(default=None, name="default-theme-material")


class Material(msgspec.Struct):
    """One of its materials (an X3DMaterial)."""

    name: str = ""
    color: list[float] | None = msgspec.field(default=None, name="diffuseColor")
    transparency: float = 0.0


class Texture(msgspec.Struct):
    """One of its textures."""

    image: str = ""
    wrap: str = msgspec.field(default="wrap", name="wrapMode")


class Themed(msgspec.Struct):
    """What a geometry wears in one theme: values per polygon or ring, or one material for all."""

    values: msgspec.Raw = ABSENT
    value: int | None = None


APPEARANCE = msgspec.json.Decoder(RawAppearance | None)
MATERIALS = msgspec.json.Decoder(list[Material] | None)
TEXTURES = msgspec.json.Decoder(list[Texture] | None)
THEMES = msgspec.json.Decoder(dict[str, Themed] | None)
PLACES = msgspec.json.Decoder(list[tuple[float, float]] | None)


@dataclass(frozen=True, eq=False)
class Appearance:
    """The looks that geometries name by number."""

    materials: list[int]  # look of each material
    textures: list[int]  # look of each texture
    places: Float32  # (k, 2) that corners lie at in images; v grows upwards
    texture_theme: str | None = None  # that is shown unless another is asked for
    material_theme: str | None = None


class Wardrobe:
    """The looks and themes that were met, in the order they were."""

    def __init__(self) -> None:
        self._numbers: dict[Look, int] = {}
        self._themes: dict[str, int] = {}

    @property
    def looks(self) -> list[Look]:
        """Every look, once."""
        return list(self._numbers)

    @property
    def themes(self) -> list[str]:
        """Every theme."""
        return list(self._themes)

    def theme(self, name: str) -> int:
        """The number of a theme."""
        return self._themes.setdefault(name, len(self._themes))

    def appearance(self, raw: RawAppearance, folder: str, places: Float32 | None = None) -> Appearance:
        """An appearance whose images lie in `folder`; `places` in them may have been decoded before.

        MsgspecError or ValueError where it is not as it should be.
        """
        materials = MATERIALS.decode(raw.materials) if len(memoryview(raw.materials)) else None
        textures = TEXTURES.decode(raw.textures) if len(memoryview(raw.textures)) else None
        return Appearance(
            [self._number(_material(item)) for item in materials or ()],
            [self._number(_texture(item, folder)) for item in textures or ()],
            places_of(raw.places) if places is None else places,
            raw.texture_theme,
            raw.material_theme,
        )

    def _number(self, look: Look) -> int:
        return self._numbers.setdefault(look, len(self._numbers))


def _material(item: Material) -> Look:
    color = tuple(min(max(part, 0.0), 1.0) for part in item.color or ())
    clear = min(max(item.transparency, 0.0), 1.0)
    red, green, blue = color if len(color) == 3 else (0.8, 0.8, 0.8)  # X3D's own default
    return Look((red, green, blue), clear, name=item.name)


def _texture(item: Texture, folder: str) -> Look:
    return Look(picture=Picture(f"{folder}{item.image}"), wrap=item.wrap, name=item.image)


def places_of(raw: msgspec.Raw) -> Float32:
    """(k, 2) places in images; ValueError or MsgspecError where they are not pairs of numbers."""
    if not len(memoryview(raw)):
        return np.empty((0, 2), np.float32)
    text = bytes(raw)
    places = _pairs(text)
    if places is None:
        places = np.array(PLACES.decode(text) or (), np.float64).reshape(-1, 2)
    if not (np.abs(places) < LARGEST_UV).all():
        raise ValueError("a place in an image is far outside of it")
    return places.astype(np.float32)


def _pairs(text: bytes) -> NDArray[np.float64] | None:
    """The numbers of a long list of pairs, with no Python list in between; None where it is another."""
    pairs = text.count(b"[") - 1
    if len(text) < FEW_BYTES or text.translate(None, NUMBERS) or text.count(b",") != 2 * pairs - 1:
        return None
    numbers = np.fromstring(text.translate(TO_SPACES), np.float64, sep=" ")
    return numbers.reshape(-1, 2) if len(numbers) == 2 * pairs else None


class Worn(NamedTuple):
    """What one geometry of a batch wears in one theme, its lists still text."""

    position: int  # in the batch
    depth: int  # list levels above the polygons
    kind: Literal["material", "texture"]
    theme: str
    value: int | None
    values: bytes
    boundaries: bytes
    appearance: Appearance


@dataclass(frozen=True)
class Forms:
    """The polygons of a batch."""

    polygons: NDArray[np.int64]  # of each geometry
    polygon_rings: Int32  # rings of each polygon
    rings: Int32  # corners of each ring


class Dress(NamedTuple):
    """The looks of all polygons of a batch: those drawn unless a theme is asked for, then theme by theme."""

    looks: Int32  # (p, 1 + t)
    places: Float32  # (n, 1 + t, 2)
    unusable: list[int]  # geometries of which some cannot be used


def dressed(worn: Sequence[Worn], forms: Forms, wardrobe: Wardrobe) -> Dress | None:
    """What the geometries of a batch wear; None where they wear nothing."""
    if not worn:
        return None
    polygons, corners = int(forms.polygons.sum()), int(forms.rings.sum())
    numbers = [wardrobe.theme(item.theme) for item in worn]
    themes = len(wardrobe.themes)
    looks = np.full((polygons, 1 + themes), -1, np.int32)
    places = np.full((corners, 1 + themes, 2), np.nan, np.float32)
    of_corner = np.repeat(np.arange(polygons), sums(forms.rings, forms.polygon_rings))
    unusable: set[int] = set()
    # A texture comes before a material, what is shown by default before other themes.
    for kind in ("texture", "material"):
        mine = [(item, number) for item, number in zip(worn, numbers, strict=True) if item.kind == kind]
        for is_default in (True, False):
            for number in dict.fromkeys(number for _, number in mine):
                some = [item for item, its in mine if its == number and _is_default(item) == is_default]
                if not some:
                    continue
                found, where, wrong = _worn(kind, some, forms)
                unusable.update(wrong)
                for column in (0, 1 + number):
                    new = (found >= 0) & (looks[:, column] < 0)
                    looks[new, column] = found[new]
                    if where is not None:
                        at = np.flatnonzero(new[of_corner])
                        places[at, column] = where[at]
    return Dress(looks, places, sorted(unusable))


def _is_default(item: Worn) -> bool:
    appearance = item.appearance
    return item.theme == (appearance.texture_theme if item.kind == "texture" else appearance.material_theme)


def _worn(kind: str, some: Sequence[Worn], forms: Forms) -> tuple[Int32, Float32 | None, list[int]]:
    """Looks of polygons and places of corners in one theme, and geometries that are not as they should be."""
    if kind == "material":
        looks, wrong = _materials(some, forms)
        return looks, None, wrong
    try:
        looks, places, wrong = _textures(some, forms)
    except NotNested:
        looks = np.full(int(forms.polygons.sum()), -1, np.int32)
        places = np.full((int(forms.rings.sum()), 2), np.nan, np.float32)
        wrong = []
        for item in some:
            try:
                mine, where, broken = _textures([item], forms)
            except NotNested:
                wrong.append(item.position)
                continue
            looks = np.where(mine >= 0, mine, looks)
            places = np.where(np.isnan(where), places, where)
            wrong += broken
    return looks, places, wrong


def _materials(some: Sequence[Worn], forms: Forms) -> tuple[Int32, list[int]]:
    """Looks of polygons that are said polygon by polygon, or for a whole geometry."""
    looks, wrong = np.full(int(forms.polygons.sum()), -1, np.int32), []
    said, numbers = [], []
    for item, values in zip(some, _values(some, forms), strict=True):
        if values is None:
            wrong.append(item.position)
        else:
            said.append(item)
            numbers.append(values)
    if not said:
        return looks, wrong
    table, span = _tables(said, [item.appearance.materials for item in said])
    positions = np.array([item.position for item in said])
    counts = forms.polygons[positions]
    owner, number = np.repeat(np.arange(len(said)), counts), np.concatenate(numbers)
    known = (number >= 0) & (number < (span[:, 1] - span[:, 0])[owner])
    looks[ranges(starts(forms.polygons)[positions], counts)[known]] = table[(number + span[owner, 0])[known]]
    wrong += positions[owner[~known & (number != -1)]].tolist()
    return looks, wrong


def _values(some: Sequence[Worn], forms: Forms) -> list[Int64 | None]:
    """The number of each polygon's material, -1 of none, geometry by geometry; None where it is unclear."""
    counts = [int(forms.polygons[item.position]) for item in some]
    listed = [at for at, item in enumerate(some) if item.value is None]
    found: list[Int64 | None] = [
        None if item.value is None else np.full(count, item.value, np.int64)
        for item, count in zip(some, counts, strict=True)
    ]
    if not listed:
        return found
    try:
        text = b",".join([WRAP[some[at].depth] % some[at].values for at in listed]).replace(b"null", b"-1")
        flat = nested(b"[%s]" % text, POLYGONS_DEEP)
        each = sums(sums(flat.counts[3], flat.counts[2]), flat.counts[1])
        if each.tolist() != [counts[at] for at in listed]:
            raise NotNested("the values are not as many as the polygons")
        for at, numbers in zip(listed, np.split(flat.numbers, np.cumsum(each)[:-1]), strict=True):
            found[at] = numbers
    except NotNested:
        for at in listed:
            found[at] = _values_of(some[at], counts[at])
    return found


def _values_of(item: Worn, count: int) -> Int64 | None:
    """The same of one geometry, in which null may stand for a whole shell."""
    try:
        values = surface_of_polygons(item.values, item.boundaries, item.depth)
        numbers = np.array([-1 if value is None else value for value in values], np.int64)
    except (*MALFORMED, OverflowError):
        return None
    return numbers if numbers.shape == (count,) else None


def _textures(some: Sequence[Worn], forms: Forms) -> tuple[Int32, Float32, list[int]]:
    """Looks of polygons and places of corners that are said ring by ring; NotNested where they do not fit."""
    positions = np.array([item.position for item in some])
    first_ring = starts(forms.polygon_rings)
    polygon = ranges(starts(forms.polygons)[positions], forms.polygons[positions])
    ring = ranges(first_ring[polygon], forms.polygon_rings[polygon])
    text = b",".join([WRAP_RINGS[item.depth] % item.values for item in some]).replace(b"null", b"-1")
    found = nested(b"[%s]" % text, RINGS_DEEP)
    _all, solids, shells, polygons, polygon_rings, lengths = found.counts
    counts = sums(sums(polygons, shells), solids)
    if not np.array_equal(counts, forms.polygons[positions]) or not np.array_equal(
        polygon_rings, forms.polygon_rings[polygon]
    ):
        raise NotNested("the textures are not nested as the boundaries are")
    owner = np.repeat(np.arange(len(some)), sums(forms.polygon_rings[polygon], counts))  # of each ring
    lead = starts(lengths)[:-1]
    texture = np.full(len(ring), -1, np.int64)
    texture[lengths > 0] = found.numbers[lead[lengths > 0]]
    table, span = _tables(some, [item.appearance.textures for item in some])
    places, first_place = _places(some)
    corners = forms.rings[ring]
    whole = (lengths == corners + 1) & (texture >= 0)
    whole &= texture < (span[:, 1] - span[:, 0])[owner]
    place = found.numbers[ranges(lead + 1, np.maximum(lengths - 1, 0) * whole)]
    of_ring = np.repeat(owner[whole], corners[whole])
    outside = (place < 0) | (place >= (first_place[:, 1] - first_place[:, 0])[of_ring])
    is_bare = (texture < 0) & (lengths <= 1)
    wrong = set(positions[owner[~whole & ~is_bare]].tolist()) | set(positions[of_ring[outside]].tolist())
    looks = np.full(int(forms.polygons.sum()), -1, np.int32)
    outer = starts(forms.polygon_rings[polygon])[:-1]
    has = whole[outer]
    looks[polygon[has]] = table[span[owner[outer[has]], 0] + texture[outer[has]]]
    where = np.full((int(forms.rings.sum()), 2), np.nan, np.float32)
    at = ranges(starts(forms.rings)[ring[whole]], corners[whole])
    where[at[~outside]] = places[(place + first_place[of_ring, 0])[~outside]]
    return looks, where, sorted(wrong)


def _tables(some: Sequence[Worn], lists: Sequence[list[int]]) -> tuple[Int32, Int64]:
    """The looks that geometries name, once for every appearance, and where each one's begin and end."""
    every = {id(item.appearance): looks for item, looks in zip(some, lists, strict=True)}
    begin = starts(np.array([len(looks) for looks in every.values()]))
    at = {key: (begin[number], begin[number + 1]) for number, key in enumerate(every)}
    table = np.array([look for looks in every.values() for look in looks], np.int32)
    return table, np.array([at[id(item.appearance)] for item in some], np.int64)


def _places(some: Sequence[Worn]) -> tuple[Float32, Int64]:
    """The places in images that geometries name, likewise."""
    every = list({id(item.appearance): item.appearance for item in some}.values())
    begin = starts(np.array([len(appearance.places) for appearance in every]))
    at = {id(each): (begin[number], begin[number + 1]) for number, each in enumerate(every)}
    places = every[0].places if len(every) == 1 else np.concatenate([each.places for each in every])
    return places, np.array([at[id(item.appearance)] for item in some], np.int64)
