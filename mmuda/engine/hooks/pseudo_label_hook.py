"""Pseudo labels before and during training."""
import json
from pathlib import Path

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS, TASK_UTILS

from mmuda.datasets import PseudoLabelDataset
from mmuda.pseudo_labels import PseudoLabelStore, fingerprint, generate_pseudo_labels


@HOOKS.register_module()
class PseudoLabelHook(Hook):
    """Label the target with the current model, before training and optionally every N iterations.

    The images of every :class:`mmuda.datasets.PseudoLabelDataset` in the training data are labelled, and
    the dataset is told where its labels are. Labelling is shared by the ranks, continues where it was
    killed, and its manifest ties the labels to the weights, classes and settings that made them.

    Args:
        predictor (dict, optional): Defaults to ``dict(type='MultiViewPredictor')``.
        labeler (dict, optional): Defaults to ``dict(type='ConfidenceLabeler')``.
        interval (int, optional): Label again after every so many iterations. Defaults to None: once.
        store (str, optional): Folder of the labels. Defaults to ``pseudo_labels`` in the work dir. With
            an interval, every generation has its own folder ``iter_<n>`` in it.
        overwrite (bool): Delete labels that something else made instead of refusing them.
    """

    def __init__(self,
                 predictor: dict | None = None,
                 labeler: dict | None = None,
                 interval: int | None = None,
                 store: str | None = None,
                 overwrite: bool = False) -> None:
        if interval is not None and interval < 1:
            raise ValueError(f'interval must be at least 1, got {interval}')
        self.predictor_cfg = predictor or dict(type='MultiViewPredictor')
        self.labeler_cfg = labeler or dict(type='ConfidenceLabeler')
        self.interval = interval
        self.store = store
        self.overwrite = overwrite
        self._weights: str | None = None  # fingerprint of the model that made the labels in use

    def before_train(self, runner: Runner) -> None:
        """Make, continue or find the labels that training starts with."""
        generation = runner.iter // self.interval * self.interval if self.interval else 0
        if runner.iter == generation:
            self._weights = fingerprint(_student(runner).state_dict())
            self._label(runner, generation)
        else:
            self._reuse(runner, generation)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Label again when it is time."""
        iteration = runner.iter + 1
        if self.interval and iteration % self.interval == 0 and iteration < runner.max_iters:
            self._weights = fingerprint(_student(runner).state_dict())
            self._label(runner, iteration)
            runner.train_loop.restart_data()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Note whose labels this run trains on."""
        checkpoint['pseudo_label_weights'] = self._weights

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Remember whose labels a resumed run trained on."""
        if runner._resume:
            self._weights = checkpoint.get('pseudo_label_weights')

    def _label(self, runner: Runner, generation: int) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        for key, dataset in _pseudo_labelled(runner).items():
            store = self._store(runner, key, generation)
            runner.logger.info(f'Pseudo labels of {len(dataset)} images: {store.root}')
            images = [(dataset.relative_path(i), dataset.image_path(i)) for i in range(len(dataset))]
            generate_pseudo_labels(model, images, TASK_UTILS.build(self.predictor_cfg),
                                   TASK_UTILS.build(self.labeler_cfg), store, self._description(dataset),
                                   self.overwrite)
            dataset.store = str(store.root)
        model.train()

    def _reuse(self, runner: Runner, generation: int) -> None:
        for key, dataset in _pseudo_labelled(runner).items():
            store = self._store(runner, key, generation)
            manifest = store.manifest()
            if manifest is None or not manifest['complete']:
                raise FileNotFoundError(
                    f'cannot resume: the pseudo labels of iteration {generation} that this run was trained on are not '
                    f'(all) in {store.root}. Bring them back, or start the stage again without --resume')
            wanted = self._description(dataset)
            found = {key: manifest['description'].get(key) for key in wanted}
            if found != wanted:
                raise ValueError(f'cannot resume: the pseudo labels in {store.root} are not those that this run was '
                                 f'trained on; they say {found}, expected {wanted}')
            dataset.store = str(store.root)

    def _description(self, dataset: PseudoLabelDataset) -> dict:
        description = dict(
            weights=self._weights,
            classes=dataset.metainfo['classes'],
            predictor=self.predictor_cfg,
            labeler=self.labeler_cfg)
        return json.loads(json.dumps(description))  # as it comes back from the manifest

    def _store(self, runner: Runner, key: str, generation: int) -> PseudoLabelStore:
        root = Path(self.store or Path(runner.work_dir) / 'pseudo_labels')
        if len(_pseudo_labelled(runner)) > 1:
            root = root / key
        return PseudoLabelStore(root / f'iter_{generation}' if self.interval else root)


def _student(runner: Runner):
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    return getattr(model, 'student', model)


def _pseudo_labelled(runner: Runner) -> dict[str, PseudoLabelDataset]:
    dataset = runner.train_dataloader.dataset
    found = {
        key: getattr(dataset, key)
        for key in ('source', 'target') if isinstance(getattr(dataset, key, None), PseudoLabelDataset)
    }
    if not found:
        raise ValueError('PseudoLabelHook found no PseudoLabelDataset in the training data: wrap the target dataset in '
                         "one (dict(type='PseudoLabelDataset', dataset=..., pipeline=...)) or remove the hook")
    return found
