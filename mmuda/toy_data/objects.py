"""The things that stand on a street, drawn at ``x`` meters right and ``z`` meters ahead."""

import numpy as np

from mmuda.toy_data.canvas import Canvas


def draw_tree(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A trunk and a crown of three blobs, all labeled vegetation."""
    owner, tall, r = canvas.new_group(), rng.uniform(3, 7), rng.uniform(1.0, 2.0)
    canvas.cast_shadow(x - r, x + r, z - 0.5, z + 0.5)
    canvas.front([(x - 0.12, x + 0.12, 0, tall - r)], z, 'vegetation', 'trunk', owner)
    for _ in range(3):
        dx, dy = rng.uniform(-0.6, 0.6, 2) * r
        canvas.ellipse(
            x + dx,
            tall - r / 2 + dy,
            z,
            r,
            r * rng.uniform(0.8, 1.3),
            'vegetation',
            'foliage',
            owner,
            rng.uniform(0.8, 1.15),
        )


def draw_pole(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A lamp post with an arm over the road."""
    owner, tall = canvas.new_group(), rng.uniform(5, 8)
    arm = -np.sign(x) * rng.uniform(0.8, 2.0)
    canvas.front(
        [(x - 0.1, x + 0.1, 0, tall), (min(x, x + arm), max(x, x + arm), tall - 0.12, tall)],
        z,
        'pole',
        'pole',
        owner,
    )


def draw_traffic_light(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A pole that carries a box with three lamps, one of which shines."""
    owner, y = canvas.new_group(), rng.uniform(2.4, 3.2)
    canvas.front([(x - 0.08, x + 0.08, 0, y)], z, 'pole', 'pole', owner)
    canvas.front([(x - 0.32, x + 0.32, y, y + 1.5)], z, 'traffic_light', 'light_box', owner)
    on = rng.integers(3)
    for k, lamp in enumerate(('lamp_green', 'lamp_yellow', 'lamp_red')):
        canvas.ellipse(x, y + 0.3 + 0.45 * k, z, 0.17, 0.17, 'traffic_light', lamp, owner, 1.0 if k == on else 0.35)


def draw_sign(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A disc, a triangle or a plate on a pole."""
    owner, y, r = canvas.new_group(), rng.uniform(2.0, 2.8), rng.uniform(0.4, 0.6)
    canvas.front([(x - 0.07, x + 0.07, 0, y)], z, 'pole', 'pole', owner)
    kind = rng.integers(3)
    if kind == 0:
        canvas.ellipse(x, y, z, r, r, 'traffic_sign', 'sign_red', owner)
        canvas.ellipse(x, y, z, 0.6 * r, 0.6 * r, 'traffic_sign', 'sign_white', owner)
    elif kind == 1:
        p = canvas.camera.project
        for scale, material in ((1.0, 'sign_red'), (0.6, 'sign_white')):
            corners = [
                p(x - r * scale, y - r * scale, z),
                p(x + r * scale, y - r * scale, z),
                p(x, y + r * scale, z),
            ]
            canvas.polygons([corners], 'traffic_sign', material, owner, 'front', z)
    else:
        canvas.front([(x - r, x + r, y - r, y + r)], z, 'traffic_sign', 'sign_blue', owner)
        canvas.front([(x - 0.5 * r, x + 0.5 * r, y - 0.3 * r, y + 0.3 * r)], z, 'traffic_sign', 'sign_white', owner)


def draw_person(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A pedestrian."""
    owner = canvas.new_group(instance=True)
    canvas.cast_shadow(x - 0.3, x + 0.6, z - 0.2, z + 0.2)
    _draw_figure(canvas, x, 0.0, z, rng.uniform(1.5, 1.9), 'person', owner, rng.uniform(-0.12, 0.12))


def _draw_figure(
    canvas: Canvas,
    x: float,
    y: float,
    z: float,
    tall: float,
    label: str,
    owner: tuple[int, int],
    stride: float,
) -> None:
    canvas.front(
        [
            (x - 0.2 - stride, x - 0.02 - stride, y, y + 0.5 * tall),
            (x + 0.02 + stride, x + 0.2 + stride, y, y + 0.5 * tall),
        ],
        z,
        label,
        'trousers',
        owner,
    )
    canvas.front([(x - 0.27, x + 0.27, y + 0.45 * tall, y + 0.84 * tall)], z, label, 'shirt', owner)
    canvas.ellipse(x, y + 0.92 * tall, z, 0.14, 0.15, label, 'skin', owner)


def draw_rider(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A person on a bicycle or, less often, on a motorcycle."""
    (draw_motorcycle if rng.random() < 0.2 else draw_bicycle)(canvas, rng, x, z)
    owner = canvas.new_group(instance=True)
    _draw_figure(canvas, x, 0.55, z - 0.01, rng.uniform(1.25, 1.45), 'rider', owner, 0.0)
    canvas.ellipse(x, 1.85, z - 0.01, 0.17, 0.12, 'rider', 'helmet', owner)


def draw_bicycle(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """Two wheels and a frame seen from the side."""
    owner, half = canvas.new_group(instance=True), rng.uniform(0.4, 0.6)
    canvas.cast_shadow(x - 1.0, x + 1.0, z - 0.15, z + 0.15)
    for dx in (-half, half):
        canvas.ellipse(x + dx, 0.38, z, 0.38, 0.38, 'bicycle', 'tire', owner)
        canvas.ellipse(x + dx, 0.38, z, 0.24, 0.24, 'bicycle', 'spokes', owner)
    canvas.front(
        [
            (x - half, x + half, 0.45, 0.62),
            (x - half, x - half + 0.12, 0.45, 1.0),
            (x + half - 0.12, x + half, 0.45, 1.05),
            (x + half - 0.25, x + half + 0.1, 0.95, 1.08),
        ],
        z,
        'bicycle',
        'frame',
        owner,
    )


def draw_motorcycle(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """Two thick wheels and a painted body seen from the side."""
    owner, half = canvas.new_group(instance=True), rng.uniform(0.6, 0.75)
    canvas.cast_shadow(x - 1.2, x + 1.2, z - 0.25, z + 0.25)
    for dx in (-half, half):
        canvas.ellipse(x + dx, 0.34, z, 0.36, 0.36, 'motorcycle', 'tire', owner)
    canvas.front([(x - half, x + half, 0.4, 0.78)], z, 'motorcycle', 'engine', owner)
    canvas.front(
        [(x - 0.5 * half, x + half, 0.65, 1.05), (x + 0.6 * half, x + half, 0.9, 1.25)],
        z,
        'motorcycle',
        'motor_paint',
        owner,
    )


def draw_car(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A car seen from behind with the side that faces the camera."""
    w, length, tall = rng.uniform(1.7, 1.9), rng.uniform(3.8, 4.6), rng.uniform(1.4, 1.7)
    owner, x0, x1 = canvas.new_group(instance=True), x - w / 2, x + w / 2
    canvas.cast_shadow(x0 - 0.1, x1 + 0.4, z - 0.1, z + length)
    inner = x0 if x > 0 else x1
    canvas.side([(z, z + length, 0.25, 0.55 * tall)], inner, 'car', 'paint', owner, 0.75)
    canvas.side([(z + 0.4, z + 0.7 * length, 0.55 * tall, tall)], inner, 'car', 'paint', owner, 0.7)
    canvas.side([(z + 0.7, z + 0.63 * length, 0.6 * tall, 0.92 * tall)], inner, 'car', 'glass', owner, 0.8)
    canvas.side(
        [(z + 0.5, z + 1.1, 0, 0.6), (z + length - 1.1, z + length - 0.5, 0, 0.6)],
        inner,
        'car',
        'tire',
        owner,
    )
    canvas.front([(x0, x1, 0.25, 0.58 * tall), (x0 + 0.12, x1 - 0.12, 0.55 * tall, tall)], z, 'car', 'paint', owner)
    canvas.front([(x0 + 0.25, x1 - 0.25, 0.6 * tall, 0.92 * tall)], z, 'car', 'glass', owner)
    canvas.front(
        [(x0 + 0.08, x0 + 0.4, 0.4 * tall, 0.52 * tall), (x1 - 0.4, x1 - 0.08, 0.4 * tall, 0.52 * tall)],
        z,
        'car',
        'tail_lamp',
        owner,
    )
    canvas.front([(x0 + 0.1, x0 + 0.35, 0, 0.3), (x1 - 0.35, x1 - 0.1, 0, 0.3)], z, 'car', 'tire', owner)


def _draw_box(
    canvas: Canvas,
    x: float,
    z: float,
    size: tuple[float, float, float],
    label: str,
    material: str,
    glass: list[tuple[float, float, float, float]],
    stripe: str | None,
) -> tuple[int, int]:
    """A long vehicle: back and visible side, with windows ``(along0, along1, up0, up1)`` as fractions."""
    w, length, tall = size
    owner, x0, x1 = canvas.new_group(instance=True), x - w / 2, x + w / 2
    canvas.cast_shadow(x0 - 0.1, x1 + 0.5, z - 0.1, z + length)
    inner = x0 if x > 0 else x1
    canvas.side([(z, z + length, 0.35, tall)], inner, label, material, owner, 0.75)
    panes = [(z + a * length, z + b * length, c * tall, d * tall) for a, b, c, d in glass]
    if panes:
        canvas.side(panes, inner, label, 'glass', owner, 0.8)
    if stripe:
        canvas.side([(z, z + length, 0.3 * tall, 0.4 * tall)], inner, label, stripe, owner, 0.8)
    canvas.side([(z + k * length, z + k * length + 1.0, 0, 0.9) for k in (0.12, 0.75)], inner, label, 'tire', owner)
    canvas.front([(x0, x1, 0.35, tall)], z, label, material, owner)
    canvas.front([(x0 + 0.15, x1 - 0.15, 0, 0.4)], z, label, 'tire', owner)
    canvas.front([(x0 + 0.05, x0 + 0.35, 0.6, 0.9), (x1 - 0.35, x1 - 0.05, 0.6, 0.9)], z, label, 'tail_lamp', owner)
    return owner


def draw_truck(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A lorry with a plain box and two doors."""
    size = (rng.uniform(2.2, 2.5), rng.uniform(6, 9), rng.uniform(2.8, 3.6))
    owner = _draw_box(canvas, x, z, size, 'truck', 'truck_box', [], None)
    canvas.front([(x - 0.06, x + 0.06, 0.6, size[2] - 0.2), (x - 1.0, x + 1.0, 0.9, 1.05)], z, 'truck', 'engine', owner)


def draw_bus(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A bus with a row of windows and a rear window."""
    w, length, tall = rng.uniform(2.3, 2.5), rng.uniform(8, 12), rng.uniform(2.8, 3.3)
    panes = [(a, a + 0.13, 0.45, 0.85) for a in np.arange(0.04, 0.9, 0.16)]
    owner = _draw_box(canvas, x, z, (w, length, tall), 'bus', 'bus_paint', panes, None)
    canvas.front([(x - 0.42 * w, x + 0.42 * w, 0.52 * tall, 0.88 * tall)], z, 'bus', 'glass', owner)


def draw_train(canvas: Canvas, rng: np.random.Generator, x: float, z: float) -> None:
    """A tram: long, tall, with a stripe and a wide front window."""
    w, length, tall = rng.uniform(2.4, 2.6), rng.uniform(18, 26), rng.uniform(3.3, 3.7)
    panes = [(a, a + 0.07, 0.5, 0.8) for a in np.arange(0.02, 0.95, 0.09)]
    owner = _draw_box(canvas, x, z, (w, length, tall), 'train', 'train_paint', panes, 'train_stripe')
    canvas.front([(x - 0.4 * w, x + 0.4 * w, 0.5 * tall, 0.8 * tall)], z, 'train', 'glass', owner)
    canvas.front([(x - 0.5 * w, x + 0.5 * w, 0.3 * tall, 0.4 * tall)], z, 'train', 'train_stripe', owner)
    canvas.front([(x - 0.3, x + 0.3, 0.88 * tall, 0.95 * tall)], z, 'train', 'lamp_yellow', owner)
