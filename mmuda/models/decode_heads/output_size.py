"""The size of a prediction."""

import torch


def output_size(metas: list[dict]) -> tuple[int, int]:
    """Size (height, width) to which a head that resizes only once brings its prediction.

    That of the original images. The size of the network's input instead where the original's cannot be reached in one
    step: sliding windows, padded images, or images of several sizes in one batch.

    Args:
        metas (list[dict]): Of the images of the batch.
    """
    first = metas[0]
    if isinstance(first['img_shape'], torch.Size):  # how mmseg marks a window of sliding inference
        height, width = first['img_shape']
        return height, width
    padded = any(
        any(meta.get('img_padding_size', meta.get('padding_size', ())))
        or tuple(meta.get('pad_shape', meta['img_shape'])[:2]) != tuple(meta['img_shape'][:2])
        for meta in metas
    )
    sizes = {tuple(meta['ori_shape'][:2]) for meta in metas}
    if padded or len(sizes) > 1:
        return tuple(first.get('pad_shape', first['img_shape'])[:2])
    return sizes.pop()
