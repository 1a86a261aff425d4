"""The command line tools, run as a user runs them, on a stock model and a few random images."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import mmseg
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.apis import MMSegInferencer
from mmseg.registry import MODELS
from PIL import Image

from mmuda import compat
from tests.helpers.tiny import REPO, load, make_data, run_tool, tiny_self_training_config
from tests.helpers.two_ranks import free_port

STOCK_TOOLS = Path(mmseg.__file__).parent / '.mim' / 'tools'

CONFIG = """
custom_imports = dict(imports=['mmuda'], allow_failed_imports=False)
default_scope = 'mmseg'
norm_cfg = dict(type='BN')
model = dict(
    type='EncoderDecoder', data_preprocessor=dict(type='SegDataPreProcessor', size=(32, 32)),
    backbone=dict(type='ResNetV1c', depth=18, base_channels=8, norm_cfg=norm_cfg),
    decode_head=dict(type='FCNHead', in_channels=64, in_index=3, channels=8, num_convs=1, num_classes=19,
                     norm_cfg=norm_cfg),
    test_cfg=dict(mode='whole'))
pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), dict(type='PackSegInputs')]
test_pipeline = pipeline
dataset = dict(type='CityscapesDataset', data_root='data', img_suffix='.png', seg_map_suffix='.png',
               data_prefix=dict(img_path='images', seg_map_path='labels'), pipeline=pipeline)
train_dataloader = dict(batch_size=2, sampler=dict(type='InfiniteSampler'), dataset=dataset)
val_dataloader = dict(batch_size=1, sampler=dict(type='DefaultSampler', shuffle=False), dataset=dataset)
test_dataloader = val_dataloader
val_evaluator = dict(type='IoUMetric')
test_evaluator = val_evaluator
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2, val_interval=2)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))
default_hooks = dict(
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=2, save_best='mIoU'),
    visualization=dict(type='SegVisualizationHook', draw=True, interval=1))
visualizer = dict(type='SegLocalVisualizer', vis_backends=[dict(type='LocalVisBackend')], name='visualizer')
log_processor = dict(by_epoch=False)
tta_model = dict(type='SegTTAModel')
"""


def run(*command: object, cwd: Path, **env: str) -> subprocess.CompletedProcess:
    """Run a command away from the repository, which is not on PYTHONPATH."""
    inherited = {key: value for key, value in os.environ.items() if key != 'PYTHONPATH'}
    env = {**inherited, 'CUDA_VISIBLE_DEVICES': '', 'OMP_NUM_THREADS': '1', 'PYTHON': sys.executable, **env}
    return subprocess.run([str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True)


@pytest.fixture(scope='module')
def project(tmp_path_factory) -> Path:
    """A user's folder: config.py and four images."""
    folder = tmp_path_factory.mktemp('project')
    rng = np.random.default_rng(0)
    for kind, shape, high in (('images', (32, 32, 3), 256), ('labels', (32, 32), 19)):
        (folder / 'data' / kind).mkdir(parents=True)
        for index in range(4):
            image = Image.fromarray(rng.integers(0, high, shape, dtype=np.uint8))
            image.save(folder / 'data' / kind / f'{index}.png')
    (folder / 'config.py').write_text(CONFIG)
    return folder


@pytest.fixture(scope='module')
def trained(project) -> Path:
    """The checkpoint of two iterations with tools/train.py."""
    result = run(sys.executable, REPO / 'tools/train.py', 'config.py', '--work-dir', 'trained', cwd=project)
    assert result.returncode == 0, result.stderr
    return project / 'trained' / 'iter_2.pth'


def test_train_writes_checkpoint_and_pictures(trained):
    assert trained.exists()
    assert len(list(trained.parent.glob('*/vis_data/vis_image/*.png'))) == 4


def test_train_resumes(trained):
    result = run_tool(
        sys.executable,
        REPO / 'tools/train.py',
        'config.py',
        '--work-dir',
        'trained',
        '--resume',
        '--cfg-options',
        'train_cfg.max_iters=4',
        cwd=trained.parents[1],
    )
    assert result.returncode == 0, result.stderr
    assert 'resumed epoch: 0, iter: 2' in result.stdout
    assert (trained.parent / 'iter_4.pth').exists()


