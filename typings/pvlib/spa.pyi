from typing import Any

def solar_position_numpy(
    unixtime: Any,
    lat: Any,
    lon: Any,
    elev: Any,
    pressure: Any,
    temp: Any,
    delta_t: Any,
    atmos_refract: Any,
    numthreads: int,
    sst: bool = ...,
    esd: bool = ...,
) -> Any: ...
def calculate_deltat(year: Any, month: Any) -> Any: ...
