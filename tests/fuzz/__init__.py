"""Thousands of damaged files for every reader: `python -m tests.fuzz`."""
