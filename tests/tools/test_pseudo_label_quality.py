"""tools/analysis_tools/pseudo_label_quality.py on stores of toy images."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from mmseg.registry import DATASETS
from PIL import Image

from mmuda.datasets.transforms.load_label_ids import read_train_ids
from mmuda.pseudo_labels import MeanStdPassLabeler, PseudoLabelStore
from mmuda.pseudo_labels.labelers.pass_labelers import MeanStdPlanes
from mmuda.pseudo_labels.planes import BitPlane
from tests.helpers.ensemble import ensemble_config, make_teachers
from tests.helpers.tiny import REPO, make_data, run_tool, tiny_config, tiny_self_training_config, train

pytestmark = pytest.mark.integration

TOOL = REPO / 'tools/analysis_tools/pseudo_label_quality.py'
LABELS = 'toy/cityscapes/gtFine/train'


def write_store(root: Path, data: Path, wrong: float, complete: bool = True) -> PseudoLabelStore:
    """Labels that are right but for the upper part, which has no label; the label by the mean is road there."""
    dataset = DATASETS.build(dict(type='CityscapesLabelIdsDataset', data_root=str(data / 'cityscapes'), pipeline=[]))
    store = PseudoLabelStore(root, planes=(*MeanStdPassLabeler.planes, BitPlane('negative')))
    planes = [plane.description() for plane in store.planes]
    store.open(dict(classes=list(dataset.metainfo['classes']), planes=planes))
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        truth = torch.from_numpy(read_train_ids(info))
        rows = round(wrong * len(truth))
        label, mean = truth.clone(), truth.clone()
        label[:rows], mean[:rows] = 255, 0
        values = torch.ones(truth.shape)
        name = str(Path(info['img_path']).relative_to(data / 'cityscapes/leftImg8bit/train'))
        negative = np.zeros((len(dataset.metainfo['classes']), *truth.shape), bool)
        negative[0] = True  # road, everywhere
        arrays = MeanStdPlanes(label, values, mean, values * 0.1).arrays()
        store.write(name, dict(arrays, negative=negative))
    if complete:
        store.finish()
    return store


@pytest.fixture(scope='module')
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('project')
    data = make_data(folder)
    write_store(folder / 'store', data, 0.5)
    write_store(folder / 'other', data, 0.25)
    write_store(folder / 'unfinished', data, 0.5, complete=False)
    for name in ('empty', 'without_label', 'without_classes', 'fewer_classes', 'counted'):
        write_store(folder / name, data, 0.5)
    shutil.rmtree(folder / 'empty/confidence')
    next((folder / 'without_label').glob('*/*_leftImg8bit.png')).unlink()
    change_description(folder / 'without_classes', lambda found: found.pop('classes'))
    change_description(folder / 'fewer_classes', lambda found: found.update(classes=found['classes'][:16]))
    change_description(folder / 'counted', lambda found: found.update(num_images=5))
    for path in (folder / LABELS).rglob('*_gtFine_labelIds.png'):
        small = folder / 'small' / path.relative_to(folder / LABELS)
        small.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as label:
            label.resize((48, 32)).save(small)
    return folder


def change_description(root: Path, change: Callable[[dict], object]) -> None:
    manifest = json.loads((root / 'manifest.json').read_text())
    change(manifest['description'])
    (root / 'manifest.json').write_text(json.dumps(manifest))


def run(project: Path, *arguments: str):
    return run_tool(sys.executable, TOOL, *arguments, cwd=project)


def test_report_and_picture_of_a_store(project):
    result = run(project, 'store', '--labels', LABELS, '--before', 'other', '--out', 'out')
    assert result.returncode == 0, result.stderr
    report = json.loads((project / 'out/quality.json').read_text())
    labels, negative = report['labels'], report['excluded']['negative']
    assert list(labels) == ['before', 'mean_label', 'label']
    assert (labels['label']['accuracy'], labels['before']['accuracy']) == (1.0, 1.0)
    assert 0.4 < labels['label']['coverage'] < 0.6 < labels['before']['coverage'] < 0.8
    assert labels['mean_label']['coverage'] == 1.0 > labels['mean_label']['accuracy'] > 0.4
    assert labels['mean_label']['ece'] == pytest.approx(1 - labels['mean_label']['accuracy'])
    assert (negative['coverage'], negative['per_pixel']) == (1.0, 1.0)
    assert 0 < negative['accuracy'] == negative['classes']['road']['accuracy'] < 1
    with Image.open(project / 'out/quality.png') as picture:
        assert np.asarray(picture).std() > 0


def test_results_lie_beside_the_store(project):
    assert run(project, 'store', '--labels', LABELS).returncode == 0
    assert (project / 'store_quality/quality.json').is_file()


def made_by(method: str, project: Path) -> Path:
    """Let a method label, and return its store."""
    data, work_dir = project / 'toy', project / method
    if method == 'mrnet_stage2':
        cfg = tiny_config(data, work_dir, method)
        cfg.custom_hooks = [hook for hook in cfg.custom_hooks if hook.type == 'PseudoLabelHook']
        cfg.custom_hooks[0].update(predictor=dict(type='MultiViewPredictor'), labeler=dict(type='ConfidenceLabeler'))
    elif method == 'cbst':
        cfg = tiny_self_training_config(data, work_dir, method, train_cfg__num_rounds=1)
        cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    else:
        cfg = ensemble_config(data, work_dir, make_teachers(project / 'teachers'))
    train(cfg)
    return work_dir / ('round_0/pseudo_labels' if method == 'cbst' else 'pseudo_labels')


@pytest.mark.parametrize('method', ['mrnet_stage2', 'cbst', 'ensemble'])
def test_stores_of_other_methods_are_read(project, method):
    store = made_by(method, project)
    result = run(project, str(store), '--labels', LABELS)
    assert result.returncode == 0, result.stderr
    found = json.loads((store.with_name('pseudo_labels_quality') / 'quality.json').read_text())['labels']['label']
    labeled = sum(json.loads((store / 'summary.json').read_text())['labeled_pixels'])
    assert 0 < found['coverage'] <= 1 and sum(found['reliability']['pixels']) <= labeled
    assert found['coverage'] == pytest.approx(sum(found['reliability']['pixels']) / found['pixels'])


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['nowhere', '--labels', LABELS], 'nowhere has no manifest.json: give the folder of a store'),
        (['unfinished', '--labels', LABELS], 'unfinished has a labeling that was not finished'),
        (['store', '--labels', 'toy/cityscapes/gtFine/val'], 'has no label of the image'),
        (['empty', '--labels', LABELS], 'empty/confidence has 0 images, expected some.* label again'),
        (['counted', '--labels', LABELS], 'has 4 images, expected 5, .* label again'),
        (['without_label', '--labels', LABELS], 'without_label has no label of the image .* starts again'),
        (['store', '--before', 'without_label', '--labels', LABELS], 'without_label has no label of the image'),
        (['without_classes', '--labels', LABELS], 'without_classes/manifest.json names no classes.* label again'),
        (
            ['fewer_classes', '--labels', LABELS],
            r'image .* of fewer_classes: masks .*19.* of 16 classes; .* label again',
        ),
        (['store', '--labels', 'small'], r'image .* of store: .* shapes .*\(32, 48\); expected one size'),
        (['store', '--before', 'fewer_classes', '--labels', LABELS], '--before fewer_classes has the classes'),
        (['store', '--labels', 'toy/none'], "there is no image folder '.*toy/none'"),
        (['store', '--labels', LABELS, '--dataset', 'RobotCarDataset'], 'RobotCarDataset has the classes .*the store'),
        (['store', '--labels', LABELS, '--dataset', 'ADE20KDataset'], 'expected a data set of mmuda'),
    ],
)
def test_mistakes_are_named(project, arguments, message):
    result = run(project, *arguments)
    assert result.returncode == 1
    assert 'Traceback' not in result.stderr
    assert re.search(message, result.stderr), result.stderr
