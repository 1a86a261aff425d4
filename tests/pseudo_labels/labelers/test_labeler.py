import pytest
import torch
from mmseg.registry import TASK_UTILS

from mmuda.pseudo_labels import Labeler, LabelPlanes


class Constant(Labeler):
    def __call__(self, prediction: torch.Tensor) -> LabelPlanes:
        return LabelPlanes(torch.zeros(2, 3, dtype=torch.uint8), torch.ones(2, 3, dtype=torch.float64))

    def description(self) -> dict:
        return dict(type='Constant')


def test_a_labeler_needs_only_to_label_and_to_describe_itself():
    labeler = Constant()
    assert (labeler.num_passes, labeler.portion, labeler.teacher_of_class) == (0, None, None)
    assert [plane.name for plane in labeler.planes] == ['label', 'confidence']
    labeler.resolve(['road'], ['cbst'])
    assert labeler.summary() == {}


def test_a_portion_is_refused_by_a_labeler_without():
    with pytest.raises(ValueError, match='Constant labels by no portion of the pixels: remove portion = 0.2'):
        Constant().portion = 0.2


def test_planes_come_as_arrays_by_name():
    arrays = Constant()(torch.zeros(1, 2, 3)).arrays()
    assert {name: (str(array.dtype), array.shape) for name, array in arrays.items()} == dict(
        label=('uint8', (2, 3)), confidence=('float32', (2, 3))
    )


@pytest.mark.parametrize(
    'config',
    [
        dict(type='ConfidenceLabeler', threshold=0.9),
        dict(type='ClassBalancedLabeler', portion=0.3, policy='global', sampling='crst', prior=None, rare_number=2),
        dict(type='EntropyRegularizedLabeler', portion=0.3, alpha=0.5),
        dict(type='MajorityLabeler'),
        dict(type='MeanCertaintyLabeler', threshold=80.0),
        dict(type='ChannelWiseLabeler', teacher_of_class={'road': 'cbst'}, threshold=80.0, window=3),
        dict(type='MultiViewPredictor', scales=[1.0, (8, 4)], flip=False, interpolation='bilinear'),
        dict(type='SoftmaxMapPredictor', long_side=9, flip=False, stride=4),
        dict(type='LogitMapPredictor', scale=[8, 4], flip=False, backend='cv2'),
    ],
    ids=lambda config: config['type'],
)
def test_settings_are_in_the_description(config):
    description = TASK_UTILS.build(config).description()
    assert {key: description[key] for key in config} == config


def test_a_prior_is_described_by_its_content(tmp_path):
    for name, content in dict(a=b'1', b=b'1', c=b'2').items():
        (tmp_path / f'{name}.npy').write_bytes(content)
    first, moved, other = (
        TASK_UTILS.build(dict(type='ClassBalancedLabeler', prior=str(tmp_path / f'{name}.npy'))).description()
        for name in 'abc'
    )
    assert first == moved != other
