"""A step on a pool: the first image is of the source, the second of the target."""

import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from mmuda.models.decode_heads import MultiOutputHead
from mmuda.models.segmentors import Step

CLASSES, SIZE = 3, (8, 12)


class Head(MultiOutputHead, nn.Module):
    """Classifiers on cells of 4 x 4 pixels."""

    align_corners = True
    num_classes = CLASSES

    def __init__(self, classifiers: tuple[str, ...]) -> None:
        super().__init__()
        self.classifiers = classifiers
        self.layers = nn.ModuleDict({name: nn.Conv2d(3, CLASSES, 4, stride=4) for name in classifiers})

    def forward(self, features: list[Tensor]) -> dict[str, Tensor]:
        return {name: layer(features[0]) for name, layer in self.layers.items()}


class Student(nn.Module):
    """The head alone."""

    def __init__(self, *classifiers: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.decode_head = Head(classifiers)

    def extract_feat(self, images: Tensor) -> list[Tensor]:
        return [images]


def make_pool(*classifiers: str, labels: Tensor | None = None) -> Step:
    """A step of two images with random labels, a quarter of them ignored.

    Args:
        *classifiers (str): Of the student. Defaults to ``main`` alone.
        labels (Tensor, optional): (2, H, W), in their place.
    """
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(2, 3, *SIZE, generator=generator)
    if labels is None:
        labels = torch.randint(CLASSES, (2, *SIZE), generator=generator)
        labels[torch.rand(2, *SIZE, generator=generator) < 0.25] = 255
    samples = [
        SegDataSample(gt_sem_seg=PixelData(data=label[None]), metainfo=dict(domain=domain, img_path=domain))
        for label, domain in zip(labels, ('source', 'target'))
    ]
    return Step(Student(*(classifiers or ('main',))), dict(pool=images), dict(pool=samples), 0)
