"""Rounds of self-training as one training loop."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmengine.dist import barrier, broadcast_object_list, is_main_process
from mmseg.registry import LOOPS
from torch import nn
from torch.utils.data import DataLoader

from mmuda.datasets import PoolDataset, PoolSampler
from mmuda.datasets.mined_classes import mine_rare_classes
from mmuda.engine.checkpoints import latest_checkpoint
from mmuda.engine.round_labels import ModelLabels, TeacherLabels
from mmuda.engine.rounds import (
    LearningRateSchedule,
    PortionSchedule,
    iterations_per_epoch,
    num_selected,
    selection_seed,
)
from mmuda.engine.runner.uda_train_loop import UDATrainLoop
from mmuda.utils.files import replace_file
from mmuda.utils.length import TrainingLength

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
        learning_rate_factor (float): On the optimizer's rate, at the beginning of the round.
    """

    index: int
    begin: int
    end: int
    target_portion: float
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
    their ratios to it), rare classes, kept portion per class and evaluation; and the checkpoint
    ``<work dir>/round_<i>.pth``.

    A work dir belongs to one run: a run that starts at round 0 refuses folders of later rounds, and labels of other
    weights or settings in that of round 0. A run that was resumed from an earlier checkpoint than the last makes
    the labels of the rounds after it again, where they differ.

    With ``teachers`` the labels come from these, fused, and not from the model in training (ensemble distillation:
    Chao et al., CVPRW 2021). They are made once for all rounds, in ``<work dir>/pseudo_labels``.

    The length of training, of which objectives and discriminators can give their points as shares, is that of all
    rounds together.

    Args:
        runner (Runner): The runner.
        dataloader (DataLoader or dict): Over a :class:`~mmuda.datasets.PoolDataset` with a
            :class:`~mmuda.datasets.PoolSampler`.
        num_rounds (int): How many rounds.
        labeler (dict): Config of the labeler; its ``portion`` is set in every round, if it has one.
        predictor (dict, optional): Config of the predictor that labels. With ``teachers``: of those that do not name
            one of their own; may be left out.
        target_portion (dict, optional): Arguments of :class:`~mmuda.engine.rounds.PortionSchedule`. Without effect on a
            labeler without ``portion``. Not with ``teachers``.
        source_portion (dict, optional): The same for the part of the source images in use. Not where the pool has
            no source.
        learning_rate (dict): Arguments of :class:`~mmuda.engine.rounds.LearningRateSchedule`; ``base`` is that of the
            optimizer and not given here. Parameter groups keep their ratios.
        epochs (int, optional): Passes over the pool per round.
        iterations (int, optional): Length of a round, in the place of ``epochs``.
        source_policy (str): ``cumulative`` or ``random``, see :func:`~mmuda.engine.rounds.selection_seed`.
            Defaults to ``cumulative``.
        source_seed (int): Seed of the choice of source images. Defaults to 0.
        rule (str): ``clean``, ``cbst`` or ``crst``: how published code rounds and clamps. Defaults to ``clean``.
        mine_source (bool): Whether rare classes are mined in source crops, too. Defaults to True.
        keep_maps (bool): Keep the network's maps of the target while a round trains; soft labels are made of them.
            Defaults to False.
        spatial_prior (dict, optional): Arguments of :func:`~mmuda.datasets.prior_of`: the prior of all source
            images, made before the first round if it is missing, is the labeler's. ``path`` defaults to
            ``<work dir>/spatial_prior.npy``, ``shape`` (height, width) to that of the target images. Defaults to
            None: no prior but the one of ``labeler``.
        teachers (Sequence[dict], optional): Models or folders of files that label in the place of the model in
            training: arguments of :class:`~mmuda.engine.teachers.ModelTeacherConfig` or
            :class:`~mmuda.engine.teachers.FileTeacherConfig`. Defaults to None.
        store (str, optional): Folder of the teachers' labels. Runs with the same teachers and labeler can share
            one. Defaults to ``<work dir>/pseudo_labels``.
        keep_teacher_maps (bool): Where the labeler looks at all images first: keep the cached logits of the teachers
            meanwhile. False: run them twice. Defaults to True.
        owned_planes (str, optional): Folder in which what the teachers say is kept, one certainty per class and pixel,
            for labels with another threshold or window. Needs a labeler that knows the owners of the classes. Defaults
            to None: nowhere.
        pictures (bool): Write two pictures beside each label that is made, see
            :class:`~mmuda.pseudo_labels.PseudoLabelStore`. Defaults to False.

    Raises:
        ValueError: If a setting is out of range.
        TypeError: If the data are no pool.
    """

    def __init__(
        self,
        runner: Any,
        dataloader: DataLoader | dict,
        num_rounds: int,
        labeler: dict,
        predictor: dict | None = None,
        target_portion: dict | None = None,
        source_portion: dict | None = None,
        learning_rate: dict | None = None,
        epochs: int | None = None,
        iterations: int | None = None,
        source_policy: str = 'cumulative',
        source_seed: int = 0,
        rule: str = 'clean',
        mine_source: bool = True,
        keep_maps: bool = False,
        spatial_prior: dict | None = None,
        teachers: Sequence[dict] | None = None,
        store: str | None = None,
        keep_teacher_maps: bool = True,
        owned_planes: str | None = None,
        pictures: bool = False,
    ) -> None:
        if (epochs is None) == (iterations is None):
            raise ValueError('train_cfg: give either `epochs` or `iterations`, the length of a round')
        for name, value in dict(num_rounds=num_rounds, epochs=epochs, iterations=iterations).items():
            if value is not None and (int(value) != value or value < 1):
                raise ValueError(f'train_cfg.{name} must be a positive integer, got {value}')
        super().__init__(runner, dataloader, max_iters=None)
        if not isinstance(self.pool, PoolDataset) or not isinstance(self.sampler, PoolSampler):
            raise TypeError(
                'SelfTrainingLoop needs a PoolDataset with a PoolSampler, got '
                f'{type(self.pool).__name__} with {type(self.sampler).__name__}'
            )
        _check_keys(
            labels_of_teachers=teachers is not None,
            has_source=self.pool.source is not None,
            predictor=predictor,
            target_portion=target_portion,
            source_portion=source_portion,
            spatial_prior=spatial_prior,
            keep_maps=keep_maps or None,
            store=store,
            owned_planes=owned_planes,
        )
        if teachers is None:
            self.labels = ModelLabels(runner, self.pool, labeler, predictor, keep_maps, spatial_prior, pictures)
        else:
            self.labels = TeacherLabels(
                runner, self.pool, labeler, teachers, predictor, store, keep_teacher_maps, owned_planes, pictures
            )
        self.mine_source = mine_source
        self.summaries: list[dict[str, Any]] = []  # of the rounds begun
        self._round_samples = 0  # drawn before the present round
        target, source = (
            _schedule(PortionSchedule, name, rule, portion or dict(start=1.0))
            for name, portion in (('target_portion', target_portion), ('source_portion', source_portion))
        )
        self.rates: LearningRateSchedule = _schedule(
            LearningRateSchedule, 'learning_rate', rule, dict(learning_rate or {}, base=1.0)
        )
        self.rounds: list[Round] = []
        for index in range(num_rounds):
            num_source = self._num_source(source(index))
            begin = self.rounds[-1].end if self.rounds else 0
            self.rounds.append(
                Round(
                    index,
                    begin,
                    begin + (iterations or self._length(num_source, epochs, rule)),
                    target(index),
                    num_source,
                    selection_seed(source_policy, source_seed, index, rule),
                    self.rates(index),
                )
            )
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

    def _num_source(self, portion: float) -> int:
        """Number of source images that a portion is."""
        if self.pool.source is None:
            return 0
        number = num_selected(len(self.pool.source.dataset), portion)
        if number < 1:
            raise ValueError(
                f'train_cfg.source_portion: {portion} of {len(self.pool.source.dataset)} source images are none'
            )
        return number

    def _length(self, num_source: int, epochs: int, rule: str) -> int:
        """Number of iterations of a round."""
        batch = self.dataloader.batch_size * self.sampler.world_size
        return epochs * iterations_per_epoch(num_source + len(self.pool.target), batch, rule)

    def _begin_round(self, plan: Round) -> None:
        if self._iter == plan.begin:
            self.runner.logger.info(
                f'Round {plan.index} of {len(self.rounds)}: {plan.target_portion:g} of the target, {plan.num_source} '
                f'source images, {plan.end - plan.begin} iterations'
            )
            made_before = self.summaries[plan.index - 1]['weights'] if plan.index else None
            weights = self.labels.make(self.folder(plan), plan.target_portion, made_before)
            store = self.labels.store(self.folder(plan))
            labels = store.summary() or {}
            rate = self.runner.optim_wrapper.optimizer.defaults['lr'] * plan.learning_rate_factor
            self._keep_summary(
                plan,
                dict(
                    asdict(plan),
                    learning_rate=rate,
                    classes=list(self.pool.metainfo['classes']),
                    weights=weights,
                    labels=labels,
                ),
            )
            if not any(labels.get('labelled_pixels', [1])):
                raise ValueError(
                    f'round {plan.index}: no pixel of the target has a pseudo label; the thresholds are '
                    f'in {store.root / store.SUMMARY}. {self.labels.remedy} and delete {store.root}'
                )
            self._round_samples = self.samples_at(plan.begin)
            self.runner.optim_wrapper.optimizer.state.clear()
            self.runner.optim_wrapper.zero_grad()  # those of the model before do not count
        else:
            self.labels.reuse(self.folder(plan), plan.target_portion, self.summaries[plan.index]['weights'])
        self._mine(self.summaries[plan.index]['labels'])
        if self.pool.source is not None:
            self.pool.source.select(plan.num_source, plan.source_seed)
        self.sampler.start_round(plan.index, self._round_samples)
        self.restart_data()

    def _set_learning_rate(self, plan: Round) -> None:
        rate = plan.learning_rate_factor * self.rates.inside(self._iter - plan.begin, plan.end - plan.begin)
        for group in self.runner.optim_wrapper.param_groups:
            group['lr'] = group['initial_lr'] * rate

    def _mine(self, labels: dict[str, Any]) -> None:
        """Tell the crops which classes are rare."""
        mine_rare_classes(self.pool if self.mine_source else self.pool.target, labels)

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
            _write(path.with_name('last_checkpoint'), str(path))
        self.labels.end_round(self.folder(plan))  # no run comes back to it

    def _kept_evaluation(self, plan: Round) -> dict[str, float] | None:
        """Return the evaluation in ``round.json``, if it is of this round; the same on all ranks."""
        found: list[dict | None] = [None]
        path = self.folder(plan) / SUMMARY
        if is_main_process() and path.is_file():
            written = _read_summary(path)
            evaluation = written.pop('evaluation', None)
            found = [evaluation if written == self.summaries[plan.index] else None]
        broadcast_object_list(found)
        return found[0]

    def _keep_summary(self, plan: Round, summary: dict[str, Any]) -> None:
        self.summaries[plan.index :] = [summary]
        if is_main_process():
            _write(self.folder(plan) / SUMMARY, json.dumps(summary, indent=2))
        barrier()


def _read_summary(path: Path) -> dict[str, Any]:
    try:
        written = json.loads(path.read_bytes())
        if not isinstance(written, dict):
            raise ValueError(f'holds a {type(written).__name__}')
    except ValueError as error:
        raise ValueError(
            f'{path} is damaged ({error}), expected what a round of self-training has written: delete it '
            'and start again with --resume, and the round is evaluated again'
        ) from error
    return written


def _check_keys(labels_of_teachers: bool, has_source: bool, **given: Any) -> None:
    """Refuse settings that are missing, or would have no effect."""
    needed, refused = [], {}
    if labels_of_teachers:
        refused |= dict.fromkeys(('target_portion', 'spatial_prior', 'keep_maps'), 'labels come from teachers')
    else:
        needed += ['predictor', 'target_portion']
        refused['store'] = 'labels come from the model in training and lie in the folder of the round'
        refused['owned_planes'] = 'there are no teachers'
    if has_source:
        needed.append('source_portion')
    else:
        refused |= dict.fromkeys(('source_portion', 'spatial_prior'), 'the pool has no source')
    missing = [key for key in needed if given[key] is None]
    if missing:
        raise ValueError(f'train_cfg needs {", ".join(missing)}')
    for key, reason in refused.items():
        if given[key] is not None:
            raise ValueError(f'train_cfg.{key} has no effect, as {reason}: remove it')


def _schedule(kind: type, name: str, rule: str, settings: dict) -> Any:
    try:
        return kind(**dict(dict(rule=rule), **settings))
    except (TypeError, ValueError) as error:
        raise ValueError(f'train_cfg.{name}: {error}') from error


def _write(path: Path, text: str) -> None:
    try:
        replace_file(path, lambda file: file.write(text.encode()))
    except OSError as error:
        raise OSError(
            error.errno,
            f'cannot write {path} ({error.strerror or error}); free some space or mend the '
            'permissions, and continue with --resume',
        ) from error
