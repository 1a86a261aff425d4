"""CRST's crops and schedules (cases of golden/crst)."""

import random

import numpy as np
import pytest

from mmuda.datasets import select_images
from mmuda.datasets.transforms import CenteredMiningCrop
from mmuda.engine.self_training.schedules import (
    LearningRateSchedule,
    PortionSchedule,
    iterations_per_epoch,
    num_selected,
    selection_seed,
)
from tests.helpers.golden import Case, each_case, each_row

POLICIES = dict(c='cumulative', r='random')


class Replay(random.Random):
    """Returns recorded draws, and fails if they are asked for otherwise than recorded."""

    def __init__(self, uniform: float, draws: np.ndarray) -> None:
        super().__init__(0)
        self.uniform, self.draws = uniform, draws.tolist()

    def random(self) -> float:
        return self.uniform

    def randint(self, low: int, high: int) -> int:
        wanted_low, wanted_high, value = self.draws.pop(0)
        assert (low, high) == (wanted_low, wanted_high)
        return value


@each_row('crst', 'mining_crop*', 'in_uniform')
def test_mining_crop(case, row, monkeypatch):
    scale_draw = [0, 0, 0]
    rng = Replay(float(case['in_uniform'][row]), np.array([scale_draw, *case['in_draws'][row]]))
    monkeypatch.setattr('mmuda.datasets.transforms.centered_mining_crop.random', rng)
    crop = CenteredMiningCrop(
        tuple(case['param_crop'].tolist()),
        scales=[1.0],
        mine_ids=case['param_mine_ids'].tolist(),
        mine_chance=float(case['param_mine_chance']),
        image_fill=(255, 255, 255),
    )
    label = case['in_labels']
    results = crop(dict(img=np.repeat(label[:, :, None], 3, axis=2), gt_seg_map=label))
    assert not rng.draws
    np.testing.assert_array_equal(results['crop_offset'], case['out_offset'][row])
    np.testing.assert_array_equal(results['gt_seg_map'], case['out_label_crop'][row])
    np.testing.assert_array_equal(results['img'][:, :, 0], case['out_label_crop'][row])


@each_case('crst', 'portion_schedule*')
class TestPortionSchedule:
    @pytest.mark.parametrize('kind', ['target', 'source'])
    def test_portions(self, case, kind):
        np.testing.assert_allclose(portions(case, kind), case[f'out_{kind}_portion'], rtol=0, atol=1e-12)

    def test_samples_and_iterations(self, case):
        numbers = [num_selected(int(case['param_source_images']), portion) for portion in portions(case, 'source')]
        np.testing.assert_array_equal(numbers, case['out_source_images'])
        got = [
            iterations_per_epoch(number + int(case['param_target_images']), int(case['param_batch_size']), 'crst')
            for number in numbers
        ]
        want = np.repeat(np.array(got)[:, None], int(case['param_epochs']), axis=1)
        np.testing.assert_array_equal(want, case['out_iterations_per_epoch'])

    def test_selected_images(self, case):
        policy = POLICIES[str(case['param_policy'])]
        for index, number in enumerate(case['out_source_images']):
            seed = selection_seed(policy, int(case['param_seed']), index, 'crst')
            assert seed == case['out_sampling_seed'][index]
            got = select_images(int(case['param_source_images']), int(number), seed)
            np.testing.assert_array_equal(got, case['out_source_index'][index][:number])

    def test_learning_rate(self, case):
        base = case['out_last_lr'][0, 0]
        schedules = [LearningRateSchedule(float(rate), rule='crst') for rate in base]
        got = [[schedule(index) for schedule in schedules] for index in range(int(case['param_rounds']) - 1)]
        np.testing.assert_array_equal(
            np.broadcast_to(np.array(got)[:, None], case['out_last_lr'].shape), case['out_last_lr']
        )


def portions(case: Case, kind: str) -> list[float]:
    schedule = PortionSchedule(
        float(case[f'param_init_{kind}_portion']),
        float(case[f'param_{kind}_step']),
        float(case[f'param_max_{kind}_portion']),
        rule='crst',
    )
    return [schedule(index) for index in range(int(case['param_rounds']) - 1)]
