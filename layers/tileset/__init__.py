"""3D Tiles 1.0 and 1.1 (OGC 22-025r4) read from a folder or an archive: the finest content of each place."""
