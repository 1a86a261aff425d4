"""Two tiny teachers of different networks, and a student of the toy config that learns from them."""

from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.datasets import CityscapesDataset
from mmseg.registry import MODELS

from tests.helpers.tiny import REPO, TINY, tiny_self_training_config

CLASSES = CityscapesDataset.METAINFO['classes']


def make_teachers(folder: Path) -> list[dict]:
    """Write configs and random weights of two teachers; returns what `train_cfg.labels.teachers` holds.

    The first is a UDASegmentor with two classifiers, the second a plain segmentor with 16 of the classes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    two = Config.fromfile(REPO / 'configs/toy/source_only.py')
    two.merge_from_dict({key: value for key, value in TINY.items() if key.startswith('model')})
    plain = Config(
        dict(
            model=dict(
                type='EncoderDecoder',
                data_preprocessor=dict(type='SegDataPreProcessor', mean=[128.0] * 3, std=[64.0] * 3),
                backbone=dict(type='DeepLabResNet', depth=50, base_channels=4, out_indices=(3,)),
                decode_head=dict(type='FCNHead', in_channels=128, channels=4, num_convs=1, num_classes=16),
            )
        )
    )
    classes = [[*CLASSES], [name for name in CLASSES if name not in ('terrain', 'truck', 'train')]]
    return [write_teacher(folder, name, cfg, own) for name, cfg, own in zip(('two', 'plain'), (two, plain), classes)]


def write_teacher(folder: Path, name: str, cfg: Config, classes: list[str]) -> dict:
    """Write a config and random weights."""
    init_default_scope('mmseg')
    torch.manual_seed(len(classes))
    model = MODELS.build(cfg.model)
    for parameter in model.parameters():  # predictions that differ from pixel to pixel
        torch.nn.init.normal_(parameter, std=0.2)
    cfg.work_dir = str(folder / name)
    Path(cfg.work_dir).mkdir()
    (folder / f'{name}.py').write_text('\n'.join(f'{key} = {value!r}' for key, value in cfg.to_dict().items()))
    checkpoint = Path(cfg.work_dir, 'iter_1.pth')
    torch.save(dict(state_dict=model.state_dict(), meta=dict(dataset_meta=dict(classes=classes))), checkpoint)
    Path(cfg.work_dir, 'last_checkpoint').write_text(str(checkpoint))
    return dict(config=str(folder / f'{name}.py'), name=name)


def ensemble_config(data: Path, work_dir: Path, teachers: list[dict], **options: Any) -> Config:
    """One round of two iterations, checkpoints after each, not evaluated. Predictions can be kept."""
    cfg = tiny_self_training_config(
        data,
        work_dir,
        'ensemble',
        train_cfg__num_rounds=1,
        train_cfg__iterations=2,
        train_cfg__labels__labeler__threshold=6,
        train_cfg__labels__predictor=dict(_delete_=True, type='LogitMapPredictor', scale=(96, 64), flip=False),
        default_hooks__checkpoint__interval=1,
        **{'train_cfg__learning_rate': dict(decay='poly', power=0.9), **options},  # as ensemble/gta2cs
    )
    cfg.train_cfg.labels.teachers = teachers
    for key in ('val_dataloader', 'val_cfg', 'val_evaluator'):
        cfg.pop(key)
    return cfg
