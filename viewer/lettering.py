"""Words as pixels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkTextProperty, vtkTextRenderer

from viewer.picture import Float32


@lru_cache(maxsize=256)
def lettering(words: str, size: int, bold: bool = False) -> Float32:
    """How much of each pixel the letters cover, (h, w) 0 … 1, top row first; not to be changed."""
    look = vtkTextProperty()
    look.SetFontFamilyToArial()
    look.SetFontSize(size)
    look.SetBold(bold)
    look.SetColor(1, 1, 1)
    image, extent = vtkImageData(), [0, 0]
    vtkTextRenderer.GetInstance().RenderString(look, words or " ", image, extent, 72)
    columns, rows, _ = image.GetDimensions()  # padded to powers of two; `extent` is what is used
    values = np.asarray(image.GetPointData().GetScalars(), np.uint8).reshape(rows, columns, 4)
    found: Float32 = values[: extent[1], : extent[0], 3][::-1] * np.float32(1 / 255)
    return found
