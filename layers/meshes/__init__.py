"""What readers of meshes (glTF, OBJ, PLY, STL, 3D Tiles) share: triangles as scans or as city objects."""
