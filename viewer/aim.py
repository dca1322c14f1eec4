"""How the city is looked at right now: what views with levels of detail choose by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from layers.arrays import Float64
from viewer.faces import Mask
from viewer.picking import View2D, stretched

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Aim:
    """The camera, the picture it fills, and how much may be drawn. All boxes are in the world as it is."""

    view: View2D
    moving: bool  # draw what a fluent motion allows; else what a look at rest deserves
    triangles: int  # about so many, for all city objects together
    points: int  # about so many, for all point clouds together
    tiles: int = 40  # at most so many, for each terrain and each picture of the ground
    city_tiles: int = 100  # at most so many, for each layer of city objects
    margin: float = 0.1  # share of the picture that is kept ready beyond its borders

    def is_same(self, other: Aim | None) -> bool:
        """Whether the other one asks for the same picture."""
        if other is None:
            return False
        mine, its = self.view, other.view
        return (
            mine.camera is its.camera  # a camera never changes
            and (mine.width, mine.height, mine.stretch) == (its.width, its.height, its.stretch)
            and (self.moving, self.triangles, self.points, self.tiles, self.city_tiles)
            == (other.moving, other.triangles, other.points, other.tiles, other.city_tiles)
        )

    @cached_property
    def planes(self) -> Float64:
        """The planes around what is seen, (5, 4): inside where x·a + y·b + z·c + d >= 0."""
        view, camera = self.view, self.view.camera
        right, up, forward = camera.basis
        tall = camera.half_height * (1 + self.margin)
        wide = tall * view.width / view.height
        if camera.parallel:
            reach = camera.distance_m
            normals = np.array([right, -right, up, -up, np.zeros(3)])
            slack = np.array([wide * reach, wide * reach, tall * reach, tall * reach, 0.0])
        else:
            sides = [right + wide * forward, wide * forward - right, up + tall * forward, tall * forward - up]
            normals, slack = np.array([*sides, forward]), np.zeros(5)
        offset = slack - normals @ camera.eye
        # Heights are drawn stretched about the origin's.
        offset += normals[:, 2] * view.origin[2] * (1 - view.stretch)
        normals[:, 2] *= view.stretch
        return np.column_stack((normals, offset))

    def sees(self, boxes: Float64) -> Mask:
        """Which boxes (n, 2, 3) reach into the picture, or nearly so."""
        seen = np.ones(len(boxes), bool)
        for plane in self.planes:
            farthest = np.where(plane[:3] >= 0, boxes[:, 1], boxes[:, 0])
            seen &= farthest @ plane[:3] + plane[3] >= 0
        return seen

    def sees_around(self, middle: Float32, half: Float32, origin: Float64) -> tuple[Mask, Mask]:
        """Which boxes reach into the picture, and which lie in it wholly.

        Given as middles from an origin and half sizes, (n, 3) each.
        """
        normals = self.planes[:, :3].astype(np.float32)
        least = -(self.planes[:, 3] + self.planes[:, :3] @ origin).astype(np.float32)
        reach, size = middle @ normals.T, half @ np.abs(normals).T
        return np.asarray((reach + size >= least).all(axis=1)), np.asarray(
            (reach - size >= least).all(axis=1)
        )

    def metres_per_pixel_around(self, middle: Float32, half: Float32, origin: Float64) -> Float32:
        """How much of the world one pixel covers at the nearest point of each box, given likewise."""
        camera, stretch = self.view.camera, self.view.stretch
        pixel = np.float32(2 * camera.half_height / self.view.height)
        if camera.parallel:
            return np.full(len(middle), pixel * np.float32(camera.distance_m))
        eye = camera.eye - origin
        eye[2] = (camera.eye[2] - self.view.origin[2]) / stretch + self.view.origin[2] - origin[2]
        away = np.maximum(np.abs(middle - eye.astype(np.float32)) - half, 0)
        away[:, 2] *= stretch
        distance = np.sqrt(np.einsum("ij,ij->i", away, away))
        return np.asarray(np.maximum(distance, 0.1) * pixel)

    def metres_per_pixel(self, boxes: Float64) -> Float64:
        """How much of the world one pixel covers at the nearest point of each box."""
        camera = self.view.camera
        pixel = 2 * camera.half_height / self.view.height
        if camera.parallel:
            return np.full(len(boxes), pixel * camera.distance_m)
        drawn = stretched(boxes, self.view.origin, self.view.stretch)
        away = np.linalg.norm(np.clip(camera.eye, drawn[:, 0], drawn[:, 1]) - camera.eye, axis=1)
        return np.asarray(np.maximum(away, 0.1) * pixel)
