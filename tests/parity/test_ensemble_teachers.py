"""Labels and certainty bytes of teachers that are models."""

import numpy as np
import torch
from torch import nn

from mmuda.pseudo_labels import LogitMapPredictor
from mmuda.pseudo_labels.ensemble.teachers import ModelTeacher
from tests.helpers.golden import each_case


class Recorded(nn.Module):
    """A segmentor that gives recorded logits at its own resolution."""

    def __init__(self, logits: np.ndarray) -> None:
        super().__init__()
        self.decode_head = nn.Identity()
        self.decode_head.align_corners = True
        self.logits = torch.from_numpy(logits)

    def data_preprocessor(self, data: dict) -> dict:
        return dict(inputs=torch.stack(data['inputs']).float())

    def extract_feat(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.logits


@each_case('ensemble', 'certainty_bytes*')
def test_labels_and_bytes_of_a_model(case):
    height, width = case['param_size'].tolist()
    predictor = LogitMapPredictor(scale=(64, 32), flip=False)
    image = np.zeros((height, width, 3), np.uint8)
    for index, logits in enumerate(case['in_logits']):
        names = [str(c) for c in range(len(logits))]
        segmentor = Recorded(logits[None])
        teacher = ModelTeacher('recorded', names, names, lambda name, path, net=segmentor: predictor(net, image, name))
        labels, certainties = teacher('0.png', '0.png', range(len(names)))
        np.testing.assert_array_equal(labels, case['out_labels'][index])
        percent = 100 * case['out_probability'][index].astype(np.float64)
        clear = abs(percent - np.rint(percent)) > 1e-3
        np.testing.assert_array_equal(certainties.permute(1, 2, 0).numpy()[clear], case['out_bytes'][index][clear])
        assert clear.mean() > 0.9
