from typing import Any

class EmbreeScene:
    def __init__(self, device: Any = ..., robust: bool = ...) -> None: ...
    def run(
        self,
        vec_origins: Any,
        vec_directions: Any,
        dists: Any = ...,
        query: str = ...,
        output: Any = ...,
    ) -> Any: ...
