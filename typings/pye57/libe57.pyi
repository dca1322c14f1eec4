"""What is used of libE57 by pye57."""

from typing import Any

class E57Exception(Exception): ...
class ImageFile: ...

class SourceDestBuffer:
    def __init__(
        self,
        file: ImageFile,
        name: str,
        buffer: Any,
        capacity: int,
        conversion: bool = ...,
        scaling: bool = ...,
        stride: int = ...,
    ) -> None: ...

class VectorSourceDestBuffer:
    def append(self, buffer: SourceDestBuffer) -> None: ...
