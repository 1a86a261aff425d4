"""tools/predict.py on images, folders and videos of toy data."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.apis import inference_model, init_model
from mmseg.registry import DATASETS, MODELS
from PIL import Image

from mmuda.pseudo_labels.planes import CONFIDENCE
from tests.helpers.tiny import REPO, make_data, run_tool, shrink_data, tiny_config

pytestmark = pytest.mark.integration

TOOL = REPO / 'tools/predict.py'
META = dict(DATASETS.get('CityscapesLabelIdsDataset').METAINFO)


def noisy_state(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Weights whose predictions differ from pixel to pixel."""
    generator = torch.Generator().manual_seed(5)
    state = model.state_dict()
    for name, value in state.items():
        if value.is_floating_point() and 'running' not in name:
            value += 0.1 * torch.randn(value.shape, generator=generator)
    return state


def save(model: dict, path: Path, meta: dict | None = META) -> None:
    torch.manual_seed(0)
    state = noisy_state(MODELS.build(model))
    torch.save(dict(state_dict=state, meta={} if meta is None else dict(dataset_meta=meta)), path)


@pytest.fixture(scope='module')
def project(tmp_path_factory) -> Path:
    """config.py, model.pth and a folder of images of two sizes."""
    folder = tmp_path_factory.mktemp('project')
    data = make_data(folder)
    cfg = Config.fromfile(REPO / 'configs/toy/mrnet.py')
    shrink_data(cfg, data)
    cfg.model = tiny_config(data, folder / 'run').model
    cfg.test_pipeline = [step for step in cfg.test_pipeline if step.type != 'Resize']  # sizes stay different
    cfg.dump(folder / 'config.py')
    init_default_scope('mmseg')
    save(cfg.model, folder / 'model.pth')
    save(cfg.model, folder / 'bare.pth', meta=None)
    save(cfg.model, folder / 'few.pth', meta=dict(classes=META['classes'][:5], palette=META['palette'][:5]))
    rng = np.random.default_rng(0)
    for name, size in (('a.png', (48, 64)), ('town/b.png', (40, 56)), ('town/c.png', (48, 64)), ('d.jpg', (48, 64))):
        path = folder / 'images' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8)).save(path)
    (folder / 'images/list.txt').write_text('a.png')
    return folder


@pytest.fixture(scope='module')
def predicted(project) -> Path:
    result = predict(project, 'images', '--batch-size', '3', '--out', 'predicted')
    assert result.returncode == 0, result.stderr
    assert '4 images' in result.stdout and 'leaves out 1 .txt' in result.stdout
    return project / 'predicted'


def predict(project: Path, *arguments: str, config: str = 'config.py', checkpoint: str = 'model.pth'):
    return run_tool(sys.executable, TOOL, config, checkpoint, *arguments, '--device', 'cpu', cwd=project)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}


def refused(project: Path, *arguments: str, **options: str) -> str:
    """What the tool says; it wrote nothing."""
    result = predict(project, *arguments, '--out', 'refused', **options)
    assert result.returncode == 1 and 'Traceback' not in result.stderr, result.stderr
    assert not (project / 'refused').exists()
    return result.stderr


