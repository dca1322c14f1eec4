"""Building models (IFC, ISO 16739) to city objects."""
