"""Networks as pixels: tubes of true diameter, shafts, and their axes where a tube is too thin to see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from layers.arrays import Float64
from layers.pipes import Network
from layers.records import Layer
from viewer.aim import Aim
from viewer.axes import Axes
from viewer.bodies import BodiesView
from viewer.color import LegendEntry
from viewer.faces import Mask
from viewer.grouping import Grouping, grouping_of
from viewer.networkwords import plural
from viewer.palette import object_color, pipe_color, rgb
from viewer.patch import Patch
from viewer.picking import Hit, View2D
from viewer.solids import shafts, tubes
from viewer.view import Found, Source

#: Tubes and shafts in tiles where all are thinner than this are left away in motion, in pixels.
THINNEST_PX = 1.0


class PipesView(BodiesView):
    """A layer of conduits and manholes."""

    def __init__(self, source: Source, network: Network) -> None:
        self._network = network
        radius = np.repeat(network.diameter_m / 2, np.diff(network.offsets))
        pipes = tubes(network.points, network.offsets, radius)
        manholes = shafts(network.node_points, network.node_top_z, network.node_radius_m)
        self._line_count = len(network.fid)
        fids = np.concatenate((network.fid, network.node_fid))
        super().__init__(source, pipes.then(manholes), (fids - source.columns.first_fid).astype(np.int32))
        self._axes = Axes(network.points, network.offsets, source.origin)
        thick = np.full(len(network.fid) + len(network.node_fid), np.inf)
        thick[: self._line_count] = network.diameter_m
        thick[self._line_count :] = 2 * network.node_radius_m
        self._thickest_m = np.array([thick[parts].max(initial=0.0) for parts in self._faces.tile_parts])
        self._grouping: Grouping | None = None
        self._color()
        self.begin()

    def patches(self) -> Iterator[Patch]:
        """The axes under the tubes."""
        yield self._axes.patch
        yield from super().patches()

    def allowed_parts(self) -> Mask:
        """Bodies whose kind is not hidden."""
        hidden = set(self.layer.style.get("hidden_types", ()))
        types = self._source.columns.values("type")
        allowed = np.array([name not in hidden for name in types], bool)
        found: Mask = allowed[self._faces.part_object]
        return found

    # -- colours ---------------------------------------------------------------------------------

    def _color(self) -> None:
        objects = self._faces.part_object
        self._grouping = grouping_of(self.layer, self._source.columns)
        if self._grouping is not None:
            classes = self._grouping.classes
            self._base = classes.colors.astype(np.float32)[classes.codes[objects]]
            return
        self._base = np.empty((len(objects), 3), np.float32)
        self._base[: self._line_count] = rgb(self._line_color)
        self._base[self._line_count :] = rgb(object_color("Manhole"))

    @property
    def _line_color(self) -> str:
        return str(self.layer.style.get("color") or pipe_color(self.layer.name))

    def style_changed(self, before: Layer) -> None:
        """Colours follow the style."""
        self._color()
        self._axes.forget()

    def refresh(self, keys: frozenset[str]) -> None:
        """Recolour when the layer is coloured by a value that changed."""
        if self._grouping is not None and self._grouping.key in keys:
            self._color()
            self._fade()
            self._axes.forget()

    def aim(self, aim: Aim) -> None:
        """In motion axes alone stand for tubes that are hardly to be seen."""
        far = aim.metres_per_pixel(self._faces.tile_box) * THINNEST_PX > self._thickest_m
        self._set_far(far if aim.moving else np.zeros_like(far))

    def catch_up(self, seconds: float) -> bool:
        """The tubes, then their axes."""
        done = super().catch_up(seconds)
        if done:
            self._axes.follow(self._visible[: self._line_count], self._base[: self._line_count])
        self._axes.patch.show(self.layer.visible)
        self._axes.patch.actor.GetProperty().SetOpacity(self.layer.opacity)
        return done

    def legend(self) -> list[LegendEntry]:
        """Classes with counts, or what lines and nodes are, the most frequent first."""
        layer = self.layer
        if self._grouping is not None:
            shown = np.unique(self._faces.part_object[self._visible])
            return self._grouping.legend(layer, shown)
        codes, types = self._source.columns.codes("type")
        lines, nodes = np.split(self._faces.part_object, [self._line_count])
        rows = []
        for objects, color in ((lines, self._line_color), (nodes, object_color("Manhole"))):
            counts = np.bincount(codes[np.unique(objects)], minlength=len(types))
            found: Counter[str] = Counter()
            for name, count in zip(types, counts.tolist(), strict=True):
                found[plural(name)] += count
            rows += [(label, color, count) for label, count in (+found).most_common()]
        return [LegendEntry(*row, "objects", layer.id, layer.name) for row in rows]

    # -- picking ---------------------------------------------------------------------------------

    def pick(self, view: View2D, x: float, y: float) -> Found | None:
        """The tube under a pixel position, or one whose axis is drawn near enough."""
        return super().pick(view, x, y) or self._pick_axis(view, x, y)

    def _pick_axis(self, view: View2D, x: float, y: float) -> Found | None:
        if not self.layer.visible:
            return None
        found = self._axes.nearest(view, x, y, self._visible[: self._line_count])
        if found is None:
            return None
        line, point, vertex = found
        ray = view.ray(x, y)
        distance = float((point - ray.origin) @ ray.direction)
        return Found(distance, Hit(self.layer.id, self._fid(line), None, point, vertex))

    def _corners(self, part: int, triangle: int) -> Float64:
        """Source vertices that a click here may have meant: those of the axis."""
        network = self._network
        if part < self._line_count:
            return network.points[network.offsets[part] : network.offsets[part + 1]]
        node = part - self._line_count
        bottom = network.node_points[node]
        return np.array([bottom, (bottom[0], bottom[1], network.node_top_z[node])])
