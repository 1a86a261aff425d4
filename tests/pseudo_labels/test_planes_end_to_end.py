"""Planes that no shipped labeler gives, from the labeler to the data sample: only the labeler knows of them."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from mmseg.registry import DATASETS
from PIL import Image
from torch import nn

from mmuda.pseudo_labels import Labeler, LabelPlanes, Predictor, PseudoLabelStore, generate_pseudo_labels
from mmuda.pseudo_labels.planes import CONFIDENCE, LABEL, BitPlane, ScaledPlane
from tests.helpers.published import write_camvid

SIZE, MASKS, MAXIMUM = (12, 16), 11, 0.5


@dataclass(frozen=True)
class PassPlanes(LabelPlanes):
    std: torch.Tensor
    negative: torch.Tensor


class PassLabeler(Labeler):
    """Label, deviation and masks of a pixel are functions of its position, so that geometry can be seen."""

    planes = (LABEL, CONFIDENCE, ScaledPlane('std', maximum=MAXIMUM), BitPlane('negative'))

    def __call__(self, prediction: torch.Tensor) -> PassPlanes:
        rows, columns = torch.meshgrid(*(torch.arange(side) for side in prediction.shape[1:]), indexing='ij')
        label = (columns % MASKS).byte()
        negative = torch.arange(MASKS)[:, None, None] == label
        return PassPlanes(label, torch.ones(label.shape), columns / SIZE[1] * MAXIMUM, negative)

    def description(self) -> dict:
        return dict(type='PassLabeler')


class Zeros(Predictor):
    def __call__(self, segmentor: nn.Module, image: np.ndarray, name: str) -> torch.Tensor:
        return torch.zeros(MASKS, *image.shape[:2])

    def description(self) -> dict:
        return dict(type='Zeros')


@pytest.fixture
def store(tmp_path) -> PseudoLabelStore:
    write_camvid(tmp_path / 'data', 'dusk_train', 2)
    images = [
        (f'dusk_train/0{index}.jpg', str(tmp_path / f'data/images/dusk_train/0{index}.jpg')) for index in range(2)
    ]
    store = PseudoLabelStore(tmp_path / 'store')
    generate_pseudo_labels(nn.Identity(), images, Zeros(), PassLabeler(), store, {})
    return PseudoLabelStore(tmp_path / 'store')


def sample(tmp_path, *geometry: dict, pack: str = 'PackPlanes', **load):
    images = dict(type='CamVidDataset', data_root=str(tmp_path / 'data'), data_prefix=dict(img_path='images'))
    head = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds'), dict(type='LoadPlanes', **load)]
    pipeline = [*head, *geometry, dict(type=pack)]
    config = dict(type='PseudoLabelDataset', dataset=images, pipeline=pipeline, store=str(tmp_path / 'store'))
    return DATASETS.build(config)[1]['data_samples']


def assert_belongs_together(sample) -> None:
    """The masks are the label, one class each; the deviation rises along the columns of the image."""
    label = sample.gt_sem_seg.data
    inside = label[0] != 255
    assert torch.equal(sample.negative.data[:, inside], (torch.arange(MASKS)[:, None, None] == label)[:, inside])
    assert not sample.negative.data[:, ~inside].any()


def test_the_manifest_names_the_planes_and_a_new_store_reads_them(store):
    assert [plane.name for plane in store.planes] == ['label', 'confidence', 'std', 'negative']
    assert store.planes[2].maximum == MAXIMUM and store.has('dusk_train/00.jpg')


def test_an_image_is_labeled_only_with_all_planes(store):
    store.path('dusk_train/00.jpg', 'negative').unlink()
    assert not store.has('dusk_train/00.jpg') and store.has('dusk_train/01.jpg')


def test_other_planes_are_another_store(store, tmp_path):
    class Other(PassLabeler):
        planes = (*PassLabeler.planes[:2], ScaledPlane('std', maximum=1.0), BitPlane('negative'))

    images = [(f'dusk_train/0{i}.jpg', str(tmp_path / f'data/images/dusk_train/0{i}.jpg')) for i in range(2)]
    with pytest.raises(ValueError, match='planes is .*maximum.: 0.5.*expected .*maximum.: 1.0'):
        generate_pseudo_labels(nn.Identity(), images, Zeros(), Other(), PseudoLabelStore(store.root), {})


def test_masks_take_a_bit_and_deviations_a_byte(store):
    with np.load(store.path('dusk_train/00.jpg', 'negative')) as file:
        assert file['bits'].shape == (2, *SIZE)
    with Image.open(store.path('dusk_train/00.jpg', 'std')) as image:
        assert image.mode == 'L' and np.array(image).max() == round(255 * 15 / 16)


def test_planes_reach_the_data_sample(store, tmp_path):
    got = sample(tmp_path)
    assert_belongs_together(got)
    assert got.std.data.shape == (1, *SIZE) and got.std.data.dtype == torch.float32
    want = (torch.arange(SIZE[1]) / SIZE[1] * MAXIMUM).expand(1, *SIZE)
    torch.testing.assert_close(got.std.data, want, rtol=0, atol=MAXIMUM / 255)
    assert got.negative.data.dtype == torch.bool and got.confidence.data.eq(1).all()


def test_only_the_named_planes_are_read(store, tmp_path):
    got = sample(tmp_path, names=['std'])
    assert 'std' in got and 'negative' not in got


@pytest.mark.parametrize(
    'geometry',
    [
        [dict(type='HorizontalFlip', prob=1.0)],
        [dict(type='JitteredResize', scale=(24, 18))],
        [dict(type='JitteredResize', scale=(24, 18)), dict(type='HardSampleCrop', crop_size=(10, 12))],
        [dict(type='CenteredMiningCrop', crop_size=(10, 12), scales=[0.5, 1.5]), dict(type='HorizontalFlip')],
        [dict(type='RareClassCrop', crop_size=8, nominal_size=16)],
    ],
    ids=lambda geometry: '-'.join(one['type'] for one in geometry),
)
def test_geometry_moves_planes_with_the_label(store, tmp_path, geometry):
    for seed in range(5):
        np.random.seed(seed)
        got = sample(tmp_path, *geometry)
        assert got.std.data.shape[1:] == got.gt_sem_seg.data.shape[1:]
        assert_belongs_together(got)


def test_deviations_are_resized_bilinearly_and_masks_to_the_nearest(store, tmp_path):
    got = sample(tmp_path, dict(type='JitteredResize', scale=(64, 48), ratio_range=None))
    std = got.std.data[0, 0]
    assert len(std.unique()) > 2 * SIZE[1] and (std.diff() >= 0).all()
    assert got.negative.data.sum(0).eq(1).all()


def test_a_mirrored_deviation_falls(store, tmp_path):
    got = sample(tmp_path, dict(type='HorizontalFlip', prob=1.0))
    assert (got.std.data[0, 0].diff() < 0).all()


def test_a_plane_that_is_not_there_is_named(store, tmp_path):
    with pytest.raises(KeyError, match=r"no planes \['depth'\], it has \['confidence', 'std', 'negative'\]"):
        sample(tmp_path, names=['depth'])


def test_a_transform_that_leaves_planes_behind_is_found(store, tmp_path):
    with pytest.raises(ValueError, match='the plane confidence .* has .height, width. = .12, 16., its image .6, 8.'):
        sample(tmp_path, dict(type='mmcv.Resize', scale=(8, 6)))


def test_packing_without_planes_is_refused(store, tmp_path):
    with pytest.raises(KeyError, match='put LoadPlanes into the pipeline'):
        sample(tmp_path, names=[])


@pytest.mark.parametrize('plane', ['std', 'negative'])
def test_a_missing_file_is_named(store, tmp_path, plane):
    store.path('dusk_train/01.jpg', plane).unlink()
    with pytest.raises(
        FileNotFoundError, match=rf'the plane {plane} of .*01.jpg is missing at .*{plane}/dusk_train/01'
    ):
        sample(tmp_path)


@pytest.mark.parametrize('plane', ['std', 'negative'])
def test_a_damaged_file_is_named(store, tmp_path, plane):
    path = store.path('dusk_train/01.jpg', plane)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(OSError, match=rf'{path.name}.*damaged.*label again'):
        sample(tmp_path)
