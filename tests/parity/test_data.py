import random

import numpy as np
import pytest
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmseg.models.data_preprocessor import SegDataPreProcessor
from mmseg.registry import DATASETS

import mmuda  # noqa: F401
from tests.datasets.published import LAYOUTS, write_dataset, write_image
from tests.parity.golden import load_case

LOAD = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]


@pytest.fixture(autouse=True)
def mmseg_scope():
    init_default_scope('mmseg')


def read_label(config: dict) -> np.ndarray:
    return DATASETS.build(dict(config, pipeline=LOAD))[0]['gt_seg_map']


@pytest.mark.parametrize('array, name, ids', [
    ('out_gta5', 'GTADataset', 'in_ids'),
    ('out_cityscapes', 'CityscapesLabelIdsDataset', 'in_ids'),
    ('out_eval_cityscapes', 'CityscapesLabelIdsDataset', 'in_ids'),
    ('out_cityscapes_to9', 'Cityscapes9Dataset', 'in_ids'),
    ('out_robotcar', 'RobotCarDataset', 'in_ids'),
    ('out_eval_robotcar', 'RobotCarDataset', 'in_ids'),
    ('out_synthia', 'SynthiaDataset', 'in_synthia_rgb16'),
])
def test_label_maps(tmp_path, array, name, ids):
    case = load_case('mrnet', 'label_maps')
    np.testing.assert_array_equal(read_label(write_dataset(tmp_path, name, case[ids])), case[array])


@pytest.mark.parametrize('name', ['RobotCarDataset', 'CityscapesLabelIdsDataset'])
def test_pseudo_label_map(tmp_path, name):
    case = load_case('mrnet', 'label_maps')
    array = case['out_robotcar_pseudo' if name == 'RobotCarDataset' else 'out_cityscapes_pseudo']
    config = pseudo_config(tmp_path, name, case['in_ids'], np.zeros((*case['in_ids'].shape, 3), np.uint8))
    # the original lets Cityscapes ids pass that no class has, and its loss fails; here they are ignored
    classes = DATASETS.build(dict(config, pipeline=[])).metainfo['classes']
    np.testing.assert_array_equal(read_label(config), np.where(array < len(classes), array, 255))


def test_train_ids_of_stock_data_sets_stay_as_they_are(tmp_path):
    case = load_case('mrnet', 'label_maps')
    write_image(tmp_path / 'a_leftImg8bit.png', np.zeros((*case['in_ids'].shape, 3), np.uint8))
    write_image(tmp_path / 'a_gtFine_labelTrainIds.png', case['in_ids'])
    stock = dict(type='CityscapesDataset', data_root=str(tmp_path))
    np.testing.assert_array_equal(read_label(stock), case['out_cityscapes_pseudo'])


def test_no_label_map_of_the_fixture_is_forgotten():
    covered = {values[0] for values in test_label_maps.pytestmark[0].args[1]}
    covered |= {'out_robotcar_pseudo', 'out_cityscapes_pseudo'}
    assert covered == {key for key in load_case('mrnet', 'label_maps') if key.startswith('out_')}


def pseudo_config(root, name: str, labels: np.ndarray, image: np.ndarray) -> dict:
    """A PseudoLabelDataset of one image whose own labels do not exist."""
    layout = LAYOUTS[name]
    prefix = dict(img_path=layout.image.split('/')[0])
    write_image(root / layout.image, image)
    write_image(root / 'store' / layout.image.split('/', 1)[1], labels)
    return dict(type='PseudoLabelDataset', store=str(root / 'store'),
                dataset=dict(type=name, data_root=str(root), data_prefix=prefix))


def training_pipeline(case: dict) -> list[dict]:
    flip = [dict(type='HorizontalFlip')] if case['param_mirror'] else []
    return [
        *LOAD,
        dict(type='JitteredResize', scale=tuple(case['param_resize_wh'].tolist()),
             **({} if case['param_scale_jitter'] else dict(ratio_range=None))),
        dict(type='HardSampleCrop', crop_size=tuple(case['param_crop_hw'].tolist()),
             min_distinct=int(case['param_min_distinct']), max_tries=int(case['param_max_tries'])),
        *flip,
        dict(type='PackSegInputs'),
    ]


