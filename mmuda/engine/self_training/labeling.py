"""Pseudo labels of a data set, by the model in training or by teachers."""

import contextlib
import functools
import json
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.dist import barrier, broadcast, is_main_process
from mmengine.runner import Runner
from mmseg.registry import TASK_UTILS

from mmuda.datasets import PseudoLabelDataset
from mmuda.engine.finite import check_finite
from mmuda.engine.self_training.teachers import TeacherConfig, load_teachers, prediction_settings
from mmuda.engine.student import student_of
from mmuda.pseudo_labels import PseudoLabelStore, fingerprint, generate_pseudo_labels
from mmuda.pseudo_labels.ensemble.ensemble_predictions import EnsemblePredictions, StoredCertainties
from mmuda.pseudo_labels.generation import read_image
from mmuda.pseudo_labels.label_images import Predictions, label_images
from mmuda.pseudo_labels.labelers.labeler import Labeler
from mmuda.pseudo_labels.store import difference
from mmuda.utils.unwrap import unwrap


def share_weights(runner: Runner) -> str:
    """Give all ranks the batch statistics of rank 0, which are those of a checkpoint.

    Returns:
        str: Fingerprint of the student's weights.

    Raises:
        FloatingPointError: If weights or statistics are NaN or infinite: their labels would be of no use.
    """
    model = unwrap(runner.model)
    student = student_of(model)
    for buffer in student.buffers():
        broadcast(buffer)
    state = student.state_dict()
    start = f' (started from {runner._load_from})' if runner._load_from else ''
    check_finite(
        state,
        f'the model at iteration {runner.iter}{start} cannot label',
        'Start from a checkpoint before training diverged, with a lower learning rate',
    )
    return fingerprint(state)


def describe_labels(
    runner: Runner, dataset: PseudoLabelDataset, predictor: dict, labeler: dict, weights: str | None
) -> dict[str, Any]:
    """Return what makes the labels of ``dataset``: for the manifest of their store, as it comes back from it."""
    config = runner.cfg.get('model') or {}
    description = dict(
        weights=weights,
        classes=dataset.metainfo['classes'],
        predictor=TASK_UTILS.build(predictor).description(),
        labeler=TASK_UTILS.build(labeler).description(),
        model=prediction_settings(config.get('segmentor', config)),
        data_preprocessor=prediction_settings(config.get('data_preprocessor')),
    )
    return json.loads(json.dumps(description, default=str))


def label_dataset(
    runner: Runner,
    dataset: PseudoLabelDataset,
    predictor: dict,
    labeler: dict,
    weights: str,
    store: PseudoLabelStore,
    overwrite: bool = False,
    keep_cached_logits: bool = False,
) -> None:
    """Label the images of ``dataset`` and tell it where its labels are.

    Args:
        runner (Runner): Its model labels.
        dataset (PseudoLabelDataset): The images.
        predictor (dict): Config of the predictor.
        labeler (dict): Config of the labeler.
        weights (str): From :func:`share_weights`.
        store (PseudoLabelStore): Where the labels go.
        overwrite (bool): Delete labels that something else made instead of refusing them. Defaults to False.
        keep_cached_logits (bool): See :func:`~mmuda.pseudo_labels.generate_pseudo_labels`. Defaults to
            False.
    """
    model = unwrap(runner.model)
    runner.logger.info(f'Pseudo labels of {len(dataset)} images: {store.root}')
    generate_pseudo_labels(
        model,
        _images(dataset),
        TASK_UTILS.build(predictor),
        TASK_UTILS.build(labeler),
        store,
        describe_labels(runner, dataset, predictor, labeler, weights),
        overwrite,
        num_classes=len(dataset.metainfo['classes']),
        keep_cached_logits=keep_cached_logits,
        count=True,
    )
    dataset.store = str(store.root)
    model.train()