def wanted(project: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Label and confidence as stock inference gives them."""
    model = init_model(str(project / 'config.py'), str(project / 'model.pth'), device='cpu')
    sample = inference_model(model, str(project / 'images' / name))
    return sample.pred_sem_seg.data[0].numpy(), sample.seg_logits.data.softmax(dim=0).amax(dim=0).numpy()


def test_a_folder_has_all_three_kinds(predicted):
    names = ['a', 'town/b', 'town/c', 'd']
    kinds = dict(masks='png', overlays='jpg', confidence='png')
    assert files(predicted) == {f'{kind}/{name}.{suffix}' for kind, suffix in kinds.items() for name in names}


@pytest.mark.parametrize('name', ['a.png', 'town/b.png', 'town/c.png', 'd.jpg'])
def test_batches_of_several_sizes_predict_as_stock_inference_does(project, predicted, name):
    label, confidence = wanted(project, name)
    assert len(np.unique(label)) > 1
    with Image.open(predicted / 'masks' / Path(name).with_suffix('.png')) as mask:
        assert np.array_equal(np.array(mask), label)
        assert mask.getpalette()[: 3 * len(META['palette'])] == np.array(META['palette']).flatten().tolist()
    stored = CONFIDENCE.read(predicted / 'confidence' / Path(name).with_suffix('.png'))
    assert np.abs(stored - confidence).max() <= 0.5 / 255 + 1e-5


def resizing(project: Path, folder: Path, **step) -> str:
    """A config with one more transform in its test pipeline."""
    cfg = Config.fromfile(project / 'config.py')
    cfg.test_pipeline.insert(1, step)
    cfg.dump(folder / 'resizing.py')
    return str(folder / 'resizing.py')


@pytest.mark.parametrize(
    'step', [dict(type='Resize', scale=(96, 64)), dict(type='FitAndPad', scale=(96, 80), label='full')]
)
def test_resized_and_padded_images_are_predicted_at_their_own_size(project, tmp_path, step):
    config, out = resizing(project, tmp_path, **step), tmp_path / 'out'
    result = predict(project, 'images/town', '--batch-size', '2', '--out', str(out), config=config)
    assert result.returncode == 0, result.stderr
    model = init_model(config, str(project / 'model.pth'), device='cpu')
    for name, (height, width) in (('b', (40, 56)), ('c', (48, 64))):
        label = inference_model(model, str(project / f'images/town/{name}.png')).pred_sem_seg.data[0].numpy()
        with Image.open(out / f'masks/{name}.png') as mask:
            assert mask.size == (width, height)
            assert np.array_equal(np.array(mask), label[:height, :width])


def test_a_pipeline_that_predicts_at_another_size_is_refused(project, tmp_path):
    config = resizing(project, tmp_path, type='FitAndPad', scale=(96, 80))
    assert "set label='full'" in refused(project, 'images', config=config)


def test_an_overlay_blends_image_and_colors(project, tmp_path):
    image = np.full((48, 64, 3), (200, 100, 20), np.uint8)
    Image.fromarray(image).save(tmp_path / 'plain.png')
    out = tmp_path / 'out'
    result = predict(project, str(tmp_path / 'plain.png'), '--out', str(out), '--what', 'masks', 'overlays')
    assert result.returncode == 0, result.stderr
    assert files(out) == {'masks/plain.png', 'overlays/plain.jpg'}
    with Image.open(out / 'masks/plain.png') as mask, Image.open(out / 'overlays/plain.jpg') as overlay:
        expected = (image + np.array(mask.convert('RGB')).astype(float)) / 2
        assert np.abs(np.array(overlay) - expected).mean() < 8  # of JPEG


def test_a_video_is_predicted_frame_by_frame(project, tmp_path):
    path = tmp_path / 'drive.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (64, 48))
    if not writer.isOpened():
        pytest.skip('OpenCV has no codec to write a video with')
    rng = np.random.default_rng(1)
    for _ in range(5):
        writer.write(cv2.resize(rng.integers(0, 256, (6, 8, 3), np.uint8), (64, 48)))
    writer.release()
    result = predict(project, str(path), '--batch-size', '2', '--what', 'masks', '--out', str(tmp_path / 'out'))
    assert result.returncode == 0, result.stderr
    assert files(tmp_path / 'out') == {f'masks/drive/{index:06d}.png' for index in range(5)}
    video = cv2.VideoCapture(str(path))
    frames = [video.read()[1] for _ in range(5)]
    model = init_model(str(project / 'config.py'), str(project / 'model.pth'), device='cpu')
    label = inference_model(model, frames[3]).pred_sem_seg.data[0].numpy()
    with Image.open(tmp_path / 'out/masks/drive/000003.png') as mask:
        assert np.array_equal(np.array(mask), label)


def test_a_video_that_was_cut_off_is_predicted_as_far_as_it_goes(project, tmp_path):
    path, frames = tmp_path / 'drive.avi', 20
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (64, 48))
    if not writer.isOpened():
        pytest.skip('OpenCV has no codec to write a video with')
    rng = np.random.default_rng(1)
    for _ in range(frames):
        writer.write(rng.integers(0, 256, (48, 64, 3), np.uint8))
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    result = predict(project, str(path), '--what', 'masks', '--out', str(tmp_path / 'out'))
    assert result.returncode == 0, result.stderr
    number = len(files(tmp_path / 'out'))
    assert 0 < number < frames
    assert f'of {frames} frames that its header names {number} can be decoded' in result.stdout


def test_half_precision_predicts_nearly_the_same(project, predicted, tmp_path):
    result = predict(project, 'images', '--amp', '--what', 'masks', 'confidence', '--out', str(tmp_path / 'out'))
    assert result.returncode == 0, result.stderr
    half, full = (np.array(Image.open(folder / 'masks/a.png')) for folder in (tmp_path / 'out', predicted))
    assert (half == full).mean() > 0.9
    half, full = (CONFIDENCE.read(folder / 'confidence/a.png') for folder in (tmp_path / 'out', predicted))
    assert 0 < np.abs(half - full).max() < 0.1


def test_an_exported_student_predicts_the_same(project, predicted, tmp_path):
    export = [sys.executable, REPO / 'tools/export_segmentor.py', 'config.py', 'model.pth', '--out', tmp_path]
    assert run_tool(*export, cwd=project).returncode == 0
    files = dict(config=str(tmp_path / 'config.py'), checkpoint=str(tmp_path / 'model.pth'))
    result = predict(project, 'images/a.png', '--what', 'masks', '--out', str(tmp_path / 'out'), **files)
    assert result.returncode == 0, result.stderr
    exported, own = (np.array(Image.open(folder / 'masks/a.png')) for folder in (tmp_path / 'out', predicted))
    assert np.array_equal(exported, own)


def test_weights_without_classes_take_those_of_the_test_data(project, predicted, tmp_path):
    result = predict(project, 'images/a.png', '--out', str(tmp_path / 'out'), checkpoint='bare.pth')
    assert result.returncode == 0, result.stderr
    assert (tmp_path / 'out/masks/a.png').read_bytes() == (predicted / 'masks/a.png').read_bytes()


def test_an_empty_folder_is_refused(project, tmp_path):
    assert 'has no images' in refused(project, str(tmp_path))
    (tmp_path / 'notes.txt').write_text('')
    assert 'found 1 .txt' in refused(project, str(tmp_path))
    assert 'does not exist' in refused(project, str(tmp_path / 'missing'))
    assert 'expected an image' in refused(project, str(tmp_path / 'notes.txt'))


def test_files_that_are_no_images_are_refused_before_anything_is_written(project, tmp_path):
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(tmp_path / 'a.png')
    (tmp_path / 'b.png').write_text('no image')
    said = refused(project, str(tmp_path))
    assert '1 of 2 files' in said and 'b.png' in said and '--skip-broken' in said


@pytest.mark.parametrize('content', ['no image', None])
def test_broken_images_are_left_out_when_asked(project, tmp_path, content):
    good, bad = tmp_path / 'images/a.png', tmp_path / 'images/b.png'
    good.parent.mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)).save(good)
    bad.write_bytes(content.encode() if content else good.read_bytes()[:3000])
    out = tmp_path / 'out'
    result = predict(project, str(good.parent), '--what', 'masks', '--out', str(out), '--skip-broken')
    assert result.returncode == 0, result.stderr
    assert files(out) == {'masks/a.png'}
    assert 'left out' in result.stdout and 'b.png' in result.stdout
    good.unlink()
    assert 'none of the 1 files' in refused(project, str(bad.parent), '--skip-broken')


def test_a_truncated_image_ends_the_run_and_is_named(project, tmp_path):
    good, bad = tmp_path / 'images/a.png', tmp_path / 'images/b.png'
    good.parent.mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)).save(good)
    bad.write_bytes(good.read_bytes()[:3000])
    result = predict(project, str(good.parent), '--what', 'masks', '--out', str(tmp_path / 'out'))
    assert result.returncode == 1 and 'Traceback' not in result.stderr
    assert 'b.png' in result.stderr and 'Written so far: 1 of 2' in result.stderr
    assert files(tmp_path / 'out') == {'masks/a.png'}


def test_a_damaged_video_is_refused(project, tmp_path):
    (tmp_path / 'drive.mp4').write_text('no video')
    assert 'OpenCV finds no frame' in refused(project, str(tmp_path / 'drive.mp4'))


def test_two_images_of_one_name_are_refused(project, tmp_path):
    for name in ('a.png', 'a.jpg'):
        Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(tmp_path / name)
    assert 'have the same stem' in refused(project, str(tmp_path))


def test_a_checkpoint_of_other_classes_is_refused(project, tmp_path):
    assert 'names 5 classes' in refused(project, 'images', checkpoint='few.pth')
    assert 'missing.pth' in refused(project, 'images', checkpoint='missing.pth')
    cfg = Config.fromfile(project / 'config.py')
    cfg.model.segmentor.decode_head.num_classes = 5
    save(cfg.model, tmp_path / 'other.pth')
    assert 'another architecture' in refused(project, 'images', checkpoint=str(tmp_path / 'other.pth'))


def test_a_plain_segmentor_refuses_what_mmengine_would_load_in_part(project, tmp_path):
    cfg = Config.fromfile(project / 'config.py')
    cfg.model = dict(cfg.model.segmentor, data_preprocessor=dict(type='SegDataPreProcessor'))
    cfg.dump(tmp_path / 'plain.py')
    cfg.model.decode_head.num_classes = 5
    save(cfg.model, tmp_path / 'other.pth')
    files = dict(config=str(tmp_path / 'plain.py'), checkpoint=str(tmp_path / 'other.pth'))
    assert 'another architecture' in refused(project, 'images', **files)


def test_a_folder_with_files_is_kept_unless_it_may_be_overwritten(project, tmp_path):
    out = tmp_path / 'out'
    (out / 'masks').mkdir(parents=True)
    (out / 'masks/a.png').write_text('old')
    (out / 'notes.txt').write_text('mine')
    result = predict(project, 'images/a.png', '--what', 'masks', '--out', str(out))
    assert result.returncode == 1 and 'holds files already' in result.stderr
    assert (out / 'masks/a.png').read_text() == 'old'
    result = predict(project, 'images/a.png', '--what', 'masks', '--out', str(out), '--overwrite')
    assert result.returncode == 0, result.stderr
    assert files(out) == {'masks/a.png', 'notes.txt'} and (out / 'notes.txt').read_text() == 'mine'
    assert Image.open(out / 'masks/a.png').size == (64, 48)


def test_predictions_among_the_images_are_refused(project):
    result = predict(project, 'images', '--out', 'images/predicted')
    assert result.returncode == 1 and 'take predictions for images' in result.stderr


def test_one_output_for_two_classes_has_the_confidence_of_the_likelier_one(project, tmp_path):
    cfg = Config.fromfile(project / 'config.py')
    head = dict(type='FCNHead', in_channels=64, in_index=1, channels=8, num_convs=1, num_classes=2, out_channels=1)
    head['loss_decode'] = dict(type='CrossEntropyLoss', use_sigmoid=True)
    cfg.model = dict(
        type='EncoderDecoder',
        data_preprocessor=dict(type='SegDataPreProcessor'),
        backbone=cfg.model.segmentor.backbone,
        decode_head=head,
        test_cfg=dict(mode='whole'),
    )
    cfg.dump(tmp_path / 'binary.py')
    save(cfg.model, tmp_path / 'binary.pth', meta=dict(classes=('off', 'on'), palette=[[0, 0, 0], [255, 0, 0]]))
    files = dict(config=str(tmp_path / 'binary.py'), checkpoint=str(tmp_path / 'binary.pth'))
    result = predict(project, 'images/a.png', '--out', str(tmp_path / 'out'), **files)
    assert result.returncode == 0, result.stderr
    sample = inference_model(init_model(*files.values(), device='cpu'), str(project / 'images/a.png'))
    probability = sample.seg_logits.data[0].numpy()
    stored = CONFIDENCE.read(tmp_path / 'out/confidence/a.png')
    assert np.abs(stored - np.maximum(probability, 1 - probability)).max() <= 0.5 / 255 + 1e-5
    with Image.open(tmp_path / 'out/masks/a.png') as mask:
        assert np.array_equal(np.array(mask), sample.pred_sem_seg.data[0].numpy())


def test_weights_without_classes_need_test_data(project, tmp_path):
    cfg = Config.fromfile(project / 'config.py')
    cfg.pop('test_dataloader')
    cfg.dump(tmp_path / 'untested.py')
    said = refused(project, 'images', config=str(tmp_path / 'untested.py'), checkpoint='bare.pth')
    assert 'names 0 classes' in said and 'metainfo=' in said
