"""One drawn thing: triangles, lines or points with a colour per vertex, as VTK wants them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkFloatArray, vtkPoints, vtkTypeInt32Array, vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from layers.arrays import Float64, Int32, UInt8

Float32 = NDArray[np.float32]

#: Vertices per cell.
TRIANGLES, LINES, POINTS = 3, 2, 1


class Patch:
    """An actor with its own vertices. Colours already hold the light; nothing is lit when drawing."""

    def __init__(self, size: int = TRIANGLES, width: float = 1.0, is_veil: bool = False) -> None:
        """A veil lies over the finished picture, whatever light and paint that has got."""
        self._size, self.is_veil = size, is_veil
        self._data = vtkPolyData()
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(self._data)
        mapper.SetColorModeToDirectScalars()
        mapper.SetScalarModeToUsePointData()
        mapper.StaticOn()
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.PickableOff()
        self.actor.VisibilityOff()
        look = self.actor.GetProperty()
        look.LightingOff()
        self._width, self._magnified = width, 1.0
        self._set_width()
        self._shown, self._muted = True, False
        self._has_cells = False
        self._kept: tuple[Float32, Int32] | None = None
        self._kept_colors = np.empty((0, 3), np.uint8)
        self.vertex_count = 0

    def fill(
        self, points: Float64 | Float32, origin: Float64 | Float32, cells: Int32, colors: UInt8 | None
    ) -> None:
        """Take vertices (world), cells into them and colours; nothing at all hides the patch."""
        self.vertex_count = len(points)
        local = np.empty((len(points), 3), np.float32)
        np.subtract(points, origin, out=local, casting="same_kind")
        numbers = np.ascontiguousarray(cells, np.int32)
        self._kept = local, numbers  # VTK reads them where they are
        floats, integers = vtkFloatArray(), vtkTypeInt32Array()
        floats.SetNumberOfComponents(3)
        floats.SetVoidArray(local, local.size, 1)
        integers.SetVoidArray(numbers, numbers.size, 1)
        vertices, faces = vtkPoints(), vtkCellArray()
        vertices.SetData(floats)
        faces.SetData(self._size, integers)
        self._data.SetPoints(vertices)
        if self._size == TRIANGLES:
            self._data.SetPolys(faces)
        elif self._size == LINES:
            self._data.SetLines(faces)
        else:
            self._data.SetVerts(faces)
        self._has_cells = len(cells) > 0
        if colors is not None:
            self.recolor(colors)
        self._touch()

    def recolor(self, colors: UInt8) -> None:
        """Change the colours of the vertices alone."""
        self._kept_colors = np.ascontiguousarray(colors, np.uint8)
        scalars = vtkUnsignedCharArray()
        scalars.SetNumberOfComponents(3)
        scalars.SetVoidArray(self._kept_colors, self._kept_colors.size, 1)
        self._data.GetPointData().SetScalars(scalars)
        self._touch()

    def lie_over(self) -> None:
        """Be drawn over what lies in the same place: the ground under areas."""
        mapper = self.actor.GetMapper()
        # VTK turns this on for everything that is drawn: all else keeps its depth, or pipes shine through
        # the ground that they lie in.
        mapper.SetResolveCoincidentTopologyToPolygonOffset()
        mapper.SetResolveCoincidentTopologyPolygonOffsetParameters(0.0, 0.0)
        mapper.SetResolveCoincidentTopologyLineOffsetParameters(0.0, 0.0)
        mapper.SetResolveCoincidentTopologyPointOffsetParameter(0.0)
        for place in (
            mapper.SetRelativeCoincidentTopologyPolygonOffsetParameters,
            mapper.SetRelativeCoincidentTopologyLineOffsetParameters,
        ):
            place(-2.0, -4.0)

    def paint(self, color: UInt8, opacity: float = 1.0) -> None:
        """One colour for all, for patches without colours of their own."""
        look = self.actor.GetProperty()
        look.SetColor(*(float(part) / 255 for part in color))
        look.SetOpacity(opacity)

    @property
    def tint(self) -> tuple[float, ...] | None:
        """The one colour of a patch that one sees through, and how opaque it is; None: it has several."""
        look = self.actor.GetProperty()
        has_one = not len(self._kept_colors) and self.actor.GetTexture() is None
        return (*look.GetColor(), look.GetOpacity()) if has_one else None

    @property
    def is_clear(self) -> bool:
        """Whether one sees through it."""
        return bool(self.actor.HasTranslucentPolygonalGeometry())

    @property
    def width(self) -> float:
        """Of lines and points, in pixels of the finished picture."""
        return self._width

    @width.setter
    def width(self, width: float) -> None:
        self._width = width
        self._set_width()

    def magnify(self, factor: float) -> None:
        """Draw lines and points this much wider, for a picture that will be made smaller."""
        if factor != self._magnified:
            self._magnified = factor
            self._set_width()

    def _set_width(self) -> None:
        look = self.actor.GetProperty()
        look.SetLineWidth(self._width * self._magnified)
        look.SetPointSize(self._width * self._magnified)

    def show(self, shown: bool) -> None:
        """Draw it or not."""
        self._shown = shown
        self._set_visibility()

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to be seen of it."""
        return self._shown and self._has_cells

    def mute(self, muted: bool) -> None:
        """Leave it out of the next step of a picture that is drawn in several."""
        if muted != self._muted:
            self._muted = muted
            self._set_visibility()

    def _set_visibility(self) -> None:
        self.actor.SetVisibility(self.is_shown and not self._muted)

    def _touch(self) -> None:
        self._data.Modified()
        self.actor.GetMapper().Modified()
        self._set_visibility()
