"""CRST's losses as a method has them: objectives on a pool (cases of golden/crst)."""

import numpy as np
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mmuda.models.objectives import ModelRegularization, SoftLabelSupervision, Supervision
from mmuda.models.segmentors import Step
from tests.helpers.golden import Case, assert_close, each_case
from tests.parity.test_crst_losses import as_trained


class Logits(nn.Module):
    """A student that gives the logits of a case."""

    with_auxiliary_head = False

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.from_numpy(case['in_logits'].copy()))
        self.decode_head = nn.Identity()
        self.decode_head.align_corners = True

    def extract_feat(self, images: torch.Tensor) -> torch.Tensor:
        return self.values


def pool_step(case: Case, labels: np.ndarray, is_target: np.ndarray) -> Step:
    """A step on samples with these labels (B, H, W) and domains."""
    samples = [
        SegDataSample(
            gt_sem_seg=PixelData(data=torch.from_numpy(label[None].astype(np.int64))),
            metainfo=dict(domain='target' if target else 'source'),
        )
        for label, target in zip(labels, is_target)
    ]
    return Step(Logits(case), dict(pool=torch.zeros(len(samples), 3, *labels.shape[1:])), dict(pool=samples), 0)


def assert_total(step: Step, objectives: list, value: np.ndarray, gradient: np.ndarray) -> None:
    total = sum(sum(objective(step).values()) for objective in objectives)
    total.backward()
    assert_close(total.detach(), value, 1e-5, 'loss')
    assert_close(step.student.values.grad, gradient, 1e-5, 'gradient')


@each_case('crst', 'mrkld*')
def test_mrkld_as_trained(case):
    row, weights = as_trained(case)
    step = pool_step(case, case['in_labels'], weights != 0)
    supervision = Supervision('pool')
    regularization = ModelRegularization(loss=dict(type='ModelRegularizationLoss', weight=float(case['param_alpha'])))
    assert_total(step, [supervision, regularization], case['out_loss'][row], case['out_grad_logits'][row])


@each_case('crst', 'lrent_loss*')
def test_lrent_loss(case):
    soft = case['in_soft_labels']
    one_hot = (soft.max(1) == 1).any((1, 2)) & np.isin(soft, (0, 1)).all((1, 2, 3))  # the source samples
    assert 0 < one_hot.sum() < len(soft)
    labels = np.where(soft.sum(1) > 0, soft.argmax(1), 255)
    step = pool_step(case, labels, ~one_hot)
    for sample, target in zip(step.data_samples['pool'], soft):
        if sample.domain == 'target':
            sample.set_data(dict(gt_soft_seg=PixelData(data=torch.from_numpy(target))))
    assert_total(step, [SoftLabelSupervision()], case['out_loss'], case['out_grad_logits'])
