"""A picture laid over a patch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkFloatArray, vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkTexture

from layers.arrays import UInt8
from viewer.patch import Patch

Float32 = NDArray[np.float32]


class Paper:
    """A picture as the graphics driver has it, for any number of patches."""

    def __init__(self, repeats: bool = False, mirrors: bool = False) -> None:
        """It goes on beyond its borders with the pixels there, unless it `repeats` or `mirrors` itself.

        One that does is also kept smaller and smaller, for whatever lies far away.
        """
        self._image = vtkImageData()
        self._texture = vtkTexture()
        self._texture.SetInputData(self._image)
        self._texture.SetColorModeToDirectScalars()
        self._texture.InterpolateOn()
        way = vtkTexture.Repeat if repeats else vtkTexture.ClampToEdge
        self._texture.SetWrap(vtkTexture.MirroredRepeat if mirrors else way)
        self._texture.SetMipmap(repeats or mirrors)
        self._pixels = np.empty((0, 0, 3), np.uint8)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        height, width = self._pixels.shape[:2]
        return width, height

    def take(self, pixels: UInt8) -> None:
        """Take a picture (h, w, 3 or 4), its lowest row first."""
        self._pixels = np.ascontiguousarray(pixels)  # VTK reads it where it is
        height, width, channels = pixels.shape
        colors = vtkUnsignedCharArray()
        colors.SetNumberOfComponents(channels)
        colors.SetVoidArray(self._pixels, self._pixels.size, 1)
        self._image.SetDimensions(width, height, 1)
        self._image.GetPointData().SetScalars(colors)
        self._image.Modified()

    def hang(self, patch: Patch) -> None:
        """Show it on a patch."""
        patch.actor.SetTexture(self._texture)


class Texture:
    """What a patch is papered with; its colours are multiplied with those of the vertices."""

    def __init__(self, patch: Patch) -> None:
        self._patch = patch
        self._paper = Paper()
        self._coordinates = np.empty((0, 2), np.float32)

    def paper(self, pixels: UInt8) -> None:
        """Take a picture (h, w, 3 or 4), its lowest row first."""
        self._paper.take(pixels)
        self._paper.hang(self._patch)

    def place(self, across: Float32, up: Float32) -> None:
        """Where each vertex of the patch lies in the picture, from 0 (left, bottom) to 1.

        0 is the middle of the first pixel and 1 that of the last, so that neighbours meet.
        """
        sides = np.array(self._paper.size, np.float32)
        self.spread((0.5 + np.column_stack((across, up)) * (sides - 1)) / sides)

    def share(self, paper: Paper) -> None:
        """Show a picture that other patches show, too."""
        self._paper = paper
        paper.hang(self._patch)

    def spread(self, places: Float32) -> None:
        """Where each vertex lies in the picture (n, 2): 0 and 1 are its borders, beyond them it goes on."""
        self._coordinates = np.ascontiguousarray(places, np.float32)  # VTK reads it where it is
        floats = vtkFloatArray()
        floats.SetNumberOfComponents(2)
        floats.SetVoidArray(self._coordinates, self._coordinates.size, 1)
        self._patch.actor.GetMapper().GetInput().GetPointData().SetTCoords(floats)

    def remove(self) -> None:
        """Show the colours of the vertices alone."""
        self._patch.actor.SetTexture(None)  # type: ignore[arg-type]  # VTK's stubs forget that none is allowed
        self._patch.actor.GetMapper().GetInput().GetPointData().SetTCoords(None)
