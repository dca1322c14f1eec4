"""What is used of pye57, which has no types of its own."""

from typing import Any

from pye57 import libe57 as libe57

class E57:
    image_file: libe57.ImageFile
    root: Any
    scan_count: int
    def __init__(self, path: str, mode: str = ...) -> None: ...
    def get_header(self, index: int) -> Any: ...
    def close(self) -> None: ...