def describe_teacher_labels(
    dataset: PseudoLabelDataset, teachers: Sequence[TeacherConfig], labeler: dict, identities: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return what makes the labels that teachers give: for the manifest of their store, as it comes back from it.

    Args:
        dataset (PseudoLabelDataset): The images.
        teachers (Sequence[TeacherConfig]): Configs of the teachers.
        labeler (dict): Config of the labeler.
        identities (Sequence[dict]): Fingerprint and classes of each teacher, from :func:`label_dataset_by_teachers`.

    Raises:
        ValueError: If they are of more or fewer teachers.
    """
    if len(teachers) != len(identities):
        raise ValueError(
            f'the pseudo labels were made by {len(identities)} teachers, but train_cfg.labels.teachers has '
            f'{len(teachers)} ({", ".join(teacher.name for teacher in teachers)}). Undo the change, or '
            'start again without --resume in another work dir'
        )
    description = dict(classes=dataset.metainfo['classes'], labeler=TASK_UTILS.build(labeler).description())
    for index, (teacher, identity) in enumerate(zip(teachers, identities)):
        description[f'teacher {index}'] = dict(teacher.settings(), **identity)
    return json.loads(json.dumps(description, default=str))


def build_fusion(labeler: dict, teachers: Sequence[TeacherConfig], classes: Sequence[str]) -> Labeler:
    """Build the labeler that fuses what teachers say; it may name classes and teachers.

    Args:
        labeler (dict): Its config.
        teachers (Sequence[TeacherConfig]): Configs of the teachers.
        classes (Sequence[str]): Of the student.

    Raises:
        ValueError: If its table of teachers names an unknown one or lacks a class.
    """
    built = TASK_UTILS.build(labeler)
    try:
        built.resolve(classes, [teacher.name for teacher in teachers])
    except ValueError as error:
        raise ValueError(f'train_cfg.labels.labeler.teacher_of_class: {error}') from error
    return built


def label_dataset_by_teachers(
    runner: Runner,
    dataset: PseudoLabelDataset,
    teachers: Sequence[TeacherConfig],
    labeler: dict,
    store: PseudoLabelStore,
    keep_cached_logits: bool = True,
    class_certainties: str | None = None,
) -> list[dict[str, Any]]:
    """Label the images of ``dataset`` by fusing what teachers say, and tell it where its labels are.

    The teachers are in memory meanwhile, not before and not after.

    Args:
        runner (Runner): Its model only says on which device the teachers run.
        dataset (PseudoLabelDataset): The images.
        teachers (Sequence[TeacherConfig]): Configs of the teachers.
        labeler (dict): Config of the labeler, which gets
            :class:`~mmuda.pseudo_labels.ensemble.teacher_predictions.TeacherPredictions`.
        store (PseudoLabelStore): Where the labels go. Labels that something else made are refused.
        keep_cached_logits (bool): Where the labeler looks at all images before it labels the first: keep the logits of
            the teachers meanwhile, where their predictor is a ``CachedPredictor``; they run twice otherwise.
            Defaults to True.
        class_certainties (str, optional): Folder in which the certainty of each class by its teacher is kept, see
            :class:`~mmuda.pseudo_labels.ensemble.ensemble_predictions.StoredCertainties`. Defaults to None: nowhere.

    Returns:
        list[dict]: Fingerprint and classes of each teacher.
    """
    device = next(unwrap(runner.model).parameters()).device
    images = _images(dataset)
    classes = dataset.metainfo['classes']
    runner.logger.info(f'Pseudo labels of {len(images)} images by {len(teachers)} teachers: {store.root}')
    built = build_fusion(labeler, teachers, classes)
    loaded, identities = load_teachers(
        teachers,
        classes,
        [name for name, _ in images],
        store,
        keep_cached_logits and built.num_passes > 0,
        device,
        functools.lru_cache(maxsize=1)(read_image),
    )
    description = describe_teacher_labels(dataset, teachers, labeler, identities)
    ensemble = EnsemblePredictions(loaded, classes, built, device)
    predictions: Predictions = ensemble
    with contextlib.ExitStack() as stack:
        if class_certainties is not None:
            planes = PseudoLabelStore(class_certainties)
            predictions = StoredCertainties(ensemble, planes)
            if is_main_process():
                stack.enter_context(planes.lock())
                planes.open(dict(description, labeler=None, teacher_of_class=built.teacher_of_class))
            barrier()
        label_images(images, predictions, built, store, description, num_classes=len(classes), count=True)
    if built.teacher_of_class is not None:
        for index, teacher in enumerate(teachers):
            own = [name for name, owner in zip(classes, built.teacher_of_class) if owner == index]
            runner.logger.info(f'Teacher {teacher.name}: asked about {len(own)} of {len(classes)} classes {own}')
    dataset.store = str(store.root)
    del loaded, ensemble, predictions
    torch.cuda.empty_cache()
    return identities


def reuse_labels(
    dataset: PseudoLabelDataset, store: PseudoLabelStore, wanted: dict[str, Any], with_cached_logits: bool = False
) -> None:
    """Let a resumed run train on the labels that it was trained on.

    Args:
        dataset (PseudoLabelDataset): The images.
        store (PseudoLabelStore): The labels.
        wanted (dict): Their description, from :func:`describe_labels`.
        with_cached_logits (bool): Whether the logits are needed, too. Defaults to False.

    Raises:
        FileNotFoundError: If the labels are not all there.
        ValueError: If they are others.
    """
    manifest = store.manifest()
    names = [name for name, _ in _images(dataset)]
    there = manifest is not None and manifest['complete'] and all(map(store.has, names))
    if manifest is None or not there or (with_cached_logits and not all(map(store.has_cached_logits, names))):
        raise FileNotFoundError(
            f'cannot resume: the pseudo labels that this run was trained on are not (all) in {store.root}. Bring them '
            'back, or start the stage again without --resume'
        )
    found = {
        key: value for key, value in manifest['description'].items() if key in wanted or key.startswith('teacher ')
    }
    if found != wanted:
        raise ValueError(
            f'cannot resume: the pseudo labels in {store.root} are not those that this run was '
            f'trained on: {difference(found, wanted)}. Undo the change, or start the stage again '
            'without --resume in another work dir'
        )
    dataset.store = str(store.root)


def _images(dataset: PseudoLabelDataset) -> list[tuple[str, str]]:
    if dataset.flat:
        raise ValueError(
            f'the labels in {dataset.store} were made elsewhere (flat=True) and would be replaced: remove '
            'PseudoLabelHook or SelfTrainingRunner, or flat=True'
        )
    return [(dataset.relative_path(i), dataset.image_path(i)) for i in range(len(dataset))]
