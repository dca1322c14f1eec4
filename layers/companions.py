"""What goes out with a layer's file: images and other files that its source names, copied beside it.

A source that is written as it came keeps its paths, and the files go to the same places beside it. What
is written anew names them in a folder of its own.
"""

from __future__ import annotations

import filecmp
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from layers import safefile
from layers.errors import WriteError
from layers.formats._files import CITY_ENDINGS, layer_name
from layers.looks import path_within
from layers.meshes.beside import place_files
from layers.named import Tiles, named_files
from layers.outfile import check_kept
from layers.project import Project
from layers.records import Layer
from layers.written import counted

BYTES_AT_ONCE = 4 << 20
HEAD = 16
#: How the files begin that are taken for images, as those are whatever their names say.
_IMAGES = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n|GIF8|II\*\0|MM\0\*|BM|RIFF....WEBP|\xabKTX 20|\0\0\0\x0cjP  ", re.DOTALL
)
#: Files without a beginning of their own; what a mesh is read from.
_PLAIN = (".tga", ".mtl", ".bin", ".glbin")


@dataclass(frozen=True)
class Companions:
    """The files that go out with a layer."""

    #: What is copied, and where to.
    copies: tuple[tuple[Path, Path], ...] = ()
    #: What the source says, from the folder of all its tiles, and what the file says that is written anew.
    renamed: dict[str, str] = field(default_factory=dict)
    #: What the source names that is not there, or may not be copied.
    missing: tuple[str, ...] = ()

    @property
    def named(self) -> int:
        """How many files the source names."""
        return len(self.renamed) + len(self.missing)

    @property
    def said(self) -> str:
        """What is to be said of the copies behind a sentence about the file; '' of none."""
        return f"; {counted(len(self.copies), 'file')} that it names beside it" if self.copies else ""

    def check(self, project: Project, overwrite: bool) -> None:
        """Refuse files that are there already, unless they are the same or may be replaced."""
        for source, target in self._needed():
            check_kept(project, target, overwrite)
            if any(_is_same(target, other) for other, _ in self.copies if target.exists()):
                raise WriteError(
                    "The file of an image would take the place of another one of the source",
                    where=str(target),
                    found=str(source),
                    do="Write the layer into another folder",
                )

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Copies the files; where what is done then fails, those that are new are removed again."""
        made: list[Path] = []
        try:
            for source, target in self._needed():
                folders = [one for one in target.parents if not one.exists()]
                target.parent.mkdir(parents=True, exist_ok=True)
                made += folders[::-1]
                if not target.exists():
                    made.append(target)
                safefile.write_whole(target, partial(_copy, source))
            yield
        except BaseException:
            for path in reversed(made):
                with suppress(OSError):
                    path.rmdir() if path.is_dir() else path.unlink()
            raise

    def _needed(self) -> list[tuple[Path, Path]]:
        """The copies to be made: of files that are not there already, as they are."""
        return [(source, target) for source, target in self.copies if not _is_equal(source, target)]


NONE = Companions()


def kept(layer: Layer, tiles: Callable[[], Tiles], out: Path) -> Companions:
    """What goes out with a source that is written as it came: the same files in the same places."""
    folder = out if layer.facts.get("tiles") else out.absolute().parent
    found, missing = _found(layer, tiles)
    targets = {said: path_within(folder, said) for said in found}
    copies = [(found[said], target) for said, target in targets.items() if target is not None]
    copies = [(source, target) for source, target in copies if target != out.resolve()]
    if layer.linked and not layer.facts.get("tiles") and layer.kind in ("city", "heritage"):
        copies += place_files(Path(layer.source_path), out)
    return Companions(tuple(dict(copies).items()), {said: said for said in found}, tuple(missing))


def renamed(layer: Layer, tiles: Callable[[], Tiles], out: Path) -> Companions:
    """What goes out with a file that is written anew: images in a folder that is named after it."""
    found, missing = _found(layer, tiles)
    folder = f"{'_'.join(layer_name(out, CITY_ENDINGS).split())}_images"
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for path in found.values():
        if path not in names:
            names[path] = _free(path.name, taken)
    copies = tuple((path, out.absolute().parent / folder / name) for path, name in names.items())
    return Companions(
        copies, {said: f"{folder}/{names[path]}" for said, path in found.items()}, tuple(missing)
    )


def _found(layer: Layer, tiles: Callable[[], Tiles]) -> tuple[dict[str, Path], list[str]]:
    """The files that a source names, by what it says, and what it says where there is none."""
    found, missing = {}, []
    source = Path(layer.source_path)
    folder = source if layer.facts.get("tiles") else source.parent
    for said in named_files(layer, tiles):
        path = path_within(folder, said)
        if path is not None and _is_companion(path):
            found[said] = path
        else:
            missing.append(said)
    return found, missing


def _is_companion(path: Path) -> bool:
    """Whether a file is what a model may bring along: an image, or a part of a mesh."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return path.suffix.lower() in _PLAIN or bool(_IMAGES.match(file.read(HEAD)))
    except OSError:
        return False


def _free(name: str, taken: set[str]) -> str:
    """A name that no other file has, on systems that do not tell case either."""
    stem, suffix, number = Path(name).stem, Path(name).suffix, 1
    while name.lower() in taken:
        number += 1
        name = f"{stem}-{number}{suffix}"
    taken.add(name.lower())
    return name


def _copy(source: Path, file: IO[bytes]) -> None:
    with source.open("rb") as original:
        while block := original.read(BYTES_AT_ONCE):
            file.write(block)


def _is_equal(source: Path, target: Path) -> bool:
    try:
        return filecmp.cmp(source, target, shallow=False)
    except OSError:  # not there yet, as a rule
        return False


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
