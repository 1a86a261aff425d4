"""Label ids of the published formats that the toy data are written in.

A scene is labeled with Cityscapes *label ids* (7 road ... 33 bicycle); the other
formats are derived from these.
"""

import numpy as np

LABEL_IDS: dict[str, int] = dict(
    ego_vehicle=1,
    static=4,
    road=7,
    sidewalk=8,
    building=11,
    wall=12,
    fence=13,
    pole=17,
    traffic_light=19,
    traffic_sign=20,
    vegetation=21,
    terrain=22,
    sky=23,
    person=24,
    rider=25,
    car=26,
    truck=27,
    bus=28,
    train=31,
    motorcycle=32,
    bicycle=33,
)
"""Names used by the scenes -> Cityscapes label id. The first two are ignored in every protocol."""

CITYSCAPES_COLORS: tuple[tuple[int, int, int], ...] = (
    (0, 0, 0),
    (0, 0, 0),
    (0, 0, 0),
    (0, 0, 0),
    (0, 0, 0),
    (111, 74, 0),
    (81, 0, 81),
    (128, 64, 128),
    (244, 35, 232),
    (250, 170, 160),
    (230, 150, 140),
    (70, 70, 70),
    (102, 102, 156),
    (190, 153, 153),
    (180, 165, 180),
    (150, 100, 100),
    (150, 120, 90),
    (153, 153, 153),
    (153, 153, 153),
    (250, 170, 30),
    (220, 220, 0),
    (107, 142, 35),
    (152, 251, 152),
    (70, 130, 180),
    (220, 20, 60),
    (255, 0, 0),
    (0, 0, 142),
    (0, 0, 70),
    (0, 60, 100),
    (0, 0, 90),
    (0, 0, 110),
    (0, 80, 100),
    (0, 0, 230),
    (119, 11, 32),
    (0, 0, 142),
)
"""RGB color of every Cityscapes label id, 0 to 34 (the palette of the GTA5 labels)."""

_SYNTHIA = dict(
    sky=1,
    building=2,
    road=3,
    sidewalk=4,
    fence=5,
    vegetation=6,
    pole=7,
    car=8,
    traffic_sign=9,
    person=10,
    bicycle=11,
    motorcycle=12,
    traffic_light=15,
    rider=17,
    bus=19,
    wall=21,
)
# Indices of the 66 labels of Mapillary Vistas 1.x.
MAPILLARY_UNLABELED = 65
_MAPILLARY = dict(
    ego_vehicle=64,
    road=13,
    sidewalk=15,
    building=17,
    wall=6,
    fence=3,
    pole=45,
    traffic_light=48,
    traffic_sign=50,
    vegetation=30,
    terrain=29,
    sky=27,
    person=19,
    rider=20,
    car=55,
    truck=61,
    bus=54,
    train=58,
    motorcycle=57,
    bicycle=52,
)
SYNTHIA_LANE_MARKING = 22
SYNTHIA_ABSENT = dict(terrain='vegetation', truck='car', train='bus')
"""Classes that SYNTHIA does not have -> what stands in their place in its scenes."""

# The ids 8 and 9 belong to no class of the 9-class protocol.
_ROBOTCAR = dict(
    sky=1,
    person=2,
    rider=2,
    motorcycle=3,
    bicycle=3,
    car=4,
    truck=4,
    bus=4,
    traffic_sign=5,
    traffic_light=6,
    building=7,
    vegetation=8,
    terrain=8,
    pole=9,
    fence=9,
    wall=9,
    sidewalk=10,
    road=11,
)


def _table(ids: dict[str, int], other: int = 0) -> np.ndarray:
    table = np.full(256, other, np.uint8)
    for name, value in ids.items():
        table[LABEL_IDS[name]] = value
    return table


SYNTHIA_TABLE: np.ndarray = _table(_SYNTHIA)
"""(256,) uint8, Cityscapes label id -> SYNTHIA id; 0 (void) where there is none."""
ROBOTCAR_TABLE: np.ndarray = _table(_ROBOTCAR)
"""(256,) uint8, Cityscapes label id -> RobotCar id; 0 (void) where there is none."""
MAPILLARY_TABLE: np.ndarray = _table(_MAPILLARY, MAPILLARY_UNLABELED)
"""(256,) uint8, Cityscapes label id -> index of Mapillary Vistas; 65 (unlabeled) where there is none."""
