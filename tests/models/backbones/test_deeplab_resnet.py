"""The backbone of DeepLab-v2."""

from pathlib import Path

import torch
from mmengine.config import Config

from mmuda.models.backbones import DeepLabResNet


def test_pooling_rounds_up_as_in_the_original():
    net = DeepLabResNet(depth=50, base_channels=4, stem_channels=4, out_indices=(2, 3))
    net.eval()
    with torch.no_grad():
        early, late = net(torch.randn(1, 3, 32, 48))
    assert early.shape == (1, 64, 5, 7) and late.shape == (1, 128, 5, 7)


def test_deeplab_initial_weights_load_as_published(tmp_path):
    model = Path(__file__).resolve().parents[3] / 'configs' / '_base_' / 'models' / 'deeplabv2_r101_dual.py'
    init_cfg = Config.fromfile(model).model.segmentor.backbone.init_cfg
    small = dict(depth=50, base_channels=4, stem_channels=4)
    want = DeepLabResNet(**small).state_dict()
    # Parameters below "Scale.", beside a classifier of other classes.
    torch.save(
        {**{f'Scale.{name}': value for name, value in want.items()}, 'Scale.layer5.weight': torch.ones(1)},
        tmp_path / 'init.pth',
    )
    net = DeepLabResNet(**small, init_cfg=dict(init_cfg, checkpoint=str(tmp_path / 'init.pth')))
    net.init_weights()
    assert all(torch.equal(value, want[name]) for name, value in net.state_dict().items())
