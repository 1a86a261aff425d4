"""The teacher of DAFormer, moved by the hook and a real optimizer wrapper (case of golden/daformer)."""

from types import SimpleNamespace

import torch
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from mmuda.engine.hooks import TeacherHook
from tests.helpers.golden import Case, assert_close, each_case
from tests.parity.test_dacs_ema import Model, ToGivenWeights

TOLERANCE = 1e-6


class Student(nn.Module):
    """The parameters of the case, one by one, and the buffers of its BatchNorm."""

    def __init__(self, case: Case, values: Tensor, buffers: Tensor) -> None:
        super().__init__()
        self.flat = nn.Parameter(values.clone())
        self.norm = nn.BatchNorm1d((len(buffers) - 1) // 2, affine=False)
        set_buffers(self, buffers)


def set_buffers(module: nn.Module, values: Tensor) -> None:
    mean, variance, batches = values.split([module.norm.num_features, module.norm.num_features, 1])
    module.norm.running_mean.copy_(mean)
    module.norm.running_var.copy_(variance)
    module.norm.num_batches_tracked.fill_(int(batches))


def buffers_of(module: nn.Module) -> Tensor:
    return torch.cat([buffer.flatten().float() for buffer in module.norm.buffers()])


@each_case('daformer', 'ema*')
def test_teacher_of_daformer(case):
    names = range(len(case['param_iters']) + 1)
    students = [torch.from_numpy(case[f'in_student_{k}']) for k in names]
    assert case['param_sizes'].sum() == len(students[0]) == len(case['in_teacher_start'])
    assert len(case['param_names']) == len(case['param_sizes'])
    student = Student(case, students[0], torch.from_numpy(case['in_student_buffers_0']))
    optimizer = ToGivenWeights([student.flat], students[1:])
    runner = SimpleNamespace(model=Model(student), optim_wrapper=OptimWrapper(optimizer))
    hook = TeacherHook(momentum=float(case['param_alpha']), mode='batch_norm', first_update=1)
    hook.before_train(runner)
    set_buffers(hook.teacher, torch.from_numpy(case['in_teacher_buffers_start']))
    assert_close(hook.teacher.flat.data, case['out_teacher_0'], TOLERANCE)
    assert not hook.teacher.flat.requires_grad and not case['out_requires_grad_after_init'].any()
    for k, iteration in enumerate(case['param_iters'], start=1):
        # The original averages before step t what our hook averages after step t - 1.
        hook.updates = int(iteration) - 1
        runner.optim_wrapper.update_params(student.flat.sum())
        assert_close(hook.teacher.flat.data, case[f'out_teacher_{k}'], TOLERANCE)
        assert_close(buffers_of(hook.teacher), case[f'out_teacher_buffers_{k}'], TOLERANCE)
    assert_close(buffers_of(hook.teacher), case['out_teacher_buffers_0'], TOLERANCE)
