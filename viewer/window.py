"""The off-screen window that VTK draws into, and its pixels as an array."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np
import vtkmodules.vtkRenderingFreeType
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 - registers the OpenGL classes with VTK
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkFloatArray, vtkUnsignedCharArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

from layers.arrays import UInt8
from viewer.light import Background, sky
from viewer.picture import Float32, Picture, Raw

SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software")
MULTISAMPLES = 4
#: Veils are taken for so much nearer than they are, as a share of their distance or in metres of a parallel
#: view, so that those that lie on a surface are seen on it.
VEIL_NEARER, VEIL_NEARER_M = 2e-4, 0.1
Number = TypeVar("Number", bound=np.generic)
#: Draws into a picture what VTK does not, in short steps.
Paint = Callable[[Picture], Iterator[None]]
#: Puts another light into what VTK has drawn, in short steps.
Relight = Callable[[Raw], Iterator[None]]


class Window:
    """A render window without a window. On a software renderer it draws without multisampling."""

    def __init__(self, width: int, height: int) -> None:
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            # Without an X server VTK would first try one, and complain.
            os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
        self.window = vtkRenderWindow()
        self.window.SetOffScreenRendering(1)
        self.window.SetShowWindow(False)
        self.window.SetMultiSamples(0)
        self.window.SetAlphaBitPlanes(True)
        self._size, self._scale = (width, height), 1
        self._columns: tuple[int, int] | None = None
        self._resize()
        self.renderer = vtkRenderer()
        self.renderer.SetTwoSidedLighting(False)
        self.renderer.SetAutomaticLightCreation(False)
        self.renderer.SetUseDepthPeeling(False)
        self.window.AddRenderer(self.renderer)
        self._buffer, self._depths = vtkUnsignedCharArray(), vtkFloatArray()
        self._renderer_name: str | None = None
        self._is_blank = False
        self._raw: Raw | None = None  # what was last drawn, once it is read
        self._kept: Raw | None = None  # the same before its light was changed
        self.set_background(sky(dark=False))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return self._size

    def resize(self, width: int, height: int) -> None:
        """Give the picture another size."""
        self._size = max(int(width), 1), max(int(height), 1)
        self._resize()

    def _resize(self) -> None:
        width, height = self._size
        self.window.SetSize(self._scale * width, self._scale * height)

    def set_background(self, background: Background) -> None:
        """The sky behind the city."""
        self._background = background
        self.renderer.SetBackground(*(part / 255 for part in background.low))
        self.renderer.SetBackground2(*(part / 255 for part in background.high))
        self.renderer.GradientBackgroundOn()

    @property
    def is_software(self) -> bool:
        """Whether no graphics card draws; known after the first picture."""
        return self._renderer_name is not None and any(word in self._renderer_name for word in SOFTWARE)

    @property
    def has_graphics_card(self) -> bool:
        """Whether one draws; not known before the first picture."""
        return self._renderer_name is not None and not self.is_software

    def enlarge(self, fine: bool) -> None:
        """Draw at twice the size from now on, or at the picture's own again."""
        self._scale = 2 if fine else 1
        self._resize()

    def mix_all_alike(self, alike: bool) -> None:
        """Whether what one sees through may be drawn in any order, which takes less time."""
        self.renderer.SetUseOIT(not alike)

    def cut(self, columns: tuple[int, int] | None) -> None:
        """Draw only these columns from now on, from the first to before the last; None draws all.

        The camera must be as it will be. What is not drawn is black, and infinitely far away.
        """
        camera, (width, height) = self.renderer.GetActiveCamera(), self._size
        camera.SetUseExplicitProjectionTransformMatrix(False)
        self._columns = columns
        first, last = columns or (0, width)
        self.renderer.SetViewport(first / width, 0.0, last / width, 1.0)
        if columns is None:
            return
        whole = camera.GetProjectionTransformMatrix(width / height, -1.0, 1.0)
        part = vtkMatrix4x4()  # those columns become the whole width
        part.SetElement(0, 0, width / (last - first))
        part.SetElement(0, 3, (width - first - last) / (last - first))
        vtkMatrix4x4.Multiply4x4(part, whole, part)
        camera.SetExplicitProjectionTransformMatrix(part)
        camera.SetUseExplicitProjectionTransformMatrix(True)

    def draw(self, over: bool = False) -> None:
        """Draw what is shown; `over` what has been drawn before, in front of it and behind it."""
        is_known = self._renderer_name is not None
        self._raw = self._kept = None
        self._is_blank = is_known and not over and not self.renderer.VisibleActorCount()
        if self._is_blank:  # even the bare sky takes a software renderer longer than all else here
            return
        self.renderer.SetPreserveColorBuffer(over)
        self.renderer.SetPreserveDepthBuffer(over)
        self.window.Render()
        if self._renderer_name is None:
            self._renderer_name = self._ask_renderer()
            if not self.is_software:
                self.window.SetMultiSamples(MULTISAMPLES)
                self.window.Render()

    def raw(self) -> Raw | None:
        """What has been drawn, to be changed before it becomes a picture; None for the bare sky."""
        if self._raw is None and not self._is_blank:
            camera = self.renderer.GetActiveCamera()
            near, far = camera.GetClippingRange()
            self._raw = Raw(self._read(), self._buffer_of_depths(), np.array(camera.GetPosition()), near, far)
            if self._scale == 1:
                self._kept = replace(self._raw, pixels=self._raw.pixels.copy())
        return self._raw

    def lay_over(self) -> None:
        """Draw what is shown now over what has been drawn, as far as nothing of that stands before it."""
        raw = self.raw()
        if raw is None:
            return
        self.renderer.GradientBackgroundOff()
        self.renderer.SetBackground(0, 0, 0)
        self.renderer.SetPreserveColorBuffer(False)
        self.renderer.SetPreserveDepthBuffer(True)
        camera = self.renderer.GetActiveCamera()
        near, far = camera.GetClippingRange()
        if camera.GetParallelProjection():
            camera.SetClippingRange(near + VEIL_NEARER_M, far + VEIL_NEARER_M)
        else:
            camera.SetClippingRange(near * (1 + VEIL_NEARER), far * (1 + VEIL_NEARER))
        self.window.Render()
        camera.SetClippingRange(near, far)
        self.set_background(self._background)
        first, last, height = self._drawn
        veils = vtkUnsignedCharArray()
        self.window.GetRGBACharPixelData(first, 0, last - 1, height - 1, 0, veils, 0)
        found = np.asarray(veils, np.uint8).reshape(height, last - first, 4)
        on = np.nonzero(found[..., 3])
        below, above = raw.pixels[:, first:last], found[on]
        share = above[:, 3:].astype(np.float32) / 255
        # The colours of the veils are already multiplied with how much they hide.
        below[on] = np.minimum(below[on] * (1 - share) + above[:, :3] + 0.5, 255)

    def take_again(self) -> bool:
        """Begin once more with what was last drawn, for another light; False where it was not kept."""
        if self._kept is None or self._scale != 1:
            return False
        self._raw = replace(self._kept, pixels=self._kept.pixels.copy())
        return True

    def picture(self) -> UInt8:
        """What has been drawn, (h, w, 3), top row first; an enlarged one averaged, with smooth edges."""
        if self._is_blank:
            return self._background.pixels(*self._size)
        pixels = (self._read() if self._raw is None else self._raw.pixels)[::-1]
        return np.ascontiguousarray(pixels) if self._scale == 1 else _averaged(pixels)

    def deep_picture(self) -> Picture:
        """The same with depths, for what is still to be painted into it."""
        camera = self.renderer.GetActiveCamera()
        eye, near = np.array(camera.GetPosition()), camera.GetClippingRange()[0]
        return Picture(self.picture(), self._depth(), eye, near)

    @property
    def _drawn(self) -> tuple[int, int, int]:
        """The first column that is drawn, the one behind the last, and the height, as OpenGL has them."""
        width, height = self.window.GetSize()
        first, last = self._columns or (0, width)
        return (self._scale * first, self._scale * last, height) if self._columns else (0, width, height)

    def _read(self) -> UInt8:
        """The pixels as OpenGL has them, bottom row first."""
        first, last, height = self._drawn
        self.window.GetPixelData(first, 0, last - 1, height - 1, 0, self._buffer, 0)
        return self._placed(np.asarray(self._buffer, np.uint8).reshape(height, last - first, 3), 0)

    def _buffer_of_depths(self) -> Float32:
        first, last, height = self._drawn
        self.window.GetZbufferData(first, 0, last - 1, height - 1, self._depths)
        return self._placed(np.asarray(self._depths, np.float32).reshape(height, last - first), 1)

    def _placed(self, part: NDArray[Number], outside: int) -> NDArray[Number]:
        """What was drawn in its place among all columns, with a value for the others."""
        if self._columns is None:
            return part
        first, last, height = self._drawn
        found = np.full((height, self.window.GetSize()[0], *part.shape[2:]), outside, part.dtype)
        found[:, first:last] = part
        return found

    def _depth(self) -> Float32:
        """How far away everything drawn is, along the view, top row first; infinite behind it all."""
        if self._is_blank:
            return np.full(self._size[::-1], np.inf, np.float32)
        depth = self._buffer_of_depths() if self._raw is None else self._raw.buffer
        depth = depth[::-1][:: self._scale, :: self._scale].copy()
        camera = self.renderer.GetActiveCamera()
        near, far = camera.GetClippingRange()
        nothing = depth >= 1.0
        if camera.GetParallelProjection():
            depth *= far - near
            depth += near
        else:
            depth *= near - far
            depth += far
            np.divide(near * far, depth, out=depth)
        np.copyto(depth, np.inf, where=nothing)
        return depth

    def close(self) -> None:
        """Give back what the graphics driver holds."""
        self.window.RemoveRenderer(self.renderer)
        self.window.Finalize()

    def _ask_renderer(self) -> str:
        lines = str(self.window.ReportCapabilities()).splitlines()
        return next((line.lower() for line in lines if "renderer string" in line), "")


def _averaged(large: UInt8) -> UInt8:
    """A picture of half the size."""
    height, width, _ = large.shape
    pairs = large.reshape(height // 2, 2, width // 2, 2, 3)
    rows = pairs[:, 0].astype(np.uint16) + pairs[:, 1]
    return ((rows[:, :, 0] + rows[:, :, 1] + 2) >> 2).astype(np.uint8)
