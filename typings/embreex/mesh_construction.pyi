from typing import Any

from embreex.rtcore_scene import EmbreeScene

class TriangleMesh:
    def __init__(self, scene: EmbreeScene, vertices: Any, indices: Any = ...) -> None: ...
