"""The DeepLab-v2 head against the one of CRST (case of golden/crst)."""
import torch

from mmuda.models.decode_heads import DeepLabV2Head
from tests.parity.golden import GOLDEN_ROOT, assert_close, load_case, recipe


def test_deeplabv2_head():
    case = load_case('crst', 'deeplabv2_head')
    state = recipe().make_state(
        str(GOLDEN_ROOT / 'crst' / 'deeplabv2_head.params.json'), float(case['param_weight_gain']))
    head = DeepLabV2Head(in_channels=case['in_feature'].shape[1], dilations=case['param_dilations'].tolist(),
                         num_classes=int(case['param_num_classes']))
    head.load_state_dict({name.replace('layer5.conv2d_list', 'branches'): torch.from_numpy(value)
                          for name, value in state.items()}, strict=True)
    with torch.no_grad():
        logits = head([torch.from_numpy(case['in_feature'])])
    assert_close(logits, case['out_logits'], 1e-5, 'logits')
