import mmuda  # noqa: F401

# isort: split
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import PixelData
from mmseg.registry import METRICS
from mmseg.structures import SegDataSample

from mmuda.evaluation import LabelFreeMetric
from mmuda.evaluation.label_free.label_free_metric import OF_THE_PREDICTION
from tests.helpers.two_ranks import run_on_two_ranks


def samples(count: int, classes: int = 3) -> list[SegDataSample]:
    generator = torch.Generator().manual_seed(0)
    made = []
    for index in range(count):
        logits = 3 * torch.randn(classes, 4 + index, 5, generator=generator)
        sample = SegDataSample(metainfo=dict(img_path=f'{index}.png'))
        sample.seg_logits = PixelData(data=logits)
        sample.pred_sem_seg = PixelData(data=logits.argmax(dim=0, keepdim=True))
        made.append(sample)
    return made


def evaluate(images: list[SegDataSample], size: int | None = None, **options) -> dict[str, float]:
    evaluator = Evaluator(LabelFreeMetric(**options))
    evaluator.dataset_meta = dict(classes=('a', 'b', 'c'))
    for image in images:
        evaluator.process([image], {})
    return evaluator.evaluate(len(images) if size is None else size)


def test_scores_of_the_prediction_need_neither_labels_nor_the_network():
    found = evaluate(samples(3))
    assert list(found) == [f'label_free/{name}' for name in OF_THE_PREDICTION]
    assert 0 < found['label_free/mutual_information'] < 1
    assert -1 < found['label_free/negative_entropy'] < 0


def test_a_prior_divides_by_its_sum():
    options = dict(scores=['class_balance'])
    assert evaluate(samples(2), class_prior=[1, 2, 1], **options) == evaluate(
        samples(2), class_prior=[3, 6, 3], **options
    )


def test_the_one_plane_of_two_classes_is_a_probability():
    image = samples(1)[0]
    image.seg_logits = PixelData(data=torch.full((1, 4, 5), 0.5))
    image.pred_sem_seg = PixelData(data=torch.zeros(1, 4, 5, dtype=torch.long))
    assert evaluate([image], scores=['negative_entropy'])['label_free/negative_entropy'] == pytest.approx(-1)


def test_nothing_but_sums_remains_of_an_image():
    metric = LabelFreeMetric()
    metric.process({}, [samples(1)[0].to_dict()])
    assert sum(value.numel() for value in metric.results[0].values()) < 20


def of_rank(rank: int) -> dict[str, float]:
    images = samples(3)
    return evaluate([images[0], images[2]] if rank == 0 else [images[1], images[0]], size=3)  # the last is padding


def test_two_ranks_give_what_one_gives():
    want = {key: pytest.approx(value, abs=1e-9) for key, value in evaluate(samples(3)).items()}
    assert run_on_two_ranks(of_rank) == [want, want]


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(scores=['accuracy']), 'expected some of'),
        (dict(scores=[]), 'expected some of'),
        (dict(class_prior=[-1, 2]), 'none negative'),
        (dict(class_prior=[0, 0]), 'none negative'),
        (dict(scales=[]), 'positive factors'),
        (dict(scales=[1.0], flip=False), 'views that differ from the image'),
    ],
)
def test_settings_that_mean_nothing_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        METRICS.build(dict(type='LabelFreeMetric', **options))


def test_no_images_and_merged_views_are_refused():
    with pytest.raises(ValueError, match='there are no images'):
        LabelFreeMetric().compute_metrics([])
    image = samples(1)[0].to_dict()
    with pytest.raises(ValueError, match='0.png .*--tta'):
        LabelFreeMetric().process(dict(inputs=[[torch.zeros(3, 4, 5)] * 2]), [image])
    del image['seg_logits']
    with pytest.raises(ValueError, match='seg_logits'):
        LabelFreeMetric().process({}, [image])


def test_a_score_that_asks_the_network_says_so_without_one():
    with pytest.raises(RuntimeError, match='NetworkMetricHook'):
        LabelFreeMetric(scores=['view_iou']).process({}, [samples(1)[0].to_dict()])
