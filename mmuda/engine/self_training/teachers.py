"""Teachers of an ensemble from configs: what `train_cfg.labels.teachers` may hold."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.runner import CheckpointLoader
from mmseg.registry import DATASETS, MODELS, TASK_UTILS
from torch import Tensor, nn

from mmuda.datasets.classes import class_names
from mmuda.engine.checkpoints import latest_checkpoint
from mmuda.engine.finite import check_finite
from mmuda.engine.student import student_of
from mmuda.models.segmentors.architecture import architecture_difference
from mmuda.pseudo_labels import PseudoLabelStore, fingerprint
from mmuda.pseudo_labels.ensemble.teachers import FileTeacher, ModelTeacher, Teacher
from mmuda.pseudo_labels.generation import ModelPredictions
from mmuda.pseudo_labels.predictors.predictor import Predictor
from mmuda.pseudo_labels.store import difference
from mmuda.utils.config_text import read_settings
from mmuda.utils.shipped import read_config

# The whole image at half of Cityscapes' size, as in the code of ensemble distillation.
DEFAULT_PREDICTOR = dict(type='LogitMapPredictor', scale=(1024, 512), flip=False)
# Parts of a checkpoint that prediction does not need.
_NOT_PREDICTING = ('objectives.', 'auxiliary_head.', 'data_preprocessor.')
# Parts of a segmentor's config that do not change what it predicts.
_TRAINING_ONLY = frozenset(
    (
        'drop_path_rate',
        'dropout_ratio',
        'frozen_stages',
        'init_cfg',
        'loss_decode',
        'norm_eval',
        'pretrained',
        'requires_grad',
        'train_cfg',
        'with_cp',
    )
)
# Parts of it that weights are not tied to: how it is tested, and what it does not predict with.
_FREE_TO_CHANGE = frozenset(('auxiliary_head', 'data_preprocessor', 'test_cfg'))


def prediction_settings(config: Any) -> Any:
    """Return a (part of a) segmentor's config without what does not change its predictions, as JSON values."""
    if isinstance(config, dict):
        return {key: prediction_settings(value) for key, value in config.items() if key not in _TRAINING_ONLY}
    if isinstance(config, (list, tuple)):
        return [prediction_settings(value) for value in config]
    return config


