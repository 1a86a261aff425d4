"""What is said of the data before training."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest
from mmengine.runner import Runner
from mmseg.registry import RUNNERS
from PIL import Image

from mmuda.datasets import DatasetWrapper
from mmuda.engine.hooks import DataSummaryHook
from mmuda.engine.hooks.data_summary_hook import image_datasets
from tests.helpers.tiny import make_data, opened_files, tiny_config, tiny_self_training_config


def own(root, labels: dict[str, np.ndarray], classes=('road', 'car'), **options) -> dict:
    """A folder of labeled images; ``labels`` by the names of the images."""
    for kind in ('images', 'labels'):
        (root / kind).mkdir(parents=True, exist_ok=True)
    for name, label in labels.items():
        Image.new('RGB', label.shape[::-1]).save(root / 'images' / name)
        Image.fromarray(label.astype(np.uint8)).save(root / 'labels' / f'{name.rsplit(".", 1)[0]}.png')
    return dict(
        type='FolderDataset',
        data_root=str(root),
        img_suffix='.jpg',
        metainfo=dict(classes=classes),
        data_prefix=dict(img_path='images', seg_map_path='labels'),
        pipeline=[],
        **options,
    )


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp('data'))


@pytest.fixture
def summary(data, tmp_path, monkeypatch):
    """Runs the hook on a data set of own, as the source of a run with the toy target."""

    def run(source: dict, **options) -> list[str]:
        cfg = tiny_config(data, tmp_path / 'run', 'source_only', log_level='INFO')
        cfg.train_dataloader.dataset.source = source
        return lines_of(Runner.from_cfg(cfg), monkeypatch, **options)

    return run


def lines_of(runner: Runner, monkeypatch, **options) -> list[str]:
    lines = []
    monkeypatch.setattr(
        runner.logger,
        'handle',
        lambda record: lines.append(('! ' if record.levelno == logging.WARNING else '') + record.getMessage()),
    )
    runner._train_loop = runner.build_train_loop(runner._train_loop)
    lines.clear()
    DataSummaryHook(**options).before_train(runner)
    return lines


def test_images_files_left_out_and_classes_are_said(summary, tmp_path):
    source = own(
        tmp_path / 'own',
        {'a.jpg': np.array([[0, 0], [1, 255]]), 'b.JPG': np.array([[0, 0]]), 'c.jpeg': np.array([[1, 1]])},
    )
    (tmp_path / 'own/images/list.txt').touch()
    Image.new('L', (2, 2)).save(tmp_path / 'own/labels/zebra.png')
    assert summary(source) == [
        f'source: FolderDataset, 3 labeled images of {tmp_path}/own/images',
        "source: left out: 1 files do not end in '.jpg' (1 .txt); 1 label files have no image (first: zebra.png)",
        'source: percent of the pixels in all 3 labels: road 50, car 38, ignored 12',
    ]


def test_class_that_never_occurs_is_warned_of(summary, tmp_path):
    lines = summary(own(tmp_path / 'own', {'a.jpg': np.array([[0, 2]])}, classes=('road', 'car', 'sky')))
    assert lines[-1] == '! source: these classes do not occur in all 1 labels: car'


def test_masks_of_0_and_255_are_warned_of(summary, tmp_path):
    lines = summary(own(tmp_path / 'own', {'a.jpg': np.array([[0, 255]]), 'b.jpg': np.array([[0, 0]])}))
    assert lines[-1].startswith(
        "! source: all 2 labels hold the values 0 and 255 only. 255 is ignored, so that 'road' is the only class"
    )


def test_published_ids_0_and_255_are_no_masks(summary, tmp_path):
    source = own(tmp_path / 'own', {'a.jpg': np.array([[7, 255]])})
    lines = summary(dict(source, type='CamVidDataset', metainfo=None))
    assert 'these classes do not occur' in lines[-1]


def test_labels_without_any_class_are_warned_of(summary, tmp_path):
    lines = summary(own(tmp_path / 'own', {'a.jpg': np.full((2, 2), 255), 'b.jpg': np.array([[0, 1]])}))
    assert lines[-1] == f'! source: in 1 of all 2 labels every pixel is ignored, first {tmp_path}/own/labels/a.png'


def test_images_are_found_in_any_wrapper():
    images = SimpleNamespace()
    assert list(image_datasets(DatasetWrapper(DatasetWrapper(images)))) == [images]


def test_only_a_sample_is_read(summary, tmp_path):
    source = own(tmp_path / 'own', {f'{index}.jpg': np.array([[0, 1]]) for index in range(9)})
    with opened_files() as opened:
        lines = summary(source, num_labels=4)
    assert len({path for path in opened if f'{tmp_path}/own/labels' in path}) == 4
    assert 'percent of the pixels in 4 of 9 labels, drawn at random' in lines[-1]
    assert len(summary(source, num_labels=0)) == 1


def test_every_domain_and_validation_are_counted_and_no_target_label_is_read(data, tmp_path, monkeypatch):
    cfg = tiny_self_training_config(data, tmp_path / 'run', log_level='INFO')
    runner = RUNNERS.build(cfg)
    runner._val_loop = runner.build_val_loop(runner._val_loop)
    with opened_files() as opened:
        lines = lines_of(runner, monkeypatch)
    said = [line for line in lines if 'images of' in line]
    assert [line.split(',')[0] for line in said] == [
        'source: GTADataset',
        'target: CityscapesLabelIdsDataset',
        'validation: CityscapesLabelIdsDataset',
    ]
    assert 'unlabeled' in said[1]
    assert any('labels/' in path for path in opened) and not any('gtFine/train' in path for path in opened)
