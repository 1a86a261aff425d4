"""Rounds of self-training as one training loop."""
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmengine.dist import barrier, is_main_process
from mmseg.registry import LOOPS
from torch import nn
from torch.utils.data import DataLoader

from mmuda.datasets import PoolDataset, PoolSampler
from mmuda.datasets.mined_classes import has_mined_crops, set_mined_classes
from mmuda.engine.labelling import describe_labels, label_dataset, reuse_labels, share_weights
from mmuda.engine.rounds import (
    LearningRateSchedule,
    PortionSchedule,
    iterations_per_epoch,
    num_selected,
    selection_seed,
)
from mmuda.engine.runner.uda_train_loop import UDATrainLoop
from mmuda.pseudo_labels import PseudoLabelStore

SUMMARY = 'round.json'


@dataclass(frozen=True)
class Round:
    """One round, as planned.

    Attributes:
        index (int): From 0.
        begin (int): Its first iteration.
        end (int): The iteration after its last.
        target_portion (float): Portion of the target's pixels (of each class) to label.
        num_source (int): Number of source images.
        source_seed (int): Seed of their choice.
        learning_rate (float): Constant inside of the round.
    """

    index: int
    begin: int
    end: int
    target_portion: float
    num_source: int
    source_seed: int
    learning_rate: float


