"""How the teacher starts, moves, is saved and restored."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import nn

from mmuda.engine.ema import ema_share, ema_update_
from mmuda.engine.hooks import TeacherHook
from mmuda.engine.optimizers import AmpOptimWrapper
from mmuda.models.segmentors import UDASegmentor


class Model(UDASegmentor):
    """A student of one BatchNorm and one layer, and its teacher."""

    needs_teacher = True

    def __init__(self, width: int = 3) -> None:
        nn.Module.__init__(self)
        torch.manual_seed(0)
        self.student = nn.Sequential(nn.Linear(2, width), nn.BatchNorm1d(width), nn.Dropout())
        self._not_submodules = {}


class Run:
    """A hook in a run; the student's weights change by -1 per update."""

    def __init__(
        self,
        model: Model | None = None,
        accumulative_counts: int = 1,
        resume: bool = False,
        checkpoint: dict | None = None,
        **options,
    ) -> None:
        self.model = model or Model()
        self.wrapper = OptimWrapper(torch.optim.SGD(self.model.parameters(), lr=1.0), accumulative_counts)
        self.runner = SimpleNamespace(model=self.model, optim_wrapper=self.wrapper, _resume=resume)
        self.hook = TeacherHook(**options)
        if checkpoint is not None:
            self.hook.after_load_checkpoint(self.runner, checkpoint)
        self.hook.before_train(self.runner)

    @property
    def weight(self) -> torch.Tensor:
        return self.hook.teacher[0].weight

    @property
    def norm(self) -> nn.BatchNorm1d:
        return self.hook.teacher[1]

    def train(self, iterations: int = 1) -> None:
        for _ in range(iterations):
            self.wrapper.update_params(self.model.student[0].weight.sum() * self.wrapper._accumulative_counts)

    def checkpoint(self) -> dict:
        checkpoint = {}
        self.hook.before_save_checkpoint(self.runner, checkpoint)
        return checkpoint


def student_with_statistics() -> Model:
    model = Model()
    model.student[1].running_mean.fill_(5.0)
    model.student[1].num_batches_tracked.fill_(7)
    return model


def test_teacher_starts_as_a_copy_of_the_student():
    run = Run()
    assert torch.equal(run.weight, run.model.student[0].weight) and run.weight is not run.model.student[0].weight


def test_first_update_copies_the_student():
    run = Run()
    run.train()
    assert torch.equal(run.weight, run.model.student[0].weight)


def test_first_update_that_averages():
    run = Run(first_update=1)
    run.train(2)
    # shares 1/2, 2/3 of weights w, w - 1, w - 2
    torch.testing.assert_close(run.weight, Model().student[0].weight - 1)


def test_momentum_is_the_limit_of_the_share():
    run = Run(momentum=0.5)
    run.train(3)
    # shares 0, 1/2, 1/2 of weights w - 1, w - 2, w - 3
    torch.testing.assert_close(run.weight, Model().student[0].weight - 2.25)


def test_gradient_accumulation_counts_steps_of_the_optimizer():
    run = Run(accumulative_counts=2)
    run.train(5)
    assert run.hook.updates == 2


def test_step_that_a_gradient_scaler_skips_does_not_count():
    run = Run()
    scaler = torch.amp.GradScaler('cpu', init_scale=8.0)
    for factor in (1.0, float('inf'), 1.0):
        run.wrapper.zero_grad()
        scaler.scale(run.model.student[0].weight.sum() * factor).backward()
        scaler.step(run.wrapper.optimizer)
        scaler.update()
    assert run.hook.updates == 2


def test_teacher_is_frozen_and_set():
    run = Run()
    assert run.model.teacher is run.hook.teacher
    assert not any(parameter.requires_grad for parameter in run.hook.teacher.parameters())
    assert {name.split('.')[0] for name in run.model.state_dict()} == {'student'}


def test_no_teacher_where_nobody_needs_one():
    model = Model()
    model.needs_teacher = False
    run = Run(model)
    run.train()
    assert run.hook.teacher is None and model.teacher is None and run.checkpoint() == {}


def test_own_buffers_start_fresh_and_are_left_alone_by_updates():
    run = Run(student_with_statistics())
    run.train(2)
    assert not run.norm.running_mean.any() and not run.norm.num_batches_tracked


def test_own_statistics_are_moved_by_the_teachers_passes():
    run = Run()
    run.hook.teacher(torch.ones(4, 2) * 100)
    assert run.norm.running_mean.any()


def test_copied_buffers():
    run = Run(student_with_statistics(), buffers='copy')
    run.model.student[1].running_mean.fill_(9.0)
    run.train()
    assert run.norm.running_mean.eq(9.0).all() and run.norm.num_batches_tracked == 7


def test_averaged_buffers():
    run = Run(student_with_statistics(), buffers='average', momentum=0.75)
    run.train(8)
    run.model.student[1].running_mean.fill_(9.0)
    run.model.student[1].num_batches_tracked.fill_(8)
    run.train()
    assert run.norm.running_mean.eq(6.0).all() and run.norm.num_batches_tracked == 8


