"""Training without labels ends, or is said."""

from types import SimpleNamespace

import pytest
import torch
from mmcv.transforms import BaseTransform
from mmengine.structures import PixelData
from mmseg.registry import TRANSFORMS
from mmseg.structures import SegDataSample

from mmuda.engine.hooks import LabelCheckHook
from tests.helpers.tiny import make_data, tiny_config, train


@TRANSFORMS.register_module()
class IgnoreAllLabels(BaseTransform):
    """A label table that knows none of the values."""

    def transform(self, results: dict) -> dict:
        results['gt_seg_map'][:] = 255
        return results


def sample(value: int | None, **meta) -> SegDataSample:
    """An image of one label, or without any."""
    made = SegDataSample(metainfo=meta)
    if value is not None:
        made.gt_sem_seg = PixelData(data=torch.full((1, 2, 2), value))
    return made


def iterate(hook: LabelCheckHook, **views: list[SegDataSample]) -> None:
    hook.before_train_iter(SimpleNamespace(), 0, dict(data_samples=views))


def test_run_whose_source_labels_are_all_ignored_ends(tmp_path):
    cfg = tiny_config(
        make_data(tmp_path), tmp_path / 'run', default_hooks__label_check__images=4, train_cfg__max_iters=3
    )
    cfg.train_dataloader.dataset.source.pipeline.insert(-1, dict(type='IgnoreAllLabels'))
    with pytest.raises(ValueError, match='no pixel of the first 4 training images of the view source has a label'):
        train(cfg)


def test_one_labeled_pixel_suffices():
    hook = LabelCheckHook(images=2)
    iterate(hook, source=[sample(255), sample(3)])
    for _ in range(3):
        iterate(hook, source=[sample(255)])


def test_unlabeled_view_needs_none():
    hook = LabelCheckHook(images=1)
    iterate(hook, source=[sample(3)], target=[sample(None)])


def test_domains_of_a_pool_are_looked_at_apart():
    hook = LabelCheckHook(images=2)
    iterate(hook, pool=[sample(3, domain='source'), sample(255, domain='target')])
    with pytest.raises(ValueError, match=r'the view pool \(target\) has a label'):
        iterate(hook, pool=[sample(3, domain='source'), sample(255, domain='target')])


def test_short_run_is_warned():
    hook, warnings = LabelCheckHook(images=50), []
    iterate(hook, source=[sample(255)])
    hook.after_train(SimpleNamespace(logger=SimpleNamespace(warning=warnings.append)))
    assert len(warnings) == 1 and 'no pixel of the first 1 training images of the view source' in warnings[0]


def test_images_must_be_positive():
    with pytest.raises(ValueError, match='images must be at least 1, got 0'):
        LabelCheckHook(images=0)
