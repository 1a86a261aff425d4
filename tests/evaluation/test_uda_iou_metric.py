import math

import numpy as np
import pytest
import torch
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.structures import PixelData
from mmseg.registry import METRICS
from mmseg.structures import SegDataSample
from PIL import Image

from mmuda.evaluation import UDAIoUMetric
from mmuda.evaluation.uda_iou_metric import iou_and_accuracy
from tests.helpers.two_ranks import run_on_two_ranks

CLASSES = ('a', 'b', 'c', 'd')


def sample(prediction: torch.Tensor, label: torch.Tensor, **meta: object) -> dict:
    return dict(pred_sem_seg=dict(data=prediction[None]), gt_sem_seg=dict(data=label[None]), **meta)


def random_samples(count: int, classes: int = 3, size: tuple[int, int] = (6, 7)) -> list[dict]:
    """Class ``classes`` and above never occur; some labels are 255."""
    generator = torch.Generator().manual_seed(0)
    samples = []
    for _ in range(count):
        prediction, label = torch.randint(classes, (2, *size), generator=generator)
        label[torch.rand(size, generator=generator) < 0.2] = 255
        samples.append(sample(prediction, label, img_path='x.png'))
    return samples


def with_classes(metric: BaseMetric) -> BaseMetric:
    metric.dataset_meta = dict(classes=CLASSES)
    return metric


def evaluate(metric: BaseMetric, samples: list[dict]) -> dict[str, float]:
    with_classes(metric).process({}, samples)
    return metric.evaluate(len(samples))


def test_iou_of_the_worked_example():
    label, prediction = torch.tensor([[0, 0, 1, 1, 2, 255, 2]]), torch.tensor([[0, 1, 1, 1, 0, 0, 2]])
    metric = UDAIoUMetric()
    metric.dataset_meta = dict(classes=CLASSES[:3])
    metric.process({}, [sample(prediction, label)])
    assert metric.evaluate(1)['mIoU'] == 50.0


@pytest.mark.parametrize('classes', [3, 4], ids=['one class absent', 'all classes'])
def test_values_are_those_of_mmseg(classes):
    samples = random_samples(5, classes)
    want = evaluate(METRICS.build(dict(type='IoUMetric')), samples)
    got = evaluate(METRICS.build(dict(type='UDAIoUMetric')), samples)
    assert got == {key: pytest.approx(float(value), abs=1e-5) for key, value in want.items()}


def test_prediction_outside_the_classes_is_a_miss_as_in_mmseg():
    samples = random_samples(2)
    samples[0]['pred_sem_seg']['data'][:, :3] = 200
    want = evaluate(METRICS.build(dict(type='IoUMetric')), samples)
    assert evaluate(UDAIoUMetric(), samples) == {
        key: pytest.approx(float(value), abs=1e-5) for key, value in want.items()
    }


def test_ignored_class_is_as_in_mmseg():
    samples = random_samples(2)
    for entry in samples:
        entry['gt_sem_seg']['data'].clamp_(max=2)
    want = evaluate(METRICS.build(dict(type='IoUMetric', ignore_index=1)), samples)
    got = evaluate(UDAIoUMetric(ignore_index=1), samples)
    assert got == {key: pytest.approx(float(value), abs=1e-5) for key, value in want.items()}


def test_pixels_of_unlisted_classes_stay_false_positives():
    label, prediction = torch.tensor([[0, 0, 1, 2]]), torch.tensor([[0, 0, 1, 0]])
    got = evaluate(UDAIoUMetric(protocols=dict(mIoU2=[0, 1])), [sample(prediction, label)])
    assert got['mIoU2'] == round(100 * (2 / 3 + 1) / 2, 2)


def test_protocols_are_named_in_the_result_with_the_prefix():
    metric = UDAIoUMetric(protocols=dict(first=['a'], everything='all'), prefix='target')
    got = evaluate(metric, random_samples(1))
    assert set(got) == {'target/' + key for key in ('aAcc', 'mIoU', 'mAcc', 'first', 'everything')}
    assert got['target/everything'] == got['target/mIoU']


def test_protocol_of_absent_classes_is_nan():
    assert math.isnan(evaluate(UDAIoUMetric(protocols=dict(none=['d'])), random_samples(1))['none'])


def test_second_evaluation_starts_anew():
    metric = UDAIoUMetric()
    first = evaluate(metric, random_samples(2))
    assert evaluate(metric, random_samples(2)) == first


def test_counts_stay_exact_above_float32():
    iou, accuracy = iou_and_accuracy(np.array([[2**24 + 1, 0, 0], [0, 1, 1]]))
    assert iou.tolist() == [1, 0.5] and accuracy.tolist() == [1, 0.5]


def test_size_mismatch_names_the_image():
    bad = sample(torch.zeros(2, 3), torch.zeros(2, 4), img_path='street.png')
    with pytest.raises(ValueError, match='street.png'):
        with_classes(UDAIoUMetric()).process({}, [bad])