class TeacherConfig(ABC):
    """What ``train_cfg.labels.teachers`` says of one teacher.

    Attributes:
        name (str): Of the teacher.
        drop_classes (Sequence[str]): Classes of it that the student does not have.
    """

    name: str
    drop_classes: Sequence[str]

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Return what its predictions depend on beside weights or files."""

    @abstractmethod
    def load(
        self,
        student_classes: Sequence[str],
        names: Sequence[str],
        store: PseudoLabelStore,
        keep_cached_logits: bool,
        device: torch.device,
        read: Callable[[str], np.ndarray],
    ) -> tuple[Teacher, str]:
        """Make the teacher.

        Args:
            student_classes (Sequence[str]): Classes of the student.
            names (Sequence[str]): Of all images.
            store (PseudoLabelStore): Where cached logits are kept.
            keep_cached_logits (bool): Whether they are.
            device (torch.device): Where a model runs.
            read (Callable): Path to image.

        Returns:
            tuple[Teacher, str]: The teacher, and the fingerprint of its weights or files.
        """


class ModelTeacherConfig(TeacherConfig):
    """A teacher that is a model: ``dict(config='configs/mrnet/gta2cs_rectified.py')``.

    The checkpoint must be of the config: all parameters must fit, and the network and the normalization of images must
    be those of the config that training has written into the checkpoint. A converted checkpoint has none, and only
    its parameters are compared.

    Args:
        config (str): Config that the teacher was trained with, relative to where training is started, or one that
            mmuda ships.
        checkpoint (str, optional): Its weights. Defaults to the last checkpoint in ``work_dir``.
        work_dir (str, optional): Defaults to that of the config, or to ``work_dirs/<config name>``.
        predictor (dict, optional): How it sees an image. Defaults to ``DEFAULT_PREDICTOR``.
        classes (Sequence[str], optional): Its classes. Defaults to those that its checkpoint names, or its data.
        drop_classes (Sequence[str]): Of these, those that the student does not have. Defaults to none.
        name (str, optional): Defaults to the config's folder and name.

    Raises:
        FileNotFoundError: If there is no such config.
        ValueError: If a setting is not understood.
    """

    def __init__(
        self,
        config: str,
        checkpoint: str | None = None,
        work_dir: str | None = None,
        predictor: dict | None = None,
        classes: Sequence[str] | None = None,
        drop_classes: Sequence[str] = (),
        name: str | None = None,
    ) -> None:
        if checkpoint is not None and work_dir is not None:
            raise ValueError(
                f'train_cfg.labels.teachers: teacher of {config} has both checkpoint and work_dir, give one'
            )
        self.config = config
        try:
            self.cfg = read_config(config)
        except FileNotFoundError as error:
            raise FileNotFoundError(f'train_cfg.labels.teachers: {error}') from error
        self.checkpoint = checkpoint
        self.work_dir = work_dir or self.cfg.work_dir
        self.predictor = dict(predictor or DEFAULT_PREDICTOR)
        # errors of the config come now, not while labeling
        self._predictor: Predictor = TASK_UTILS.build(self.predictor)
        self.classes = classes
        self.drop_classes = drop_classes
        self.name = name or f'{Path(config).parent.name}_{Path(config).stem}'

    def settings(self) -> dict[str, Any]:
        """Return what its predictions depend on beside the weights."""
        model = self.cfg.model
        return dict(
            name=self.name,
            drop_classes=self.drop_classes,
            predictor=self._predictor.description(),
            model=prediction_settings(model.get('segmentor', model)),
            data_preprocessor=prediction_settings(model.get('data_preprocessor', self.cfg.get('data_preprocessor'))),
        )

    def load(
        self,
        student_classes: Sequence[str],
        names: Sequence[str],
        store: PseudoLabelStore,
        keep_cached_logits: bool,
        device: torch.device,
        read: Callable[[str], np.ndarray],
    ) -> tuple[ModelTeacher, str]:
        """Build the model and load its weights, see :meth:`TeacherConfig.load`.

        Raises:
            FileNotFoundError: If there is no checkpoint.
            FloatingPointError: If weights or statistics in it are NaN or infinite.
            RuntimeError: If it is of another architecture, or was trained with other settings.
            ValueError: If the classes do not fit.
        """
        path = self._checkpoint()
        checkpoint = CheckpointLoader.load_checkpoint(path, map_location='cpu')
        model = self._build()
        student = student_of(model)
        self._load_weights(student, checkpoint.get('state_dict', checkpoint), path)
        self._check_settings(checkpoint, path)
        classes = self._classes(checkpoint, student.decode_head.num_classes, path)
        weights = fingerprint(
            {key: value for key, value in student.state_dict().items() if not key.startswith(_NOT_PREDICTING)}
        )  # an auxiliary head stays random
        model = model.to(device).eval().requires_grad_(False)
        predictions = ModelPredictions(model, self._predictor, store, keep_cached_logits, folder=self.name, read=read)
        return ModelTeacher(self.name, classes, student_classes, predictions, self.drop_classes), weights

    def _checkpoint(self) -> str:
        path = self.checkpoint
        if path is None:
            path = latest_checkpoint(self.work_dir)
            if path is None:
                raise FileNotFoundError(
                    f'teacher {self.name!r}: there is no checkpoint in {self.work_dir!r}. Train it first: python '
                    f'tools/train.py {self.config} ; or name a checkpoint of it in train_cfg.labels.teachers'
                )
        if '://' not in path and not Path(path).is_file():
            raise FileNotFoundError(f'teacher {self.name!r}: there is no checkpoint {path}')
        return path

    def _build(self) -> nn.Module:
        cfg = self.cfg.model.copy()
        cfg.setdefault('data_preprocessor', self.cfg.get('data_preprocessor'))
        if 'objectives' in cfg:
            cfg['objectives'] = []
        return MODELS.build(cfg)

    def _load_weights(self, model: nn.Module, state: dict[str, Tensor], path: str) -> None:
        """Load strictly: a model that lacks some of its weights predicts without any sign of it."""
        expected = {key: value for key, value in model.state_dict().items() if _predicts(key)}
        found = {
            key.removeprefix('student.'): value
            for key, value in state.items()
            if _predicts(key.removeprefix('student.'))
        }
        different = architecture_difference(expected, found)
        if different:
            raise RuntimeError(
                f'teacher {self.name!r}: the checkpoint {path} is of another architecture than {self.config}: '
                f'{different}. Give the config that the checkpoint was trained with'
            )
        check_finite(
            found,
            f'teacher {self.name!r}: the checkpoint {path} cannot label',
            'Name an older checkpoint of it in train_cfg.labels.teachers, or train the teacher again',
        )
        model.load_state_dict(found, strict=False)

    def _check_settings(self, checkpoint: dict, path: str) -> None:
        """Refuse weights that were trained for another prediction, which parameters that fit do not show."""
        text = (checkpoint.get('meta') or {}).get('cfg')
        trained = read_settings(text, ('model', 'data_preprocessor')) if isinstance(text, str) else {}
        if not isinstance(trained.get('model'), dict):
            return
        different = difference(_settings_of_weights(trained), _settings_of_weights(self.cfg))
        if different:
            raise RuntimeError(
                f'teacher {self.name!r}: the checkpoint {path} was trained with other settings than those of '
                f'{self.config}: {different}. Give the config that the checkpoint was trained with'
            )

    def _classes(self, checkpoint: dict, num_classes: int, path: str) -> Sequence[str]:
        meta = checkpoint.get('meta') or {}
        classes = self.classes or (meta.get('dataset_meta') or {}).get('classes') or _classes_of_data(self.cfg)
        if classes is None or len(classes) != num_classes:
            raise ValueError(
                f'teacher {self.name!r}: the names of its {num_classes} classes are not known (found in '
                f'{path} or {self.config}: {classes and list(classes)}). Give them by `classes` in '
                'train_cfg.labels.teachers'
            )
        return classes


class FileTeacherConfig(TeacherConfig):
    """A teacher that is files, see :class:`~mmuda.pseudo_labels.ensemble.teachers.FileTeacher`.

    Args:
        labels (str): Folder of the labels.
        certainties (str): Folder of the certainties.
        classes (Sequence[str], optional): Its classes. Defaults to those of the student.
        drop_classes (Sequence[str]): Of these, those that the student does not have. Defaults to none.
        name (str, optional): Defaults to the name of the folder of the labels.
    """

    def __init__(
        self,
        labels: str,
        certainties: str,
        classes: Sequence[str] | None = None,
        drop_classes: Sequence[str] = (),
        name: str | None = None,
    ) -> None:
        for key, folder in dict(labels=labels, certainties=certainties).items():
            if not Path(folder).is_dir():
                raise FileNotFoundError(f'train_cfg.labels.teachers: there is no folder {key} = {folder!r}')
        self.labels = labels
        self.certainties = certainties
        self.classes = classes
        self.drop_classes = drop_classes
        self.name = name or Path(labels).name

    def settings(self) -> dict[str, Any]:
        """Return what says that this teacher is files."""
        return dict(name=self.name, drop_classes=self.drop_classes, files=True)

    def load(
        self,
        student_classes: Sequence[str],
        names: Sequence[str],
        store: PseudoLabelStore,
        keep_cached_logits: bool,
        device: torch.device,
        read: Callable[[str], np.ndarray],
    ) -> tuple[FileTeacher, str]:
        """Look for the files, see :meth:`TeacherConfig.load`.

        Raises:
            FileNotFoundError: If some are missing.
            OSError: If some are damaged.
            ValueError: If the classes do not fit.
        """
        classes = self.classes or student_classes
        teacher = FileTeacher(self.name, classes, student_classes, self.labels, self.certainties, self.drop_classes)
        teacher.check(names)
        return teacher, teacher.fingerprint(names)


def teacher_configs(teachers: Sequence[dict], predictor: dict | None = None) -> list[TeacherConfig]:
    """Read ``train_cfg.labels.teachers``.

    Args:
        teachers (Sequence[dict]): Arguments of :class:`ModelTeacherConfig` or :class:`FileTeacherConfig`.
        predictor (dict, optional): Of models that do not name one of their own.

    Raises:
        ValueError: If there are none, two have one name, or keys are not understood.
        FileNotFoundError: If a config or a folder is missing.
    """
    if not teachers:
        raise ValueError(
            'train_cfg.labels.teachers is empty: name at least one teacher, '
            "dict(config='configs/...py') or dict(labels=..., certainties=...)"
        )
    configs = [_teacher_config(index, teacher, predictor) for index, teacher in enumerate(teachers)]
    names = [config.name for config in configs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f'train_cfg.labels.teachers: {repeated} is the name of several teachers, give each a `name` of its own'
        )
    return configs


def load_teachers(
    configs: Sequence[TeacherConfig],
    student_classes: Sequence[str],
    names: Sequence[str],
    store: PseudoLabelStore,
    keep_cached_logits: bool,
    device: torch.device,
    read: Callable[[str], np.ndarray],
) -> tuple[list[Teacher], list[dict[str, Any]]]:
    """Load all teachers.

    Args:
        configs (Sequence): From :func:`teacher_configs`.
        student_classes (Sequence[str]): Classes of the student.
        names (Sequence[str]): Of the images to label.
        store, keep_cached_logits, device, read: See :meth:`TeacherConfig.load`.

    Returns:
        tuple[list[Teacher], list[dict]]: The teachers, and per teacher fingerprint and classes, JSON values.
    """
    teachers, identities = [], []
    for config in configs:
        teacher, weights = config.load(student_classes, names, store, keep_cached_logits, device, read)
        teachers.append(teacher)
        identities.append(dict(weights=weights, classes=list(teacher.classes)))
    return teachers, json.loads(json.dumps(identities))


def _teacher_config(index: int, teacher: dict, predictor: dict | None) -> TeacherConfig:
    try:
        if 'config' in teacher:
            return ModelTeacherConfig(**dict(dict(predictor=predictor), **teacher))
        return FileTeacherConfig(**teacher)
    except TypeError as error:
        raise ValueError(
            f'train_cfg.labels.teachers[{index}] has the keys {sorted(teacher)} ({error}): expected `config`, '
            'and optionally checkpoint or work_dir, predictor, classes, drop_classes, name; or `labels` '
            'and `certainties`, and optionally classes, drop_classes, name'
        ) from error


def _settings_of_weights(cfg: dict) -> dict[str, Any]:
    """Return what the weights of a config's model are made for."""
    model = cfg['model']
    preprocessor = model.get('data_preprocessor') or cfg.get('data_preprocessor') or {}
    segmentor = {key: value for key, value in model.get('segmentor', model).items() if key not in _FREE_TO_CHANGE}
    swapped = any(preprocessor.get(key) for key in ('bgr_to_rgb', 'rgb_to_bgr'))  # which both do the same
    return prediction_settings(
        dict(
            model=segmentor,
            data_preprocessor=dict(
                mean=preprocessor.get('mean'), std=preprocessor.get('std'), channels_swapped=swapped
            ),
        )
    )


def _predicts(key: str) -> bool:
    return not key.startswith(_NOT_PREDICTING) and not key.endswith('num_batches_tracked')


def _classes_of_data(cfg: Config) -> Sequence[str] | None:
    """Classes of the data that a config is evaluated on."""
    dataset = (cfg.get('val_dataloader') or cfg.get('test_dataloader') or {}).get('dataset')
    while dataset is not None and 'dataset' in dataset:
        dataset = dataset['dataset']
    if dataset is None:
        return None
    kind = DATASETS.get(dataset['type']) if isinstance(dataset['type'], str) else dataset['type']
    own = class_names((dataset.get('metainfo') or {}).get('classes') or ())
    return own or kind.METAINFO.get('classes')
