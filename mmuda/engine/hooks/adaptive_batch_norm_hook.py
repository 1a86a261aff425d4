"""BatchNorm statistics of the target."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import mmcv
import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.models import BaseSegmentor
from mmseg.registry import HOOKS
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from mmuda.datasets import AdaptationDataset
from mmuda.datasets.transforms import LoadImageStrict
from mmuda.engine.student import student_of
from mmuda.utils.progress import progress
from mmuda.utils.unwrap import unwrap


@torch.no_grad()
def reestimate_statistics(segmentor: BaseSegmentor, batches: Iterable[Tensor]) -> None:
    """Replace the running statistics of every BatchNorm by their average over ``batches``.

    Adaptive batch normalization (Li et al., AdaBN, Pattern Recognition 2018). Everything but BatchNorm is in
    evaluation mode, and all modules are afterwards in the mode that they were in, also where a batch cannot be read.

    Args:
        segmentor (BaseSegmentor): With ``extract_feat`` and ``decode_head``.
        batches (Iterable[Tensor]): Preprocessed images (N, 3, H, W).
    """
    modes = [(module, module.training) for module in segmentor.modules()]
    norms = [module for module in segmentor.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    momenta = [norm.momentum for norm in norms]
    try:
        segmentor.eval()
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a plain average
            norm.training = True
        for batch in batches:
            segmentor.decode_head(segmentor.extract_feat(batch))
    finally:
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum
        for module, mode in modes:
            module.training = mode


@HOOKS.register_module()
class AdaptiveBatchNormHook(Hook):
    """Average the BatchNorm statistics again over the target's training images.

    Acts before training, unless the run was resumed, at the end of every round of self-training and after the last
    iteration: before ``PseudoLabelHook`` and self-training label, and before the checkpoint is saved and evaluated.
    Every rank reads all images and finds the same.

    Args:
        scale (tuple[int, int]): (width, height) to which images are resized, by Pillow's bicubic filter.
        batch_size (int): Images per batch. Defaults to 2.
    """

    priority = 'HIGH'

    def __init__(self, scale: tuple[int, int], batch_size: int = 2) -> None:
        if len(scale) != 2 or min(scale) < 1 or batch_size < 1:
            raise ValueError(
                'AdaptiveBatchNormHook: scale must be (width, height) and batch_size positive, got '
                f'{scale} and {batch_size}'
            )
        self.scale = tuple(scale)
        self.batch_size = batch_size

    def before_train(self, runner: Runner) -> None:
        """Set the statistics to start from."""
        if runner.iter == 0:
            self._reestimate(runner)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None, outputs: dict | None = None
    ) -> None:
        """Set them again at the end of a round."""
        if runner.iter + 1 in runner.train_loop.round_ends:
            self._reestimate(runner)

    def _reestimate(self, runner: Runner) -> None:
        model = unwrap(runner.model)
        dataset = runner.train_dataloader.dataset
        target = dataset.parts().get('target') if isinstance(dataset, AdaptationDataset) else None
        if target is None:
            raise ValueError(
                'AdaptiveBatchNormHook: the training data have no target (train_dataloader.dataset.target '
                'is None or missing); give a UDADataset or PoolDataset one, or remove the hook'
            )
        segmentor = student_of(model)
        if not any(isinstance(module, _BatchNorm) for module in segmentor.modules()):
            raise ValueError(
                'AdaptiveBatchNormHook: model.segmentor has no BatchNorm, so that there are no statistics to set; '
                'remove the hook from custom_hooks'
            )
        paths = dict.fromkeys(target.get_data_info(i)['img_path'] for i in range(len(target)))  # repeated ones once
        reestimate_statistics(segmentor, self._batches(model, list(paths)))

    def _batches(self, model: BaseSegmentor, paths: list[str]) -> Iterator[Tensor]:
        shown = progress(paths, 'BatchNorm statistics of the target images')
        for _, group in groupby(enumerate(shown), lambda item: item[0] // self.batch_size):
            views = [self._read(path) for _, path in group]
            yield model.data_preprocessor(dict(inputs=views))['inputs']

    def _read(self, path: str) -> Tensor:
        image = LoadImageStrict()(dict(img_path=path))['img']
        image = mmcv.imresize(image, self.scale, interpolation='bicubic', backend='pillow')
        return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
