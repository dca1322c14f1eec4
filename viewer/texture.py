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


class Texture:
    """What a patch is papered with; its colours are multiplied with those of the vertices."""

    def __init__(self, patch: Patch) -> None:
        self._patch = patch
        self._image = vtkImageData()
        self._texture = vtkTexture()
        self._texture.SetInputData(self._image)
        self._texture.SetColorModeToDirectScalars()
        self._texture.InterpolateOn()
        self._texture.EdgeClampOn()
        self._pixels = np.empty((0, 0, 3), np.uint8)
        self._coordinates = np.empty((0, 2), np.float32)

    def paper(self, pixels: UInt8) -> None:
        """Take a picture (h, w, 3 or 4), its lowest row first."""
        self._pixels = np.ascontiguousarray(pixels)  # VTK reads it where it is
        height, width, channels = pixels.shape
        colors = vtkUnsignedCharArray()
        colors.SetNumberOfComponents(channels)
        colors.SetVoidArray(self._pixels, self._pixels.size, 1)
        self._image.SetDimensions(width, height, 1)
        self._image.GetPointData().SetScalars(colors)
        self._image.Modified()
        self._patch.actor.SetTexture(self._texture)

    def place(self, across: Float32, up: Float32) -> None:
        """Where each vertex of the patch lies in the picture, from 0 (left, bottom) to 1.

        0 is the middle of the first pixel and 1 that of the last, so that neighbours meet.
        """
        height, width = self._pixels.shape[:2]
        sides = np.array([width, height], np.float32)
        self._coordinates = (0.5 + np.column_stack((across, up)) * (sides - 1)) / sides
        self._coordinates = np.ascontiguousarray(self._coordinates, np.float32)
        floats = vtkFloatArray()
        floats.SetNumberOfComponents(2)
        floats.SetVoidArray(self._coordinates, self._coordinates.size, 1)
        self._patch.actor.GetMapper().GetInput().GetPointData().SetTCoords(floats)

    def remove(self) -> None:
        """Show the colours of the vertices alone."""
        self._patch.actor.SetTexture(None)  # type: ignore[arg-type]  # VTK's stubs forget that none is allowed
        self._patch.actor.GetMapper().GetInput().GetPointData().SetTCoords(None)
