"""Numbers in, numbers out: what is computed from a city."""