def test_image_without_label_is_named():
    unlabeled = sample(torch.zeros(2, 2), torch.zeros(2, 2), img_path='a.png')
    del unlabeled['gt_sem_seg']
    with pytest.raises(KeyError, match='a.png has no label'):
        with_classes(UDAIoUMetric()).process(None, [unlabeled])


def test_protocol_must_not_hide_a_standard_value():
    with pytest.raises(ValueError, match='mIoU'):
        UDAIoUMetric(protocols=dict(mIoU='all'))


def test_protocol_of_other_classes_is_refused_before_anything_runs():
    with pytest.raises(ValueError, match='protocols.*boat'):
        with_classes(UDAIoUMetric(protocols=dict(mine=['boat'])))


def test_data_set_without_classes_is_refused():
    with pytest.raises(ValueError, match='classes'):
        UDAIoUMetric().dataset_meta = {}


def test_data_samples_pass_through_mmengine_s_evaluator():
    samples = random_samples(2)
    packed = [
        SegDataSample(pred_sem_seg=PixelData(**s['pred_sem_seg']), gt_sem_seg=PixelData(**s['gt_sem_seg']))
        for s in samples
    ]
    evaluator = Evaluator(dict(type='mmseg.UDAIoUMetric'))
    evaluator.dataset_meta = dict(classes=CLASSES)
    evaluator.process(packed)
    assert evaluator.evaluate(2) == evaluate(UDAIoUMetric(), samples)


def test_format_only_needs_a_folder():
    with pytest.raises(ValueError, match='output_dir'):
        UDAIoUMetric(format_only=True)


def test_format_only_writes_predictions_without_labels(tmp_path):
    prediction = torch.tensor([[0, 1], [2, 3]])
    metric = with_classes(UDAIoUMetric(output_dir=str(tmp_path / 'out'), format_only=True))
    metric.process({}, [dict(pred_sem_seg=dict(data=prediction[None]), img_path='a/street.png')])
    assert metric.evaluate(1) == {}
    assert np.array_equal(np.array(Image.open(tmp_path / 'out' / 'street.png')), prediction.numpy())


def unlabeled(path: str) -> dict:
    return dict(pred_sem_seg=dict(data=torch.zeros(1, 2, 2, dtype=torch.long)), img_path=path)


def test_images_without_labels_are_written_and_not_measured(tmp_path):
    metric = with_classes(UDAIoUMetric(output_dir=str(tmp_path)))
    for _ in range(2):  # an evaluation starts from zero
        metric.process({}, [unlabeled('a/street.png'), unlabeled('a/lane.jpg')])
        assert metric.evaluate(2) == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ['lane.png', 'street.png']
    samples = [dict(sample, img_path=f'{index}.png') for index, sample in enumerate(random_samples(2))]
    assert evaluate(metric, samples) == evaluate(UDAIoUMetric(), samples)


@pytest.mark.parametrize('labeled_first', [True, False])
def test_some_images_without_labels_are_refused(tmp_path, labeled_first):
    samples = [dict(random_samples(1)[0], img_path='a.png'), unlabeled('b.png')]
    metric = with_classes(UDAIoUMetric(output_dir=str(tmp_path)))
    with pytest.raises(KeyError, match='b.png has no label' if labeled_first else 'a.png has a label, images before'):
        metric.process({}, samples if labeled_first else samples[::-1])


def test_predictions_of_folders_are_kept_apart(tmp_path):
    metric = with_classes(UDAIoUMetric(output_dir=str(tmp_path / 'out')))
    metric.image_root = str(tmp_path / 'images')
    metric.process({}, [unlabeled(str(tmp_path / 'images' / city / '0001.jpg')) for city in ('rome', 'rio')])
    assert {path.parent.name for path in (tmp_path / 'out').glob('*/0001.png')} == {'rome', 'rio'}


def test_two_predictions_of_one_name_are_refused_where_no_root_is_known(tmp_path):
    metric = with_classes(UDAIoUMetric(output_dir=str(tmp_path)))
    metric.process({}, [unlabeled('rome/1.png'), unlabeled('rome/1.png')])  # padding
    with pytest.raises(ValueError, match='predictions of rome/1.png and rio/1.png would both be .*1.png'):
        metric.process({}, [unlabeled('rio/1.png')])


def evaluate_on_rank(rank: int, count: int) -> dict[str, float]:
    """As mmengine's DefaultSampler deals images out: round robin, padded with the first ones."""
    samples = random_samples(count)
    padded = samples + samples[: count % 2]
    metric = with_classes(UDAIoUMetric())
    metric.process({}, padded[rank::2])
    return metric.evaluate(count)


def test_padding_of_the_last_round_over_ranks_is_dropped():
    count = 5
    want = evaluate(UDAIoUMetric(), random_samples(count))
    assert run_on_two_ranks(evaluate_on_rank, count) == [want, want]
