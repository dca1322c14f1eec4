"""Bringing files into a project: the import process is started, watched, and its rows taken over."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path

import numpy as np
import orjson

from layers import cache
from layers.arrays import Float64
from layers.broken import BrokenTiles
from layers.cache import CacheMissing
from layers.carrying import boxes_of, carry
from layers.data import Progress, ReadOptions, never_stop
from layers.decoding import answered
from layers.errors import ReadError
from layers.intake import Staged, Told, connect, drop, intake, refresh_boxes
from layers.place import local_origin
from layers.placement import AS_READ_TEXT
from layers.project import Project
from layers.records import Layer
from layers.request import Request, images_of
from layers.series import put_in_series
from layers.source import Source, below
from layers.sourcetext import source_tiles
from layers.staging import ARRAYS, BOXES
from layers.vector import hides_pipes


def import_files(
    project: Project,
    paths: Iterable[Path],
    options: ReadOptions | None = None,
    *,
    name: str | None = None,
    epoch: str | None = None,
    series: str | None = None,
    scenario: int | None = None,
    instead_of: Layer | None = None,
    as_one_layer: bool = False,
    progress: Progress = never_stop,
) -> list[Layer]:
    """Read files into the project as one undoable step; gives the new layers.

    A folder becomes one layer of the tiles in it; so do the files themselves `as_one_layer`. With an epoch
    they are a snapshot, in the series of that name with earlier ones; in a scenario they stand there alone.
    The layer in whose place they come is hidden, or does not stand in the scenario.
    """
    sources = [Source(Path(path)) for path in paths]
    if as_one_layer and len(sources) > 1:
        sources = [Source.of_files([source.path for source in sources])]
    staged: list[Staged] = []
    crs = project.place.crs
    for done, source in enumerate(sources):

        def report(fraction: float, text: str, done: int = done, name: str = source.path.name) -> None:
            progress((done + fraction) / len(sources), f"{name}: {text}")

        try:
            staged.append(stage(project.path, source, options or ReadOptions(), crs, epoch, report))
        except BaseException:
            discard(project.path, staged)
            raise
        crs = crs or staged[-1].project_crs
    return admit(project, staged, name, series, scenario, instead_of)


def discard(project_path: Path, staged: Iterable[Staged]) -> None:
    """Take staged layers out of the project again; nobody has seen them."""
    with closing(connect(project_path)) as connection:
        for item in staged:
            drop(connection, project_path, item.layers)


def stage(
    project_path: Path,
    source: Path | Source,
    options: ReadOptions,
    project_crs: str | None,
    epoch: str | None = None,
    progress: Progress = never_stop,
) -> Staged:
    """Read a file, or the tiles of a folder, in a process of its own and copy the rows; in any thread."""
    try:
        return _stage(project_path, source, options, project_crs, epoch, progress, {})
    except BrokenTiles as error:
        if not options.skip_broken:
            raise
        folder = source.path if isinstance(source, Source) else source
        sound = Source(folder, error.sound)
        return _stage(project_path, sound, options, project_crs, epoch, progress, error.reasons)


def _stage(
    project_path: Path,
    source: Path | Source,
    options: ReadOptions,
    project_crs: str | None,
    epoch: str | None,
    progress: Progress,
    left_out: dict[str, str],
) -> Staged:
    path, names = (source.path, source.names) if isinstance(source, Source) else (source, ())
    if project_path.absolute() == path.absolute():
        raise ReadError("A project cannot be imported into itself", where=str(path))
    project_path, told = project_path.absolute(), Told(progress)
    with _staging(project_path) as folder:
        request = Request(
            path=str(path),
            folder=str(folder),
            kept=str(cache.cache_folder(project_path)),
            tiles=names,
            kind=options.kind,
            crs=options.crs,
            field_map=options.field_map,
            project_crs=project_crs,
            origin=origin_of(project_path),
            epoch=epoch,
            part_bytes=options.part_bytes,
            placement=options.placement.text(),
            left_out=left_out,
        )
        with intake(project_path, epoch, told) as taken, answered(request, told, taken.hear) as answer:
            staged = taken.finish(answer)
            shutil.rmtree(answer.folder, ignore_errors=True)
            return staged


@contextmanager
def _staging(project_path: Path) -> Iterator[Path]:
    """A folder for the import process; errors of the file system become sentences."""
    try:
        with cache.staging(project_path.absolute()) as folder:
            yield folder
    except OSError as error:
        raise ReadError(
            "There is no place for the cache beside the project",
            where=str(cache.cache_folder(project_path)),
            found=error.strerror or str(error),
            do="Nothing was changed; check the folder and the free space",
        ) from error


def admit(
    project: Project,
    staged: Iterable[Staged],
    name: str | None = None,
    series: str | None = None,
    scenario: int | None = None,
    instead_of: Layer | None = None,
    label: str = "",
) -> list[Layer]:
    """Make staged layers present: one undoable step, quick whatever their size."""
    staged = list(staged)
    numbers = [number for item in staged for number in item.layers]
    named = ", ".join(item.path.name for item in staged[:3])
    label = label or f"Import {named}{' …' if len(staged) > 3 else ''}"
    with project.edit(label) as edit:
        for item in staged:
            if project.fact("crs") is None:
                edit.set_project("crs", item.project_crs)
            if item.box and project.fact("origin") is None:
                edit.set_project("origin", orjson.dumps(local_origin(item.box)).decode())
        taken = {layer.name for layer in project.layers}
        for number in numbers:
            own = project.any_layer(number).name
            wanted = _free_name(name if name and number == numbers[0] else own, taken)
            if wanted != own:
                edit.set_layer(number, name=wanted)
            taken.add(wanted)
            edit.set_layer(number, present=True, scenario=scenario)
        if instead_of is not None and scenario is not None:
            edit.set_absent(scenario, [-instead_of.id])
        elif instead_of is not None:
            edit.set_layer(instead_of.id, visible=False)
        came = [project.any_layer(number) for number in numbers]
        put_in_series(project, edit, came, name or "", series or "")
        for layer in came:
            style = {"color_by": layer.facts["color_by"]} if "color_by" in layer.facts else {}
            if hides_pipes(layer, [*project.layers, *came]):
                style["fill"] = False
            if style:
                edit.set_layer(layer.id, style={**layer.style, **style})
    return [layer for number in numbers for layer in project.layers if layer.id == number]


def _free_name(name: str, taken: Collection[str]) -> str:
    """The name of a layer, with a number behind it where another one has it already."""
    names = (name if number == 1 else f"{name} {number}" for number in count(1))
    return next(each for each in names if each not in taken)


def origin_of(project_path: Path) -> tuple[float, float, float] | None:
    """The local origin of a project, once its first layer has set one."""
    with Project.open(project_path, read_only=True) as project:
        return _triple(project.place.origin) if project.fact("origin") else None


def _triple(point: Float64) -> tuple[float, float, float]:
    x, y, z = point.tolist()
    return x, y, z


def rebuild(project: Project, layer: Layer, progress: Progress = never_stop) -> None:
    """Make the cache of a layer again: moved, or anew from the project itself or from its linked file."""
    if layer.partner is not None:
        layer = project.any_layer(layer.partner)
    target = cache.layer_folder(project.path.absolute(), layer.uid)
    with _staging(project.path) as folder, cache.alone(target, lambda: progress(0.0, "waiting")):
        with suppress(CacheMissing):
            project.drawable(layer)
            return  # somebody else has made it meanwhile
        if carry(project, layer, folder, progress):
            found = boxes_of(project, layer)
            if found is not None:
                refresh_boxes(project.path, layer.first_fid, found)
            return
        source = _source_again(project, layer, folder)
        request = Request(
            path=str(source.path),
            folder=str(folder),
            images=str(images_of(Path(layer.source_path), source.names)),
            kept=str(cache.cache_folder(project.path.absolute())),
            tiles=source.names,
            wanted="arrays",
            kind=layer.kind,
            crs=layer.crs,
            field_map=layer.style.get("field_map") or {},
            project_crs=project.place.crs,
            origin=_triple(project.place.origin),
            epoch=layer.epoch,
            placement=layer.placement.text() or AS_READ_TEXT,
        )
        with answered(request, progress) as answer:
            if answer.sha256 != layer.source_sha256 and layer.linked:
                raise ReadError(
                    f"The file of layer {layer.name!r} has changed since it was linked",
                    where=str(source.path),
                    do="Import it again as a new layer",
                )
            which = next(number for number, item in enumerate(answer.layers) if item.drawable)
            arrays = Path(answer.folder, str(which), ARRAYS)
            cache.put_stamp(arrays, str(answer.layers[which].drawable), project.stamp(layer))
            cache.adopt(arrays, target)
            boxes = Path(answer.folder, str(which), BOXES)
            if boxes.exists():
                refresh_boxes(project.path, layer.first_fid, np.load(boxes))
            shutil.rmtree(answer.folder, ignore_errors=True)


def complete(project: Project, layers: Iterable[Layer], progress: Progress = never_stop) -> None:
    """Make the cache of these layers again where it was deleted, or never came with a copied project."""
    for layer in layers:
        try:
            project.drawable(layer)
        except CacheMissing:
            rebuild(project, layer, progress)


def check_source(layer: Layer) -> None:
    """Refuse what needs the layer's linked file when that is gone."""
    path = Path(layer.source_path)
    if layer.linked and not path.exists():
        raise ReadError(
            f"The file of layer {layer.name!r} is gone",
            where=str(path),
            do="Put it back, or remove the layer",
        )


def _source_again(project: Project, layer: Layer, folder: Path) -> Source:
    """What the layer was read from: the linked files, or those that its pieces make again in `folder`."""
    path = Path(layer.source_path)
    check_source(layer)
    if layer.linked:
        return Source(path, tuple(layer.facts.get("tiles") or ()))
    again = folder / "source" / path.name
    again.parent.mkdir()
    names = []
    for name, tile in source_tiles(project, layer):
        file_path = below(again, name) if name else again
        file_path.parent.mkdir(parents=True, exist_ok=True)
        with file_path.open("wb") as file:
            file.writelines(tile)
        names += [name] if name else []
    return Source(again, tuple(names))
