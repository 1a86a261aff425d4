"""The data of the distilled student, through the shipped config."""

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.datasets.transforms import RandomCrop
from mmseg.registry import DATASETS
from PIL import Image

from mmuda.datasets import PoolDataset
from tests.helpers.published import write_image, write_label
from tests.helpers.tiny import REPO

BOX = (100, 356, 200, 712)  # top, bottom, left, right


@pytest.fixture
def files(tmp_path) -> tuple[np.ndarray, np.ndarray]:
    """The image (R, G, B) and the pseudo label on disk, of full size."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1024, 2048, 3), np.uint8)
    labels = rng.choice(np.array([*range(19), 255], np.uint8), (1024, 2048))
    name = 'aachen/aachen_000000_000019_leftImg8bit.png'
    write_image(tmp_path / 'leftImg8bit/train' / name, image)
    write_label(tmp_path / 'store' / name, labels, 'gray')
    return image, labels


@pytest.fixture
def pool(files, tmp_path) -> PoolDataset:
    init_default_scope('mmseg')
    cfg = Config.fromfile(REPO / 'configs' / '_base_' / 'datasets' / 'cs_pool_256x512.py').train_dataloader.dataset
    cfg.target.store = str(tmp_path / 'store')
    cfg.target.dataset.data_root = str(tmp_path)
    return DATASETS.build(cfg)


def test_the_target_is_all_there_is(pool):
    assert len(pool) == 1 and pool[0]['data_samples']['pool'].domain == 'target'


def test_crops_have_the_published_size(pool):
    sample = pool[0]
    assert sample['inputs']['pool'].shape == (3, 256, 512)
    assert sample['data_samples']['pool'].gt_sem_seg.data.shape == (1, 256, 512)


def test_images_and_labels_are_halved_by_pillow_and_not_mirrored(pool, files, monkeypatch):
    crop = next(step for step in pool.target.pipeline.transforms if isinstance(step, RandomCrop))
    monkeypatch.setattr(crop, 'crop_bbox', lambda results: BOX)
    image, labels = (
        np.asarray(Image.fromarray(array).resize((1024, 512), kind))[BOX[0] : BOX[1], BOX[2] : BOX[3]]
        for array, kind in zip(files, (Image.Resampling.BICUBIC, Image.Resampling.NEAREST))
    )
    sample = pool[0]
    # The tensor holds B, G, R.
    assert np.array_equal(sample['inputs']['pool'].numpy(), image[..., ::-1].transpose(2, 0, 1))
    assert np.array_equal(sample['data_samples']['pool'].gt_sem_seg.data[0].numpy(), labels)
