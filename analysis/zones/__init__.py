"""What may be built where: limits as sheets over the map, what rises above them, floors, words and tables."""
