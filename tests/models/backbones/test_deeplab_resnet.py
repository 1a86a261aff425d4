"""The backbone of DeepLab-v2."""
import torch

from mmuda.models.backbones import DeepLabResNet


def test_pooling_rounds_up_as_in_the_original():
    net = DeepLabResNet(depth=50, base_channels=4, stem_channels=4, out_indices=(2, 3))
    net.eval()
    with torch.no_grad():
        early, late = net(torch.randn(1, 3, 32, 48))
    assert early.shape == (1, 64, 5, 7) and late.shape == (1, 128, 5, 7)
