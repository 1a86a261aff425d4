"""An early end for runs that train on no labels."""

from collections import Counter
from collections.abc import Mapping

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.pseudo_labels.labelers.labeler import IGNORE_INDEX


@HOOKS.register_module()
class LabelCheckHook(Hook):
    """Stop when no pixel of a labeled view has a label: its losses are 0, and training would run on without a word.

    The images of a view are looked at until the first labeled pixel is found; those of a pool for each domain. A run
    that ends before ``images`` were seen gets a warning.

    Args:
        images (int): So many images of a view without one labeled pixel end the run, on each rank. Defaults to 50.
    """

    def __init__(self, images: int = 50) -> None:
        if images < 1:
            raise ValueError(f'LabelCheckHook: images must be at least 1, got {images}')
        self.images = images
        self._unlabeled: Counter[str] = Counter()  # images of a view before its first labeled pixel
        self._labeled: set[str] = set()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict) -> None:
        """Look at the labels of this iteration."""
        if not isinstance(data_batch['data_samples'], Mapping):
            return  # no views: not for a UDASegmentor, which says so
        for view, samples in data_batch['data_samples'].items():
            for sample in samples:
                name = f'{view} ({sample.domain})' if 'domain' in sample else view
                if name in self._labeled or 'gt_sem_seg' not in sample:
                    continue
                if (sample.gt_sem_seg.data != IGNORE_INDEX).any():
                    self._labeled.add(name)
                else:
                    self._unlabeled[name] += 1
        for name in self._without_labels():
            if self._unlabeled[name] >= self.images:
                raise ValueError(self._message(name))

    def after_train(self, runner: Runner) -> None:
        """Say it of a short run, too."""
        for name in self._without_labels():
            runner.logger.warning(self._message(name))

    def _without_labels(self) -> list[str]:
        return [name for name in self._unlabeled if name not in self._labeled]

    def _message(self, name: str) -> str:
        return (
            f'no pixel of the first {self._unlabeled[name]} training images of the view {name} has a label, all '
            f'are ignored ({IGNORE_INDEX}): look at the label files, at the table that maps their values to '
            'classes, or, of pseudo labels, at the threshold'
        )
