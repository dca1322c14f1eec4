"""The printed comparison: situations of the city beside each other, and what differs between them."""
