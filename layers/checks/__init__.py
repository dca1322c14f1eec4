"""Whether geometries are sound: ISO 19107 with val3dity's numbers, its tolerances unless said otherwise."""