def test_stock_train_script_works_with_custom_imports(project):
    result = run(
        sys.executable, STOCK_TOOLS / 'train.py', 'config.py', '--work-dir', 'stock', cwd=project, PYTHONPATH=str(REPO)
    )
    assert result.returncode == 0, result.stderr
    assert (project / 'stock' / 'iter_2.pth').exists()


def test_test_tool_prints_miou(trained):
    result = run(
        sys.executable,
        REPO / 'tools/test.py',
        'config.py',
        trained,
        '--work-dir',
        'tested',
        '--show-dir',
        'shown',
        cwd=trained.parents[1],
    )
    assert result.returncode == 0, result.stderr
    assert 'mIoU' in result.stdout
    assert len(list((trained.parents[1] / 'shown').rglob('*.png'))) == 4


def test_test_time_augmentation_without_a_pipeline_is_explained(trained):
    result = run_tool(sys.executable, REPO / 'tools/test.py', 'config.py', trained, '--tta', cwd=trained.parents[1])
    assert result.returncode == 1 and 'Traceback' not in result.stderr
    assert result.stderr.splitlines()[-1].startswith('--tta: the config has no tta_pipeline. ')


def test_inferencer_loads_a_training_checkpoint(trained, monkeypatch):
    monkeypatch.chdir(trained.parents[1])
    inferencer = MMSegInferencer('config.py', str(trained), device='cpu')
    result = inferencer('data/images/0.png', return_vis=True)
    assert result['predictions'].shape == (32, 32)
    assert np.asarray(result['visualization']).shape[-3:] == (32, 32, 3)


def test_two_processes_train_rounds_and_test_from_any_folder(tmp_path):
    config = tiny_self_training_config(
        make_data(tmp_path), tmp_path / 'two', train_cfg__num_rounds=1, train_cfg__iterations=1, log_level='INFO'
    )
    for split in ('val', 'test'):
        config[f'{split}_dataloader'].update(num_workers=0, persistent_workers=False)
    config.dump(tmp_path / 'config.py')
    trained = run('bash', REPO / 'tools/dist_train.sh', 'config.py', 2, cwd=tmp_path, PORT=free_port())
    assert trained.returncode == 0, trained.stderr
    assert load(tmp_path / 'two' / 'round_0.pth')['samples_drawn'] == 1 * 2 * 2  # iterations, batch size, ranks
    tested = run(
        'bash',
        REPO / 'tools/dist_test.sh',
        'config.py',
        'two/round_0.pth',
        2,
        '--work-dir',
        'two',
        cwd=tmp_path,
        PORT=free_port(),
    )
    assert tested.returncode == 0, tested.stderr
    assert 'mIoU' in tested.stdout


@pytest.mark.parametrize(
    'script, arguments, expected',
    [
        (
            'slurm_train.sh',
            ['part', 'job', 'c.py', '--amp'],
            '-p part --job-name=job --gres=gpu:2 --ntasks=4 --ntasks-per-node=2 --cpus-per-task=5 '
            '--kill-on-bad-exit=1 --x 1 {python} -u {tools}/train.py c.py --launcher slurm --amp',
        ),
        (
            'slurm_test.sh',
            ['part', 'job', 'c.py', 'a b.pth'],
            '-p part --job-name=job --gres=gpu:2 --ntasks=4 --ntasks-per-node=2 --cpus-per-task=5 '
            '--kill-on-bad-exit=1 --x 1 {python} -u {tools}/test.py c.py a b.pth --launcher slurm',
        ),
    ],
)
def test_slurm_scripts_call_srun(tmp_path, script, arguments, expected):
    srun = tmp_path / 'srun'
    srun.write_text('#!/bin/sh\necho "$PYTHONPATH|$@"\n')
    srun.chmod(0o755)
    result = run(
        'bash',
        REPO / 'tools' / script,
        *arguments,
        cwd=tmp_path,
        GPUS_PER_NODE='2',
        SRUN_ARGS='--x 1',
        PATH=f'{tmp_path}:{os.environ["PATH"]}',
        PYTHONPATH='mine',
    )
    expected = expected.format(python=sys.executable, tools=REPO / 'tools')
    assert result.stdout.strip() == f'{REPO}:mine|{expected}', result.stderr


