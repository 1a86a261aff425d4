"""Random street scenes: where things stand, independent of how they look."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmuda.toy_data.canvas import SKY_DEPTH, Camera, Canvas
from mmuda.toy_data.objects import (
    draw_bicycle,
    draw_bus,
    draw_car,
    draw_motorcycle,
    draw_person,
    draw_pole,
    draw_rider,
    draw_sign,
    draw_traffic_light,
    draw_train,
    draw_tree,
    draw_truck,
)

FAR = 90.0
FEATURED = ('truck', 'bus', 'train', 'motorcycle', 'wall', 'fence', 'terrain', 'bicycle')
"""Rare classes, one of which every scene shows in turn, so that a small set has them all."""

Draw = Callable[[Canvas, np.random.Generator, float, float], None]
AT_CURB: dict[str, Draw] = dict(
    pole=draw_pole, traffic_light=draw_traffic_light, traffic_sign=draw_sign, vegetation=draw_tree
)
ON_WALK: dict[str, Draw] = dict(person=draw_person, bicycle=draw_bicycle)
ON_ROAD: dict[str, Draw] = dict(
    car=draw_car, truck=draw_truck, bus=draw_bus, motorcycle=draw_motorcycle, train=draw_train
)


@dataclass(frozen=True)
class Street:
    """Cross-section of the street in meters; the sides are symmetric."""

    road: float
    verge: float
    sidewalk: float

    @property
    def edge(self) -> float:
        """Distance of the buildings from the middle of the road."""
        return self.road + self.verge + self.sidewalk


def draw_scene(
    rng: np.random.Generator, size: tuple[int, int], featured: str, replace: dict[str, str] | None = None
) -> Canvas:
    """Draw one street with everything on it.

    Args:
        rng (np.random.Generator): Source of all choices.
        size (tuple[int, int]): Width and height in pixels.
        featured (str): A rare class that this scene shows for sure, one of ``FEATURED``.
        replace (dict[str, str] | None): Classes that are not to occur -> class to
            place instead. Defaults to None.
    """
    width, height = size
    replace = replace or {}
    camera = Camera(
        width,
        height,
        horizon=height * rng.uniform(0.40, 0.48),
        center=width * rng.uniform(0.40, 0.60),
        focal=width * rng.uniform(0.75, 0.85),
    )
    canvas = Canvas(camera)
    with_terrain = 'terrain' not in replace
    verge = rng.uniform(0.8, 2.0) if with_terrain and (featured == 'terrain' or rng.random() < 0.25) else 0.0
    street = Street(rng.uniform(3.6, 5.2), verge, rng.uniform(1.8, 3.2))
    _draw_background(canvas, rng, with_terrain)
    _draw_ground(canvas, rng, street)
    for sign in (-1, 1):
        _draw_roadside(canvas, rng, sign * street.edge, featured)
    _draw_objects(canvas, rng, street, replace.get(featured, featured), replace)
    if rng.random() < 0.3:
        canvas.polygons(
            [[(0, height), (width * 0.15, height * 0.94), (width * 0.85, height * 0.94), (width, height)]],
            'ego_vehicle',
            'paint',
            canvas.new_group(),
            'ground',
            0.0,
        )
    return canvas


def _draw_background(canvas: Canvas, rng: np.random.Generator, with_terrain: bool) -> None:
    canvas.fill('sky', 'sky', canvas.new_group(), 'front', SKY_DEPTH)
    for _ in range(rng.integers(0, 4)):
        x, y, r = rng.uniform(-0.8, 0.8), rng.uniform(0.25, 0.6), rng.uniform(0.08, 0.25)
        canvas.ellipse(
            x * SKY_DEPTH,
            y * SKY_DEPTH,
            SKY_DEPTH,
            2 * r * SKY_DEPTH,
            r / 3 * SKY_DEPTH,
            'sky',
            'cloud',
            canvas.new_group(),
        )
    label = 'terrain' if with_terrain else 'sidewalk'
    canvas.fill(label, label, canvas.new_group(), 'ground', 0.0, top=canvas.camera.horizon)
    x = -80.0
    while x < 80:  # what closes the street in the distance
        wide, kind = rng.uniform(10, 30), rng.choice(['building', 'vegetation'], p=[0.6, 0.4])
        material = 'facade' if kind == 'building' else 'foliage'
        canvas.front([(x, x + wide, 0, rng.uniform(4, 14))], FAR + 5, kind, material, canvas.new_group())
        x += wide


def _draw_ground(canvas: Canvas, rng: np.random.Generator, street: Street) -> None:
    near, owner = 1.5, canvas.new_group()
    canvas.ground(-street.edge, -street.road - street.verge, near, FAR, 'sidewalk', 'sidewalk', owner)
    canvas.ground(street.road + street.verge, street.edge, near, FAR, 'sidewalk', 'sidewalk', owner)
    canvas.ground(-street.road, street.road, near, FAR, 'road', 'road', owner)
    dash, start = rng.uniform(2, 4), rng.uniform(2, 5)
    for z in np.arange(start, 60, 2 * dash):
        canvas.ground(-0.08, 0.08, z, z + dash, 'road', 'lane', owner)
    if rng.random() < 0.5:
        for side in (-1, 1):
            x = side * (street.road - 0.4)
            canvas.ground(x - 0.06, x + 0.06, near, FAR, 'road', 'lane', owner)
    if rng.random() < 0.3:
        z = rng.uniform(8, 20)
        for x in np.arange(-street.road + 0.3, street.road - 0.5, 1.0):
            canvas.ground(x, x + 0.5, z, z + 2.5, 'road', 'lane', owner)


def _draw_roadside(canvas: Canvas, rng: np.random.Generator, x: float, featured: str) -> None:
    """Buildings, walls, fences and trees along one side, drawn from far to near."""
    cuts = [2.0]
    while cuts[-1] < FAR:
        cuts.append(cuts[-1] + rng.uniform(6, 18))
    kinds = rng.choice(['building', 'vegetation', 'wall', 'fence'], len(cuts) - 1, p=[0.62, 0.20, 0.09, 0.09])
    if featured in ('wall', 'fence'):
        kinds[rng.integers(1, 3)] = featured
    shade = rng.uniform(0.75, 1.05)
    for kind, z0, z1 in reversed(list(zip(kinds, cuts[:-1], cuts[1:]))):
        if kind == 'building':
            _draw_building(canvas, rng, x, z0, z1, shade)
        elif kind == 'vegetation':
            for z in np.arange(z1, z0, -3.0):
                draw_tree(canvas, rng, x * rng.uniform(1.1, 1.4), z)
        else:
            _draw_barrier(canvas, rng, kind, x, z0, z1, shade)


def _draw_building(canvas: Canvas, rng: np.random.Generator, x: float, z0: float, z1: float, shade: float) -> None:
    owner, tall = canvas.new_group(), rng.uniform(5, 16)
    outer = x + np.sign(x) * 12
    canvas.front([(min(x, outer), max(x, outer), 0, tall)], z0, 'building', 'facade', owner, 0.9)
    canvas.side([(z0, z1, 0, tall)], x, 'building', 'facade', owner, shade)
    storey, pitch = rng.uniform(2.6, 3.4), rng.uniform(2.0, 3.2)
    windows = [
        (z + 0.3 * pitch, min(z + 0.75 * pitch, z1), y, y + 0.5 * storey)
        for z in np.arange(z0, z1 - 0.4 * pitch, pitch)
        for y in np.arange(0.35 * storey, tall - 0.6 * storey, storey)
    ]
    if windows:
        canvas.side(windows, x, 'building', 'window', owner, shade)
    canvas.side([(z0, z1, tall - 0.4, tall)], x, 'building', 'roof', owner, shade)


def _draw_barrier(
    canvas: Canvas, rng: np.random.Generator, kind: str, x: float, z0: float, z1: float, shade: float
) -> None:
    """A wall or a fence, sometimes with bushes behind."""
    if rng.random() < 0.6:
        for z in np.arange(z1, z0, -4.0):
            draw_tree(canvas, rng, x * rng.uniform(1.5, 2.2), z)
    owner = canvas.new_group()
    if kind == 'wall':
        tall = rng.uniform(1.8, 3.2)
        canvas.side([(z0, z1, 0, tall)], x, 'wall', 'wall', owner, shade)
        canvas.side([(z0, z1, tall - 0.2, tall)], x, 'wall', 'wall_top', owner, shade)
        return
    tall = rng.uniform(1.2, 2.0)
    canvas.side([(z0, z1, 0, tall)], x, 'fence', 'fence_gap', owner, shade)
    slats = [(z, z + 0.25, 0, tall) for z in np.arange(z0, z1 - 0.25, 0.6)]
    canvas.side([*slats, (z0, z1, tall - 0.15, tall), (z0, z1, 0.3, 0.45)], x, 'fence', 'fence', owner, shade)


def _draw_objects(
    canvas: Canvas, rng: np.random.Generator, street: Street, featured: str, replace: dict[str, str]
) -> None:
    """Everything that stands on road and sidewalk, drawn from far to near."""
    names = _object_names(rng)
    names += [featured] if featured in ON_ROAD or featured in ON_WALK else []
    todo: list[tuple[float, Draw, float]] = []
    for name in (replace.get(name, name) for name in names):
        side = rng.choice([-1.0, 1.0])
        far = 40.0 if name not in ('truck', 'bus', 'train') else 25.0
        z = float(np.exp(rng.uniform(np.log(6.0), np.log(far))))
        draw, distance = _placed(rng, street, name)
        todo.append((z, draw, side * distance))
    if featured == 'motorcycle':
        todo.append((float(rng.uniform(6, 15)), draw_rider, rng.choice([-1, 1]) * rng.uniform(1.2, street.road - 0.6)))
    for z, draw, x in sorted(todo, key=lambda item: -item[0]):
        draw(canvas, rng, x, z)


def _object_names(rng: np.random.Generator) -> list[str]:
    """Draw how often each object occurs."""
    counts = dict(
        pole=int(rng.integers(2, 6)),
        traffic_light=int(rng.integers(0, 4)),
        traffic_sign=int(rng.integers(1, 4)),
        vegetation=int(rng.integers(0, 4)),
        person=int(rng.integers(1, 6)),
        bicycle=int(rng.integers(0, 2)),
        car=int(rng.integers(2, 6)),
        rider=int(rng.integers(0, 2)),
        truck=int(rng.random() < 0.08),
        bus=int(rng.random() < 0.08),
        motorcycle=int(rng.random() < 0.08),
        train=0,
    )
    return [name for name, count in counts.items() for _ in range(count)]


def _placed(rng: np.random.Generator, street: Street, name: str) -> tuple[Draw, float]:
    """Return what draws an object, and its distance from the middle of the road."""
    curb = street.road
    if name in AT_CURB:
        return AT_CURB[name], curb + rng.uniform(0.3, 0.8)
    if name in ON_WALK:
        on_street = rng.random() < 0.15
        return ON_WALK[name], rng.uniform(1, curb) if on_street else rng.uniform(curb + street.verge, street.edge)
    if name == 'rider':
        return draw_rider, rng.uniform(1.2, curb - 0.6)
    parked = rng.random() < 0.5
    return ON_ROAD[name], curb - 1.1 if parked else rng.uniform(1.5, curb - 1.3)
