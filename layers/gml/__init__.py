"""CityGML 1.0, 2.0 and 3.0: cut, read into objects, and their shapes into arrays.

OGC 08-007r1, 12-019, and 20-010 with 21-006r2; geometry as GML 3.1.1 (OGC 03-105r1) and 3.2.1 (OGC
07-036) write it.
"""
