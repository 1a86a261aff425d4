"""Class weights of Depth Distribution, pseudo labels of CTRL (cases of golden/depdis, golden/ctrl)."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmseg.registry import MODELS

from mmuda.pseudo_labels import ConfidenceLabeler
from tests.helpers.golden import Case, each_case, each_variant

CONFIGS = Path(__file__).resolve().parents[2] / 'configs' / 'depth_distribution'
EXPERIMENTS = dict(
    exp1='synthia2cs_stage1',
    exp2='synthia2cs_7_stage1',
    exp3='synthia2cs_7_640x320_stage1',
    exp4='synthia2mapillary_stage1',
    exp5='synthia2mapillary_640x320_stage1',
    self_16='synthia2cs',
    self_7='synthia2cs_7',
)


def loss_of(name: str, case: Case, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The segmentation loss of a shipped config."""
    settings = Config.fromfile(CONFIGS / f'{EXPERIMENTS[name]}.py').model.objectives[0]
    assert settings.type == 'Supervision'
    weights = None
    if 'class_weights' in settings:
        weights = MODELS.build(dict(settings.class_weights, num_classes=logits.shape[1]))(labels)
        np.testing.assert_allclose(weights, case[f'param_weight_{logits.shape[1]}'], rtol=1e-6)
    return MODELS.build(settings.get('loss', dict(type='PixelCrossEntropyLoss')))(logits, labels, class_weight=weights)


def inputs(case: Case, number: int) -> tuple[torch.Tensor, torch.Tensor]:
    logits = torch.from_numpy(case[f'in_logits_{number}']).requires_grad_()
    return logits, torch.from_numpy(case[f'in_label_{number}']).long()


@each_variant('depdis', 'class_weights*', 'out_loss_')
def test_segmentation_loss_of_each_experiment(case, suffix):
    number = 16 if suffix == 'exp1' or suffix.endswith('_16') else 7
    logits, labels = inputs(case, number)
    if suffix.startswith('all_ignored'):
        # no number in the original, whose gradient is 0 all the same; ours is 0
        assert np.isnan(case[f'out_loss_{suffix}'])
        loss = loss_of(f'self_{number}', case, logits, torch.full_like(labels, 255))
        loss.backward()
        assert loss == 0
        np.testing.assert_array_equal(logits.grad, case[f'out_grad_{suffix}'])
        return
    loss = loss_of(suffix, case, logits, labels)
    loss.backward()
    np.testing.assert_allclose(loss.detach(), case[f'out_loss_{suffix}'], rtol=1e-5)
    gradient = case[f'out_grad_logits_{number}_{suffix.removesuffix(f"_{number}")}']
    np.testing.assert_allclose(logits.grad, gradient, rtol=1e-5, atol=1e-7)


@each_case('ctrl', 'self_training_labels*')
def test_labels_of_ctrl(case):
    size = tuple(case['param_size_hw'].tolist())
    logits = F.interpolate(torch.from_numpy(case['in_logits']), size, mode='bilinear', align_corners=True)
    threshold = float(case['param_threshold'])
    planes = ConfidenceLabeler(threshold)(logits.softmax(1)[0])
    sure = (planes.confidence - threshold).abs().numpy() >= 1e-5
    np.testing.assert_array_equal(planes.label.numpy()[sure], case['out_label'][sure])
    # the original's folders say the threshold; ours are those of the image, the manifest says the threshold
    assert f'_{threshold}/' in case['param_relative_path'].item()
