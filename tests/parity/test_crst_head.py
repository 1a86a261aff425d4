"""The DeepLab-v2 head against the one of CRST (case of golden/crst)."""

import torch

from mmuda.models.decode_heads import DeepLabV2Head
from tests.helpers.golden import assert_close, each_case, original_state


@each_case('crst', 'deeplabv2_head*')
def test_deeplabv2_head(case):
    head = DeepLabV2Head(
        in_channels=case['in_feature'].shape[1],
        dilations=case['param_dilations'].tolist(),
        num_classes=int(case['param_num_classes']),
    )
    head.load_state_dict(
        {name.replace('layer5.conv2d_list', 'branches'): value for name, value in original_state(case).items()},
        strict=True,
    )
    with torch.no_grad():
        logits = head([torch.from_numpy(case['in_feature'])])
    assert_close(logits, case['out_logits'], 1e-5, 'logits')
