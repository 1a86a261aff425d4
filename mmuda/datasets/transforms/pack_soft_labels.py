"""Packing of a target crop with its soft pseudo labels."""

import functools
from typing import Any

import torch
from mmengine.structures import PixelData
from mmseg.datasets.transforms import PackSegInputs
from mmseg.registry import TRANSFORMS
from torch import Tensor

from mmuda.pseudo_labels.labelers.entropy_regularized_labeler import lrent_targets
from mmuda.pseudo_labels.predictors.cached_logits import CachedLogits
from mmuda.pseudo_labels.store import PseudoLabelStore

_NEEDED = ('pseudo_label_store', 'pseudo_label_name', 'scaled_shape', 'crop_offset')


@TRANSFORMS.register_module()
class PackSoftLabels(PackSegInputs):
    """``PackSegInputs`` that adds the soft labels of LRENT (Zou et al., ICCV 2019, Sec. 4.2) for the crop alone.

    They are made of what the labeling has left in the store: the network's cached logits
    (``train_cfg.labels.keep_cached_logits=True`` with ``LogitMapPredictor``), and the thresholds and ``alpha`` of
    ``EntropyRegularizedLabeler``. For Cityscapes that is 4 MB per image, instead of 159 MB of soft labels.

    The order differs from the published code, which makes soft labels at the size of the image, resizes these with
    the crop and normalizes them again, and takes the labeled pixels from the resized hard label. Here the logits
    are resized to the scaled image, and soft labels and labeled pixels follow from them. At scale 1 both are the same.

    Required keys: those of ``PackSegInputs``; ``pseudo_label_store`` and ``pseudo_label_name`` of
    ``PseudoLabelDataset``; ``scaled_shape`` and ``crop_offset`` of ``CenteredMiningCrop``; ``flip_direction`` where the
    crop is mirrored. Added to the data sample: ``gt_soft_seg``, (C, H, W) float32, with sum 1 over the classes, or 0
    where a pixel is not labeled or padded.

    Raises:
        KeyError: If a key is missing.
        FileNotFoundError: If there are no cached logits of the image.
        ValueError: If the store was made by another labeler or predictor.
    """

    def transform(self, results: dict) -> dict:
        """Pack the crop."""
        missing = [key for key in _NEEDED if key not in results]
        if missing:
            raise KeyError(
                f'PackSoftLabels: {missing} of {results.get("img_path")} are missing: it belongs behind '
                'CenteredMiningCrop, in the pipeline of a PseudoLabelDataset'
            )
        packed = super().transform(results)
        packed['data_samples'].set_data(dict(gt_soft_seg=PixelData(data=self._soft_labels(results))))
        return packed

    def _soft_labels(self, results: dict) -> Tensor:
        store = PseudoLabelStore(results['pseudo_label_store'])
        name, (height, width) = results['pseudo_label_name'], results['scaled_shape']
        thresholds, alpha = _settings(str(store.root), _last_change(store))
        if not store.has_cached_logits(name):
            raise FileNotFoundError(
                f'PackSoftLabels: there are no cached logits {store.cached_logits_path(name)}: set '
                'train_cfg.labels.keep_cached_logits=True and label again'
            )
        encoded, _, layout = store.read_cached_logits(name)
        cached = CachedLogits.from_layout(torch.from_numpy(encoded), layout)
        top, left = results['crop_offset']
        rows, columns = results['img'].shape[:2]
        box = (top, left, min(rows, height - top), min(columns, width - left))  # without the padding
        soft = torch.zeros(cached.values.shape[1], rows, columns)
        soft[:, : box[2], : box[3]] = lrent_targets(_crop(cached, (height, width), box), thresholds, alpha)
        direction = results.get('flip_direction')
        if direction not in (None, 'horizontal'):
            raise ValueError(f'PackSoftLabels: flip_direction is {direction!r}, expected horizontal flips only')
        return soft.flip(-1) if direction else soft


def _last_change(store: PseudoLabelStore) -> tuple[int, ...]:
    """When the files that :func:`_settings` reads were written: labels may be made again in the same folder."""
    paths = (store.root / store.SUMMARY, store.root / store.MANIFEST)
    return tuple(path.stat().st_mtime_ns for path in paths if path.is_file())


@functools.lru_cache(maxsize=1)  # crops of one round are of one store
def _settings(root: str, last_change: tuple[int, ...]) -> tuple[Tensor, float]:
    """Thresholds (C,) and alpha that the labels of a store were made with."""
    store = PseudoLabelStore(root)
    summary, manifest = store.summary() or {}, store.manifest() or {}
    predictor: dict[str, Any] = manifest.get('description', {}).get('predictor', {})
    if 'alpha' not in summary or 'thresholds_used' not in summary:
        raise ValueError(
            f'PackSoftLabels: {store.root} has no thresholds of soft labels: set '
            "train_cfg.labels.labeler=dict(type='EntropyRegularizedLabeler')"
        )
    if predictor.get('type') != 'LogitMapPredictor':
        raise ValueError(
            f'PackSoftLabels: the cached logits in {store.root} are of {predictor.get("type")}: set '
            "train_cfg.labels.predictor=dict(type='LogitMapPredictor')"
        )
    return torch.tensor(summary['thresholds_used']), summary['alpha']


def _crop(cached: CachedLogits, size: tuple[int, int], box: tuple[int, int, int, int]) -> Tensor:
    """Part of the probabilities that ``LogitMapPredictor`` decodes at ``size``, (C, height, width) of the box."""
    return torch.stack([cached.crop(view, size, box).softmax(dim=0) for view in range(len(cached.values))]).mean(dim=0)
