from typing import Any

def get_extra_radiation(datetime_or_doy: Any, solar_constant: float = ..., method: str = ...) -> Any: ...
def get_total_irradiance(
    surface_tilt: Any,
    surface_azimuth: Any,
    solar_zenith: Any,
    solar_azimuth: Any,
    dni: Any,
    ghi: Any,
    dhi: Any,
    dni_extra: Any = ...,
    airmass: Any = ...,
    albedo: Any = ...,
    surface_type: str | None = ...,
    model: str = ...,
    model_perez: str = ...,
) -> Any: ...
