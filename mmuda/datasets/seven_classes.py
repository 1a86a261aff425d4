"""SYNTHIA and Cityscapes in the 7 classes of depth-aware adaptation.

Their label tables, and that of Mapillary Vistas, are those of SPIGAN (Lee et al., ICLR 2019) and DADA (Vu et al., ICCV
2019). The three do not agree: SYNTHIA has no bus, motorcycle, rider and wall although Cityscapes keeps them, and
terrain is nature in Cityscapes but flat in Mapillary Vistas. It is the benchmark and kept.
"""

from mmseg.registry import DATASETS

from mmuda.datasets.cityscapes import CityscapesLabelIdsDataset
from mmuda.datasets.classes import SEVEN_CLASSES
from mmuda.datasets.label_maps import LabelFormat, lookup_array
from mmuda.datasets.synthia import SynthiaDataset

SEVEN_PALETTE = [
    [128, 64, 128],
    [70, 70, 70],
    [220, 220, 0],
    [107, 142, 35],
    [70, 130, 180],
    [220, 20, 60],
    [0, 0, 142],
]


def seven_class_ids(**raw_ids: tuple[int, ...]) -> dict[int, int]:
    """Return an id table, raw id -> training id, from the raw ids of each class."""
    return {raw: SEVEN_CLASSES.index(name) for name, ids in raw_ids.items() for raw in ids}


SYNTHIA_IDS_7 = seven_class_ids(
    flat=(3, 4, 22),
    construction=(2, 5),
    object=(7, 9, 15),
    nature=(6,),
    sky=(1,),
    human=(10,),
    vehicle=(8, 11),
)
CITYSCAPES_IDS_7 = seven_class_ids(
    flat=(7, 8),
    construction=(11, 12, 13),
    object=(17, 19, 20),
    nature=(21, 22),
    sky=(23,),
    human=(24, 25),
    vehicle=tuple(range(26, 34)),
)
MAPILLARY_IDS_7 = seven_class_ids(
    flat=(*range(7, 16), 23, 24, 29),
    construction=(*range(2, 7), 16, 17, 18),
    object=tuple(range(43, 51)),
    nature=(30,),
    sky=(27,),
    human=(19, 20, 21, 22),
    vehicle=tuple(range(52, 63)),
)
"""The 66 labels of Mapillary Vistas 1.x; 25, 26, 28, 31 to 42, 51 and 63 to 65 are ignored, as are 0 and 1."""


@DATASETS.register_module()
class Synthia7Dataset(SynthiaDataset):
    """SYNTHIA-RAND-CITYSCAPES in 7 classes; lane marking is flat."""

    METAINFO = dict(classes=SEVEN_CLASSES, palette=SEVEN_PALETTE)
    LABEL_FORMAT = LabelFormat('red16', lookup_array(SYNTHIA_IDS_7, size=65536))


@DATASETS.register_module()
class Cityscapes7Dataset(CityscapesLabelIdsDataset):
    """Cityscapes in 7 classes."""

    METAINFO = dict(classes=SEVEN_CLASSES, palette=SEVEN_PALETTE)
    LABEL_FORMAT = LabelFormat('index', lookup_array(CITYSCAPES_IDS_7))
