"""Fusing the labels of several teachers (Chao et al., CVPRW 2021, "Rethinking Ensemble-Distillation for Semantic
Segmentation Based Unsupervised Domain Adaptation").

Certainties are in percent, 0..100. With bytes all sums are integers: a mean that equals the threshold is kept
whatever the order of summation. No map of all classes and teachers is made; rows or tiles are worked on at a time.
"""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from mmuda.pseudo_labels.ensemble.box_sum import box_sum, equals
from mmuda.pseudo_labels.ensemble.class_teachers import resolve_teachers
from mmuda.pseudo_labels.labelers.labeler import IGNORE_INDEX, check_num_classes
from mmuda.pseudo_labels.thresholds.assignment import top_class

BLOCK = 1 << 17  # pixels that are worked on at a time: what fits into a cache
MAX_TEACHERS = 127


def majority_vote(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Class with the most votes.

    Args:
        labels (Tensor): (T, H, W), uint8, at most 127 teachers; 255 votes for nobody.

    Returns:
        tuple[Tensor, Tensor]: Labels (H, W), uint8: the lowest of equal classes, 0 where nobody votes. Votes for
        them (H, W), uint8.

    Raises:
        ValueError: If the labels are of another shape or type, or there are more teachers.
    """
    _check_labels(labels)
    if len(labels) > MAX_TEACHERS:
        raise ValueError(f'expected at most {MAX_TEACHERS} teachers, got {len(labels)}')
    label, votes = torch.empty_like(labels[0]), torch.empty_like(labels[0])
    for rows in _row_blocks(*labels.shape[1:]):
        block = labels[:, rows]
        # votes * 256 - label: the largest has the most votes and then the lowest class; 0 is class 0 without votes
        best = torch.zeros_like(block[0], dtype=torch.int16)
        for own in block:
            count = torch.zeros_like(own)
            for other in block:
                count += own == other
            count *= own != IGNORE_INDEX
            torch.maximum(best, count.short() * 256 - own, out=best)
        votes[rows] = (best + 255) >> 8
        label[rows] = votes[rows].short() * 256 - best
    return label, votes


def mean_certainty(certainties: Tensor, threshold: float = 90.0, known: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Class of the highest certainty on average over the teachers that know it, where that is high enough.

    Args:
        certainties (Tensor): (T, C, H, W), 0..100, uint8 or floating point; 0 for classes that a teacher does not know.
        threshold (float): In percent; labels below are dropped, equal ones kept. Defaults to 90.
        known (Tensor, optional): (T, C), bool, which teacher knows which class. A class that no teacher knows is no
            label. Defaults to None: all know all.

    Returns:
        tuple[Tensor, Tensor]: Labels (H, W), uint8: the lowest of equal classes, 255 where dropped. Mean certainty
        of the class (H, W), float32, 0..100, also where dropped.

    Raises:
        ValueError: If the certainties or ``known`` are of another shape, the certainties hold NaN, or no teacher knows
            any class.
    """
    if certainties.ndim != 4:
        raise ValueError(f'expected certainties (T, C, H, W), got {tuple(certainties.shape)}')
    num_teachers, num_classes, height, width = certainties.shape
    check_num_classes(num_classes)
    knowing = [num_teachers] * num_classes if known is None else _count_knowing(known, (num_teachers, num_classes))
    unit = math.lcm(*filter(None, knowing))  # sums times unit / number of teachers are integers that compare as means
    factors = [unit // number if number else 0 for number in knowing]
    label = certainties.new_empty((height, width), dtype=torch.uint8)
    confidence = certainties.new_empty((height, width), dtype=torch.float32)
    for rows in _row_blocks(height, width):
        best, winner = _top_sum(certainties[:, :, rows], factors, 100 * unit)
        label[rows] = winner.masked_fill_(best < threshold * unit, IGNORE_INDEX)
        confidence[rows] = best / unit
    return label, confidence


def most_certain(certainties: Tensor, threshold: float = 90.0) -> tuple[Tensor, Tensor]:
    """Same as :func:`mean_certainty` for certainties (C, H, W) that are averaged already."""
    return mean_certainty(certainties.unsqueeze(0), threshold)


def channel_wise(
    labels: Tensor,
    certainties: Tensor,
    teacher_of_class: Sequence[int],
    threshold: float = 90.0,
    window: int = 5,
    tile: int | None = 256,
) -> tuple[Tensor, Tensor]:
    """Fusion in which each class belongs to one teacher, the main policy of the paper (Sec. 3).

    A class is claimed where its teacher predicts it. Where exactly one class is claimed, that is the label, with
    its teacher's certainty. Elsewhere (none or several) the class with the most claims in the window around the pixel
    is the label, with the mean of its teacher's certainty over the window. Outside of the image there are no claims and
    the certainty is 0, so that disagreement near the border is dropped.

    Args:
        labels (Tensor): (T, H, W), uint8, class ids; 255 claims nothing.
        certainties (Tensor): (T, C, H, W), 0..100, uint8 or floating point; or the certainty of each class by its
            teacher alone, (C, H, W).
        teacher_of_class (Sequence[int]): (C,), teacher of each class.
        threshold (float): In percent; labels below are dropped, equal ones kept. Defaults to 90.
        window (int): Odd number of pixels. Defaults to 5.
        tile (int, optional): Height of the tiles that are worked on at a time, which are twice as wide. None: the whole
            image. The result is the same. Defaults to 256.

    Returns:
        tuple[Tensor, Tensor]: Labels (H, W), uint8: the lowest of equal classes (0 where the window is empty), 255
        where dropped. Their certainty (H, W), float32, 0..100, also where dropped.

    Raises:
        ValueError: If shapes, teachers or settings are others.
    """
    _check_labels(labels)
    check_window(window)
    if tile is not None and tile < 1:
        raise ValueError(f'tile must be positive or None, got {tile}')
    teacher_of_class, own = _class_certainties(labels, certainties, teacher_of_class)
    label = torch.empty_like(labels[0])
    confidence = torch.empty_like(label, dtype=torch.float32)
    area = window * window
    height, width = label.shape
    for inner, outer, inside in _tiles(height, width, tile, window // 2):
        fused, score = _fuse(
            labels[:, outer[0], outer[1]], [of_class[outer] for of_class in own], teacher_of_class, window, inside
        )
        label[inner] = fused.masked_fill_(score < threshold * area, IGNORE_INDEX)
        confidence[inner] = score / area
    return label, confidence


def count_claims(labels: Tensor, teacher_of_class: Sequence[int]) -> Tensor:
    """Return how many classes are claimed (H, W), uint8; arguments as of :func:`channel_wise`."""
    count = torch.zeros_like(labels[0])
    for c, teacher in enumerate(teacher_of_class):
        count += equals(labels[teacher], c)
    return count


def local_vote(labels: Tensor, teacher_of_class: Sequence[int], window: int = 5) -> Tensor:
    """Return the class with the most claims in the window around each pixel.

    Arguments as of :func:`channel_wise`.

    Returns:
        Tensor: (H, W), uint8: the lowest of equal classes, 0 where the window is empty.
    """
    check_window(window)
    return _most_claims(_claims(labels, teacher_of_class), labels[0], window)


def check_window(window: int) -> None:
    """Raise a ValueError if ``window`` is no odd positive number."""
    if window < 1 or window % 2 == 0:
        raise ValueError(f'window must be an odd positive number of pixels, got {window}')


def _fuse(
    labels: Tensor,
    certainties: Sequence[Tensor],
    teacher_of_class: Sequence[int],
    window: int,
    inside: tuple[slice, slice],
) -> tuple[Tensor, Tensor]:
    """Label and certainty times window area of the pixels ``inside`` a tile with halo."""
    claims = _claims(labels, teacher_of_class)
    count = torch.zeros_like(labels[0][inside])
    label = torch.zeros_like(count)
    certainty = torch.zeros_like(count, dtype=certainties[0].dtype)
    for c, claim in claims.items():
        inner = claim[inside]
        count += inner
        label += inner * c
        certainty += inner * certainties[c][inside]
    clear = equals(count, 1)  # elsewhere both sums mean nothing
    label *= clear
    certainty *= clear
    score = certainty.to(_sum_dtype(certainty, window * window)) * (window * window)
    if clear.all():
        return label, score
    unclear = 1 - clear
    label += _most_claims(claims, labels[0], window)[inside] * unclear
    for c in {0, *claims}:
        chosen = equals(label, c) * unclear
        if chosen.any():
            score += box_sum(certainties[c].to(score.dtype), window)[inside] * chosen
    return label, score


def _claims(labels: Tensor, teacher_of_class: Sequence[int]) -> dict[int, Tensor]:
    """Where each class is claimed (H, W), uint8, of those that are at all."""
    claims = ((c, equals(labels[teacher], c)) for c, teacher in enumerate(teacher_of_class))
    return {c: claim for c, claim in claims if claim.any()}


def _most_claims(claims: dict[int, Tensor], like: Tensor, window: int) -> Tensor:
    dtype = torch.uint8 if window * window <= 255 else torch.int32
    label = torch.zeros_like(like)
    best = torch.zeros_like(like, dtype=dtype)
    for c, claim in claims.items():  # in the order of the classes
        votes = box_sum(claim.to(dtype), window)
        torch.maximum(label, (votes > best).view(torch.uint8).mul_(c), out=label)
        torch.maximum(best, votes, out=best)
    return label


def _count_knowing(known: Tensor, shape: tuple[int, int]) -> list[int]:
    """Number of teachers that know each class (C,), of ``known`` (T, C)."""
    if known.dtype != torch.bool or known.shape != shape or not known.any():
        raise ValueError(
            f'expected known {shape}, (teachers, classes), of type bool and with a class that a teacher '
            f'knows, got {known.dtype} {tuple(known.shape)}, {int(known.sum())} times true'
        )
    return known.sum(0).tolist()


def _top_sum(certainties: Tensor, factors: Sequence[int], highest: int) -> tuple[Tensor, Tensor]:
    """Highest product of sum over the teachers and factor of the class (H, W), and its class, uint8.

    Of equal ones the lowest class. Classes with factor 0 are left out; no product is above ``highest``.
    """
    if certainties.is_floating_point():
        return top_class(
            certainties[:, c].sum(0).mul_(factor) if factor else certainties[0, c] - 1
            for c, factor in enumerate(factors)
        )
    # product * 2^bits + number of later classes: the largest has the highest product and then the lowest class
    num_classes = len(factors)
    bits = (num_classes - 1).bit_length()
    dtype = _integer(highest + 1 << bits)
    scores = (
        certainties[:, c].sum(0, dtype=dtype).mul_(factor << bits).add_(num_classes - 1 - c)
        for c, factor in enumerate(factors)
        if factor
    )
    best = next(scores)
    for score in scores:
        torch.maximum(best, score, out=best)
    return best >> bits, (num_classes - 1 - (best & (1 << bits) - 1)).byte()


def _sum_dtype(certainties: Tensor, number: int) -> torch.dtype:
    """The type for sums of ``number`` certainties."""
    return certainties.dtype if certainties.is_floating_point() else _integer(100 * number)


def _integer(highest: int) -> torch.dtype:
    for dtype in (torch.int16, torch.int32, torch.int64):
        if highest <= torch.iinfo(dtype).max:
            return dtype
    raise ValueError(
        'the numbers of teachers that know a class differ too much among the classes for exact means: '
        'take fewer teachers'
    )


def _row_blocks(height: int, width: int) -> Iterator[slice]:
    rows = max(1, BLOCK // max(1, width))
    return (slice(begin, begin + rows) for begin in range(0, height, rows))


def _tiles(height: int, width: int, tile: int | None, halo: int) -> Iterator[tuple]:
    """Per tile its rows and columns, those with halo, and its place inside of these."""
    tall, wide = (height, width) if tile is None else (tile, 2 * tile)
    for top in range(0, height, tall):
        for left in range(0, width, wide):
            yield tuple(zip(_span(top, tall, height, halo), _span(left, wide, width, halo)))


def _span(begin: int, length: int, size: int, halo: int) -> tuple[slice, slice, slice]:
    end = min(begin + length, size)
    first = max(0, begin - halo)
    return slice(begin, end), slice(first, min(end + halo, size)), slice(begin - first, end - first)


def _check_labels(labels: Tensor) -> None:
    if labels.ndim != 3 or not len(labels) or labels.dtype != torch.uint8:
        raise ValueError(
            f'expected labels (T, H, W) of at least one teacher, uint8, got {tuple(labels.shape)}, {labels.dtype}'
        )


def _class_certainties(
    labels: Tensor, certainties: Tensor, teacher_of_class: Sequence[int]
) -> tuple[tuple[int, ...], list[Tensor]]:
    """Checked teachers, and the certainty (H, W) of each class by its teacher."""
    if (
        certainties.ndim not in (3, 4)
        or certainties.shape[-2:] != labels.shape[1:]
        or (certainties.ndim == 4 and len(certainties) != len(labels))
    ):
        raise ValueError(
            f'expected certainties (T, C, H, W) or (C, H, W) for labels {tuple(labels.shape)}, got '
            f'{tuple(certainties.shape)}'
        )
    num_classes = certainties.shape[-3]
    check_num_classes(num_classes)
    teacher_of_class = resolve_teachers(teacher_of_class, num_classes, len(labels))
    if certainties.ndim == 3:
        return teacher_of_class, list(certainties)
    return teacher_of_class, [certainties[teacher, c] for c, teacher in enumerate(teacher_of_class)]
