"""Pictures of target images: what a model predicts and how sure it is, and their pseudo labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmseg.models import BaseSegmentor
from mmseg.registry import MODELS
from PIL import Image
from torch import Tensor

from mmuda.datasets.doctor.splits import Split, splits_of
from mmuda.models.segmentors import UDASegmentor
from mmuda.models.segmentors.student import apply_heads, classifiers_of, extract_features
from mmuda.pseudo_labels.pictures import heatmap
from mmuda.pseudo_labels.planes import CONFIDENCE, LABEL
from mmuda.report.label_statistics import STEPS, LabelStatistics, evenly
from mmuda.visualization import colorize

WIDTH = 512  # of a picture, in pixels, at most
IMAGE, PREDICTION = 'image', 'prediction'
_LOADS_LABELS = ('LoadAnnotations', 'LoadLabelIds')
_SPLITS = ('target', 'validation', 'test')  # the first of a config is shown


@dataclass
class Pictures:
    """Pictures of some images, and numbers over the pixels of these images.

    Attributes:
        split (str): Such as ``target``.
        classes (tuple[str, ...]): Names of the C classes.
        palette (Sequence[Sequence[int]]): Their colors.
        images (dict[str, dict[str, np.ndarray]]): (H, W, 3) uint8 of one size, by title, of each image by its path.
        predicted (np.ndarray): (C,) pixels by predicted class.
        confidences (np.ndarray): (256,) pixels by highest probability, 255 is 1.
        classifiers_agree (list[float]): Share of the pixels of each image to which two classifiers give one class.
        teacher_agrees (list[float]): The same of teacher and student.
    """

    split: str
    classes: tuple[str, ...]
    palette: Sequence[Sequence[int]]
    images: dict[str, dict[str, np.ndarray]]
    predicted: np.ndarray
    confidences: np.ndarray
    classifiers_agree: list[float] = field(default_factory=list)
    teacher_agrees: list[float] = field(default_factory=list)

    @property
    def shares(self) -> dict[str, float]:
        """Share of each class in the predicted pixels, in [0, 1]."""
        return dict(zip(self.classes, (self.predicted / max(self.predicted.sum(), 1)).tolist()))


def take_pictures(
    config: Config,
    model: BaseSegmentor,
    metainfo: dict[str, Any],
    labels: Sequence[LabelStatistics],
    number: int,
    teacher: BaseSegmentor | None = None,
) -> Pictures:
    """Predict images of the target, or of the validation where the config has no target. No label is opened.

    Args:
        config (Config): Of the training: names the images and the test pipeline.
        model (BaseSegmentor): In evaluation mode.
        metainfo (dict): ``classes`` and ``palette`` of its training data.
        labels (Sequence[LabelStatistics]): Generations of pseudo labels; the first and the last are shown.
        number (int): Images, those that lie evenly among those with pseudo labels, or among all.
        teacher (BaseSegmentor, optional): Another model, in evaluation mode. Defaults to None.

    Raises:
        ValueError: If the config names no images or no test pipeline, or they are not there.
        OSError: If a file cannot be read.
    """
    split = _split(config)
    chosen = _choose(split, labels, number)
    classes, palette = tuple(metainfo['classes']), metainfo['palette']
    made = Pictures(split.name, classes, palette, {}, np.zeros(len(classes), np.int64), np.zeros(STEPS, np.int64))
    load = _pipeline(config)
    for path, name in chosen:
        image = _read(path)
        height, width = image.shape[:2]  # what a pipeline has filled at the right or the bottom is cut off
        sample = load(dict(img_path=path, reduce_zero_label=False, seg_fields=[]))
        probabilities = _probabilities(model, sample)[:, :height, :width]
        label = probabilities.argmax(0)
        made.predicted += np.bincount(label.ravel(), minlength=len(classes))[: len(classes)]
        made.confidences += np.bincount(CONFIDENCE.steps(probabilities.max(0)).ravel(), minlength=STEPS)
        pictures = {IMAGE: image, PREDICTION: colorize(label, palette), 'uncertainty': _entropy(probabilities)}
        if _has_two_classifiers(model):
            made.classifiers_agree.append(_classifiers_agree(model, sample))
        if teacher is not None:
            taught = _probabilities(teacher, sample)[:, :height, :width].argmax(0)
            made.teacher_agrees.append(float((taught == label).mean()))
            pictures['prediction of the teacher'] = colorize(taught, palette)
        made.images[path] = _resized(pictures | _label_pictures(labels, name, palette))
    return made


def build_teacher(config: Config, weights: dict[str, Tensor], device: str | torch.device) -> BaseSegmentor:
    """Return a teacher as a model that predicts, in evaluation mode.

    Args:
        config (Config): Of the training; its model is a :class:`~mmuda.models.segmentors.UDASegmentor`.
        weights (dict[str, Tensor]): Of the teacher, as a checkpoint has them under ``teacher``.
        device (str or torch.device): Where it predicts.
    """
    model = MODELS.build({**config.model, 'objectives': []})
    model.student.load_state_dict(weights)
    return model.to(device).eval()


def _split(config: Config) -> Split:
    splits = {split.domain: split for split in reversed(splits_of(config))}
    found = next((splits[name] for name in _SPLITS if name in splits), None)
    if found is None:
        raise ValueError(f'the config names no images of {", ".join(_SPLITS)}, only of {", ".join(splits)}')
    if not found.entries:
        raise ValueError(f'{found.name}: {"; ".join(finding.message for finding in found.findings)}')
    return found


def _choose(split: Split, labels: Sequence[LabelStatistics], number: int) -> list[tuple[str, str | None]]:
    """Return paths of images, and what they are called in the stores."""
    paths = [entry['img_path'] for entry in split.entries]
    if not labels:
        return [(path, None) for path in evenly(paths, number)]
    stems = {path: f'/{Path(path).with_suffix("")}' for path in paths}
    named = {name: f'/{Path(name).with_suffix("")}' for name in labels[-1].images}
    found = [(path, name) for name, end in named.items() for path, stem in stems.items() if stem.endswith(end)]
    if not found:
        raise ValueError(f'no image of {split.name} has a label in {labels[-1].store.root}: were the images moved?')
    return evenly(found, number)


def _pipeline(config: Config) -> Compose:
    steps = config.get('test_pipeline')
    if not steps:
        raise ValueError('the config has no test_pipeline, which says how images become inputs')
    return Compose([step for step in steps if step['type'] not in _LOADS_LABELS])


@torch.no_grad()
def _probabilities(model: BaseSegmentor, sample: dict) -> np.ndarray:
    """(C, H, W), at the size of the image."""
    logits = model.test_step(pseudo_collate([sample]))[0].seg_logits.data.float()
    if len(logits) == 1:  # one output for two classes, a probability already
        return torch.cat([1 - logits, logits]).cpu().numpy()
    return logits.softmax(0).cpu().numpy()


def _has_two_classifiers(model: BaseSegmentor) -> TypeGuard[UDASegmentor]:
    """Whether there are two, with an output per class."""
    return isinstance(model, UDASegmentor) and len(classifiers_of(model.student)) > 1 and model.out_channels > 1


@torch.no_grad()
def _classifiers_agree(model: UDASegmentor, sample: dict) -> float:
    inputs = model.data_preprocessor(pseudo_collate([sample]), False)['inputs']
    outputs = apply_heads(model.student, extract_features(model.student, inputs), inputs)
    logits = [outputs[name] for name in classifiers_of(model.student)][:2]
    size = max(one.shape[2:] for one in logits)
    one, other = (F.interpolate(values, size, mode='bilinear').argmax(1) for values in logits)
    return float((one == other).float().mean())


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    """Picture of the entropy, from 0 to that of the uniform distribution."""
    entropy = -(probabilities * np.log(np.maximum(probabilities, 1e-12))).sum(0) / np.log(len(probabilities))
    return np.array(heatmap(CONFIDENCE.steps(entropy)))


def _label_pictures(
    labels: Sequence[LabelStatistics], name: str | None, palette: Sequence[Sequence[int]]
) -> dict[str, np.ndarray]:
    """Pseudo labels of the first and the last generation, and the confidences of the last."""
    if name is None:
        return {}
    shown = {one.title: one.store for one in (labels[0], labels[-1]) if one.store.has(name)}
    pictures = {
        f'labels: {title}': colorize(LABEL.read(store.label_path(name)), palette) for title, store in shown.items()
    }
    confidence = CONFIDENCE.read(CONFIDENCE.path(labels[-1].store.root, name))
    return pictures | {'confidence of the labels': np.array(heatmap(CONFIDENCE.steps(confidence)))}


def _read(path: str) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image.convert('RGB'))


def _resized(pictures: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """All at the size of the image, or smaller, at most ``WIDTH`` wide."""
    height, width = pictures[IMAGE].shape[:2]
    scale = min(1.0, WIDTH / width)
    size = round(width * scale), max(1, round(height * scale))
    smooth, near = Image.Resampling.LANCZOS, Image.Resampling.NEAREST
    return {
        title: np.array(Image.fromarray(picture).resize(size, smooth if title == IMAGE else near))
        for title, picture in pictures.items()
    }