@LOOPS.register_module()
class SelfTrainingLoop(UDATrainLoop):
    """Rounds of: label the target, choose source images, train, save, evaluate.

    A round starts from the weights of the one before, with a fresh optimizer. Killed anywhere and resumed, the run
    continues exactly: labels are continued where they were left, training from the last checkpoint, and a round
    whose evaluation is missing is evaluated. Each round leaves in ``<work dir>/round_<i>`` its pseudo labels with
    thresholds and class sizes, and ``round.json`` with its plan, rare classes, kept portion per class and evaluation.

    Args:
        runner (Runner): The runner.
        dataloader (DataLoader or dict): Over a :class:`~mmuda.datasets.PoolDataset` with a
            :class:`~mmuda.datasets.PoolSampler`.
        num_rounds (int): How many rounds.
        predictor (dict): Config of the predictor that labels.
        labeler (dict): Config of the labeler; its ``portion`` is set in every round.
        target_portion (dict): Arguments of :class:`~mmuda.engine.rounds.PortionSchedule`.
        source_portion (dict): The same for the part of the source images in use.
        learning_rate (dict): Arguments of :class:`~mmuda.engine.rounds.LearningRateSchedule`; ``base`` is that of the
            optimizer and not given here. Parameter groups keep their ratios.
        epochs (int, optional): Passes over the pool per round.
        iterations (int, optional): Length of a round, in the place of ``epochs``.
        source_policy (str): ``cumulative`` or ``random``, see :func:`~mmuda.engine.rounds.selection_seed`.
            Defaults to ``cumulative``.
        source_seed (int): Seed of the choice of source images. Defaults to 0.
        rule (str): ``clean``, ``cbst`` or ``crst``: how published code rounds and clamps. Defaults to ``clean``.
        mine_source (bool): Whether rare classes are mined in source crops, too. Defaults to True.
        keep_maps (bool): Keep the network's maps of the target, of which soft labels are made. Defaults to False.

    Raises:
        ValueError: If a setting is out of range.
        TypeError: If the data are no pool.
    """

    def __init__(self,
                 runner: Any,
                 dataloader: DataLoader | dict,
                 num_rounds: int,
                 predictor: dict,
                 labeler: dict,
                 target_portion: dict,
                 source_portion: dict,
                 learning_rate: dict | None = None,
                 epochs: int | None = None,
                 iterations: int | None = None,
                 source_policy: str = 'cumulative',
                 source_seed: int = 0,
                 rule: str = 'clean',
                 mine_source: bool = True,
                 keep_maps: bool = False) -> None:
        if num_rounds < 1:
            raise ValueError(f'train_cfg.num_rounds must be at least 1, got {num_rounds}')
        if (epochs is None) == (iterations is None):
            raise ValueError('train_cfg: give either `epochs` or `iterations`, the length of a round')
        super().__init__(runner, dataloader, max_iters=1)
        if not isinstance(self.pool, PoolDataset) or not isinstance(self.sampler, PoolSampler):
            raise TypeError('SelfTrainingLoop needs a PoolDataset with a PoolSampler, got '
                            f'{type(self.pool).__name__} with {type(self.sampler).__name__}')
        self.predictor = predictor
        self.labeler = labeler
        self.mine_source = mine_source
        self.keep_maps = keep_maps
        self.summaries: list[dict[str, Any]] = []  # of the rounds begun
        target, source = (PortionSchedule(**dict(dict(rule=rule), **portion))
                          for portion in (target_portion, source_portion))
        rates = LearningRateSchedule(**dict(dict(rule=rule), **(learning_rate or {}), base=1.))
        batch = self.dataloader.batch_size * self.sampler.world_size
        num_images = len(self.pool.source.dataset)
        self.rounds: list[Round] = []
        begin = 0
        for index in range(num_rounds):
            num_source = num_selected(num_images, source(index))
            if num_source < 1:
                raise ValueError(f'train_cfg.source_portion: {source(index)} of {num_images} source images are none')
            length = iterations or epochs * iterations_per_epoch(num_source + len(self.pool.target), batch, rule)
            self.rounds.append(
                Round(index, begin, begin + length, target(index), num_source,
                      selection_seed(source_policy, source_seed, index, rule), rates(index)))
            begin += length
        self._max_iters = begin

    @property
    def pool(self) -> PoolDataset:
        """The training data."""
        return self.dataloader.dataset

    @property
    def sampler(self) -> PoolSampler:
        """The sampler of the training data."""
        return self.dataloader.sampler

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint needs beside the iteration: the summaries of the rounds begun."""
        return dict(summaries=self.summaries)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave.

        Raises:
            ValueError: If the rounds were planned otherwise.
        """
        for plan, summary in zip(self.rounds, state['summaries']):
            found = {key: summary[key] for key in asdict(plan)}
            if found != asdict(plan):
                raise ValueError(f'cannot resume: round {plan.index} of this run was {found}, but is {asdict(plan)} '
                                 'now. Undo the change of train_cfg or of the image lists, or start again without '
                                 '--resume')
        self.summaries = list(state['summaries'])

    def run(self) -> nn.Module:
        """Run all rounds; return the model."""
        if self.runner.param_schedulers:
            raise ValueError('SelfTrainingLoop sets the learning rate of each round: remove param_scheduler')
        for group in self.runner.optim_wrapper.param_groups:
            group.setdefault('initial_lr', group['lr'])
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        for plan in self.rounds:
            if self._iter < plan.end:
                self._begin_round(plan)
                while self._iter < plan.end and not self.stop_training:
                    self.runner.model.train()
                    self.run_iter(self.next_batch())
                if self.stop_training:
                    break
                self._end_round(plan)
            self._evaluate(plan)
        self.runner.call_hook('after_train_epoch')
        self.runner.call_hook('after_train')
        return self.runner.model

    def folder(self, plan: Round) -> Path:
        """Folder of what a round leaves."""
        return Path(self.runner.work_dir) / f'round_{plan.index}'

    def _begin_round(self, plan: Round) -> None:
        labeler = dict(self.labeler, portion=plan.target_portion)
        store = PseudoLabelStore(self.folder(plan) / 'pseudo_labels')
        if self._iter == plan.begin:
            self.runner.logger.info(
                f'Round {plan.index} of {len(self.rounds)}: {plan.target_portion:g} of the target, {plan.num_source} '
                f'source images, {plan.end - plan.begin} iterations')
            weights = share_weights(self.runner)
            label_dataset(self.runner, self.pool.target, self.predictor, labeler, weights, store,
                          keep_maps=self.keep_maps)
            labels = store.summary() or {}
            self._keep_summary(plan, dict(asdict(plan), weights=weights, labels=labels))
            if not any(labels.get('labelled_pixels', [1])):
                raise ValueError(f'round {plan.index}: no pixel of the target has a pseudo label; the thresholds are '
                                 f'in {store.root / store.SUMMARY}. Raise train_cfg.target_portion')
            for optimizer in _optimizers(self.runner.optim_wrapper):
                optimizer.state.clear()
        else:
            reuse_labels(self.pool.target, store, describe_labels(
                self.runner, self.pool.target, self.predictor, labeler, self.summaries[plan.index]['weights']))
        self._mine(self.summaries[plan.index]['labels'])
        self.pool.source.select(plan.num_source, plan.source_seed)
        for group in self.runner.optim_wrapper.param_groups:
            group['lr'] = group['initial_lr'] * plan.learning_rate
        self.sampler.start_round(plan.index, self.samples_at(plan.begin))
        self.restart_data()

    def _mine(self, labels: dict[str, Any]) -> None:
        """Tell the crops which classes are rare; pipelines without such crops are left alone."""
        if 'smallest_classes' not in labels:
            return
        part = self.pool if self.mine_source else self.pool.target
        if has_mined_crops(part):
            set_mined_classes(part, labels['smallest_classes'], labels['priority_classes'])

    def _end_round(self, plan: Round) -> None:
        """Save the model of the round."""
        name = f'round_{plan.index}.pth'
        self.runner.save_checkpoint(
            self.runner.work_dir, name, by_epoch=False, save_param_scheduler=False,
            meta=dict(epoch=self._epoch, iter=self._iter))
        if is_main_process():
            path = Path(self.runner.work_dir, 'last_checkpoint')
            _write(path, str(path.with_name(name)))

    def _evaluate(self, plan: Round) -> None:
        """Evaluate the model of the round, unless that was done before the run was resumed."""
        summary = self.summaries[plan.index]
        if self.runner.val_loop is None or 'evaluation' in self._written(plan):
            return
        metrics = self.runner.val_loop.run()
        self._keep_summary(plan, dict(summary, evaluation={key: float(value) for key, value in metrics.items()}))

    def _keep_summary(self, plan: Round, summary: dict[str, Any]) -> None:
        self.summaries[plan.index:] = [summary]
        if is_main_process():
            _write(self.folder(plan) / SUMMARY, json.dumps(summary, indent=2))
        barrier()

    def _written(self, plan: Round) -> dict[str, Any]:
        path = self.folder(plan) / SUMMARY
        return json.loads(path.read_text()) if path.is_file() else {}


def _optimizers(wrapper: Any) -> list:
    return [part.optimizer for part in wrapper.values()] if hasattr(wrapper, 'values') else [wrapper.optimizer]


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f'.{path.name}.tmp')
    temporary.write_text(text)
    os.replace(temporary, path)
