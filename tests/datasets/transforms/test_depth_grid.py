import numpy as np
import pytest
from mmseg.registry import TRANSFORMS

from mmuda.datasets.files.depth_files import DEPTH
from mmuda.datasets.transforms import HardSampleCrop, HorizontalFlip, JitteredResize, PackDepthGrid, SampleDepthGrid
from mmuda.datasets.transforms.plane_geometry import add_plane


def sample() -> dict:
    label = np.arange(24, dtype=np.uint8) * np.ones((16, 1), np.uint8)
    results = dict(img=np.stack([label] * 3, -1), gt_seg_map=label, img_path='a.png', seg_fields=['gt_seg_map'])
    add_plane(results, DEPTH, label.astype(np.float32))
    return results


def test_cells_are_sampled_before_the_image_is_resized():
    results = JitteredResize(scale=(12, 8), ratio_range=None)(SampleDepthGrid((2, 3))(sample()))
    packed = PackDepthGrid()(results)['data_samples']
    assert packed.depth.data.shape == packed.gt_sem_seg.data.shape == (1, 8, 12)
    assert packed.grid_label.data.tolist() == [[[4, 12, 20]] * 2]
    assert packed.grid_depth.data.tolist() == [[[4.0, 12.0, 20.0]] * 2]


def test_packing_says_what_was_not_sampled():
    with pytest.raises(KeyError, match=r'a\.png has no grid_label: put SampleDepthGrid behind LoadDepth'):
        PackDepthGrid()(sample())


MOVING = [
    HardSampleCrop(crop_size=(8, 12)),
    HorizontalFlip(prob=1.0),
    TRANSFORMS.build(dict(type='RandomCrop', crop_size=(15, 20))),
    TRANSFORMS.build(dict(type='RandomFlip', prob=1.0)),
]


@pytest.mark.parametrize('transform', MOVING, ids=lambda transform: type(transform).__name__)
def test_images_that_were_moved_since_are_refused(transform):
    results = transform(SampleDepthGrid((2, 3))(sample()))
    with pytest.raises(ValueError, match=r'a\.png was cropped or mirrored after SampleDepthGrid'):
        PackDepthGrid()(results)


@pytest.mark.parametrize('scale', [(24, 16), (7, 5), (48, 40), (13, 16)])
def test_images_of_any_size_are_whole(scale):
    results = JitteredResize(scale=scale, ratio_range=None)(SampleDepthGrid((2, 3))(sample()))
    assert 'grid_place' not in PackDepthGrid()(results)['data_samples']


def test_a_pipeline_without_depth_is_named():
    results = sample()
    del results['depth']
    with pytest.raises(KeyError, match=r'a\.png has no label or depth: put LoadDepth before it'):
        SampleDepthGrid((2, 3))(results)
