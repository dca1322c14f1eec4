"""The city and all that may change in it."""

#: The kinds of layer, in drawing order from the ground up.
KINDS = ("terrain", "image", "vector", "pipes", "city", "heritage", "points")
