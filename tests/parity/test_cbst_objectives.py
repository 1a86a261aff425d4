"""CBST's loss as a method has it: an objective on a pool (cases of golden/cbst)."""

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmuda.models.objectives import Supervision
from mmuda.models.segmentors import Step
from tests.helpers.golden import Case, each_case
from tests.parity.test_crst_objectives import Logits


def grid_step(case: Case, labels: np.ndarray, flipped: np.ndarray) -> Step:
    """A step on crops with these labels (B, H, W), some of them mirrored."""
    samples = [
        SegDataSample(
            gt_sem_seg=PixelData(data=torch.from_numpy(np.ascontiguousarray(label)[None].astype(np.int64))),
            metainfo=dict(flip_direction='horizontal' if flip else None),
        )
        for label, flip in zip(labels, flipped)
    ]
    return Step(Logits(case), dict(pool=torch.zeros(len(samples), 3, *labels.shape[1:])), dict(pool=samples), 0)


@each_case('cbst', 'loss_grid*')
def test_loss_grid(case):
    labels, flipped = case['out_crop_label'].copy(), case['out_flip'].astype(bool)
    labels[flipped] = labels[flipped][:, :, ::-1]
    step = grid_step(case, labels, flipped)
    loss = Supervision('pool', resolution='logits')(step)['loss_main']
    loss.backward()
    assert loss.item() == pytest.approx(float(case['out_loss']), rel=1e-5)
    np.testing.assert_allclose(step.student.values.grad.numpy(), case['out_grad_logits'], rtol=1e-4, atol=1e-8)


@each_case('cbst', 'loss_all_ignored*')
def test_loss_all_ignored(case):
    labels = np.kron(case['in_grid_label'].reshape(-1, *case['in_logits'].shape[2:]), np.ones((1, 8, 8)))
    step = grid_step(case, labels, np.zeros(len(labels), bool))
    loss = Supervision('pool', resolution='logits')(step)['loss_main']
    loss.backward()
    assert loss.item() == float(case['out_loss'])
    assert np.array_equal(step.student.values.grad, case['out_grad_logits'])
