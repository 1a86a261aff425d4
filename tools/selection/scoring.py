"""Scores of the checkpoints of a run, with a model that is built once."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import Evaluator
from mmseg.apis import init_model
from torch.utils.data import DataLoader

from mmuda.compat import safe_load
from mmuda.evaluation import LabelFreeMetric, SourceIoUMetric, UDAIoUMetric
from mmuda.evaluation.label_free.label_free_metric import SCORES
from mmuda.models.segmentors import UDASegmentor
from mmuda.utils.progress import progress
from tools.selection.data import labeled_loader, source_loader, source_shares, target_images
from tools.selection.runs import Run

SOURCE = 'source_mIoU'
ALL = (*SCORES, SOURCE)


class Scorer:
    """Scores all checkpoints of a run.

    Args:
        run (Run): The run.
        data (Config): Whose images, as a rule the run's own config.
        wanted (Sequence[str]): Scores; those that cannot act on this run are left out.
        images (str): ``target`` or ``validation``, see :func:`~tools.selection.data.target_images`.
        number (int): How many images of the target; 0: all.
        with_labels (bool): Whether the true mIoU is measured, too.
        device (str): Of the network.

    Attributes:
        left_out (dict[str, str]): Why, by score.

    Raises:
        ValueError: If no score can act, there are no images, or the config cannot be built.
        OSError: If images or labels are not there.
    """

    def __init__(
        self, run: Run, data: Config, wanted: Sequence[str], images: str, number: int, with_labels: bool, device: str
    ) -> None:
        self.run, self.device = run, device
        self.left_out: dict[str, str] = {}
        self.model = _build(run, device)
        workers = (data.get('val_dataloader') or {}).get('num_workers', 0)
        self.target = DataLoader(target_images(data, images, number), num_workers=workers, collate_fn=pseudo_collate)
        _check_classes(self.model, self.target.dataset.metainfo['classes'], run)  # type: ignore[attr-defined]
        self.metrics = self._metrics(wanted, data)
        self.labeled = labeled_loader(data) if with_labels else None
        self.truth = UDAIoUMetric(prefix='target')

    def scores(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each checkpoint: ``checkpoint``, ``iteration``, the scores and, with labels, ``mIoU``.

        Raises:
            RuntimeError: If a checkpoint is of another architecture.
        """
        for iteration, path in self.run.checkpoints.items():
            self._load(path)
            row: dict[str, Any] = dict(run=self.run.name, checkpoint=path.name, iteration=iteration)
            found = self._evaluate(self.target, self.metrics, f'{self.run.name} {path.stem}')
            if self.labeled is not None:
                measured = self._evaluate(self.labeled, [self.truth], f'{self.run.name} {path.stem}, with labels')
                found['target/mIoU'] = measured['target/mIoU']
            yield row | {key.partition('/')[2]: value for key, value in found.items()}

    def _metrics(self, wanted: Sequence[str], data: Config) -> list[Any]:
        scores, prior = [], None
        for name in wanted:
            try:
                if name == 'class_balance':
                    prior = source_shares(data)
                if name == SOURCE:
                    if source_loader(data) is None:
                        raise ValueError('the config has no source images for it (source_val_dataloader)')
                    continue
                SCORES[name]().check(self.model)
                scores.append(name)
            except ValueError as error:
                self.left_out[name] = str(error)
        metrics: list[Any] = [LabelFreeMetric(scores, class_prior=prior)] if scores else []
        if SOURCE in wanted and SOURCE not in self.left_out:
            metrics.append(SourceIoUMetric(source_loader(data) or {}))
            try:
                metrics[-1].set_network(self.model)  # builds the data
            except IndexError as error:
                raise ValueError(
                    f'{data.filename}: source_val_dataloader names images by `indices` that its data set does not have'
                ) from error
        if not metrics:
            reasons = '; '.join(f'{name}: {reason}' for name, reason in self.left_out.items())
            raise ValueError(f'{self.run.name}: none of the scores can act: {reasons}')
        return metrics

    @torch.no_grad()
    def _evaluate(self, loader: DataLoader, metrics: list[Any], name: str) -> dict[str, float]:
        evaluator = Evaluator(metrics)
        evaluator.dataset_meta = loader.dataset.metainfo  # type: ignore[attr-defined]
        for metric in metrics:
            if not isinstance(metric, UDAIoUMetric):
                metric.set_network(self.model)
        for batch in progress(loader, name):  # type: ignore[arg-type]  # a loader has a length, too
            evaluator.process(self.model.test_step(batch), batch)
        return evaluator.evaluate(len(loader.dataset))  # type: ignore[arg-type]

    def _load(self, path: Path) -> None:
        """Load weights, those of the teacher, too."""
        loaded = safe_load(str(path), map_location='cpu')
        try:
            self.model.load_state_dict(loaded['state_dict'], strict=not isinstance(self.model, UDASegmentor))
            if self._needs_teacher():
                teacher = deepcopy(self.model.student)
                teacher.load_state_dict(loaded['teacher']['state_dict'])
                self.model.set_teacher(teacher)
        except KeyError as error:
            raise RuntimeError(f'{path} has no {error}, which the scores of {self.run.path} need') from error
        except RuntimeError as error:  # a UDASegmentor checks its student itself
            raise RuntimeError(f'{path} does not fit {self.run.path}: {error}') from error

    def _needs_teacher(self) -> bool:
        names = [name for metric in self.metrics if isinstance(metric, LabelFreeMetric) for name in metric.scores]
        return any(name.startswith('teacher') for name in names)


def _build(run: Run, device: str) -> Any:
    try:
        return init_model(run.config, device=device)
    except Exception as error:  # whatever a part of the config raises
        raise ValueError(
            f'the model of {run.path} cannot be built ({type(error).__name__}: {error}): is it the config of another '
            'project?'
        ) from error


def _check_classes(model: Any, classes: Sequence[str], run: Run) -> None:
    predicted = model.decode_head.num_classes
    if predicted != len(classes):
        raise ValueError(
            f'{run.path} has a head of {predicted} classes, the images are of a data set of {len(classes)}: '
            f'{", ".join(classes)}. Name data of these classes with --data CONFIG'
        )
