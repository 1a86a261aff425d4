"""What the trainings of the demo have learned: accuracy, predictions, pseudo labels."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmseg.models.utils import resize
from mmseg.registry import DATASETS, METRICS, MODELS
from mmseg.structures import SegDataSample
from PIL import Image

from mmuda.datasets.transforms.load_label_ids import read_train_ids
from mmuda.evaluation.pseudo_label_quality import PseudoLabelQuality
from mmuda.pseudo_labels import disagreement
from mmuda.pseudo_labels.planes import CONFIDENCE, LABEL
from mmuda.visualization import colorize
from tools.demonstration.runs import Run

SMALL = ('pole', 'traffic light', 'traffic sign', 'person', 'rider', 'motorcycle', 'bicycle')
VISIBLE = 25  # pixels of a class from which on an image counts as showing it


@dataclass
class Finding:
    """A trained run: its model, and IoU per class and right pixels on the target's validation images, in percent."""

    run: Run
    model: torch.nn.Module
    iou: dict[str, float]
    accuracy: float

    @classmethod
    def of(cls, run: Run) -> 'Finding':
        """Load the model of a run and evaluate it as its config says."""
        init_default_scope('mmseg')
        config = Config.fromfile(run.config)
        model = MODELS.build(config.model)
        load_checkpoint(model, run.checkpoint, map_location='cpu', logger='silent')
        dataset, metric = DATASETS.build(config.test_dataloader.dataset), METRICS.build(config.test_evaluator)
        metric.dataset_meta = dataset.metainfo
        for index in range(len(dataset)):
            metric.process(None, [predict(model.eval(), dataset[index]).to_dict()])
        measured = metric.evaluate(len(dataset))
        return cls(run, model, metric.iou_per_class, measured['aAcc'])

    @property
    def miou(self) -> float:
        """Mean over all classes, in percent."""
        return float(np.nanmean(list(self.iou.values())))

    @property
    def small(self) -> float:
        """Mean over thin and small classes, in percent."""
        return float(np.nanmean([self.iou[name] for name in SMALL]))

    @cached_property
    def cost(self) -> dict[str, float]:
        """What training took: ``seconds`` and ``cpu_seconds``."""
        return json.loads((self.run.work_dir / 'cost.json').read_text())


@torch.no_grad()
def predict(model: torch.nn.Module, sample: dict) -> SegDataSample:
    """Return what the model says of one image."""
    return model.test_step(pseudo_collate([sample]))[0]


@torch.no_grad()
def uncertainty(model: torch.nn.Module, sample: dict) -> np.ndarray:
    """Return the (H, W) disagreement of the two classifiers, in [0, 1]."""
    inputs = model.data_preprocessor(pseudo_collate([sample]), False)['inputs']
    logits = model.decode_head(model.extract_feat(inputs))
    grid = disagreement(**logits)[:, None]
    return resize(grid, inputs.shape[2:], mode='bilinear', align_corners=True)[0, 0].numpy()


class Pictures:
    """Images of both domains with their labels, and of the target what the models say.

    The target's images are training images: there are pseudo labels of them. Their labels serve for the pictures
    alone. Those are shown that have the most thin and small classes by their labels.

    Args:
        run (Run): A run that trains on both domains; names the data.
    """

    def __init__(self, run: Run) -> None:
        init_default_scope('mmseg')
        config = Config.fromfile(run.config)
        place = dict(data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train'))
        self.target = DATASETS.build({**config.test_dataloader.dataset, **place})
        self.source = DATASETS.build(dict(config.source_files, pipeline=[]))
        self.classes, self.palette = self.target.metainfo['classes'], self.target.metainfo['palette']
        infos = [self.target.get_data_info(index) for index in range(len(self.target))]
        folder = self.target.data_prefix['img_path']
        self.names = [Path(info['img_path']).relative_to(folder).as_posix() for info in infos]
        self.truths = [read_train_ids(info) for info in infos]

    def busiest(self, number: int) -> list[int]:
        """Return indices of the target images that show the most thin and small classes."""
        small = [self.classes.index(name) for name in SMALL]
        shown = [(np.bincount(truth.ravel(), minlength=256)[small] >= VISIBLE).sum() for truth in self.truths]
        return np.argsort(shown, kind='stable')[::-1][:number].tolist()

    def row(self, index: int, findings: dict[str, Finding], pseudo_labels: Path | None = None) -> dict[str, np.ndarray]:
        """Return the image, its predictions, pseudo labels and labels.

        Args:
            index (int): Of the target image.
            findings (dict[str, Finding]): By title.
            pseudo_labels (Path, optional): Their store.
        """
        sample = self.target[index]
        row = {'target image': self.target_image(index)}
        for title, finding in findings.items():
            row[title] = predict(finding.model, sample).pred_sem_seg.data[0].numpy().astype(np.uint8)
        row['labels'] = self.truths[index]
        if pseudo_labels:
            row['pseudo labels'] = LABEL.read(LABEL.path(pseudo_labels, self.names[index]))
        return row

    def target_image(self, index: int) -> np.ndarray:
        """Return a target image, (H, W, 3) RGB."""
        return read_rgb(self.target.get_data_info(index)['img_path'])

    def labeled_source(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a source image, (H, W, 3) RGB, and its labels, (H, W)."""
        info = self.source.get_data_info(index)
        return read_rgb(info['img_path']), read_train_ids(info)

    def paint(self, labels: np.ndarray) -> np.ndarray:
        """Return labels (H, W) in the colors of the classes, (H, W, 3)."""
        return colorize(labels, self.palette)

    def quality(self, root: Path) -> PseudoLabelQuality:
        """Compare the pseudo labels of a store with the labels."""
        quality = PseudoLabelQuality(len(self.classes))
        for name, truth in zip(self.names, self.truths):
            label, confidence = (plane.read(plane.path(root, name)) for plane in (LABEL, CONFIDENCE))
            quality.update(label, CONFIDENCE.steps(confidence), truth)
        return quality


def read_rgb(path: str) -> np.ndarray:
    """Read an image, (H, W, 3) RGB."""
    with Image.open(path) as image:
        return np.array(image.convert('RGB'))
