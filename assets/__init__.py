"""Icons, colour maps, vocabularies, and the recipe of the demo city."""
