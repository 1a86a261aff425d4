"""A student small enough to follow, and steps for it."""

import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from mmuda.models.decode_heads import MultiOutputHead
from mmuda.models.segmentors import Step

CLASSES, SIZE = 3, (6, 8)


class Head(MultiOutputHead, nn.Module):
    """One 1x1 classifier, or two, and a depth that no objective of these tests asks for."""

    align_corners = False
    num_classes = CLASSES

    def __init__(self, two: bool) -> None:
        super().__init__()
        self.classifiers = ('aux', 'main') if two else ('main',)
        self.layers = nn.ModuleDict({name: nn.Conv2d(4, CLASSES, 1) for name in self.classifiers})

    def forward(self, features: list[Tensor]) -> dict[str, Tensor]:
        return {name: layer(features[0]) for name, layer in self.layers.items()} | dict(depth=features[0].mean(1))


class Student(nn.Module):
    """Convolution and BatchNorm before a head; counts its forward passes."""

    def __init__(self, two: bool = True) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.backbone = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
        self.decode_head = Head(two)
        self.passes = 0

    def extract_feat(self, images: Tensor) -> list[Tensor]:
        self.passes += 1
        return [self.backbone(images)]


def make_step(student: Student | None = None, iteration: int = 0) -> Step:
    """A step with a labeled source and an unlabeled target view of two images each."""
    generator = torch.Generator().manual_seed(1)
    inputs = {view: torch.randn(2, 3, *SIZE, generator=generator) for view in ('source', 'target')}
    labels = torch.randint(CLASSES, (2, 1, *SIZE), generator=generator)
    samples = dict(
        source=[SegDataSample(gt_sem_seg=PixelData(data=label)) for label in labels],
        target=[SegDataSample(), SegDataSample()],
    )
    return Step(student or Student(), inputs, samples, iteration)
