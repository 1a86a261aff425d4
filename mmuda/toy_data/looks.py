"""How a scene is turned into an image: two families of looks over the same geometry.

The *synthetic* looks (GTA5, SYNTHIA) are saturated, contrasty and clean; the *real* ones
(Cityscapes, RobotCar) have other hues and textures, a color cast, haze, blur and noise.
Relations survive (sky brighter than road, foliage greener than facades), which is what
adaptation can hold on to.
"""

import colorsys
import zlib
from dataclasses import dataclass

import cv2
import numpy as np

from mmuda.toy_data.canvas import SKY_DEPTH, Canvas

MATERIALS: dict[str, tuple[tuple[int, int, int], float, float, int]] = dict(
    # RGB color, spread of that color between objects, strength and scale (pixels of 256) of its texture
    sky=((110, 165, 235), 8, 0.02, 32),
    cloud=((225, 232, 245), 10, 0.03, 8),
    road=((92, 90, 98), 6, 0.05, 1),
    lane=((235, 232, 225), 6, 0.03, 1),
    sidewalk=((178, 158, 150), 10, 0.06, 2),
    terrain=((150, 168, 84), 12, 0.14, 2),
    facade=((176, 124, 96), 34, 0.06, 4),
    window=((58, 74, 104), 14, 0.10, 2),
    roof=((104, 62, 54), 16, 0.05, 2),
    wall=((140, 120, 150), 10, 0.14, 2),
    wall_top=((188, 178, 190), 8, 0.04, 2),
    fence=((120, 84, 52), 14, 0.08, 1),
    fence_gap=((62, 50, 40), 6, 0.10, 1),
    foliage=((52, 124, 44), 14, 0.26, 3),
    trunk=((88, 62, 42), 8, 0.10, 1),
    pole=((128, 136, 142), 8, 0.03, 1),
    light_box=((34, 36, 34), 4, 0.02, 1),
    lamp_red=((255, 50, 40), 4, 0.0, 1),
    lamp_yellow=((255, 200, 50), 4, 0.0, 1),
    lamp_green=((60, 245, 130), 4, 0.0, 1),
    sign_red=((215, 35, 40), 8, 0.02, 1),
    sign_white=((240, 238, 230), 5, 0.02, 1),
    sign_blue=((40, 80, 200), 10, 0.02, 1),
    skin=((215, 165, 135), 16, 0.02, 1),
    shirt=((170, 70, 90), 52, 0.06, 1),
    trousers=((60, 62, 92), 24, 0.05, 1),
    helmet=((225, 215, 80), 35, 0.02, 1),
    paint=((120, 45, 60), 60, 0.03, 2),
    glass=((36, 48, 62), 8, 0.04, 2),
    tire=((24, 24, 26), 3, 0.05, 1),
    spokes=((105, 105, 108), 8, 0.15, 1),
    tail_lamp=((225, 45, 35), 8, 0.02, 1),
    frame=((60, 150, 160), 40, 0.03, 1),
    engine=((74, 76, 82), 8, 0.12, 1),
    motor_paint=((185, 45, 125), 30, 0.03, 1),
    truck_box=((222, 214, 196), 18, 0.05, 4),
    bus_paint=((232, 176, 40), 16, 0.03, 3),
    train_paint=((198, 206, 214), 10, 0.03, 3),
    train_stripe=((190, 28, 48), 10, 0.02, 2),
)


@dataclass(frozen=True)
class Look:
    """Appearance of one domain.

    Args:
        name (str): Seeds the changes of hue that are constant over the domain.
        saturation (float): Factor on the saturation of every material.
        hue_shift (float): Largest change of a material's hue, in turns.
        value_shift (float): Largest relative change of a material's brightness.
        texture (float): Factor on the textures' strength.
        texture_scale (float): Factor on the textures' grain.
        sky (tuple[int, int, int] | None): Sky color in place of the material's.
        light (tuple[float, float]): Range of the exposure of an image.
        contrast (float): Factor around mid-gray.
        gamma (float): Exponent of the tone curve.
        cast (tuple[float, float, float]): Factors on R, G, B.
        haze (tuple[float, float]): Distance in meters at which 63 % is haze, brightness of the haze.
        shadow (float): Darkness of cast shadows, 0 for none.
        vignette (float): Loss of light in the corners.
        blur (float): Standard deviation in pixels of an image of width 256.
        noise (float): Standard deviation in gray levels.
    """

    name: str
    saturation: float = 1.0
    hue_shift: float = 0.0
    value_shift: float = 0.0
    texture: float = 1.0
    texture_scale: float = 1.0
    sky: tuple[int, int, int] | None = None
    light: tuple[float, float] = (0.92, 1.08)
    contrast: float = 1.0
    gamma: float = 1.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    haze: tuple[float, float] = (400.0, 200.0)
    shadow: float = 0.5
    vignette: float = 0.0
    blur: float = 0.0
    noise: float = 0.0


