from typing import Any, TypedDict

from numpy.typing import NDArray

class Attribute(TypedDict):
    unique_id: int
    num_components: int
    data: NDArray[Any]

class DracoMesh:
    points: NDArray[Any]
    faces: NDArray[Any]
    attributes: list[Attribute]

class DracoPointCloud:
    points: NDArray[Any]

class FileTypeException(Exception): ...

def encode(points: NDArray[Any], faces: NDArray[Any], quantization_bits: int = 14) -> bytes: ...
def decode(buffer: bytes) -> DracoMesh | DracoPointCloud: ...
