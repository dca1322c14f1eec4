"""Meshes compressed with Draco 2.2, decoded after its bitstream specification (2017-10-25), not its code."""
