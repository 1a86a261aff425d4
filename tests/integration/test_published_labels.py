"""Labels that exist already: flat folders of training ids, as the authors of ensemble distillation publish them."""

import uuid
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.registry import DATASETS
from PIL import Image

from tests.helpers.tiny import REPO, make_data, train

FOLDER = 'gtFine/PLF_source'


@pytest.fixture
def data(tmp_path) -> Path:
    """Cityscapes with a label of two classes and ignored pixels for each image, and a picture beside it."""
    data = make_data(tmp_path) / 'cityscapes'
    for number, image in enumerate(sorted((data / 'leftImg8bit/train').rglob('*.png'))):
        labels = np.full((64, 96), 255, np.uint8)
        labels[:32], labels[32:40] = number, 18
        write(data / FOLDER / image.name, labels)
        write(data / FOLDER / f'{image.stem}_color.png', np.zeros((64, 96, 3), np.uint8))
    return data


def write(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def config(data: Path) -> Config:
    """The shipped config on these data, small, with a tenth of the width."""
    init_default_scope('mmseg')
    cfg = Config.fromfile(REPO / 'configs/ensemble/gta2cs_published_labels.py')
    target = cfg.train_dataloader.dataset.target
    target.store = target.store.replace('data/cityscapes', str(data))
    target.dataset.data_root = str(data)
    steps = {step.type: step for step in target.pipeline}
    steps['JitteredResize'].scale, steps['RandomCrop'].crop_size = (96, 64), (64, 96)
    return cfg


def labels_of(cfg: Config) -> Path:
    return Path(cfg.train_dataloader.dataset.target.store)


def test_labels_are_found_by_the_name_of_the_image_and_255_stays_ignored(data):
    pool = DATASETS.build(config(data).train_dataloader.dataset)
    assert len(pool) == 4
    for index in range(4):
        labels = pool[index]['data_samples']['pool'].gt_sem_seg.data[0]
        assert (labels[:32] == index).all() and (labels[32:40] == 18).all() and (labels[40:] == 255).all()


def tiny(cfg: Config, work_dir: Path) -> Config:
    """Two iterations of a narrow network, not evaluated, from random weights."""
    cfg.work_dir, cfg.experiment_name, cfg.log_level = str(work_dir), uuid.uuid4().hex, 'WARNING'
    cfg.merge_from_dict(
        {
            'train_dataloader.batch_size': 2,
            'train_dataloader.num_workers': 0,
            'train_dataloader.persistent_workers': False,
            'train_cfg.max_iters': 2,
            'default_hooks.checkpoint.interval': 1,
            'model.segmentor.backbone.base_channels': 2,
            'model.segmentor.decode_head': dict(in_channels=(32, 64), channels=8, low_level_channels=4),
        }
    )
    cfg.custom_hooks = []
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator', 'test_dataloader', 'test_cfg', 'test_evaluator'):
        cfg.pop(key)
    return cfg


def test_the_shipped_config_trains_on_them(data, tmp_path, monkeypatch):
    runner = Runner.from_cfg(tiny(config(data), tmp_path / 'run'))
    before = {name: value.clone() for name, value in runner.model.student.state_dict().items()}
    runner.train()
    after = torch.load(tmp_path / 'run/iter_2.pth', weights_only=True)['state_dict']
    assert all(value.isfinite().all() for value in after.values())
    assert not torch.equal(after['student.decode_head.conv_seg.bias'], before['decode_head.conv_seg.bias'])


def test_missing_labels_are_named(data):
    cfg = config(data)
    first = sorted(path for path in labels_of(cfg).iterdir() if 'color' not in path.name)[1]
    first.unlink()
    with pytest.raises(FileNotFoundError, match=f'1 of 4 images have no label, .*{first.name}'):
        DATASETS.build(cfg.train_dataloader.dataset)


def test_a_missing_folder_is_named(data):
    cfg = config(data)
    cfg.train_dataloader.dataset.target.store = str(data / 'gtFine/PLF')
    with pytest.raises(FileNotFoundError, match='there is no folder of labels .*gtFine/PLF'):
        DATASETS.build(cfg.train_dataloader.dataset)


def test_label_ids_in_the_place_of_training_ids_are_refused(data):
    cfg = config(data)
    first = sorted(path for path in labels_of(cfg).iterdir() if 'color' not in path.name)[0]
    write(first, np.resize(np.array([7, 23, 26], np.uint8), (64, 96)))
    with pytest.raises(ValueError, match=rf'{first.name} holds \[23, 26\], expected training ids below 19 and 255'):
        DATASETS.build(cfg.train_dataloader.dataset)


def test_images_of_one_name_are_refused(data):
    cfg = config(data)
    image = next((data / 'leftImg8bit/train').rglob('*.png'))
    other = data / 'leftImg8bit/train/zzz' / image.name
    other.parent.mkdir()
    other.write_bytes(image.read_bytes())
    with pytest.raises(ValueError, match=f'zzz/{image.name}.* would share the label'):
        DATASETS.build(cfg.train_dataloader.dataset)


def test_they_are_not_made_again(data, tmp_path, monkeypatch):
    cfg = tiny(config(data), tmp_path / 'run')
    cfg.custom_hooks = [dict(type='PseudoLabelHook')]
    with pytest.raises(ValueError, match='PLF_source were made elsewhere'):
        train(cfg)
