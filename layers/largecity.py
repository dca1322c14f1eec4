"""A large city, or one of many tiles: outlined, read in parts on all cores, joined.

A reading that was cut off goes on with the parts that are there. The rows of the first parts are taken over
while others are still being read.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from layers import cache, columnstore, tiling
from layers.arrays import CityTiles
from layers.crs import LOCAL
from layers.data import LayerData, ReadOptions, part_of
from layers.dressing import joined_looks
from layers.formats import Format, PartReader, beside_reader, ids_may_repeat
from layers.formats._files import CITY_ENDINGS, layer_name
from layers.formats._stretches import Outline, Stretch, different_crs
from layers.joining import Kin, added, enclose, joined, merged, repeated, twice, united
from layers.moving import moved_box
from layers.parts import Part, grouped, work_on
from layers.place import is_metric
from layers.placement import AS_READ
from layers.report import Report
from layers.request import Answer, Request, StagedLayer, StagedPart
from layers.siting import Site, first_project_crs, layer_crs, note_project, note_site, site_of
from layers.source import Source
from layers.staging import ARRAYS, COLUMNS, KIN, stage_layer

#: No city object has less text than this: `,"":{}`.
LEAST_BYTES = 6
OUTLINES_FILE = "outlines.json"
#: (k, 7) objects that enclose objects of other parts: position in the layer, minima, maxima.
BOXES_FILE = "boxes.npy"
#: How far the work is when it begins, the file is outlined, all parts are read, their tiles are made, and
#: everything is joined.
BEGUN, OUTLINED, READ, DRAWN, JOINED = 0.02, 0.1, 0.8, 0.92, 0.98

Say = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class LargeCity:
    """A source that is read in parts."""

    form: Format
    reader: PartReader
    source: Source
    request: Request
    folder: Path
    part_bytes: int
    say: Say

    def stage(self) -> Answer:
        """Read everything."""
        outlines = self._outlines()
        city, site = self._sited(outlines)
        begun = StagedLayer(city.name, city.kind, city.crs, objects=self.source.size // LEAST_BYTES)
        self.say({"begin": asdict(self._answer(site, [begun]))})
        parts = self._parts(outlines, site)
        found = self._worked(parts)
        firsts = [0, *accumulate(layers[0].objects for layers in found)]
        told = Report()
        self._join(parts, firsts, told)
        if self.request.wanted != "look":
            self._draw(parts, firsts, site, told)
        layers = self._layers(city, site, found, told)
        return self._answer(site, [*layers, *self._beside(city, site, len(layers))])

    def _answer(self, site: Site, layers: list[StagedLayer]) -> Answer:
        path, sha256 = str(self.source.path.absolute()), self.source.sha256
        return Answer(self.form.NAME, path, sha256, site.project_crs, str(self.folder), layers)

    def _tell(self, fraction: float, text: str) -> None:
        self.say({"progress": fraction, "text": text})

    # --- before anything is read ---------------------------------------------------------------

    def _outlines(self) -> list[Outline]:
        """What can be told of each file before its objects are read."""
        path = self.folder / OUTLINES_FILE
        if path.exists():
            return msgspec.json.decode(path.read_bytes(), type=list[Outline])
        options = ReadOptions(part_bytes=self.part_bytes)
        found: list[Outline] = []
        files = self.source.files
        for number, file in enumerate(files):

            def progress(fraction: float, text: str, number: int = number) -> None:
                self._tell(BEGUN + (OUTLINED - BEGUN) * (number + fraction) / len(files), text)

            options.progress = progress
            size = file.stat().st_size
            if number and size <= self.part_bytes:
                found.append(Outline(found[0].crs, [Stretch(str(file), 0, size)]))
                continue
            scratch = self.folder / "shared" / str(number)
            scratch.mkdir(parents=True, exist_ok=True)
            found.append(self.reader.outline(file, scratch, options))
            if found[-1].crs != found[0].crs and not self.request.crs:
                raise different_crs(file, found[-1].crs, found[0].crs)
        if self.source.names:
            found = [outline.of_tile(name) for outline, name in zip(found, self.source.names, strict=True)]
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(msgspec.json.encode(found))
        os.replace(unfinished, path)
        return found

    def _sited(self, outlines: Sequence[Outline]) -> tuple[LayerData, Site]:
        """The layer before anything of it is read, and where it comes to lie."""
        path, asked = self.source.path, self.request
        name = path.name if self.source.names else layer_name(path, CITY_ENDINGS)
        city = LayerData(name, "city", outlines[0].crs, Report())
        crs = asked.crs or city.crs
        placement = asked.placing or AS_READ
        if crs in (None, LOCAL) or not (asked.project_crs or is_metric(str(crs))):
            for outline, file in zip(outlines, self.source.files, strict=True):
                city.box = united(city.box, outline.box or self.reader.box_of(file))
        city.crs = layer_crs(path, city, asked.crs, asked.project_crs, placement)
        project_crs = asked.project_crs or first_project_crs(city, placement) or LOCAL
        return city, site_of(city, project_crs, asked.origin, asked.epoch, asked.placing)

    def _parts(self, outlines: Sequence[Outline], site: Site) -> list[Part]:
        stretches = [stretch for outline in outlines for stretch in outline.stretches]
        return [
            Part(
                self.form.NAME,
                str(self.source.path),
                group,
                str(self.folder / f"part-{number:05}"),
                site,
                self.request.crs,
                self.request.wanted,
                str(self._images),
            )
            for number, group in enumerate(grouped(stretches, self.part_bytes))
        ]

    # --- reading and joining -------------------------------------------------------------------

    def _worked(self, parts: Sequence[Part]) -> list[list[StagedLayer]]:
        """Have the parts read that are not done yet and tell of each in order; gives what is known."""
        found = [part.done() for part in parts]
        missing = [number for number, layers in enumerate(found) if layers is None]
        there = len(parts) - len(missing)
        size = sum(part.size for part in parts)
        read = size - sum(parts[number].size for number in missing)
        text = f"continuing, {there} of {len(parts)} parts are there" if there else "reading"
        told = self._tell_parts(parts, found, 0)
        for at in work_on([parts[number] for number in missing]):
            number = missing[at]
            found[number], read = parts[number].done(), read + parts[number].size
            told = self._tell_parts(parts, found, told)
            self._tell(OUTLINED + (READ - OUTLINED) * read / max(1, size), text)
        return [layers for layers in found if layers is not None]

    def _tell_parts(self, parts: Sequence[Part], found: Sequence[list[StagedLayer] | None], told: int) -> int:
        """Tell of the parts that are done, up to the first that is not; gives the number of that."""
        while told < len(parts) and (layers := found[told]) is not None:
            ready = StagedPart(parts[told].folder, layers[0].objects, layers[0].pieces)
            self.say({"part": asdict(ready)})
            told += 1
        return told

    def _join(self, parts: Sequence[Part], firsts: Sequence[int], told: Report) -> None:
        """Look for ids that are given twice, and widen boxes around objects of other parts."""
        kin = joined([Kin.load(Path(part.folder, KIN)) for part in parts])
        again = repeated(kin)
        if again is not None:
            number = int(np.searchsorted(firsts, again, "right")) - 1
            id = parts[number].read()[0].features[again - firsts[number]].id
            if not ids_may_repeat(self.form):
                raise twice(self.source.path, id)
            told.warn("duplicate_id", id, f"{id!r} and perhaps others are the ids of several objects.")
        changed = enclose(kin)
        np.save(self.folder / BOXES_FILE, np.column_stack((changed, kin.box[changed])))

    @property
    def _images(self) -> Path:
        """The folder that images lie in or below."""
        return self.request.images_of(self.source)

    def _draw(self, parts: Sequence[Part], firsts: Sequence[int], site: Site, told: Report) -> None:
        """Make the tiles and the columns of all parts together."""
        arrays = self.folder / "0" / ARRAYS
        looks = joined_looks([Path(part.folder) for part in parts])
        tiling.tile(
            [(Path(part.folder, ARRAYS), first) for part, first in zip(parts, firsts, strict=False)],
            arrays,
            part_of(self._tell, READ, DRAWN),
            None if looks is None else looks.joined,
        )
        if looks is not None:
            looks.save_album(arrays, self._images, told, part_of(self._tell, DRAWN, JOINED))
        columnstore.merge([Path(part.folder, COLUMNS) for part in parts], arrays / COLUMNS)
        cache.put_stamp(arrays, CityTiles.__name__, site.stamp(self.source.sha256))

    def _layers(
        self, city: LayerData, site: Site, found: Sequence[list[StagedLayer]], of_images: Report
    ) -> list[StagedLayer]:
        """The whole city, and the layer that shows some of its objects as terrain."""
        whole = merged([layers[0] for layers in found])
        terrain = [layers[1] for layers in found if len(layers) > 1][:1]
        box = whole.facts["layer_box"]
        for layer in (whole, *terrain):
            layer.crs, layer.box = city.crs, moved_box(box, site.move) if box else None
            layer.facts["layer_box"] = box
            told = replace(city, report=Report.from_dict(layer.report), box=box)
            if layer is whole and self.request.project_crs is None and self.request.wanted == "everything":
                note_project(told, site.project_crs)
            note_site(told, site)
            layer.report = told.report.as_dict()
        whole.report = added(Report.from_dict(whole.report), of_images).as_dict()
        whole.name = city.name
        for layer in terrain:
            layer.name = f"{city.name} terrain"
        return [whole, *terrain]

    def _beside(self, city: LayerData, site: Site, first: int) -> list[StagedLayer]:
        """What the source holds beside its city objects, as layers from number `first` on."""
        reader = beside_reader(self.form)
        if reader is None:
            return []
        asked, source = self.request, self.source
        options = ReadOptions(
            crs=asked.crs,
            field_map=asked.field_map,
            only_facts=asked.wanted == "look",
            progress=part_of(self._tell, JOINED, 1.0),
        )
        found = []
        for number, layer in enumerate(reader.read_beside(source.files, city.name, options), first):
            layer.crs = layer_crs(source.path, layer, asked.crs, site.project_crs, asked.placing or AS_READ)
            own = site_of(layer, site.project_crs, asked.origin, asked.epoch, asked.placing)
            note_site(layer, own)
            folder = self.folder / str(number)
            shutil.rmtree(folder, ignore_errors=True)  # of a reading that was cut off
            found.append(stage_layer(folder, layer, own, source.sha256, asked.wanted, self._images))
        return found
