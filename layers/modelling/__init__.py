"""Shapes made and changed by hand: numbers in, `Shape`s out; no project, no window.

All lengths are metres in a plane map with heights (x east, y north, z up). What comes out is sound by the
program's own checks; what cannot be is refused with an `EditError`, and nothing changes.
"""