@pytest.mark.parametrize('script', ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh', 'slurm_test.sh'])
def test_scripts_without_arguments_print_usage(tmp_path, script):
    result = run('bash', REPO / 'tools' / script, cwd=tmp_path)
    assert result.returncode == 2
    assert f'{script} ' in result.stderr and 'CONFIG' in result.stderr


def test_missing_stock_tool_is_named():
    with pytest.raises(FileNotFoundError, match=r'no_such_tool\.py .*requirements/'):
        compat.run_stock_tool('no_such_tool.py')


# export_segmentor


@pytest.fixture(scope='module')
def export():
    spec = importlib.util.spec_from_file_location('export_segmentor', REPO / 'tools/export_segmentor.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def uda_config(**changes) -> Config:
    config = Config.fromstring(CONFIG, '.py')
    segmentor = config.model.to_dict()
    segmentor.pop('data_preprocessor')
    preprocessor = dict(type='UDADataPreprocessor', mean=[1.0, 2.0, 3.0], std=[1.0, 1.0, 1.0])
    config.model = dict(type='UDASegmentor', segmentor=segmentor, data_preprocessor=preprocessor)
    config.custom_hooks = [dict(type='DiscriminatorHook')]
    config.merge_from_dict(changes)
    return config


def test_exported_config_needs_stock_mmseg_only(export):
    config = export.export_config(uda_config(test_evaluator=dict(type='UDAIoUMetric', _delete_=True)))
    assert config.model.type == 'EncoderDecoder'
    assert config.model.data_preprocessor == dict(
        type='SegDataPreProcessor', mean=[1.0, 2.0, 3.0], std=[1.0, 1.0, 1.0], size_divisor=1
    )
    assert config.test_evaluator.type == 'IoUMetric'
    assert not {'custom_imports', 'custom_hooks', 'optim_wrapper', 'train_dataloader'} & set(config)


def test_exported_config_keeps_mmuda_for_its_components(export):
    assert MODELS.get('DualClassifierHead').__module__.startswith('mmuda')
    config = export.export_config(uda_config(**{'model.segmentor.decode_head.type': 'DualClassifierHead'}))
    assert config.custom_imports.imports == ['mmuda']


def test_export_refuses_a_plain_config(export):
    with pytest.raises(ValueError, match="model.type is 'EncoderDecoder', expected UDASegmentor"):
        export.export_config(Config.fromstring(CONFIG, '.py'))


def test_export_refuses_a_plain_checkpoint(export):
    with pytest.raises(ValueError, match=r'student\.\*.*decode_head'):
        export.export_state_dict({'state_dict': {'decode_head.weight': torch.zeros(1)}})


def test_exported_segmentor_predicts_as_the_student_in_stock_mmseg(project):
    init_default_scope('mmseg')
    config = uda_config()
    config.dump(str(project / 'uda.py'))
    model = MODELS.build(config.model).eval()
    torch.save(
        {
            'state_dict': model.state_dict() | {'discriminator.weight': torch.zeros(1)},
            'optimizer': {},
            'meta': {'dataset_meta': {'classes': ['a'], 'palette': [[0, 0, 0]]}},
        },
        project / 'uda.pth',
    )
    exported = run_tool(
        sys.executable, REPO / 'tools/export_segmentor.py', 'uda.py', 'uda.pth', '--out', 'plain', cwd=project
    )
    assert 'Needs stock mmseg only.' in exported.stdout, exported.stderr

    plain = MODELS.build(Config.fromfile(project / 'plain/uda.py').model).eval()
    checkpoint = torch.load(project / 'plain/uda.pth', weights_only=True)
    plain.load_state_dict(checkpoint['state_dict'])
    assert checkpoint['meta']['dataset_meta']['classes'] == ['a']
    data = {'inputs': [torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8)]}
    batch = [m.data_preprocessor(dict(data))['inputs'] for m in (model, plain)]
    with torch.no_grad():
        torch.testing.assert_close(plain(batch[1]), model(batch[0]), rtol=0, atol=0)


def test_export_does_not_overwrite_its_input(project):
    config = uda_config()
    config.dump(str(project / 'same.py'))
    torch.save({'state_dict': {'student.x': torch.zeros(1)}}, project / 'same.pth')
    before = (project / 'same.pth').read_bytes()
    result = run_tool(
        sys.executable, REPO / 'tools/export_segmentor.py', 'same.py', 'same.pth', '--out', '.', cwd=project
    )
    assert result.returncode == 2 and 'choose another folder' in result.stderr
    assert (project / 'same.pth').read_bytes() == before
