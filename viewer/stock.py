"""The nodes of a point cloud that are in memory: read in threads of their own, the longest unused let go."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from layers.arrays import Float64, UInt8, UInt16
from layers.errors import ReadError
from layers.octree import Cloud
from viewer.faces import Index, Mask, boxes_of_runs
from viewer.picture import Float32
from viewer.splat import Batch, UInt32

#: What the points of one cloud may take, unless those in view alone take more.
MOST_BYTES = 256 * 2**20
#: Nodes that are read at the same time.
READERS = 2
#: Neighbours in the order of a node; they share a box when picking.
POINTS_PER_BLOCK = 512
#: With its colour as drawn, and a share of its block's box.
BYTES_PER_POINT = 16.2


@dataclass(eq=False)
class Node:
    """Points of a node, as they are drawn and picked."""

    corner: Float64  # (3,) world
    places: Float32  # (3, n) relative to the corner
    block_box: Float64  # (b, 2, 3) world
    rgb: UInt32 | None  # (n,) red in the lowest byte
    intensity: UInt16 | None
    classification: UInt8 | None
    return_number: UInt8 | None
    batch: Batch | None = None  # as drawn in the present style
    shown: Mask | None = None  # which of the points those are; None: all

    @classmethod
    def of(cls, cloud: Cloud) -> Node:
        """The points of a node as they were read."""
        points = cloud.points
        corner = points.min(axis=0) if len(points) else np.zeros(3)
        places = np.empty((3, len(points)), np.float32)
        np.subtract(points.T, corner[:, None], out=places, casting="same_kind")
        boxes = boxes_of_runs(points, np.arange(0, len(points), POINTS_PER_BLOCK))
        colors = None if cloud.rgb is None else packed(cloud.rgb)
        return cls(corner, places, boxes, colors, cloud.intensity, cloud.classification, cloud.return_number)

    def __len__(self) -> int:
        return len(self.places[2])

    @property
    def heights_m(self) -> Float32:
        """Height of every point, good enough for colours."""
        found: Float32 = self.places[2] + np.float32(self.corner[2])
        return found

    def world(self, chosen: Index) -> Float64:
        """Points (k, 3) in the world, to a fraction of a millimetre."""
        return np.asarray(self.places[:, chosen].T + self.corner)

    def values(self, attribute: str) -> UInt8 | UInt16 | None:
        """What the points have of an attribute that is one number."""
        return {
            "intensity": self.intensity,
            "classification": self.classification,
            "return_number": self.return_number,
        }.get(attribute)

    @property
    def bytes(self) -> int:
        """About what it takes in memory."""
        parts = (self.rgb, self.intensity, self.classification, self.return_number)
        return int(BYTES_PER_POINT * len(self)) + sum(part.nbytes for part in parts if part is not None)


class Stock:
    """Nodes in memory. Used on the interface thread; what is wanted is read in another."""

    def __init__(self, read: Callable[[int], Cloud], most_bytes: int = MOST_BYTES) -> None:
        self._read, self._most_bytes = read, most_bytes
        self._nodes: OrderedDict[int, Node] = OrderedDict()  # the longest unused first
        self._bytes = 0
        self._news = threading.Condition()
        self._wanted: deque[int] = deque()
        self._needed: frozenset[int] = frozenset()
        self._under_way: set[int | None] = set()
        self._readers = 0
        self.unreadable: set[int] = set()

    def __len__(self) -> int:
        return len(self._nodes)

    def want(self, nodes: Iterable[int]) -> None:
        """Read these, in this order, as far as they are not there; what was wanted before is not any more."""
        nodes = list(nodes)
        with self._news:
            self._needed = frozenset(nodes)
            there = self._nodes.keys() | self._under_way
            self._wanted = deque(node for node in nodes if node not in there)
            for _ in range(min(len(self._wanted), READERS) - self._readers):
                self._readers += 1
                threading.Thread(target=_read_on, args=(weakref.ref(self),), daemon=True).start()

    def wait(self, seconds: float | None) -> bool:
        """Give the reading so much time (None: all it takes); whether everything wanted is there."""
        with self._news:
            return self._news.wait_for(lambda: not self._readers, seconds)

    def found(self, nodes: Iterable[int]) -> list[tuple[int, Node]]:
        """Those of the nodes that are in memory."""
        with self._news:
            present = [(node, self._nodes[node]) for node in nodes if node in self._nodes]
            for node, _ in present:
                self._nodes.move_to_end(node)
        return present

    def get(self, node: int) -> Node:
        """A node, read at once if it is not in memory."""
        present = self.found((node,))
        return present[0][1] if present else self._keep(node)

    def forget_batches(self) -> None:
        """The style is another: nothing is drawn as it was."""
        with self._news:
            for node in self._nodes.values():
                node.batch = None

    def read_next(self) -> bool:
        """Read what is wanted most, in the thread of a reader; False ends it."""
        goes_on = False
        with self._news:
            number = self._wanted.popleft() if self._wanted else None
            self._under_way.add(number)
        try:
            if number is not None:
                self._keep(number)
                goes_on = True
        finally:
            with self._news:
                self._under_way.discard(number)
                goes_on = goes_on and bool(self._wanted)
                self._readers -= not goes_on
                self._news.notify_all()
        return goes_on

    def _keep(self, number: int) -> Node:
        try:
            node = Node.of(self._read(number))
        except ReadError:
            self.unreadable.add(number)
            node = Node.of(Cloud(np.empty((0, 3))))
        with self._news:
            if number not in self._nodes:
                self._nodes[number] = node
                self._bytes += node.bytes
            self._let_go()
        return node

    def _let_go(self) -> None:
        for number in [number for number in self._nodes if number not in self._needed]:
            if self._bytes <= self._most_bytes:
                return
            self._bytes -= self._nodes.pop(number).bytes


def _read_on(stock_of: weakref.ref[Stock]) -> None:
    """Read what is wanted until nothing is, or nobody wants it any more."""
    while (stock := stock_of()) is not None and stock.read_next():
        del stock  # while nothing else holds it, it may go


def packed(rgb: UInt8) -> UInt32:
    """Colours (n, 3) as one number each, red in the lowest byte."""
    four = np.empty((len(rgb), 4), np.uint8)
    four[:, :3] = rgb
    four[:, 3] = 255
    return four.view(np.uint32)[:, 0]
