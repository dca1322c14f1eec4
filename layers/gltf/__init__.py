"""glTF 2.0 read: its container, arrays, placed meshes, materials, and what it knows of features."""
