"""What a student must be like, and what its errors mean."""

from collections.abc import Sequence
from typing import Any

from mmseg.models import BaseSegmentor, CascadeEncoderDecoder
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.utils import ConfigType
from torch import Tensor, nn

from mmuda.models.decode_heads.multi_output_head import MultiOutputHead

DEFAULT_LOSS = dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)
ONE_VALUE = 'Expected more than 1 value per channel'  # torch's words


def check_student(student: nn.Module) -> None:
    """Refuse a segmentor with several decode heads in a row.

    Raises:
        TypeError: If it is one.
    """
    if isinstance(student, CascadeEncoderDecoder):
        raise TypeError(
            'model.segmentor is a CascadeEncoderDecoder, whose decode heads read one another: objectives read '
            "one decode head, and an auxiliary one beside it. Use type='EncoderDecoder' with the last of its heads"
        )


def unread_losses(segmentor: ConfigType) -> list[str]:
    """Losses that the config of a segmentor sets, other than MMSegmentation's default.

    Returns:
        list[str]: Their settings. Objectives bring their own losses, so that nothing reads these.
    """
    heads = {'decode_head': segmentor.get('decode_head'), 'auxiliary_head': segmentor.get('auxiliary_head')}
    losses = {
        f'model.segmentor.{name}.loss_decode': head.get('loss_decode')
        for name, head in heads.items()
        if isinstance(head, dict)
    }
    return [
        f'{key}={loss}'
        for key, loss in losses.items()
        if loss and (not isinstance(loss, dict) or dict(DEFAULT_LOSS, **loss) != DEFAULT_LOSS)
    ]


def classifiers_of(segmentor: BaseSegmentor) -> tuple[str, ...]:
    """Names of the classifiers of a segmentor.

    Args:
        segmentor (BaseSegmentor): A segmentor of MMSegmentation with one decode head.

    Returns:
        tuple[str, ...]: Those that a :class:`~mmuda.models.decode_heads.MultiOutputHead` names, else ``main`` and,
        where there is an auxiliary head, ``aux``.
    """
    head = segmentor.decode_head
    if isinstance(head, MultiOutputHead):
        return head.classifiers
    return ('main', 'aux') if segmentor.with_auxiliary_head else ('main',)


def extract_features(segmentor: BaseSegmentor, images: Tensor) -> Sequence[Tensor]:
    """Pass images through the backbone and the neck of a segmentor in training.

    Args:
        segmentor (BaseSegmentor): A segmentor of MMSegmentation.
        images (Tensor): (N, 3, H, W), preprocessed.

    Returns:
        Sequence[Tensor]: Feature maps (N, C_k, H_k, W_k).

    Raises:
        ValueError: If a setting of the network does not fit, where it can be known which.
    """
    try:
        return segmentor.extract_feat(images)
    except (AssertionError, RuntimeError, ValueError) as error:
        _explain(error, images, 'backbone')
        raise


def apply_heads(segmentor: BaseSegmentor, features: Sequence[Tensor], images: Tensor) -> dict[str, Tensor]:
    """Pass features through the decode head and the auxiliary head of a segmentor in training.

    Args:
        segmentor (BaseSegmentor): A segmentor of MMSegmentation, with at most one auxiliary head.
        features (Sequence[Tensor]): What :func:`extract_features` returned.
        images (Tensor): What they were made of.

    Returns:
        dict[str, Tensor]: All outputs by name; those of :func:`classifiers_of` are logits (N, C, h, w).

    Raises:
        TypeError: If there are several auxiliary heads, or a classifier gives something else than logits.
        ValueError: If a setting of the network does not fit, where it can be known which.
    """
    given = _apply(segmentor.decode_head, features, images, 'decode_head')
    outputs: dict[str, Tensor] = given if isinstance(segmentor.decode_head, MultiOutputHead) else dict(main=given)
    if not isinstance(segmentor.decode_head, MultiOutputHead):
        if segmentor.with_auxiliary_head:
            auxiliary = segmentor.auxiliary_head
            if isinstance(auxiliary, nn.ModuleList):
                raise TypeError(f'the student has {len(auxiliary)} auxiliary heads, expected one at most')
            outputs['aux'] = _apply(auxiliary, features, images, 'auxiliary_head')
    for name in classifiers_of(segmentor):
        value = outputs.get(name)
        if not isinstance(value, Tensor) or value.ndim != 4:
            raise TypeError(
                f'model.segmentor.decode_head is a {type(segmentor.decode_head).__name__}, which returns '
                f'something else than the logits (N, C, H, W) of {name!r} that objectives read: choose another head; '
                'one with several outputs is to be a MultiOutputHead'
            )
    return outputs


def _apply(head: nn.Module, features: Sequence[Tensor], images: Tensor, name: str) -> Any:
    try:
        return head(features)
    except (AssertionError, IndexError, RuntimeError, ValueError) as error:
        if isinstance(head, BaseDecodeHead):
            _check_features(head, features, name, error)
        _explain(error, images, name)
        raise


def _check_features(head: BaseDecodeHead, features: Sequence[Tensor], name: str, error: Exception) -> None:
    """Say which setting of a head that failed does not fit the feature maps."""
    channels = [feature.shape[1] for feature in features]
    indices = [head.in_index] if isinstance(head.in_index, int) else list(head.in_index)
    expected = [head.in_channels] if isinstance(head.in_channels, int) else list(head.in_channels)
    key = f'model.segmentor.{name}'
    if not all(-len(channels) <= index < len(channels) for index in indices):
        raise ValueError(
            f'{key}.in_index={head.in_index}, but the backbone (or neck) gives {len(channels)} feature '
            f'maps, 0 to {len(channels) - 1}, with channels {channels}'
        ) from error
    found = [channels[index] for index in indices]
    if head.input_transform == 'resize_concat':
        found, expected = [sum(found)], [sum(expected)]
    if found != expected:
        raise ValueError(
            f'{key}.in_channels={head.in_channels}, but the feature maps in_index={head.in_index} have '
            f'{found} channels; all maps have {channels}'
        ) from error


def _explain(error: Exception, images: Tensor, part: str) -> None:
    """Raise an error that says what ``error`` means for the settings, where that is known."""
    size, text = tuple(images.shape[2:]), str(error)
    if ONE_VALUE in text:
        raise ValueError(
            f'{text}: BatchNorm in model.segmentor.{part} got {len(images)} image of {size} in training, and a map of '
            '1 x 1, as of global pooling, has no statistics then. Set train_dataloader.batch_size to 2 or more, '
            "or norm_cfg of that part to GroupNorm, dict(type='GN', num_groups=32)"
        ) from error
    if (isinstance(error, AssertionError) and 'divisible' in text) or 'Sizes of tensors must match' in text:
        raise ValueError(
            f'model.segmentor.{part} cannot take images of (height, width) = {size}: {text}. Networks that halve and '
            'double need sides that divide: make crop_size and the scales of the training pipelines multiples of 32 '
            '(16 for UNet), or set model.data_preprocessor.size_divisor and, for testing, '
            'data_preprocessor.test_cfg=dict(size_divisor=32)'
        ) from error