LOOKS: dict[str, Look] = dict(
    gta=Look('gta', saturation=1.15, cast=(1.05, 1.0, 0.93), contrast=1.1, noise=1.0),
    synthia=Look(
        'synthia',
        saturation=1.3,
        hue_shift=0.03,
        value_shift=0.1,
        cast=(0.95, 1.0, 1.06),
        texture=0.6,
        shadow=0.3,
        noise=0.5,
    ),
    cityscapes=Look(
        'cityscapes',
        saturation=0.55,
        hue_shift=0.06,
        value_shift=0.18,
        texture=1.8,
        texture_scale=1.7,
        sky=(205, 208, 205),
        light=(0.7, 0.95),
        contrast=0.68,
        gamma=1.1,
        cast=(0.86, 1.0, 0.88),
        haze=(90.0, 175.0),
        shadow=0.25,
        vignette=0.3,
        blur=0.7,
        noise=6.0,
    ),
    robotcar=Look(
        'robotcar',
        saturation=0.45,
        hue_shift=0.05,
        value_shift=0.15,
        texture=1.5,
        texture_scale=2.0,
        sky=(222, 222, 226),
        light=(0.75, 1.1),
        contrast=0.75,
        gamma=1.2,
        cast=(0.9, 0.96, 1.08),
        haze=(120.0, 190.0),
        shadow=0.15,
        vignette=0.2,
        blur=0.9,
        noise=8.0,
    ),
    mapillary=Look(
        'mapillary',
        saturation=0.6,
        hue_shift=0.06,
        value_shift=0.2,
        texture=1.6,
        texture_scale=1.8,
        sky=(200, 214, 226),
        light=(0.65, 1.1),
        contrast=0.8,
        gamma=1.05,
        cast=(1.0, 0.97, 0.92),
        haze=(110.0, 200.0),
        shadow=0.3,
        vignette=0.2,
        blur=0.6,
        noise=5.0,
    ),
)
"""The look of every domain."""


def material_color(material: str, look: Look) -> np.ndarray:
    """(3,) float RGB of a material in a look; constant over the domain."""
    rgb = look.sky if material == 'sky' and look.sky else MATERIALS[material][0]
    rng = np.random.default_rng(zlib.crc32(f'{look.name}/{material}'.encode()))
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in rgb))
    hue = (hue + look.hue_shift * rng.uniform(-1, 1)) % 1
    value = value * (1 + look.value_shift * rng.uniform(-1, 1))
    return 255 * np.array(colorsys.hsv_to_rgb(hue, min(saturation * look.saturation, 1), min(value, 1)))


def render(canvas: Canvas, look: Look, rng: np.random.Generator) -> np.ndarray:
    """Image of a scene.

    Args:
        canvas (Canvas): The scene.
        look (Look): Appearance of the domain.
        rng (np.random.Generator): Source of light, object colors and noise.

    Returns:
        np.ndarray: (H, W, 3) uint8 RGB.
    """
    index, scale = canvas.index, canvas.camera.width / 256
    image = _object_colors(canvas, look, rng)[index]
    image *= 1 + _texture(canvas, look, rng)[..., None]
    ground = np.array([s.plane == 'ground' for s in canvas.surfaces])[index]
    shadow = cv2.GaussianBlur(canvas.shadow, (0, 0), max(scale, 0.3)) / 255 * ground
    image *= (1 - look.shadow * shadow)[..., None]
    depth = canvas.depth()
    clear = np.where(depth < SKY_DEPTH, np.exp(-depth / look.haze[0]), 1)[..., None]
    image = image * clear + look.haze[1] * (1 - clear)
    return _camera_effects(image, look, rng, scale)


def _object_colors(canvas: Canvas, look: Look, rng: np.random.Generator) -> np.ndarray:
    """(S, 3) float, color of every surface: its material's, varied per object, times its shade."""
    base = {material: material_color(material, look) for material in MATERIALS}
    varied: dict[tuple[str, int], np.ndarray] = {}
    colors = np.empty((len(canvas.surfaces), 3))
    for k, surface in enumerate(canvas.surfaces):
        key = surface.material, surface.group
        if key not in varied:
            spread = MATERIALS[surface.material][1] * (0.4 + 0.6 * look.saturation)
            varied[key] = base[surface.material] + rng.normal(0, spread, 3) + rng.normal(0, spread / 2)
        colors[k] = varied[key] * surface.shade
    return colors.clip(0, 255)


def _texture(canvas: Canvas, look: Look, rng: np.random.Generator) -> np.ndarray:
    """(H, W) relative brightness of the textures."""
    height, width = canvas.index.shape
    result = np.zeros((height, width))
    strength = np.array([MATERIALS[s.material][2] for s in canvas.surfaces]) * look.texture
    grain = np.array([MATERIALS[s.material][3] for s in canvas.surfaces])
    for size in np.unique(grain):
        step = max(size * look.texture_scale * width / 256, 1)
        coarse = rng.normal(0, 1, (int(height / step) + 2, int(width / step) + 2))
        noise = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
        result += noise * np.where(grain == size, strength, 0)[canvas.index]
    return result


def _camera_effects(image: np.ndarray, look: Look, rng: np.random.Generator, scale: float) -> np.ndarray:
    height, width = image.shape[:2]
    if look.vignette:
        rows, cols = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
        image = image * (1 - look.vignette * (rows**2 + cols**2) / 2)[..., None]
    image = image * rng.uniform(*look.light) * np.array(look.cast) * rng.normal(1, 0.02, 3)
    image = 255 * (image.clip(0, 255) / 255) ** look.gamma
    image = 127.5 + look.contrast * (image - 127.5)
    if look.blur:
        image = cv2.GaussianBlur(image, (0, 0), look.blur * max(scale, 0.5))
    image = image + rng.normal(0, look.noise, image.shape)
    return image.round().clip(0, 255).astype(np.uint8)
