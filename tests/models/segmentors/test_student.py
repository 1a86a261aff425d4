"""Any student of MMSegmentation, and words for settings that do not fit."""

import pytest
import torch
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from mmuda.models.segmentors import UDASegmentor
from mmuda.utils.length import TrainingLength

NORM = dict(type='BN', requires_grad=True)
RESNET = dict(type='ResNet', depth=18, base_channels=4, stem_channels=4, norm_cfg=NORM, out_indices=(0, 1, 2, 3))
FCN = dict(type='FCNHead', in_channels=32, in_index=3, channels=4, num_convs=1, num_classes=3, norm_cfg=NORM)
UNET = dict(
    type='UNet',
    base_channels=2,
    num_stages=3,
    strides=(1, 1, 1),
    enc_num_convs=(1, 1, 1),
    dec_num_convs=(1, 1),
    downsamples=(True, True),
    enc_dilations=(1, 1, 1),
    dec_dilations=(1, 1),
    norm_cfg=NORM,
)


def model(
    head: dict = FCN,
    backbone: dict = RESNET,
    objectives: tuple = (dict(type='Supervision', view='source'),),
    **segmentor,
) -> UDASegmentor:
    init_default_scope('mmseg')
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='UDASegmentor',
            data_preprocessor=dict(type='UDADataPreprocessor'),
            objectives=list(objectives),
            segmentor=dict(dict(type='EncoderDecoder', backbone=backbone, decode_head=head), **segmentor),
        )
    )


def losses(segmentor: UDASegmentor, size: tuple[int, int] = (64, 64), batch: int = 2) -> dict:
    """Losses of a step on random images."""
    inputs = {view: torch.randn(batch, 3, *size) for view in ('source', 'target')}
    labels = [SegDataSample(gt_sem_seg=PixelData(data=torch.randint(3, (1, *size)))) for _ in range(batch)]
    return segmentor.train().loss(inputs, dict(source=labels, target=labels))


def test_one_classifier_trains():
    assert set(losses(model())) == {'source.loss_main'}


@pytest.mark.parametrize(
    'objective, message',
    [
        (
            dict(type='MemoryRegularization'),
            "objective 'memory' compares two classifiers, the student has .'main'.: give",
        ),
        (dict(type='MemoryRegularization', begin=500), "objective 'memory' compares two classifiers"),
        (dict(type='RectifiedSupervision', begin=500), "objective 'rectified' compares two classifiers"),
        (dict(type='EntropyMinimization', weight=1.0, begin=500), "objective 'entropy' compares two classifiers"),
        (dict(type='AdversarialAlignment', begin=500), "objective 'adversarial': weights are for .'aux', 'main'."),
        (
            dict(type='Supervision', view='pool', begin=500, weights=dict(aux=1.0, main=1.0)),
            "'pool': weights are for .'aux'",
        ),
    ],
)
def test_what_needs_two_classifiers_says_so_before_training(objective, message):
    segmentor = model(objectives=(dict(type='Supervision', view='source'), objective))
    with pytest.raises(ValueError, match=message):
        segmentor.prepare_training(TrainingLength(1000))


def test_cascade_is_refused_by_name():
    head = dict(FCN, in_channels=32)
    with pytest.raises(TypeError, match='model.segmentor is a CascadeEncoderDecoder.*EncoderDecoder'):
        model(
            type='CascadeEncoderDecoder',
            num_stages=2,
            decode_head=[
                head,
                dict(
                    type='OCRHead', in_channels=32, in_index=3, channels=8, ocr_channels=4, num_classes=3, norm_cfg=NORM
                ),
            ],
        )


@pytest.mark.parametrize(
    'head, message',
    [
        (
            dict(FCN, in_index=5),
            r'decode_head.in_index=5, but the backbone .* gives 4 feature maps, 0 to 3, with channels '
            r'\[4, 8, 16, 32\]',
        ),
        (dict(FCN, in_channels=7), r'decode_head.in_channels=7, but the feature maps in_index=3 have \[32\] channels'),
        (
            dict(FCN, in_channels=[4, 7], in_index=[0, 1], input_transform='resize_concat'),
            r'decode_head.in_channels=11, but the feature maps in_index=\[0, 1\] have \[12\]',
        ),
        (
            dict(
                type='DualClassifierHead',
                in_channels=(16, 30),
                in_index=(2, 3),
                branch_channels=32,
                channels=32,
                num_classes=3,
            ),
            r'decode_head.in_channels=\[16, 30\], .* have \[16, 32\] channels',
        ),
    ],
)
def test_maps_that_the_backbone_does_not_give_are_named(head, message):
    with pytest.raises(ValueError, match=message):
        losses(model(head))


def test_auxiliary_head_is_named():
    with pytest.raises(ValueError, match='model.segmentor.auxiliary_head.in_channels=7, but'):
        losses(model(auxiliary_head=dict(FCN, in_channels=7)))


def test_global_pooling_of_one_image_is_explained():
    head = dict(
        type='PSPHead', in_channels=32, in_index=3, channels=4, pool_scales=(1, 2), num_classes=3, norm_cfg=NORM
    )
    with pytest.raises(ValueError, match='model.segmentor.decode_head got 1 image .* train_dataloader.batch_size to 2'):
        losses(model(head), batch=1)
    assert losses(model(head), batch=2)


def test_sides_that_do_not_divide_are_explained():
    head = dict(FCN, in_channels=2, in_index=2)
    with pytest.raises(
        ValueError,
        match=r'backbone cannot take images of \(height, width\) = \(33, 64\): .*divisible '
        r'by the whole downsample rate 4.* make crop_size .*size_divisor',
    ):
        losses(model(head, UNET), size=(33, 64))
    assert losses(model(head, UNET), size=(32, 64))


def test_other_errors_of_a_network_stay_as_they_are():
    segmentor = model()
    segmentor.student.decode_head.forward = lambda features: 1 / 0
    with pytest.raises(ZeroDivisionError):
        losses(segmentor)


def test_a_head_that_gives_no_logits_is_refused():
    segmentor = model()
    segmentor.student.decode_head.forward = lambda features: features
    with pytest.raises(TypeError, match='decode_head is a FCNHead, which returns something else than the logits'):
        losses(segmentor)


@pytest.mark.parametrize(
    'settings, said',
    [
        (dict(), False),
        (dict(loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)), False),
        (dict(loss_decode=dict(type='DiceLoss')), True),
        (dict(loss_decode=dict(type='CrossEntropyLoss', class_weight=[1.0, 2.0, 3.0])), True),
        (dict(loss_decode=[dict(type='CrossEntropyLoss'), dict(type='DiceLoss', loss_name='loss_dice')]), True),
    ],
)
def test_a_loss_that_nothing_reads_is_said_at_the_start(settings, said, monkeypatch):
    messages = []
    monkeypatch.setattr(
        'mmuda.models.segmentors.uda_segmentor.print_log', lambda message, **options: messages.append(message)
    )
    segmentor = model(dict(FCN, **settings))
    assert not messages  # testing is no time for it
    segmentor.prepare_training(TrainingLength(2))
    assert [message.startswith('model.segmentor.decode_head.loss_decode=') for message in messages] == [True] * said
    assert all('is not read' in message for message in messages)