def load_sample(config: dict, case: dict, seed: int) -> tuple[np.ndarray, np.ndarray | None, dict]:
    """Normalised image (3, h, w), label (h, w) and meta information of the only image of a data set."""
    dataset = DATASETS.build(config)
    random.seed(int(seed))
    sample = dataset[0]
    preprocessor = SegDataPreProcessor(
        mean=case['param_mean_bgr'].tolist(), std=[1, 1, 1], size=tuple(case['param_crop_hw'].tolist()))
    batch = preprocessor(pseudo_collate([sample]), training=True)
    data_sample = batch['data_samples'][0]
    label = data_sample.gt_sem_seg.data[0].numpy() if 'gt_sem_seg' in data_sample else None
    return batch['inputs'][0].numpy(), label, data_sample.metainfo


AUGMENT_CASES = {
    'augment': (write_dataset, 'GTADataset'),
    'augment_target': (write_dataset, 'CityscapesLabelIdsDataset'),
    'augment_pseudo_cityscapes': (pseudo_config, 'CityscapesLabelIdsDataset'),
    'augment_pseudo_robotcar': (pseudo_config, 'RobotCarDataset'),
}


def augment_config(root, name: str, case: dict, label_name: str) -> dict:
    write, dataset = AUGMENT_CASES[name]
    return write(root, dataset, case[label_name], case['in_image_rgb'])


def rows(case: dict) -> list[tuple[str, str, int]]:
    """(suffix of the output, name of the label, seed) of every sample of a case."""
    samples = [(str(index), 'in_label', seed) for index, seed in enumerate(case['in_seeds'])]
    return samples + ([('poor', 'in_label_poor', case['in_seeds'][0])] if 'in_label_poor' in case else [])


@pytest.mark.parametrize('name', AUGMENT_CASES)
def test_training_pipeline(tmp_path, name):
    case = load_case('mrnet', name)
    assert len(rows(case)) == len(case['out_scale'])
    for row, (suffix, label_name, seed) in enumerate(rows(case)):
        config = augment_config(tmp_path / suffix, name, case, label_name)
        image, label, meta = load_sample(dict(config, pipeline=training_pipeline(case)), case, seed)
        np.testing.assert_array_equal(image, case[f'out_image_{suffix}'], err_msg=f'image {suffix}')
        np.testing.assert_array_equal(label, case[f'out_label_{suffix}'], err_msg=f'label {suffix}')
        assert bool(meta.get('flip', False)) == case['out_flip'][row]


def test_target_pipeline_without_labels(tmp_path):
    case = load_case('mrnet', 'augment_target')
    config = write_dataset(tmp_path, 'CityscapesLabelIdsDataset', case['in_label'], case['in_image_rgb'])
    pipeline = [step for step in training_pipeline(case) if step['type'] != 'LoadLabelIds']
    for suffix, _, seed in rows(case):
        image, label, _ = load_sample(dict(config, pipeline=pipeline), case, seed)
        np.testing.assert_array_equal(image, case[f'out_image_{suffix}'])
        assert label is None


@pytest.mark.parametrize('name', AUGMENT_CASES)
def test_draws_of_the_crop(tmp_path, monkeypatch, name):
    case = load_case('mrnet', name)
    for row, (suffix, label_name, seed) in enumerate(rows(case)):
        config = augment_config(tmp_path / suffix, name, case, label_name)
        draws, randint = [], random.Random.randint

        def record(self, low, high, draws=draws, randint=randint):
            draws.append(randint(self, low, high))
            return draws[-1]

        monkeypatch.setattr(random, 'randint', record.__get__(random._inst))
        load_sample(dict(config, pipeline=training_pipeline(case)), case, seed)
        monkeypatch.undo()
        count = case['out_num_draws'][row]
        np.testing.assert_array_equal(np.reshape(draws, (-1, 2)), case['out_all_draws'][row][:count])
