"""Pseudo labels before and during training."""

from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.datasets import AdaptationDataset, PseudoLabelDataset
from mmuda.engine.runner import UDATrainLoop
from mmuda.engine.self_training.labeling import describe_labels, label_dataset, reuse_labels, share_weights
from mmuda.pseudo_labels import PseudoLabelStore


@HOOKS.register_module()
class PseudoLabelHook(Hook):
    """Label the target with the current model, before training and optionally every N iterations.

    The images of every :class:`mmuda.datasets.PseudoLabelDataset` in the training data are labeled, and
    the dataset is told where its labels are. Labeling is shared by the ranks, continues where it was
    killed, and its manifest ties the labels to the weights, classes and settings that made them: labels
    that something else made are refused.

    A resumed run trains on the labels that it was trained on before. With an interval, the labels that
    the latest checkpoint needs and all newer ones stay on the disk, older ones are deleted; labels of a
    later iteration than the run has reached are made again where they differ.

    Args:
        predictor (dict, optional): Defaults to ``dict(type='MultiViewPredictor')``.
        labeler (dict, optional): Defaults to ``dict(type='ConfidenceLabeler')``.
        interval (int, optional): Label again after every so many iterations. Defaults to None: once.
        store (str, optional): Folder of the labels, in a place that all ranks share. Runs with the same
            model and settings can share one. Defaults to ``pseudo_labels`` in the work dir. With an interval,
            every generation has its own folder ``iter_<n>`` in it; with two datasets, each has its own
            folder, ``source`` and ``target``.
        overwrite (bool): Delete labels that something else made instead of refusing them. Defaults to False.
        pictures (bool): Write two pictures beside each label that is made, see
            :class:`~mmuda.pseudo_labels.PseudoLabelStore`. Defaults to False.

    Raises:
        FloatingPointError: If weights or BatchNorm statistics of the model are NaN or infinite.
        ValueError: If no pixel gets a label.

    Example of a config::

        custom_hooks = [
            dict(
                type='PseudoLabelHook',
                predictor=dict(type='MultiViewPredictor', scales=[(1024, 512), (1280, 640)]),
                labeler=dict(type='ConfidenceLabeler', threshold=0.9)),
        ]
    """

    def __init__(
        self,
        predictor: dict | None = None,
        labeler: dict | None = None,
        interval: int | None = None,
        store: str | None = None,
        overwrite: bool = False,
        pictures: bool = False,
    ) -> None:
        if interval is not None and interval < 1:
            raise ValueError(f'interval must be at least 1, got {interval}')
        self.predictor_cfg = predictor or dict(type='MultiViewPredictor')
        self.labeler_cfg = labeler or dict(type='ConfidenceLabeler')
        self.interval = interval
        self.store = store
        self.overwrite = overwrite
        self.pictures = pictures
        self._generation = 0  # iteration of the labels in use
        self._needed = 0  # iteration of the labels that the latest checkpoint needs
        self._weights: str | None = None  # fingerprint of the model that made the labels in use

    def before_train(self, runner: Runner) -> None:
        """Make, continue or find the labels that training starts with."""
        if not isinstance(runner.train_loop, UDATrainLoop):
            raise TypeError(
                'PseudoLabelHook needs a loop that starts to load data after the labels are made: set '
                f'train_cfg=dict(type="UDATrainLoop", ...), got {type(runner.train_loop).__name__}'
            )
        self._generation = self._needed = runner.iter // self.interval * self.interval if self.interval else 0
        if runner.iter == self._generation:
            self._label(runner, self.overwrite)
        else:
            self._reuse(runner)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None, outputs: dict | None = None
    ) -> None:
        """Label again when it is time."""
        iteration = runner.iter + 1
        if self.interval and iteration % self.interval == 0 and iteration < runner.max_iters:
            self._generation = iteration
            self._label(runner, overwrite=True)  # what is there was left by a run that went beyond its checkpoint
            runner.train_loop.restart_data()
            self._delete_old(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Note whose labels this run trains on."""
        checkpoint['pseudo_label_weights'] = self._weights
        self._needed = self._generation

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Remember whose labels a resumed run trained on."""
        if runner._resume:
            self._weights = checkpoint.get('pseudo_label_weights')

    def _label(self, runner: Runner, overwrite: bool) -> None:
        self._weights = share_weights(runner)
        for key, dataset in _pseudo_labeled(runner).items():
            store = self._store(runner, key, self._generation)
            label_dataset(runner, dataset, self.predictor_cfg, self.labeler_cfg, self._weights, store, overwrite)
            if not any((store.summary() or {})['labeled_pixels']):
                raise ValueError(
                    f'no pixel of the {len(dataset)} images of {key} has a pseudo label by the labeler '
                    f'{self.labeler_cfg} and the model at iteration {runner.iter}: lower its threshold, '
                    f'or look at what the model predicts, and delete {store.root}'
                )

    def _reuse(self, runner: Runner) -> None:
        if self._weights is None:
            raise ValueError(
                'cannot resume: the checkpoint does not say which pseudo labels it was trained on, as it '
                'was saved without PseudoLabelHook. Start from its weights instead, with '
                'load_from=CHECKPOINT and without --resume'
            )
        for key, dataset in _pseudo_labeled(runner).items():
            wanted = describe_labels(runner, dataset, self.predictor_cfg, self.labeler_cfg, self._weights)
            reuse_labels(dataset, self._store(runner, key, self._generation), wanted)

    def _delete_old(self, runner: Runner) -> None:
        if not is_main_process():
            return
        for key in _pseudo_labeled(runner):
            for generation in range(0, self._needed, self.interval or 1):
                store = self._store(runner, key, generation)
                if store.manifest() is not None:
                    store.delete()

    def _store(self, runner: Runner, key: str, generation: int) -> PseudoLabelStore:
        datasets = _pseudo_labeled(runner)
        root = Path(self.store or Path(runner.work_dir) / 'pseudo_labels')
        if len(datasets) > 1:
            root = root / key
        palette = datasets[key].metainfo['palette'] if self.pictures else None
        return PseudoLabelStore(root / f'iter_{generation}' if self.interval else root, palette)


def _pseudo_labeled(runner: Runner) -> dict[str, PseudoLabelDataset]:
    dataset = runner.train_dataloader.dataset
    found = dataset.pseudo_labeled() if isinstance(dataset, AdaptationDataset) else {}
    if not found:
        raise ValueError(
            'PseudoLabelHook found no PseudoLabelDataset in the training data: wrap the target dataset in '
            "one (dict(type='PseudoLabelDataset', dataset=..., pipeline=...)) or remove the hook"
        )
    return found
