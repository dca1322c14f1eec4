from typing import Any

def ineichen(
    apparent_zenith: Any,
    airmass_absolute: Any,
    linke_turbidity: Any,
    altitude: Any = ...,
    dni_extra: Any = ...,
    perez_enhancement: bool = ...,
) -> Any: ...
def lookup_linke_turbidity(
    time: Any, latitude: float, longitude: float, filepath: Any = ..., interp_turbidity: bool = ...
) -> Any: ...
