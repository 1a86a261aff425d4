"""The teacher of DACS, moved by the hook and a real optimizer wrapper (case of golden/dacs)."""

from types import SimpleNamespace

import torch
from mmengine.optim import OptimWrapper
from torch import nn

from mmuda.engine.ema import ema_share
from mmuda.engine.hooks import TeacherHook
from mmuda.models.segmentors import UDASegmentor
from tests.helpers.golden import assert_close, each_case

TOLERANCE = dict(rtol=1e-5, atol=1e-6)


class Student(nn.Module):
    """The parameters of the case, and a BatchNorm whose statistics are those of its buffers."""

    def __init__(self, weights: torch.Tensor, num_features: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights)
        self.norm = nn.BatchNorm1d(num_features, affine=False)
        self.norm.running_mean.fill_(5.0)


class Model(UDASegmentor):
    """A student and its teacher."""

    needs_teacher = True

    def __init__(self, student: nn.Module) -> None:
        nn.Module.__init__(self)
        self.student = student
        self._not_submodules = {}


class ToGivenWeights(torch.optim.Optimizer):
    """Each step sets the parameters to the next row."""

    def __init__(self, params: list[nn.Parameter], rows: torch.Tensor) -> None:
        super().__init__(params, {})
        self.rows = list(rows)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        self.param_groups[0]['params'][0].copy_(self.rows.pop(0))


@each_case('dacs', 'ema*')
def test_share(case):
    shares = [ema_share(int(i), float(case['param_alpha'])) for i in case['param_iterations']]
    assert_close(shares, case['out_alpha'], 1e-12)


@each_case('dacs', 'ema*')
def test_ema(case):
    student = Student(torch.from_numpy(case['in_student_init']), len(case['out_buffer']))
    optimizer = ToGivenWeights([student.weights], torch.from_numpy(case['in_student']))
    runner = SimpleNamespace(model=Model(student), optim_wrapper=OptimWrapper(optimizer))
    hook = TeacherHook(momentum=float(case['param_alpha']))
    hook.before_train(runner)
    torch.testing.assert_close(hook.teacher.weights.data, torch.from_numpy(case['out_teacher_init']), **TOLERANCE)
    for iteration, want in zip(case['param_iterations'], torch.from_numpy(case['out_teacher']), strict=True):
        hook.updates = int(iteration)
        runner.optim_wrapper.update_params(student.weights.sum())
        torch.testing.assert_close(hook.teacher.weights.data, want, **TOLERANCE)
    assert hook.teacher.norm.running_mean.tolist() == case['out_buffer'].tolist()
