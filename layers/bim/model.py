"""Opening an IFC file: as it is, out of its archive, or put right where it is slightly broken."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layers.errors import ReadError
from layers.report import Report
from layers.zipsafe import START as ZIP
from layers.zipsafe import Archive

STEP = b"ISO-10303-21"
#: What every file ends with.
END = b"END-ISO-10303-21"
ENDING = ".ifc"
#: An entity as it begins a statement: its number.
_ENTITY = re.compile(rb"(?:^|;)\s*#(\d+)\s*=", re.MULTILINE)
_COMMENT_SIGN = re.compile(rb"/\*|\*/")
_C1_CONTROL = re.compile("[\x80-\x9f]")
#: What writers put their bytes in unchanged, though the standard wants them escaped; the first that fits.
_ENCODINGS = ("utf-8", "cp932", "gb18030", "cp949", "cp1252")


#: What comes of entities that refer to nothing, or to something of another class than they may.
DAMAGE = (AttributeError, TypeError, RuntimeError, ValueError, LookupError, ArithmeticError)


@dataclass(frozen=True)
class Model:
    """An IFC file that is open."""

    file: Any  # ifcopenshell.file
    encoding: str  # of texts that were written without escapes; '' where all are as they should be

    def text(self, value: str) -> str:
        """A text of the file as it was meant."""
        if not self.encoding or value.isascii():
            return value
        try:
            return value.encode("latin-1").decode(self.encoding)
        except UnicodeError:
            return value

    def all(self, name: str) -> list[Any]:
        """All entities of a class and its subclasses; none where the schema has no such class."""
        try:
            return list(self.file.by_type(name))
        except RuntimeError:
            return []


@contextmanager
def opened(path: Path, report: Report, scratch: Path | None = None) -> Iterator[Model]:
    """The model in a file, told in the report what had to be put right; `scratch` is a folder for copies."""
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder, inner, where = Path(name), path, path.name
        head = _head(path)
        if head.startswith(ZIP):
            inner, where = _unpacked(path, folder)
            head = _head(inner)
        if STEP not in head:
            raise _not_step(head, where)
        yield _whole(inner, folder, where, report)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(STEP) + 200)


def _unpacked(path: Path, folder: Path) -> tuple[Path, str]:
    """The model in an archive, in a file of its own, and what to call it."""
    with Archive(path) as archive:
        names = [name for name in archive.names if name.lower().endswith((ENDING, ".ifcxml"))]
        if not names:
            raise ReadError(
                "There is no IFC file in the archive", where=path.name, found=", ".join(archive.names[:3])
            )
        inner = folder / "model.ifc"
        with inner.open("wb") as file:
            file.writelines(archive.blocks(names[0]))
    return inner, f"{path.name}: {names[0]}"


def _not_step(head: bytes, where: str) -> ReadError:
    if b"<" in head:
        return ReadError(
            "IFC written as XML is not read",
            where=where,
            found="ifcXML",
            allowed="IFC as STEP text (.ifc) or in an archive (.ifczip)",
            do="Save the model as .ifc in the program it comes from",
        )
    return ReadError("This is not an IFC file", where=where, found=repr(head[:20]), allowed=STEP.decode())


def _whole(path: Path, folder: Path, where: str, report: Report) -> Model:
    """The model with all entities that the text holds, as far as they can be read."""
    data = path.read_bytes()
    file = _parsed(path, where)
    missing = _missing(data, file)
    if END not in data:
        raise ReadError(
            "The IFC file is cut off: what follows is missing, and with it objects",
            where=where,
            found=f"no {END.decode()} at its end",
            do="Ask for the file again",
        )
    if missing and (mended := _without_stray_comments(data)) is not None:
        again = folder / "mended.ifc"
        again.write_bytes(mended)
        better = _parsed(again, where)
        left = _missing(data, better)
        if len(left) < len(missing):
            text = f"a comment is never closed: its sign was ignored, and {len(missing):,} entities are read"
            report.warn("comment", "", text, "repaired")
            file, missing = better, left
    if missing:
        first = min(missing)
        line = data[: next(m.start() for m in _ENTITY.finditer(data) if int(m[1]) == first)].count(b"\n") + 1
        text = (
            f"{len(missing):,} entities of the file cannot be read, the first is #{first} near line {line:,}"
        )
        report.warn("not_read", f"#{first}", text, "unsupported")
    encoding = _encoding(file)
    if encoding:
        text = f"names are written in {encoding} without saying so; they were read as what they mean"
        report.warn("encoding", "", text, "repaired")
    return Model(file, encoding)


def _parsed(path: Path, where: str) -> Any:
    import ifcopenshell

    try:
        return ifcopenshell.open(path, format=".ifc")
    except (ifcopenshell.Error, OSError, RuntimeError, ValueError) as error:
        raise ReadError(
            "This IFC file cannot be read", where=where, found=str(error), do="Ask for the file again"
        ) from error


def _missing(data: bytes, file: Any) -> set[int]:
    """Numbers of entities that the text has, but not the file as it was parsed."""
    return {int(number) for number in _ENTITY.findall(data)} - {int(number) for number in file.entity_names()}


def _without_stray_comments(data: bytes) -> bytes | None:
    """The text without comment signs that open or close nothing; None when there is none of them."""
    stray: list[int] = []
    is_open: int | None = None
    for sign in _COMMENT_SIGN.finditer(data):
        if sign[0] == b"/*" and is_open is None:
            is_open = sign.start()
        elif sign[0] == b"*/":
            if is_open is None:
                stray.append(sign.start())
            is_open = None
    stray += [] if is_open is None else [is_open]
    if not stray:
        return None
    mended = bytearray(data)
    for start in stray:
        mended[start : start + 2] = b"  "
    return bytes(mended)


def _encoding(file: Any) -> str:
    """The encoding in which all names make sense, where some hold what no text holds."""
    names = {name for root in file.by_type("IfcRoot") if (name := root.Name) and not name.isascii()}
    if not any(_C1_CONTROL.search(name) for name in names):
        return ""
    return next((encoding for encoding in _ENCODINGS if _make_sense(names, encoding)), "")


def _make_sense(names: Iterable[str], encoding: str) -> bool:
    try:
        texts = [name.encode("latin-1").decode(encoding) for name in names]
    except UnicodeError:
        return False
    return all(text.isprintable() for text in texts)
