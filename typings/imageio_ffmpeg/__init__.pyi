from collections.abc import Generator, Sequence

def write_frames(
    path: str,
    size: tuple[int, int],
    *,
    fps: float = ...,
    quality: float = ...,
    codec: str = ...,
    macro_block_size: int = ...,
    ffmpeg_log_level: str = ...,
    output_params: Sequence[str] = ...,
) -> Generator[None, object]: ...
def read_frames(path: str) -> Generator[dict[str, object] | bytes]: ...
