"""Materials of OBJ files (MTL, Wavefront 1995): diffuse colour, transparency, and its image."""

from __future__ import annotations

import posixpath
from pathlib import Path

from layers.errors import ReadError
from layers.looks import Look, Picture, path_within
from layers.smallfile import read_whole

MOST_BYTES = 64 << 20
#: Options of images and how many values follow each; those of -s, -o and -t are one to three numbers.
_OPTIONS = dict.fromkeys(("-blendu", "-blendv", "-boost", "-cc", "-clamp", "-texres", "-bm", "-imfchan"), 1)
_OPTIONS |= {"-type": 1, "-mm": 2}
#: Words of lines that name images.
_MAPS = ("map_", "bump", "disp", "decal", "refl", "norm")
_VECTORS = ("-s", "-o", "-t")


def materials(folder: Path, said: str) -> dict[str, Look]:
    """The looks in a library that an OBJ file in `folder` names; ReadError says why there are none."""
    path = path_within(folder, said)
    if path is None:
        raise ReadError("It lies outside the folder of the model and is not opened", where=said)
    if not path.is_file():
        raise ReadError("It is missing", where=said)
    text = read_whole(path, "library of materials", MOST_BYTES).decode("utf-8", "replace")
    return _looks(text, posixpath.dirname(said.replace("\\", "/")))


def files_of(text: str) -> list[str]:
    """The paths of all images in a library, as it says them: those of colours, bumps, reflections."""
    found = []
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word.lower().startswith(_MAPS):
            found.append(_image(rest.strip())[0])
    return [path for path in found if path]


def _looks(text: str, folder: str) -> dict[str, Look]:
    found: dict[str, Look] = {}
    name, color, opacity, picture, wrap = "", (1.0, 1.0, 1.0), 1.0, "", "wrap"

    def finish() -> None:
        if name:
            image = Picture(path=posixpath.join(folder, picture)) if picture else None
            found[name] = Look(color, 1.0 - opacity, image, wrap, name=name)

    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if word == "newmtl":
            finish()
            name, color, opacity, picture, wrap = rest, (1.0, 1.0, 1.0), 1.0, "", "wrap"
        elif word == "Kd":
            color = _colour(rest) or color
        elif word in ("d", "Tr"):
            part = _number(rest.split()[-1]) if rest else None
            if part is not None:
                opacity = part if word == "d" else 1.0 - part
        elif word.lower() == "map_kd":
            picture, wrap = _image(rest)
    finish()
    return found


def _colour(text: str) -> tuple[float, float, float] | None:
    values = [_number(part) for part in text.split()[:3]]
    if len(values) < 3 or any(value is None for value in values):
        return None
    r, g, b = (value or 0.0 for value in values)
    return r, g, b


def _number(text: str) -> float | None:
    """A number from 0 to 1, None when it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return min(max(value, 0.0), 1.0) if value == value else None  # NaN is not itself


def _image(text: str) -> tuple[str, str]:
    """The path of an image behind its options, and how it is repeated."""
    words, wrap = text.split(), "wrap"
    while words and words[0] in (*_OPTIONS, *_VECTORS):
        option = words.pop(0)
        if option == "-clamp" and words[:1] == ["on"]:
            wrap = "clamp"
        for _ in range(_OPTIONS.get(option, 3)):
            if words and (option in _OPTIONS or _is_number(words[0])):
                words.pop(0)
    return " ".join(words).strip('"').replace("\\", "/"), wrap


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
