"""Materials of glTF as looks: base colour, transparency, and the image of the base colour."""

from __future__ import annotations

from typing import Any

from layers.gltf.document import Document, Material, TextureInfo, Unreadable
from layers.looks import Look, Picture

_WRAPS = {33071: "clamp", 33648: "mirror", 10497: "wrap"}
SPECULAR, TRANSFORM = "KHR_materials_pbrSpecularGlossiness", "KHR_texture_transform"


class Materials:
    """The looks of a document's materials; `faults` tells what of them is not drawn."""

    def __init__(self, document: Document, folder: str | None = "") -> None:
        self._document, self._folder = document, folder
        self._known: dict[int, tuple[Look | None, TextureInfo | None]] = {}
        self.faults: list[str] = []

    def look(self, number: int | None) -> tuple[Look | None, TextureInfo | None]:
        """The look of a material, and how its image is laid; None without a material."""
        if number is None:
            return None, None
        if number not in self._known:
            self._known[number] = self._look(number)
        return self._known[number]

    def _look(self, number: int) -> tuple[Look | None, TextureInfo | None]:
        try:
            material: Material = self._document.item(self._document.gltf.materials, number, "material")
        except Unreadable as error:
            self.faults.append(str(error))
            return None, None
        color, info = _base(material)
        picture, wrap = None, "wrap"
        if info is not None:
            try:
                picture, wrap = self._picture(info)
            except Unreadable as error:
                self.faults.append(f"the image of the material {material.name or number!r}: {error}")
                info = None
        opacity = 1.0 if material.alphaMode == "OPAQUE" else color[3]
        rgb = (_encoded(color[0]), _encoded(color[1]), _encoded(color[2]))
        return Look(rgb, 1.0 - opacity, picture, wrap, name=material.name), info

    def _picture(self, info: TextureInfo) -> tuple[Picture, str]:
        document = self._document
        texture = document.item(document.gltf.textures, info.index, "texture")
        webp = texture.extensions.get("EXT_texture_webp")
        source = webp.get("source") if isinstance(webp, dict) else texture.source
        if source is None and "KHR_texture_basisu" in texture.extensions:
            raise Unreadable("it is compressed with Basis Universal, which is not read")
        if not isinstance(source, int):
            raise Unreadable("its texture has no image")
        image = document.item(document.gltf.images, source, "image")
        wrap = "wrap"
        if texture.sampler is not None:
            wrap = _WRAPS.get(document.item(document.gltf.samplers, texture.sampler, "sampler").wrapS, "wrap")
        if image.uri is not None and not image.uri.startswith("data:") and self._folder is not None:
            return Picture(path=_joined(self._folder, image.uri)), wrap
        if image.uri is not None:
            return Picture(data=document.content(image.uri)), wrap
        if image.bufferView is None:
            raise Unreadable("its image is nowhere")
        return Picture(data=bytes(document.view(image.bufferView))), wrap


def _base(material: Material) -> tuple[list[float], TextureInfo | None]:
    """The base colour (linear, with alpha) and the texture of it."""
    pbr = material.pbrMetallicRoughness
    color, info = (list(pbr.baseColorFactor), pbr.baseColorTexture) if pbr else ([1.0] * 4, None)
    older: Any = material.extensions.get(SPECULAR)
    if isinstance(older, dict) and info is None:
        said = older.get("diffuseFactor")
        color = said if isinstance(said, list) and all(isinstance(v, int | float) for v in said) else color
        texture = older.get("diffuseTexture")
        if isinstance(texture, dict) and isinstance(texture.get("index"), int):
            at = texture.get("texCoord")
            info = TextureInfo(texture["index"], at if isinstance(at, int) else 0)
    clipped = [min(max(float(value), 0.0), 1.0) for value in color]
    return [*clipped, 1.0, 1.0, 1.0, 1.0][:4], info


def _encoded(linear: float) -> float:
    """A linear part of a colour as screens take it (sRGB, IEC 61966-2-1)."""
    return round(12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055, 6)


def _joined(folder: str, uri: str) -> str:
    from urllib.parse import unquote

    return f"{folder}/{unquote(uri)}" if folder else unquote(uri)
