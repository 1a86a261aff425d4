"""A painter's canvas in meters: surfaces drawn from far to near, one index map."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from mmuda.toy_data.labels import LABEL_IDS

Point = tuple[float, float]
SKY_DEPTH = 1e4


@dataclass(frozen=True)
class Camera:
    """Pinhole camera above a flat road, looking along z.

    Args:
        width, height (int): Image size in pixels.
        horizon (float): Row of the horizon in pixels.
        center (float): Column of the vanishing point in pixels.
        focal (float): Focal length in pixels.
        elevation (float): Height above the road in meters.
    """

    width: int
    height: int
    horizon: float
    center: float
    focal: float
    elevation: float = 1.5

    def project(self, x: float, y: float, z: float) -> Point:
        """Pixel of the point ``x`` meters right, ``y`` meters above the road, ``z`` meters ahead."""
        return self.center + self.focal * x / z, self.horizon + self.focal * (self.elevation - y) / z


@dataclass(frozen=True)
class Surface:
    """What one index of the map stands for.

    Args:
        label (int): Cityscapes label id.
        material (str): Key of ``looks.MATERIALS``.
        group (int): Object it belongs to: one color variation per group and material.
        instance (int): Instance number, 0 for stuff.
        shade (float): Factor on the brightness (1 = faces the light).
        plane (str): ``'front'`` (constant z), ``'side'`` (constant x) or ``'ground'``.
        position (float): The constant z or x of the plane in meters.
    """

    label: int
    material: str
    group: int
    instance: int
    shade: float
    plane: str
    position: float


@dataclass
class Canvas:
    """Collects surfaces; later ones cover earlier ones.

    Args:
        camera (Camera): How meters become pixels.
    """

    camera: Camera
    surfaces: list[Surface] = field(default_factory=list)
    groups: int = 0
    instances: int = 0

    def __post_init__(self) -> None:
        shape = (self.camera.height, self.camera.width)
        self.index = np.zeros(shape, np.uint16)
        self.shadow = np.zeros(shape, np.uint8)

    def new_group(self, instance: bool = False) -> tuple[int, int]:
        """Numbers ``(group, instance)`` of a new object; stuff has instance 0."""
        self.groups += 1
        self.instances += instance
        return self.groups, self.instances if instance else 0

    def polygons(
        self,
        polygons: list[list[Point]],
        label: str,
        material: str,
        owner: tuple[int, int],
        plane: str,
        position: float,
        shade: float = 1.0,
    ) -> None:
        """Draw pixel polygons as one surface (see :class:`Surface` for the arguments)."""
        self.surfaces.append(Surface(LABEL_IDS[label], material, owner[0], owner[1], shade, plane, position))
        pixels = [np.round(np.clip(polygon, -1e4, 1e4)).astype(np.int32) for polygon in polygons]
        for polygon in pixels:
            cv2.fillPoly(self.index, [polygon], len(self.surfaces) - 1)

    def fill(
        self, label: str, material: str, owner: tuple[int, int], plane: str, position: float, top: float = 0.0
    ) -> None:
        """Draw everything below row ``top``."""
        h, w = self.index.shape
        self.polygons([[(0, top), (w, top), (w, h), (0, h)]], label, material, owner, plane, position)

    def ground(
        self, x0: float, x1: float, z0: float, z1: float, label: str, material: str, owner: tuple[int, int]
    ) -> None:
        """Draw the ground between the lines x0 and x1 from z0 to z1 (meters)."""
        p = self.camera.project
        self.polygons([[p(x0, 0, z0), p(x1, 0, z0), p(x1, 0, z1), p(x0, 0, z1)]], label, material, owner, 'ground', 0.0)

    def front(
        self,
        boxes: list[tuple[float, float, float, float]],
        z: float,
        label: str,
        material: str,
        owner: tuple[int, int],
        shade: float = 1.0,
    ) -> None:
        """Draw rectangles ``(x0, x1, y0, y1)`` in meters that face the camera at depth z."""
        p = self.camera.project
        self.polygons(
            [[p(x0, y0, z), p(x1, y0, z), p(x1, y1, z), p(x0, y1, z)] for x0, x1, y0, y1 in boxes],
            label,
            material,
            owner,
            'front',
            z,
            shade,
        )

    def side(
        self,
        boxes: list[tuple[float, float, float, float]],
        x: float,
        label: str,
        material: str,
        owner: tuple[int, int],
        shade: float = 1.0,
    ) -> None:
        """Draw rectangles ``(z0, z1, y0, y1)`` in meters in the plane x, parallel to the road."""
        p = self.camera.project
        self.polygons(
            [[p(x, y0, z0), p(x, y0, z1), p(x, y1, z1), p(x, y1, z0)] for z0, z1, y0, y1 in boxes],
            label,
            material,
            owner,
            'side',
            x,
            shade,
        )

    def ellipse(
        self,
        x: float,
        y: float,
        z: float,
        rx: float,
        ry: float,
        label: str,
        material: str,
        owner: tuple[int, int],
        shade: float = 1.0,
    ) -> None:
        """Draw an ellipse with center (x, y, z) and radii in meters, facing the camera."""
        angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        p = self.camera.project
        outline = [p(x + rx * np.cos(a), y + ry * np.sin(a), z) for a in angle]
        self.polygons([outline], label, material, owner, 'front', z, shade)

    def cast_shadow(self, x0: float, x1: float, z0: float, z1: float) -> None:
        """Darken the ground below an object (only surfaces of plane ``ground`` show it)."""
        p = self.camera.project
        outline = np.array([p(x0, 0, z0), p(x1, 0, z0), p(x1, 0, z1), p(x0, 0, z1)])
        cv2.fillPoly(self.shadow, [np.round(np.clip(outline, -1e4, 1e4)).astype(np.int32)], 255)

    def depth(self) -> np.ndarray:
        """(H, W) float64, meters along z; ``SKY_DEPTH`` for the sky."""
        cam = self.camera
        rows, cols = np.mgrid[: cam.height, : cam.width].astype(np.float64)
        plane = np.array([s.plane for s in self.surfaces])[self.index]
        position = np.array([s.position for s in self.surfaces])[self.index]
        ground = cam.focal * cam.elevation / np.maximum(rows - cam.horizon, 0.5)
        side = cam.focal * np.abs(position) / np.maximum(np.abs(cols - cam.center), 0.5)
        return np.select([plane == 'ground', plane == 'side'], [ground, side], position).clip(0.5, SKY_DEPTH)
