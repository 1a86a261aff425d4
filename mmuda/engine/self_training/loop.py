"""Rounds of self-training as one training loop."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmengine.dist import barrier, broadcast_object_list, is_main_process
from mmseg.registry import LOOPS
from torch import nn
from torch.utils.data import DataLoader

from mmuda.datasets import PoolDataset, PoolSampler
from mmuda.engine.checkpoints import latest_checkpoint
from mmuda.engine.runner.uda_train_loop import UDATrainLoop
from mmuda.engine.self_training.round_files import SUMMARY, read_summary, write_summary, write_text
from mmuda.engine.self_training.round_labels import build_round_labels
from mmuda.engine.self_training.schedules import (
    PortionSchedule,
    SourceSchedule,
    build_rates,
    build_schedule,
    iterations_per_epoch,
)
from mmuda.utils.length import TrainingLength


@dataclass(frozen=True)
class Round:
    """One round, as planned.

    Attributes:
        index (int): From 0.
        begin (int): Its first iteration.
        end (int): The iteration after its last.
        target_portion (float, optional): Portion of the target's pixels (of each class) to label; None where
            ``train_cfg.labels`` has none.
        num_source (int): Number of source images.
        source_seed (int): Seed of their choice.
        learning_rate_factor (float): On the optimizer's rate, at the beginning of the round.
    """

    index: int
    begin: int
    end: int
    target_portion: float | None
    num_source: int
    source_seed: int
    learning_rate_factor: float


@LOOPS.register_module()
class SelfTrainingLoop(UDATrainLoop):
    """Rounds of: label the target, choose source images, train, save, evaluate.

    A round starts from the weights of the one before, with a fresh optimizer. Killed anywhere and resumed, the run
    continues exactly: labels are continued where they were left, training from the last checkpoint, and a round
    whose evaluation is missing is evaluated. Each round leaves in ``<work dir>/round_<i>`` its pseudo labels with
    thresholds and class sizes, and ``round.json`` with its plan, the names of the classes, of which all lists per class
    have the order, the learning rate (of the optimizer's config at the beginning of the round; parameter groups keep
    their ratios to it), mined classes, kept portion per class and evaluation; and the checkpoint
    ``<work dir>/round_<i>.pth``.

    A work dir belongs to one run: a run that starts at round 0 refuses folders of later rounds, and labels of other
    weights or settings in that of round 0. A run that was resumed from an earlier checkpoint than the last makes
    the labels of the rounds after it again, where they differ.

    Who labels is a strategy, ``labels``: the model in training (:class:`~mmuda.engine.self_training.ModelLabels`),
    teachers (:class:`~mmuda.engine.self_training.TeacherLabels`) or another
    :class:`~mmuda.engine.self_training.RoundLabels`. The classes that crops look for are those that the summary of a
    round's labels names as ``mined_classes``; without them nothing is mined.

    The length of training, of which objectives and discriminators can give their points as shares, is that of all
    rounds together.

    Args:
        runner (Runner): The runner.
        dataloader (DataLoader or dict): Over a :class:`~mmuda.datasets.PoolDataset` with a
            :class:`~mmuda.datasets.PoolSampler`.
        num_rounds (int): How many rounds.
        labels (dict): Config of the strategy that labels.
        source (dict, optional): Which source images are in use: ``portion``, arguments of
            :class:`~mmuda.engine.self_training.schedules.PortionSchedule`, and ``policy``, ``seed`` and ``mine`` of
            :class:`~mmuda.engine.self_training.schedules.SourceSchedule`. Not where the pool has no source.
        learning_rate (dict, optional): Config of a :class:`~mmuda.engine.self_training.schedules.RoundRates`, of
            ``type`` :class:`~mmuda.engine.self_training.schedules.LearningRateSchedule` where none is given; ``base``
            is that of the optimizer and not given here. Parameter groups keep their ratios. Defaults to None: those of
            ``rule``.
        epochs (int, optional): Passes over the pool per round.
        iterations (int, optional): Length of a round, if not given by ``epochs``.
        rule (str): ``paper``, ``cbst`` or ``crst``: how published code rounds and clamps. Defaults to ``paper``.

    Raises:
        ValueError: If a setting is out of range, or has no effect.
        TypeError: If the data are no pool.
    """

    def __init__(
        self,
        runner: Any,
        dataloader: DataLoader | dict,
        num_rounds: int,
        labels: dict,
        source: dict | None = None,
        learning_rate: dict | None = None,
        epochs: int | None = None,
        iterations: int | None = None,
        rule: str = 'paper',
    ) -> None:
        _check_length(num_rounds, epochs, iterations)
        super().__init__(runner, dataloader, max_iters=None)
        if not isinstance(self.pool, PoolDataset) or not isinstance(self.sampler, PoolSampler):
            raise TypeError(
                'SelfTrainingLoop needs a PoolDataset with a PoolSampler, got '
                f'{type(self.pool).__name__} with {type(self.sampler).__name__}'
            )
        self.source = _source_schedule(source, rule, self.pool.source is not None)
        self.rates = build_rates(learning_rate, rule)
        self.labels = build_round_labels(labels, runner, self.pool, rule)
        self.summaries: list[dict[str, Any]] = []  # of the rounds begun
        self._round_samples = 0  # drawn before the present round
        self.rounds: list[Round] = []
        for index in range(num_rounds):
            begin = self.rounds[-1].end if self.rounds else 0
            self.rounds.append(self._plan(index, begin, epochs, iterations, rule))
        self.set_length(TrainingLength(self.rounds[-1].end, 'the length of all rounds'))

    @property
    def pool(self) -> PoolDataset:
        """The training data."""
        return self.dataloader.dataset

    @property
    def sampler(self) -> PoolSampler:
        """The sampler of the training data."""
        return self.dataloader.sampler

    @property
    def round_ends(self) -> frozenset[int]:
        """frozenset[int]: See :class:`UDATrainLoop`."""
        return frozenset(plan.end for plan in self.rounds)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint needs beside the iteration: the rounds begun, and the samples drawn before the last."""
        return dict(summaries=self.summaries, round_samples=self._round_samples)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave.

        Raises:
            ValueError: If the rounds were planned otherwise, or the checkpoint is of another loop.
        """
        if 'summaries' not in state:
            raise ValueError(
                'cannot resume: the checkpoint is not of rounds of self-training. To start from its '
                'weights, set load_from=CHECKPOINT without --resume'
            )
        if not all('mined_classes' in summary for summary in state['summaries']):
            raise ValueError(
                'cannot resume: the rounds of the checkpoint are of an older version of mmuda, which does not say '
                'which classes it mined. To start from its weights, set load_from=CHECKPOINT without --resume'
            )
        for plan, summary in zip(self.rounds, state['summaries']):
            found = {key: summary.get(key) for key in asdict(plan)}
            if found != asdict(plan):
                raise ValueError(
                    f'cannot resume: round {plan.index} of this run was {found}, but is {asdict(plan)} '
                    'now. Undo the change of train_cfg or of the image lists, or start again without '
                    '--resume'
                )
        self.summaries = list(state['summaries'])
        self._round_samples = state['round_samples']

    def run(self) -> nn.Module:
        """Run all rounds; return the model."""
        if self.runner.param_schedulers:
            raise ValueError('SelfTrainingLoop sets the learning rate of each round: remove param_scheduler')
        for group in self.runner.optim_wrapper.param_groups:
            group.setdefault('initial_lr', group['lr'])
        self._check_start()
        self.labels.prepare()
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        for plan in self.rounds:
            trains = self._iter < plan.end and not self.stop_training
            if trains:
                self._begin_round(plan)
            while self._iter < plan.end and not self.stop_training:
                self.runner.model.train()
                self._set_learning_rate(plan)
                self.run_iter(self.next_batch())
            if self._iter == plan.end:
                self._end_round(plan, trains)
        self.runner.call_hook('after_train_epoch')
        self.runner.call_hook('after_train')
        return self.runner.model

    def folder(self, plan: Round) -> Path:
        """Folder of what a round leaves."""
        return Path(self.runner.work_dir) / f'round_{plan.index}'

    def _check_start(self) -> None:
        """Refuse to mix two runs, and to continue what the checkpoint does not know."""
        if self._iter == 0:
            later = [
                str(path)
                for path in Path(self.runner.work_dir).glob('round_*')
                if path.is_dir() and path != self.folder(self.rounds[0])
            ]
            if later:
                raise ValueError(
                    f'{self.runner.work_dir} has rounds of another run: {", ".join(sorted(later))}. '
                    'Continue that run with --resume, move or delete these folders, or choose another '
                    'work_dir'
                )
        elif len(self.summaries) < sum(plan.begin < self._iter for plan in self.rounds):
            raise ValueError(
                'cannot resume: the checkpoint does not say what its rounds were, as it was saved without '
                'ResumeStateHook. Start from its weights instead, with load_from=CHECKPOINT and without '
                '--resume'
            )

    def _plan(self, index: int, begin: int, epochs: int | None, iterations: int | None, rule: str) -> Round:
        """Plan a round; its length is ``iterations``, or ``epochs`` passes over its pool."""
        num_source = seed = 0
        if self.source is not None and self.pool.source is not None:
            num_source = self.source.number(index, len(self.pool.source.dataset))
            seed = self.source.selection_seed(index)
        if iterations is None:
            batch = self.dataloader.batch_size * self.sampler.world_size
            iterations = (epochs or 1) * iterations_per_epoch(num_source + len(self.pool.target), batch, rule)
        portion = self.labels.target_portion(index)
        return Round(index, begin, begin + iterations, portion, num_source, seed, self.rates(index))

    def _begin_round(self, plan: Round) -> None:
        if self._iter == plan.begin:
            self._label(plan)
            self._round_samples = self.samples_at(plan.begin)
            self.runner.optim_wrapper.optimizer.state.clear()
            self.runner.optim_wrapper.zero_grad()  # those of the model before do not count
        else:
            self.labels.reuse(plan.index, self.folder(plan), self.summaries[plan.index]['weights'])
        mined = self.summaries[plan.index]['mined_classes']
        if mined:
            self.pool.mine(**mined, in_source=self.source is not None and self.source.mine)
        if self.source is not None and self.pool.source is not None:
            self.pool.source.select(plan.num_source, plan.source_seed)
        self.sampler.start_round(plan.index, self._round_samples)
        self.restart_data()

    def _label(self, plan: Round) -> None:
        """Make the labels of a round and write down what they are."""
        portion = '' if plan.target_portion is None else f'{plan.target_portion:g} of the target, '
        self.runner.logger.info(
            f'Round {plan.index} of {len(self.rounds)}: {portion}{plan.num_source} source images, '
            f'{plan.end - plan.begin} iterations'
        )
        folder = self.folder(plan)
        made_before = self.summaries[plan.index - 1]['weights'] if plan.index else None
        weights = self.labels.make(plan.index, folder, made_before)
        store = self.labels.store(folder)
        labels = dict(store.summary() or {})
        mined = labels.pop('mined_classes', {})
        self._keep_summary(
            plan,
            dict(
                asdict(plan),
                learning_rate=self.runner.optim_wrapper.optimizer.defaults['lr'] * plan.learning_rate_factor,
                classes=list(self.pool.metainfo['classes']),
                weights=weights,
                mined_classes=mined,
                labels=labels,
            ),
        )
        if not any(labels.get('labeled_pixels', [1])):
            raise ValueError(
                f'round {plan.index}: no pixel of the target has a pseudo label; the thresholds are '
                f'in {store.root / store.SUMMARY}. {self.labels.remedy} and delete {store.root}'
            )

    def _set_learning_rate(self, plan: Round) -> None:
        rate = plan.learning_rate_factor * self.rates.inside(self._iter - plan.begin, plan.end - plan.begin)
        for group in self.runner.optim_wrapper.param_groups:
            group['lr'] = group['initial_lr'] * rate

    def _end_round(self, plan: Round, trained: bool) -> None:
        """Save the model of the round and evaluate it, unless that was done before the run was resumed here."""
        if is_main_process():
            self._save(plan, trained)
        if self.runner.val_loop is None:
            return
        summary = self.summaries[plan.index]
        evaluation = None if trained else self._kept_evaluation(plan)
        if evaluation is None:
            evaluation = {key: float(value) for key, value in self.runner.val_loop.run().items()}
        self._keep_summary(plan, dict(summary, evaluation=evaluation))

    def _save(self, plan: Round, trained: bool) -> None:
        path = Path(self.runner.work_dir, f'round_{plan.index}.pth')
        latest = None if trained else latest_checkpoint(self.runner.work_dir)
        if latest != str(path):
            self.runner.save_checkpoint(
                self.runner.work_dir,
                path.name,
                by_epoch=False,
                save_param_scheduler=False,
                meta=dict(epoch=self._epoch, iter=self._iter),
            )
            write_text(path.with_name('last_checkpoint'), str(path))
        self.labels.end_round(self.folder(plan))  # no run comes back to it

    def _kept_evaluation(self, plan: Round) -> dict[str, float] | None:
        """Return the evaluation in ``round.json``, if it is of this round; the same on all ranks."""
        found: list[dict | None] = [None]
        path = self.folder(plan) / SUMMARY
        if is_main_process() and path.is_file():
            written = read_summary(path)
            evaluation = written.pop('evaluation', None)
            found = [evaluation if written == self.summaries[plan.index] else None]
        broadcast_object_list(found)
        return found[0]

    def _keep_summary(self, plan: Round, summary: dict[str, Any]) -> None:
        self.summaries[plan.index :] = [summary]
        if is_main_process():
            write_summary(self.folder(plan) / SUMMARY, summary)
        barrier()


def _check_length(num_rounds: int, epochs: int | None, iterations: int | None) -> None:
    """Refuse lengths that are missing, given twice, or no positive integers."""
    if (epochs is None) == (iterations is None):
        raise ValueError('train_cfg: give either `epochs` or `iterations`, the length of a round')
    for name, value in dict(num_rounds=num_rounds, epochs=epochs, iterations=iterations).items():
        if value is not None and (int(value) != value or value < 1):
            raise ValueError(f'train_cfg.{name} must be a positive integer, got {value}')


def _source_schedule(settings: dict | None, rule: str, has_source: bool) -> SourceSchedule | None:
    """Read ``train_cfg.source``; None where the pool has no source."""
    if not has_source:
        if settings is not None:
            raise ValueError('train_cfg.source has no effect, as the pool has no source: remove it')
        return None
    if settings is None or 'portion' not in settings:
        raise ValueError(
            'train_cfg needs source.portion, the part of the source images in use: '
            'source=dict(portion=dict(start=1.0)) for all of them'
        )
    portion = build_schedule(PortionSchedule, 'source.portion', rule, settings['portion'])
    return build_schedule(SourceSchedule, 'source', rule, dict(settings, portion=portion))
