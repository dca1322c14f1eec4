from typing import Any

class DatetimeIndex:
    def __init__(self, data: Any = ..., *, tz: Any = ...) -> None: ...
