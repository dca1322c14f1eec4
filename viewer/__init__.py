"""The city as pixels: the scene, one view per layer kind, camera, picking, colour, pictures."""

#: One file per layer kind, the same names as `layers.KINDS`.
VIEWS = ("terrain", "image", "vector", "pipes", "city", "heritage", "points")
