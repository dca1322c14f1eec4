"""Materials of a glTF file: colours of kinds of things, and the looks of a layer with their pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.album import JPEG, MISSING, WRAPS, Album
from layers.arrays import Float64, Mesh
from layers.runs import Int64
from layers.writers._glb import Glb

#: How an image goes on beyond its borders; what glTF has no word for ends with its outermost pixels.
SAMPLERS = {"wrap": 10497, "mirror": 33648}
CLAMPED = 33071
LINEAR, LINEAR_MIPMAP_LINEAR = 9729, 9987


class Materials:
    """The materials of one file, each made once."""

    def __init__(self, glb: Glb, album: Album | None) -> None:
        self._glb, self._album = glb, album
        self._known: dict[tuple[str | int, bool], int] = {}
        self._textures: dict[tuple[int, int], int] = {}
        self._samplers: dict[int, int] = {}
        self._images: dict[int, int] = {}

    def of_kind(self, title: str, color: str) -> int:
        """The material of a kind of surface or object, of a colour "#rrggbb"."""
        rgb = np.frombuffer(bytes.fromhex(color.lstrip("#")), np.uint8)
        return self._kept((title, False), title, rgb / 255, 1.0, None)

    def of_look(self, look: int, has_places: bool) -> int:
        """The material of a look; with its picture where polygons have places in it."""
        album = self._album
        assert album is not None
        number = int(album.picture[look]) if has_places else -1
        texture = self._texture(number, int(album.wrap[look])) if number >= 0 else None
        title = album.names[look] or f"look {look}"
        seen_through = number >= 0 and album.is_seen_through(number)
        return self._kept(
            (look, has_places),
            title,
            album.color[look] / 255,
            float(album.opacity[look]),
            texture,
            seen_through,
        )

    def _kept(
        self,
        key: tuple[str | int, bool],
        title: str,
        rgb: Float64,
        opacity: float,
        texture: int | None,
        seen_through: bool = False,
    ) -> int:
        if key not in self._known:
            surface: dict[str, Any] = {
                "baseColorFactor": [*np.round(linear(rgb), 6).tolist(), round(opacity, 6)],
                "metallicFactor": 0.0,
                "roughnessFactor": 1.0,
            }
            if texture is not None:
                surface["baseColorTexture"] = {"index": texture}
            material = {"name": title, "doubleSided": True, "pbrMetallicRoughness": surface}
            if opacity < 1 or seen_through:
                material["alphaMode"] = "BLEND"
            self._known[key] = self._glb.add("materials", material)
        return self._known[key]

    def _texture(self, picture: int, wrap: int) -> int:
        mode = SAMPLERS.get(WRAPS[wrap], CLAMPED)
        if mode not in self._samplers:
            described = {"wrapS": mode, "wrapT": mode, "magFilter": LINEAR, "minFilter": LINEAR_MIPMAP_LINEAR}
            self._samplers[mode] = self._glb.add("samplers", described)
        if picture not in self._images:
            assert self._album is not None
            data = self._album.encoded(picture)
            mime = "image/jpeg" if data.startswith(JPEG) else "image/png"
            self._images[picture] = self._glb.add(
                "images", {"bufferView": self._glb.view(data), "mimeType": mime}
            )
        key = (picture, mode)
        if key not in self._textures:
            described = {"source": self._images[picture], "sampler": self._samplers[mode]}
            self._textures[key] = self._glb.add("textures", described)
        return self._textures[key]


def looks_of(mesh: Mesh, album: Album | None, theme: int = 0) -> tuple[Int64, NDArray[np.bool_]]:
    """Per polygon its look, or -1, and whether all its corners have places in a picture that there is.

    `theme` is a column of looks; the first is what is drawn unless a theme is asked for.
    """
    count = len(mesh.surface_type)
    if album is None or mesh.surface_look is None:
        return np.full(count, -1), np.zeros(count, np.bool_)
    # A place for none comes behind the looks.
    look = np.append(_alike(album), -1)[mesh.surface_look[:, theme]]
    # A look whose picture is not to be had says nothing of the colour.
    look[(look >= 0) & (album.picture[look] == MISSING)] = -1
    pictured = (look >= 0) & (album.picture[look] >= 0)
    if mesh.vertex_uv is None or not pictured.any():
        return look, np.zeros(count, np.bool_)
    gaps = np.isnan(mesh.vertex_uv[:, theme]).any(axis=1)
    owner = np.repeat(np.arange(count), np.diff(mesh.surface_start))
    return look, pictured & (np.bincount(owner[gaps], minlength=count) == 0)


def _alike(album: Album) -> Int64:
    """For each look the first that looks the same: some files have one of its own for every polygon."""
    seen = np.column_stack((album.color, album.opacity, album.picture, album.wrap)).astype(np.float64)
    _looks, first, which = np.unique(seen, axis=0, return_index=True, return_inverse=True)
    return np.asarray(first[which.ravel()], np.int64)


def linear(srgb: Float64) -> Float64:
    """Colours as screens have them (sRGB, IEC 61966-2-1) to shares of light, as glTF wants factors."""
    return np.asarray(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4))