@pytest.mark.parametrize('buffers', ['copy', 'average'])
def test_only_own_statistics_are_moved_by_the_teachers_passes(buffers):
    run = Run(buffers=buffers)
    run.hook.teacher(torch.ones(4, 2) * 100)
    assert not run.norm.running_mean.any()


@pytest.mark.parametrize('mode', ['train', 'eval'])
def test_mode(mode):
    run = Run(mode=mode, buffers='copy')
    run.model.eval()
    run.model.train()
    assert {module.training for module in run.hook.teacher.modules()} == {mode == 'train'}


def test_mode_in_which_batch_norm_alone_trains():
    run = Run(mode='batch_norm')
    assert [module.training for module in run.hook.teacher.modules()] == [False, False, True, False]


class FrozenNorm(nn.BatchNorm1d):
    """In evaluation mode whatever it is told."""

    def train(self, mode: bool = True) -> nn.Module:
        return super().train(False)


def test_norm_that_the_student_keeps_in_evaluation_stays_so():
    model = Model()
    model.student[1] = FrozenNorm(3)
    assert not Run(model, mode='batch_norm', buffers='copy').norm.training


def test_model_of_another_kind_has_no_teacher():
    hook = TeacherHook()
    hook.before_train(SimpleNamespace(model=nn.Linear(1, 1)))
    assert hook.teacher is None


def test_resumed_run_equals_an_undisturbed_one():
    whole = Run()
    whole.train(3)
    first = Run()
    first.train(2)
    second = Run(first.model, resume=True, checkpoint=first.checkpoint())
    first.hook.after_train(first.runner)
    second.train()
    assert torch.equal(second.weight, whole.weight) and second.hook.updates == 3


def test_restored_statistics():
    first = Run()
    first.norm.running_mean.fill_(2.0)
    assert Run(resume=True, checkpoint=first.checkpoint()).norm.running_mean.eq(2.0).all()


def test_load_from_starts_a_new_teacher():
    first = Run()
    first.train(2)
    second = Run(checkpoint=first.checkpoint())
    assert torch.equal(second.weight, second.model.student[0].weight) and second.hook.updates == 0


def test_after_training_the_optimizer_is_not_followed():
    run = Run()
    run.hook.after_train(run.runner)
    run.train()
    assert run.hook.updates == 0


def test_resuming_without_teacher_is_refused():
    with pytest.raises(RuntimeError, match='checkpoint has no teacher, and an objective needs one'):
        Run(resume=True, checkpoint={})


def test_resuming_with_a_teacher_of_another_architecture_is_refused():
    with pytest.raises(RuntimeError, match=r'(?s)teacher is of another architecture.*size mismatch'):
        Run(Model(width=4), resume=True, checkpoint=Run().checkpoint())


def test_own_statistics_of_a_norm_in_eval_mode_are_refused():
    model = Model()
    model.student[1].train = lambda mode=True: nn.Module.train(model.student[1], False)
    model.student[1].train()
    with pytest.raises(ValueError, match="TeacherHook: 1 of the student is in eval mode .* set .*buffers='copy'"):
        Run(model)


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(momentum=1.0), r'momentum must be in \[0, 1\), got 1.0'),
        (dict(momentum=-0.1), r'momentum must be in \[0, 1\), got -0.1'),
        (dict(buffers='none'), "buffers must be one of .*got 'none'"),
        (dict(mode='test'), "mode must be one of .*got 'test'"),
        (dict(mode='eval'), "set buffers='copy' or 'average'"),
        (dict(first_update=-1), 'first_update must be 0 or more, got -1'),
    ],
)
def test_settings_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        TeacherHook(**options)


def test_several_optimizers_are_refused():
    with pytest.raises(TypeError, match='follows one optimizer, got a dict'):
        TeacherHook().before_train(SimpleNamespace(model=Model(), optim_wrapper={}))


def test_fused_optimizer_under_a_gradient_scaler_is_refused():
    model = Model()

    def start(kind: type[OptimWrapper], fused: bool, scaled: bool) -> None:
        wrapper = kind(optimizer=torch.optim.SGD(model.parameters(), lr=1.0, fused=fused))
        wrapper.loss_scaler = torch.amp.GradScaler('cpu', enabled=scaled)  # on a GPU it is enabled
        TeacherHook().before_train(SimpleNamespace(model=model, optim_wrapper=wrapper))

    start(OptimWrapper, fused=True, scaled=False)
    start(AmpOptimWrapper, fused=True, scaled=False)
    start(AmpOptimWrapper, fused=False, scaled=True)
    with pytest.raises(ValueError, match=r'a fused SGD skips.*set optim_wrapper\.optimizer\.fused=False'):
        start(AmpOptimWrapper, fused=True, scaled=True)


def test_averaging_needs_tensors_in_pairs():
    with pytest.raises(ValueError, match='shorter'):
        ema_update_([torch.zeros(1)] * 2, [torch.ones(1)], 0.5)


@pytest.mark.parametrize('updates, share', [(0, 0.0), (1, 0.5), (9, 0.9), (98, 1 - 1 / 99), (99, 0.99), (10**6, 0.99)])
def test_share(updates, share):
    assert ema_share(updates, 0.99) == share
