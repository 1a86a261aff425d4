import math

import pytest
import torch

from mmuda.evaluation.label_free.neighborhood_density import density


def test_it_is_the_entropy_of_the_similarities_written_out():
    points = torch.rand(3, 2, 2, generator=torch.Generator().manual_seed(0))
    flat = points.flatten(1).T.double()
    flat = flat / flat.norm(dim=1, keepdim=True)
    total = 0.0
    for one in range(4):
        weights = [math.exp(float(flat[one] @ flat[other]) / 0.05) for other in range(4) if other != one]
        total -= sum(w / sum(weights) * math.log(w / sum(weights)) for w in weights)
    assert float(density(points)) == pytest.approx(total / 4 / math.log(3), abs=1e-5)


def test_pixels_that_are_alike_lie_densely():
    alike = torch.tensor([0.9, 0.1]).reshape(2, 1, 1).expand(2, 6, 6)
    mixed = torch.rand(2, 6, 6, generator=torch.Generator().manual_seed(0))
    assert float(density(alike)) == pytest.approx(1)
    assert float(density(mixed)) < 0.95


@pytest.mark.parametrize('size', [(1000, 3), (40, 60), (16, 16)])
def test_no_more_pixels_are_compared_than_asked_for(size, monkeypatch):
    seen = []
    monkeypatch.setattr('torch.nn.functional.normalize', lambda points, dim: seen.append(len(points)) or points)
    density(torch.rand(2, *size), pixels=256)
    assert 100 < seen[0] <= 256
