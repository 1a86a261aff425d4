"""Checkpoints and prediction of the segmentor that learns from two domains."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner, load_checkpoint
from mmseg.apis import MMSegInferencer, inference_model, init_model
from mmseg.registry import MODELS
from PIL import Image

from mmuda.models.segmentors import UDASegmentor
from tests.helpers.tiny import REPO, make_data, shrink_data, tiny_config

ONE = dict(type='EntropyMinimization', weight=1.0)


@pytest.fixture(scope='module')
def config(tmp_path_factory) -> Config:
    """A config as a user has it, with the test parts that stock inference reads."""
    folder = tmp_path_factory.mktemp('project')
    data = make_data(folder)
    cfg = tiny_config(data, folder / 'run')
    full = Config.fromfile(REPO / 'configs/toy/mrnet.py')
    shrink_data(full, data)
    full.model, full.work_dir = cfg.model, str(folder / 'run')
    full.test_evaluator = full.val_evaluator
    full.experiment_name = cfg.experiment_name
    full.dump(folder / 'config.py')
    return full


def build(config: Config, **options) -> UDASegmentor:
    init_default_scope('mmseg')
    torch.manual_seed(0)
    return MODELS.build({**config.model, **options})


def noisy(model: torch.nn.Module) -> torch.nn.Module:
    """Give every tensor other values than a new model has, and predictions that differ from pixel to pixel."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point() and 'running' not in name:
                value += 0.1 * torch.randn(value.shape, generator=generator)
    return model.eval()


@pytest.fixture(scope='module')
def plain(config, tmp_path_factory) -> Path:
    """Checkpoint of the student, without the prefix."""
    path = tmp_path_factory.mktemp('checkpoints') / 'plain.pth'
    torch.save(dict(state_dict=noisy(build(config).student).state_dict()), path)
    return path


def test_plain_checkpoint_loads_into_the_student(config, plain):
    model = build(config)
    load_checkpoint(model, str(plain))
    for name, value in torch.load(plain)['state_dict'].items():
        assert torch.equal(model.student.state_dict()[name], value), name


def test_own_checkpoint_loads_unchanged(config):
    state, model = noisy(build(config)).state_dict(), build(config)
    assert not any(model.load_state_dict(state, strict=True))
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def other_architecture(config: Config) -> dict[str, torch.Tensor]:
    state = noisy(build(config).student).state_dict()
    state['decode_head.aux_classifier.conv_seg.weight'] = torch.zeros(7, 32, 1, 1)
    del state['backbone.conv1.weight']
    return state


def test_other_architecture_is_refused_and_the_model_unchanged(config):
    model = build(config)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(RuntimeError) as error:
        model.load_state_dict(other_architecture(config), strict=False)
    for part in (
        'another architecture',
        "'backbone.conv1.weight'",
        '(7, 32, 1, 1), expected (19, 32, 1, 1)',
        'allow_partial_checkpoint',
    ):
        assert part in str(error.value)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize('plain', [False, True], ids=['own', 'plain'])
def test_larger_architecture_is_refused(config, plain):
    larger = build(config)
    larger.student.backbone.layer4.append(larger.student.backbone.layer4[-1])
    state = (larger.student if plain else larger).state_dict()
    with pytest.raises(RuntimeError, match=r'12 are unknown \(first: .*backbone.layer4.2.conv1'):
        build(config).load_state_dict(state, strict=False)
    build(config, allow_partial_checkpoint=True).load_state_dict(state, strict=False)


def test_auxiliary_heads_of_a_plain_checkpoint_are_left_out(config):
    state, model = noisy(build(config).student).state_dict(), build(config)
    want = {f'student.{name}': value for name, value in state.items()}
    model.load_state_dict(dict(state, **{'auxiliary_head.conv_seg.bias': torch.zeros(19)}), strict=False)
    assert all(torch.equal(model.state_dict()[name], value) for name, value in want.items())


def test_partial_checkpoint_loads_where_it_is_allowed(config):
    model, state = build(config, allow_partial_checkpoint=True), other_architecture(config)
    before = model.student.backbone.conv1.weight.clone()
    del state['decode_head.aux_classifier.conv_seg.weight']
    model.load_state_dict(state, strict=False)
    assert torch.equal(model.student.backbone.conv1.weight, before)
    assert torch.equal(model.student.backbone.bn1.weight, state['backbone.bn1.weight'])


def test_objectives_of_one_name_are_refused(config):
    with pytest.raises(ValueError, match=r"share the name \['entropy'\]"):
        build(config, objectives=[ONE, ONE])
    build(config, objectives=[ONE, dict(ONE, name='entropy_of_source', view='source')])


def test_stock_preprocessor_is_refused_for_training(config):
    stock = dict(config.model.data_preprocessor, type='SegDataPreProcessor')
    with pytest.raises(TypeError, match='SegDataPreProcessor, which knows no streams .*UDADataPreprocessor'):
        build(config, data_preprocessor=stock)
    build(config, data_preprocessor=stock, objectives=[])


