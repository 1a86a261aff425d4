"""BatchNorm statistics of the target."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger
from PIL import Image
from torch import nn

from mmuda.datasets import AdaptationDataset
from mmuda.engine.hooks import AdaptiveBatchNormHook
from mmuda.engine.hooks.adaptive_batch_norm_hook import reestimate_statistics


class Segmentor(nn.Module):
    """BatchNorm of the images themselves, with dropout behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.decode_head = nn.Dropout(0.5)
        self.seen: list[torch.Tensor] = []

    def extract_feat(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(images)
        return self.norm(images)

    def data_preprocessor(self, data: dict) -> dict:
        return dict(inputs=torch.stack(data['inputs']).float())


def test_statistics_are_the_mean_over_batches():
    segmentor, batches = Segmentor(), [torch.randn(2, 3, 4, 5) + i for i in range(3)]
    segmentor.norm.running_mean.fill_(7.0)
    reestimate_statistics(segmentor, batches)
    torch.testing.assert_close(segmentor.norm.running_mean, torch.stack(batches).mean(dim=(0, 1, 3, 4)))
    variances = torch.stack([batch.transpose(0, 1).flatten(1).var(dim=1) for batch in batches])
    torch.testing.assert_close(segmentor.norm.running_var, variances.mean(dim=0))


@pytest.mark.parametrize('frozen', [True, False], ids=['norm_eval', 'trained'])
def test_modes_and_momentum_stay(frozen):
    segmentor = Segmentor().train()
    segmentor.norm.train(not frozen)
    reestimate_statistics(segmentor, [torch.randn(2, 3, 4, 5)])
    assert (segmentor.norm.training, segmentor.norm.momentum, segmentor.decode_head.training) == (not frozen, 0.1, True)
    assert segmentor.norm.num_batches_tracked == 1


def test_modes_and_momentum_stay_where_an_image_cannot_be_read():
    def batches():
        yield torch.randn(2, 3, 4, 5)
        raise OSError('broken image')

    segmentor = Segmentor().train()
    with pytest.raises(OSError, match='broken image'):
        reestimate_statistics(segmentor, batches())
    assert (segmentor.training, segmentor.norm.momentum, segmentor.decode_head.training) == (True, 0.1, True)


class Target:
    """Images of different sizes."""

    def __init__(self, folder) -> None:
        self.paths = [str(folder / f'{i}.png') for i in range(3)]
        for i, path in enumerate(self.paths):
            Image.fromarray(np.full((8, 10 + i, 3), 50 * i, np.uint8)).save(path)

    def __len__(self) -> int:
        return len(self.paths)

    def get_data_info(self, index: int) -> dict:
        return dict(img_path=self.paths[index])


class Pair(AdaptationDataset):
    """A data set with views of which nothing but its parts is asked."""

    views = ('source', 'target')
    metainfo = {}

    def __init__(self, **parts: Target) -> None:
        self._parts = parts

    def parts(self) -> dict[str, Target]:
        return self._parts

    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: int) -> dict:
        raise IndexError(index)


def runner(dataset, iteration: int = 0) -> SimpleNamespace:
    return SimpleNamespace(
        iter=iteration,
        model=Segmentor(),
        train_dataloader=SimpleNamespace(dataset=dataset),
        logger=MMLogger.get_current_instance(),
    )


def test_all_target_images_are_read_at_the_scale(tmp_path):
    run = runner(Pair(target=Target(tmp_path)))
    AdaptiveBatchNormHook(scale=(6, 4), batch_size=2).before_train(run)
    assert [tuple(images.shape) for images in run.model.seen] == [(2, 3, 4, 6), (1, 3, 4, 6)]
    torch.testing.assert_close(run.model.norm.running_mean, torch.full((3,), (25.0 + 100.0) / 2))


def test_resumed_run_keeps_its_statistics(tmp_path):
    run = runner(Pair(target=Target(tmp_path)), iteration=4)
    AdaptiveBatchNormHook(scale=(6, 4)).before_train(run)
    assert not run.model.seen


def test_missing_image_is_named(tmp_path):
    target = Target(tmp_path)
    (tmp_path / '1.png').unlink()
    with pytest.raises(FileNotFoundError, match='1.png does not exist'):
        AdaptiveBatchNormHook(scale=(6, 4)).before_train(runner(Pair(target=target)))


@pytest.mark.parametrize('dataset', [SimpleNamespace(), Pair()], ids=['without views', 'source alone'])
def test_data_without_target_say_so(dataset):
    with pytest.raises(ValueError, match='no target'):
        AdaptiveBatchNormHook(scale=(6, 4)).before_train(runner(dataset))


def test_network_without_batch_norm_says_so(tmp_path):
    run = runner(Pair(target=Target(tmp_path)))
    run.model.norm = nn.GroupNorm(3, 3)
    with pytest.raises(ValueError, match='model.segmentor has no BatchNorm'):
        AdaptiveBatchNormHook(scale=(6, 4)).before_train(run)


def test_repeated_images_are_read_once(tmp_path):
    target = Target(tmp_path)
    target.paths *= 2
    run = runner(Pair(target=target))
    AdaptiveBatchNormHook(scale=(6, 4), batch_size=2).before_train(run)
    assert sum(len(images) for images in run.model.seen) == 3


@pytest.mark.parametrize('options', [dict(scale=(6, 0)), dict(scale=(6,)), dict(scale=(6, 4), batch_size=0)])
def test_settings_out_of_range(options):
    with pytest.raises(ValueError, match='must be'):
        AdaptiveBatchNormHook(**options)


def test_statistics_are_set_again_at_the_end_of_each_round(tmp_path):
    run, hook = runner(Pair(target=Target(tmp_path))), AdaptiveBatchNormHook(scale=(6, 4))
    run.train_loop = SimpleNamespace(round_ends={3, 5})
    passes = []
    for run.iter in range(6):
        hook.after_train_iter(run, batch_idx=run.iter)
        passes.append(len(run.model.seen))
    assert passes == [0, 0, 2, 2, 4, 4]
