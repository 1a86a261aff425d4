"""What networks are asked, on small ones: views, classifiers and teacher."""

from copy import deepcopy

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from mmuda.evaluation import LabelFreeMetric
from mmuda.evaluation.label_free.agreement import ViewAgreement
from mmuda.evaluation.label_free.image_prediction import ImagePrediction
from mmuda.evaluation.label_free.label_free_metric import probabilities_of
from tests.helpers.tiny import REPO, tiny_config

SIZE = (48, 64)
IMAGE = torch.randint(0, 256, (3, *SIZE), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def network(tmp_path, name: str) -> nn.Module:
    """A network whose predictions differ from pixel to pixel."""
    init_default_scope('mmseg')
    torch.manual_seed(0)
    made = MODELS.build(tiny_config(tmp_path, tmp_path, name).model).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter += 0.2 * torch.randn(parameter.shape)
    return made


def image_prediction(model: nn.Module, image: Tensor = IMAGE, **options) -> ImagePrediction:
    meta = dict(ori_shape=tuple(image.shape[1:]), img_shape=tuple(image.shape[1:]))
    batch = dict(inputs=[image], data_samples=[SegDataSample(metainfo=meta)])
    sample = model.test_step(deepcopy(batch))[0]
    label = sample.pred_sem_seg.data[0]
    return ImagePrediction(probabilities_of(sample.seg_logits.data), label, model, image, meta, **options)


class Pixelwise(nn.Module):
    """A segmentor that says the class of a pixel by its red value: equal for all mirrored views."""

    def __init__(self, bias: float = 0.0) -> None:
        super().__init__()
        self.bias = bias

    def data_preprocessor(self, data: dict, training: bool) -> dict:
        return dict(inputs=torch.stack(data['inputs']).float(), data_samples=data['data_samples'])

    def predict(self, inputs: Tensor, samples: list) -> list:
        label = (inputs[:, 0] + self.bias > 128).long()
        if samples[0].flip:
            label = label.flip(2)
        samples[0].set_data(dict(pred_sem_seg=PixelData(data=label)))
        return samples


def test_a_mirrored_view_is_mirrored_back():
    label = (IMAGE[0] > 128).long()
    prediction = ImagePrediction(torch.zeros(2, *SIZE), label, Pixelwise(), IMAGE, dict(ori_shape=SIZE), (1.0,), True)
    matrix = prediction.view_matrix
    assert int(matrix.trace()) == int(matrix.sum()) == label.numel()


def test_agreement_is_the_share_of_pixels_and_iou_the_mean_over_classes():
    sums = torch.tensor([[6.0, 2.0, 0.0], [0.0, 2.0, 0.0]]).flatten().double()  # rows: prediction, columns: view
    assert ViewAgreement().value(sums) == pytest.approx(8 / 10)
    assert ViewAgreement(iou=True).value(sums) == pytest.approx((6 / 8 + 2 / 4) / 2)


def test_a_class_that_neither_has_is_left_out_of_the_mean():
    sums = torch.zeros(3, 4, dtype=torch.float64)
    sums[0, 0], sums[1, 1] = 5, 1
    assert ViewAgreement(iou=True).value(sums.flatten()) == 1


def test_classifiers_are_compared_by_their_own_labels(tmp_path):
    model = network(tmp_path, 'mrnet')
    with torch.no_grad():
        inputs = model.data_preprocessor(dict(inputs=[IMAGE], data_samples=[SegDataSample()]))['inputs']
        outputs = model.decode_head(model.student.extract_feat(inputs))
        labels = {name: outputs[name].argmax(dim=1)[0] for name in ('main', 'aux')}
        matrix = image_prediction(model).classifier_matrix
    want = torch.zeros(19, 20, dtype=torch.int64)
    for main, aux in zip(labels['main'].flatten().tolist(), labels['aux'].flatten().tolist()):
        want[main, aux] += 1
    assert torch.equal(matrix, want) and len(labels['main'].unique()) > 1


def test_views_are_what_the_stock_test_step_predicts(tmp_path):
    model = network(tmp_path, 'mrnet')
    with torch.no_grad():
        prediction = image_prediction(model, scales=(1.0,))
        mirrored = image_prediction(model, IMAGE.flip(2)).label.flip(1)
        got = ViewAgreement().value(ViewAgreement().sums(prediction).double())
    assert got == pytest.approx(float((mirrored == prediction.label).float().mean()), abs=1e-6)
    assert got < 1


def test_classifiers_are_compared_where_their_logits_are_and_padding_is_left_out(tmp_path):
    model = network(tmp_path, 'mrnet')
    with torch.no_grad():
        plain = image_prediction(model).classifier_matrix
        model.data_preprocessor.test_cfg = dict(size=(96, 128))
        padded = image_prediction(model).classifier_matrix
        outputs = model.decode_head(model.student.extract_feat(torch.zeros(1, 3, *SIZE)))
    assert plain.sum() == padded.sum() == outputs['main'][0, 0].numel()


def test_a_teacher_that_is_the_student_agrees_and_keeps_its_mode(tmp_path):
    model = network(tmp_path, 'dacs')
    teacher = deepcopy(model.student).train()
    teacher.backbone.eval()
    model.set_teacher(teacher)
    with torch.no_grad():
        same = image_prediction(model).teacher_matrix
        for parameter in teacher.parameters():
            parameter += 0.5 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2))
        other = image_prediction(model).teacher_matrix
    assert int(same.trace()) == int(same.sum()) == SIZE[0] * SIZE[1]
    assert int(other.trace()) < int(other.sum())
    assert teacher.training and teacher.decode_head.training and not teacher.backbone.training


@pytest.mark.parametrize(
    ('name', 'score', 'reason'),
    [
        ('mrnet', 'teacher_iou', 'teacher_iou: the method has no teacher'),
        ('plain', 'classifier_iou', 'classifier_iou: the network has one classifier, main'),
        ('plain', 'teacher_agreement', 'teacher_agreement: the method has no teacher'),
    ],
)
def test_a_score_that_cannot_act_is_refused_with_the_reason(tmp_path, name, score, reason):
    init_default_scope('mmseg')
    if name == 'plain':
        config = Config.fromfile(REPO / 'configs/_base_/models/segformer_b0.py').model.segmentor
        model = MODELS.build(config)
    else:
        model = network(tmp_path, name)
    with pytest.raises(ValueError, match=f'LabelFreeMetric: {reason}.* Leave it out of `scores`'):
        LabelFreeMetric(scores=[score]).set_network(model)


def test_a_teacher_that_was_not_loaded_is_missed(tmp_path):
    model = network(tmp_path, 'dacs')
    with pytest.raises(ValueError, match='there is no teacher to compare with'):
        _ = image_prediction(model).teacher_matrix
