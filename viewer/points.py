"""Point clouds as pixels: the nodes of a tree that the picture needs, drawn by the processor."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import numpy as np

from layers.arrays import Float64, PointTree
from layers.clip import Clip
from layers.records import Layer
from viewer.aim import Aim
from viewer.color import LegendEntry
from viewer.faces import Index, Mask, outer_boxes, spans
from viewer.palette import NO_VALUE
from viewer.patch import Patch
from viewer.picking import Hit, Rectangle, View2D
from viewer.pointcolor import PointColors
from viewer.pointpick import PointPicker
from viewer.splat import Batch, Dots, Look
from viewer.stock import Node, Stock
from viewer.view import Found, Shown

POINT_SIZE, LARGEST_PX = 2, 30
#: Gaps between points that are closed: a surface that was scanned densely enough looks like one.
GAP_PX = 4
#: Where larger ones remain, points are drawn so many times as large.
WIDER = (1, 2, 4)
#: How much larger than their mean the gaps between points are.
UNEVEN = 2.5
#: Points that lie nearer together than this are not refined.
FINEST_PX = 1.0
#: Nodes beyond the budget that are drawn while those within it are still being read, as a share of it.
SPARE = 0.5
#: Boxes that frame the cloud.
MOST_BOXES = 4_096


class PointsView:
    """A layer of points."""

    def __init__(self, layer: Layer, tree: PointTree) -> None:
        self.layer = layer
        self._tree = tree
        tree.get_ready()
        self._box = np.array(tree.box)
        self._count = np.array(tree.count, np.int64)
        self._spacing = np.array(tree.spacing_m)
        self._apart_m = np.minimum(self._spacing, _mean_distance_m(self._box, self._count))
        numbers = np.arange(len(tree.parent))
        self._children = np.searchsorted(tree.parent, np.stack((numbers, numbers + 1)))
        self.boxes: Float64 = np.empty((0, 2, 3))
        self._stock = Stock(tree.read)
        self._picker = PointPicker(tree, self._stock)
        self._ranked: Index = np.empty(0, np.int64)
        self._aim: Aim | None = None
        self._budget, self._visible = 0, True
        self._follow_style()

    def _follow_style(self) -> None:
        style = self.layer.style
        self._colors = PointColors(self._tree, self.layer)
        self._clip = Clip.of(style)
        self.boxes = outer_boxes(self._clip.narrowed(self._box[:MOST_BOXES]))
        self._hidden = _flags(style.get("hidden_classes")) if self._tree.has("classification") else _flags(())
        self._stock.forget_batches()

    def patches(self) -> Iterator[Patch]:
        """None: points are drawn without the help of VTK."""
        yield from ()

    def restyle(self, layer: Layer) -> None:
        """Follow the layer's new style, opacity and visibility."""
        before, self.layer = self.layer, layer
        if before.style != layer.style or before.name != layer.name:
            self._follow_style()

    def update(self, shown: Shown) -> None:
        """A cloud is there as a whole, or it is not."""
        self._visible = bool(shown.visible[0])

    def refresh(self, keys: frozenset[str]) -> None:
        """A cloud has no attributes."""

    def set_near(self, near: bool) -> None:
        """Points have no inside."""

    def set_moving(self, moving: bool) -> None:
        """What is drawn less while moving is said by the aim."""

    # -- which nodes -----------------------------------------------------------------------------

    def aim(self, aim: Aim) -> None:
        """Choose the nodes the picture needs, coarse ones first, and have them read."""
        self._aim = aim
        wanted = int(self.layer.style.get("point_budget") or aim.points)
        self._budget = min(wanted, aim.points) if aim.moving else wanted
        if not self.is_shown:
            self._stock.want(())
            return
        self._ranked = self._chosen(aim, self._budget * (1 + SPARE))
        self._stock.want(self._ranked[: self._within_budget(self._ranked)].tolist())

    def _chosen(self, aim: Aim, most: float) -> Index:
        """Nodes in view, the most needed first: a node is needed as much as the one above is too coarse."""
        nodes, need = np.arange(min(len(self._count), 1)), np.full(1, inf)
        found, needs = [nodes[:0]], [need[:0]]
        taken, least = 0, 0.0
        while len(nodes):
            boxes = self._box[nodes]
            seen = aim.sees(boxes) & self._clip.may_show(boxes) & (need > least)
            nodes, need, boxes = nodes[seen], need[seen], boxes[seen]
            found.append(nodes)
            needs.append(need)
            taken += int(self._count[nodes].sum())
            if taken > most:
                least = self._least_need(np.concatenate(found), np.concatenate(needs), most)
            apart_px = np.minimum(self._spacing[nodes] / aim.metres_per_pixel(boxes), need)
            coarse = apart_px > max(FINEST_PX, least)
            first, end = self._children[:, nodes[coarse]]
            need = np.repeat(apart_px[coarse], end - first)
            nodes = spans(first, end)
        nodes, need = np.concatenate(found), np.concatenate(needs)
        return nodes[np.argsort(-need, kind="stable")]

    def _least_need(self, nodes: Index, need: Float64, most: float) -> float:
        """Nodes needed less than this are more than may be drawn."""
        order = np.argsort(-need, kind="stable")
        last = int(np.searchsorted(np.cumsum(self._count[nodes[order]]), most))
        return float(need[order[min(last, len(order) - 1)]])

    def _within_budget(self, nodes: Index) -> int:
        """How many of the nodes may be drawn; the first always."""
        return max(int(np.searchsorted(np.cumsum(self._count[nodes]), self._budget, side="right")), 1)

    def catch_up(self, seconds: float) -> bool:
        """Wait for nodes that are being read; while the camera moves nobody waits."""
        if not self.is_shown:
            return True
        is_moving = self._aim is not None and self._aim.moving
        return self._stock.wait(0.0 if is_moving else None if seconds == inf else seconds)

    @property
    def is_shown(self) -> bool:
        """Whether anything of it is drawn now."""
        return self.layer.visible and self._visible

    @property
    def has_begun(self) -> bool:
        """Whether some points have been read."""
        return len(self._stock) > 0

    def _drawn(self) -> list[tuple[int, Node]]:
        """The nodes to draw: those in memory, within the budget; finer ones stand in for those to come."""
        present = self._stock.found(self._ranked.tolist())
        numbers = np.array([number for number, _ in present], np.int64)
        return present[: self._within_budget(numbers)]

    # -- as they are drawn -----------------------------------------------------------------------

    def dots(self) -> Dots | None:
        """The points to draw now."""
        if not self.is_shown:
            return None
        style = self.layer.style
        domed = float(style.get("eye_dome_strength", 1.0)) if style.get("eye_dome", True) else 0.0
        gap_px = GAP_PX if style.get("fill_gaps", True) else 0
        drawn = self._drawn()
        batches = [self._batch(number, node) for number, node in drawn]
        sizes_px = self._sizes_px(np.array([number for number, _ in drawn], np.int64), gap_px)
        return Dots(Look(self.layer.opacity, domed, gap_px), batches, sizes_px)

    def _sizes_px(self, nodes: Index, gap_px: int) -> list[int]:
        """How large points are drawn: as the style says, and larger where they lie far apart."""
        size = int(np.clip(self.layer.style.get("point_size", POINT_SIZE), 1, LARGEST_PX))
        if not gap_px or self._aim is None or not len(nodes):
            return [size] * len(nodes)
        boxes = self._box[nodes]
        middles = boxes.mean(axis=1, keepdims=True).repeat(2, axis=1)
        pixel_m = np.sqrt(self._aim.metres_per_pixel(boxes) * self._aim.metres_per_pixel(middles))
        apart = self._of_finest(nodes, self._apart_m[nodes] / pixel_m)
        wider = [size * factor for factor in WIDER]
        chosen = np.searchsorted(wider, apart * UNEVEN - gap_px)
        return [wider[min(step, len(wider) - 1)] for step in chosen.tolist()]

    def _of_finest(self, nodes: Index, apart_px: Float64) -> Float64:
        """The same for nodes all of whose children in view are drawn: they lie among the points of those."""
        assert self._aim is not None
        place_of = {node: place for place, node in enumerate(nodes.tolist())}
        first, end = self._children[:, nodes]
        children = spans(first, end)
        seen = self._aim.sees(self._box[children]) & self._clip.may_show(self._box[children])
        below = np.split(np.arange(len(children)), np.cumsum(end - first)[:-1])
        found = apart_px.copy()
        for place in np.argsort(-nodes).tolist():  # children have higher numbers than their parents
            mine = children[below[place][seen[below[place]]]].tolist()
            if mine and all(child in place_of for child in mine):
                found[place] = min(found[place_of[child]] for child in mine)
        return found

    def _batch(self, number: int, node: Node) -> Batch:
        if node.batch is None:
            colors, node.shown = self._colors.of(node), self._shown(number, node)
            if node.shown is None:
                node.batch = Batch(node.corner, node.places, colors)
            else:
                places = np.compress(node.shown, node.places, axis=1)
                node.batch = Batch(node.corner, places, colors[node.shown])
        return node.batch

    def _shown(self, number: int, node: Node) -> Mask | None:
        """Which points of a node are shown at all; None: every one."""
        shown = None
        if self._hidden.any() and node.classification is not None:
            shown = ~self._hidden[node.classification]
        if self._clip and not self._clip.shows_all(self._box[number : number + 1])[0]:
            inside = self._clip.shows(self._picker.exact(number))
            shown = inside if shown is None else shown & inside
        return shown

    def _shown_as_drawn(self, number: int, node: Node) -> Mask | None:
        self._batch(number, node)
        return node.shown

    # -- what lies where -------------------------------------------------------------------------

    def pick(self, view: View2D, x: float, y: float) -> Found | None:
        """The front-most point near a pixel position, of all the points that lie there."""
        if not self.is_shown:
            return None
        found = self._picker.pick(view, x, y, self._drawn(), self._shown_as_drawn)
        if found is None:
            return None
        distance_m, point = found
        return Found(distance_m, Hit(self.layer.id, None, None, point, point))

    def pick_box(self, view: View2D, rectangle: Rectangle) -> list[int]:
        """Points are not objects: nothing to select."""
        return []

    def legend(self) -> list[LegendEntry]:
        """What the colours mean, with the numbers of all points of the cloud, and how many are missing."""
        rows, lost = self._colors.legend(), sorted(self._stock.unreadable)
        if lost:
            count = int(self._count[lost].sum())
            rows.append(LegendEntry("Unreadable", NO_VALUE, count, "points", self.layer.id, self.layer.name))
        return rows


def _mean_distance_m(boxes: Float64, counts: Index) -> Float64:
    """Between neighbouring points of nodes, as if they lay in a plane."""
    sides = np.sort(np.ptp(boxes, axis=1), axis=1)
    return np.asarray(np.sqrt(sides[:, 1] * sides[:, 2] / np.maximum(counts, 1)))


def _flags(codes: object) -> Mask:
    """Which of the 256 classes are among `codes`."""
    flags = np.zeros(256, bool)
    for code in codes if isinstance(codes, list | tuple) else ():
        if isinstance(code, int) and 0 <= code < 256:
            flags[code] = True
    return flags