def test_training_without_objectives_is_refused(config):
    with pytest.raises(RuntimeError, match='no objectives'):
        build(config, objectives=[]).loss({}, {})


def test_training_on_a_stock_batch_is_refused(config):
    with pytest.raises(TypeError, match='one stream of images per view, got Tensor: use UDADataset'):
        build(config).loss(torch.zeros(1, 3, 8, 8), [])


def test_objective_that_needs_a_teacher_is_refused_without_one(config):
    model = build(config, objectives=[dict(type='ClassMixSupervision', begin=100)])
    assert model.needs_teacher and not build(config, objectives=[ONE]).needs_teacher
    with pytest.raises(RuntimeError, match='needs a teacher and there is none'):
        model.loss({}, {})


def test_teacher_that_is_set_is_no_part_of_the_model(config):
    model, teacher = build(config), build(config).student
    names = list(model.state_dict())
    model.set_teacher(teacher)
    assert model.teacher is teacher
    assert list(model.state_dict()) == names and teacher not in list(model.modules())


def test_class_weights_take_the_number_of_classes_of_the_student(config):
    assert build(config).objectives[0].class_weights.num_classes == 19


def test_prediction_is_the_students(config):
    model = noisy(build(config))
    image = torch.randn(1, 3, 32, 48)
    with torch.no_grad():
        got, want = (part(image, mode='predict')[0].seg_logits.data for part in (model, model.student))
    assert torch.equal(got, want) and want.std() > 0


@pytest.fixture(scope='module')
def street(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp('images') / 'street.png'
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)).save(path)
    return str(path)


@pytest.fixture(scope='module')
def checkpoint(config, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('checkpoints') / 'uda.pth'
    torch.save(dict(state_dict=noisy(build(config)).state_dict(), meta=dict()), path)
    return path


@pytest.fixture(scope='module')
def wanted(config, checkpoint, street) -> np.ndarray:
    """What the student predicts for the street, without any stock interface."""
    model = build(config)
    load_checkpoint(model, str(checkpoint))
    image = torch.from_numpy(np.array(Image.open(street))[:, :, ::-1].copy()).permute(2, 0, 1)
    inputs = model.data_preprocessor(dict(inputs=[image]))['inputs']
    with torch.no_grad():
        return model.student.eval().predict(inputs)[0].pred_sem_seg.data[0].numpy()


def test_stock_inference_functions(config, checkpoint, street, wanted):
    model = init_model(config.copy(), str(checkpoint), device='cpu')
    got = inference_model(model, street).pred_sem_seg.data[0].numpy()
    assert np.array_equal(got, wanted) and len(np.unique(wanted)) > 1


def test_stock_inferencer(config, checkpoint, street, wanted):
    inferencer = MMSegInferencer(config.copy(), str(checkpoint), device='cpu')
    assert np.array_equal(inferencer(street)['predictions'], wanted)


def test_stock_test_time_augmentation(config, checkpoint, tmp_path):
    """What tools/test.py --tta does to a config."""
    cfg = config.copy()
    cfg.work_dir, cfg.load_from = str(tmp_path), str(checkpoint)
    cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline
    cfg.tta_model.module = cfg.model
    cfg.model = cfg.tta_model
    runner = Runner.from_cfg(cfg)
    assert 0 <= runner.test()['mIoU'] <= 100
    views = next(iter(runner.test_dataloader))
    result = runner.model.test_step(views)[0]
    model = runner.model.module
    with torch.no_grad():
        batches = [{key: value[view] for key, value in views.items()} for view in range(len(views['inputs']))]
        probabilities = [model.test_step(batch)[0].seg_logits.data.softmax(0) for batch in batches]
    assert len(probabilities) == 4
    assert torch.equal(result.pred_sem_seg.data[0], torch.stack(probabilities).mean(0).argmax(0))


def test_normalization_is_that_of_the_preprocessor(config):
    preprocessor = config.model.data_preprocessor
    normalization = build(config).normalization
    channels = slice(None, None, -1 if preprocessor.get('bgr_to_rgb') else 1)
    image = torch.randint(256, (3, 4, 6), dtype=torch.uint8)
    model = build(config)
    inputs = model.data_preprocessor(dict(inputs=[image]))['inputs']
    torch.testing.assert_close(normalization.undo(inputs)[0] * 255, image[channels].float(), atol=1e-3, rtol=0)
    torch.testing.assert_close(normalization.redo(normalization.undo(inputs)), inputs)


def test_images_that_are_not_normalized_have_mean_0_and_deviation_1(config):
    model = build(config, data_preprocessor=dict(type='UDADataPreprocessor'))
    assert (model.normalization.mean, model.normalization.std) == (0, 1)
