"""What the difference of two states of a city is made of."""
