import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from mmuda.models.decode_heads import ResNet38Head
from tests.helpers.tiny import REPO

CLASSES = 5


@pytest.fixture(autouse=True)
def scope() -> None:
    init_default_scope('mmseg')


def tiny_head(**options) -> ResNet38Head:
    torch.manual_seed(0)
    head = ResNet38Head(in_channels=4, channels=8, num_classes=CLASSES, **options)
    head.init_weights()
    return head


def sample(labels: torch.Tensor) -> SegDataSample:
    shape = tuple(labels.shape)
    return SegDataSample(metainfo=dict(img_shape=shape, ori_shape=shape), gt_sem_seg=PixelData(data=labels[None]))


def test_logits_have_the_size_of_the_features():
    assert tiny_head()([torch.randn(2, 4, 5, 7)]).shape == (2, CLASSES, 5, 7)


def test_a_cell_sees_its_neighbors_at_the_dilation_alone():
    """Receptive field of two 3x3 convolutions with dilation 2: distances 0, 2 and 4."""
    x = torch.randn(1, 4, 11, 11, requires_grad=True)
    tiny_head(dilation=2)([x])[0, :, 5, 5].sum().backward()
    seen = x.grad.abs().sum((0, 1)).nonzero().flatten().unique().tolist()
    assert seen == [1, 3, 5, 7, 9]


def test_loss_reads_the_middle_of_each_cell():
    logits = torch.randn(1, CLASSES, 2, 3)
    labels = torch.full((16, 24), 255)
    labels[4::8, 4::8] = cells = torch.randint(CLASSES, (2, 3))
    loss = tiny_head().loss_by_feat(logits, [sample(labels)])['loss_ce']
    torch.testing.assert_close(loss, F.cross_entropy(logits, cells[None]))


def test_loss_is_the_mean_of_the_labeled_cells():
    logits = torch.randn(2, CLASSES, 2, 2)
    cells = torch.tensor([[[0, 255], [255, 255]], [[1, 2], [255, 255]]])
    labels = cells.repeat_interleave(8, 1).repeat_interleave(8, 2)
    loss = tiny_head().loss_by_feat(logits, [sample(label) for label in labels])['loss_ce']
    torch.testing.assert_close(loss, F.cross_entropy(logits, cells, ignore_index=255))


def test_labels_of_another_size_are_refused():
    with pytest.raises(ValueError, match='labels of 20x24 pixels'):
        tiny_head().loss_by_feat(torch.randn(1, CLASSES, 3, 3), [sample(torch.zeros(20, 24, dtype=torch.long))])


def test_initial_weights_are_those_of_the_docstring():
    torch.manual_seed(0)
    head = ResNet38Head(in_channels=64, channels=32, num_classes=40)
    head.init_weights()
    for conv in (head.conv6a, head.conv_seg):
        assert float(conv.weight.detach().std()) == pytest.approx((2 / conv.weight[0].numel()) ** 0.5, rel=0.03)
        assert not conv.bias.any()


def segmentor(backbone: dict, **head) -> torch.nn.Module:
    model = MODELS.build(
        dict(
            type='EncoderDecoder',
            data_preprocessor=dict(type='SegDataPreProcessor', size_divisor=8),
            backbone=backbone,
            decode_head=dict(type='ResNet38Head', channels=8, num_classes=CLASSES, **head),
        )
    )
    model.init_weights()
    return model


def test_trains_on_its_backbone():
    model = segmentor(dict(type='ResNet38', base_channels=2), in_channels=128)
    labels = torch.randint(CLASSES, (32, 40))
    losses = model.loss(torch.randn(2, 3, 32, 40), [sample(labels), sample(labels)])
    losses['decode.loss_ce'].backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_works_on_another_backbone():
    model = segmentor(dict(type='ResNet', depth=18, base_channels=4, stem_channels=4), in_channels=32, dilation=1)
    labels = torch.randint(CLASSES, (64, 64))
    assert model.loss(torch.randn(1, 3, 64, 64), [sample(labels)])['decode.loss_ce'].isfinite()


def test_shipped_model_pads_images_of_any_size_and_answers_at_theirs():
    cfg = Config.fromfile(REPO / 'configs' / '_base_' / 'models' / 'resnet38.py').model
    cfg.segmentor.backbone.update(base_channels=2)
    cfg.segmentor.decode_head.update(in_channels=128, channels=8)
    model = MODELS.build(cfg).eval()
    images = torch.randint(256, (3, 30, 45), dtype=torch.uint8)
    seen = []
    model.decode_head.conv_seg.register_forward_hook(lambda module, args, out: seen.append(tuple(out.shape)))
    with torch.no_grad():
        result = model.test_step(dict(inputs=[images], data_samples=[sample(torch.zeros(30, 45, dtype=torch.long))]))
    assert seen == [(1, 19, 4, 6)]
    assert result[0].seg_logits.data.shape == (19, 30, 45)
