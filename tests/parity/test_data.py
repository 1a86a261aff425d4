import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmseg.models.data_preprocessor import SegDataPreProcessor
from mmseg.registry import DATASETS

import mmuda  # noqa: F401
from tests.helpers.golden import Case, cases, each_case, each_variant, load_case
from tests.helpers.published import LAYOUTS, write_dataset, write_image

LOAD = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds')]


@pytest.fixture(autouse=True)
def mmseg_scope():
    init_default_scope('mmseg')


def read_label(config: dict) -> np.ndarray:
    return DATASETS.build(dict(config, pipeline=LOAD))[0]['gt_seg_map']


LABEL_MAPS = {
    'gta5': ('GTADataset', 'in_ids'),
    'cityscapes': ('CityscapesLabelIdsDataset', 'in_ids'),
    'eval_cityscapes': ('CityscapesLabelIdsDataset', 'in_ids'),
    'cityscapes_to9': ('Cityscapes9Dataset', 'in_ids'),
    'robotcar': ('RobotCarDataset', 'in_ids'),
    'eval_robotcar': ('RobotCarDataset', 'in_ids'),
    'synthia': ('SynthiaDataset', 'in_synthia_rgb16'),
}
PSEUDO_LABEL_MAPS = dict(robotcar_pseudo='RobotCarDataset', cityscapes_pseudo='CityscapesLabelIdsDataset')


@each_variant('mrnet', 'label_maps*', 'out_')
def test_label_maps(tmp_path, case, suffix):
    if suffix in LABEL_MAPS:
        name, ids = LABEL_MAPS[suffix]
        np.testing.assert_array_equal(read_label(write_dataset(tmp_path, name, case[ids])), case[f'out_{suffix}'])
    else:
        check_pseudo_label_map(tmp_path, PSEUDO_LABEL_MAPS[suffix], case['in_ids'], case[f'out_{suffix}'])


def check_pseudo_label_map(root: Path, name: str, ids: np.ndarray, want: np.ndarray) -> None:
    config = pseudo_config(root, name, ids, np.zeros((*ids.shape, 3), np.uint8))
    # the original lets Cityscapes ids pass that no class has, and its loss fails; here they are ignored
    classes = DATASETS.build(dict(config, pipeline=[])).metainfo['classes']
    np.testing.assert_array_equal(read_label(config), np.where(want < len(classes), want, 255))


@each_case('mrnet', 'label_maps*')
def test_train_ids_of_stock_data_sets_stay_as_they_are(tmp_path, case):
    write_image(tmp_path / 'a_leftImg8bit.png', np.zeros((*case['in_ids'].shape, 3), np.uint8))
    write_image(tmp_path / 'a_gtFine_labelTrainIds.png', case['in_ids'])
    stock = dict(type='CityscapesDataset', data_root=str(tmp_path))
    np.testing.assert_array_equal(read_label(stock), case['out_cityscapes_pseudo'])


def pseudo_config(root, name: str, labels: np.ndarray, image: np.ndarray) -> dict:
    """A PseudoLabelDataset of one image whose own labels do not exist."""
    layout = LAYOUTS[name]
    prefix = dict(img_path=layout.image.split('/')[0])
    write_image(root / layout.image, image)
    write_image(root / 'store' / layout.image.split('/', 1)[1], labels)
    return dict(
        type='PseudoLabelDataset',
        store=str(root / 'store'),
        dataset=dict(type=name, data_root=str(root), data_prefix=prefix),
    )


def training_pipeline(case: Case) -> list[dict]:
    flip = [dict(type='HorizontalFlip')] if case['param_mirror'] else []
    return [
        *LOAD,
        dict(
            type='JitteredResize',
            scale=tuple(case['param_resize_wh'].tolist()),
            **({} if case['param_scale_jitter'] else dict(ratio_range=None)),
        ),
        dict(
            type='HardSampleCrop',
            crop_size=tuple(case['param_crop_hw'].tolist()),
            min_distinct=int(case['param_min_distinct']),
            max_tries=int(case['param_max_tries']),
        ),
        *flip,
        dict(type='PackSegInputs'),
    ]


def load_sample(config: dict, case: Case, seed: int) -> tuple[np.ndarray, np.ndarray | None, dict]:
    """Normalized image (3, h, w), label (h, w) and meta information of the only image of a data set."""
    dataset = DATASETS.build(config)
    random.seed(int(seed))
    sample = dataset[0]
    preprocessor = SegDataPreProcessor(
        mean=case['param_mean_bgr'].tolist(), std=[1, 1, 1], size=tuple(case['param_crop_hw'].tolist())
    )
    batch = preprocessor(pseudo_collate([sample]), training=True)
    data_sample = batch['data_samples'][0]
    label = data_sample.gt_sem_seg.data[0].numpy() if 'gt_sem_seg' in data_sample else None
    return batch['inputs'][0].numpy(), label, data_sample.metainfo


AUGMENT = {
    'augment': (write_dataset, 'GTADataset'),
    'augment_target': (write_dataset, 'CityscapesLabelIdsDataset'),
    'augment_pseudo_cityscapes': (pseudo_config, 'CityscapesLabelIdsDataset'),
    'augment_pseudo_robotcar': (pseudo_config, 'RobotCarDataset'),
}


def rows(case: Case) -> list[tuple[str, str, int]]:
    """(suffix of the output, name of the label, seed) of every sample of a case."""
    samples = [(str(index), 'in_label', seed) for index, seed in enumerate(case['in_seeds'])]
    return samples + ([('poor', 'in_label_poor', case['in_seeds'][0])] if 'in_label_poor' in case else [])


class RecordedDraws:
    """Every (high, value) that the transforms ask of ``random.randint``."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.draws: list[tuple[int, int]] = []
        randint = random.Random.randint

        def record(rng: random.Random, low: int, high: int) -> int:
            value = randint(rng, low, high)
            self.draws.append((high, value))
            return value

        patch.setattr(random, 'randint', record.__get__(random._inst))


@pytest.fixture(scope='module', params=cases('mrnet', 'augment*'))
def samples(request, tmp_path_factory) -> SimpleNamespace:
    """A case and its samples: suffix, image, label, meta information, and draws (tries, 2 axes, high and value)."""
    init_default_scope('mmseg')
    case, out = load_case('mrnet', request.param), []
    write, dataset = AUGMENT[case.name]
    for suffix, label_name, seed in rows(case):
        config = write(tmp_path_factory.mktemp(suffix), dataset, case[label_name], case['in_image_rgb'])
        with pytest.MonkeyPatch.context() as patch:
            recorded = RecordedDraws(patch)
            image, label, meta = load_sample(dict(config, pipeline=training_pipeline(case)), case, seed)
        out.append(
            SimpleNamespace(
                suffix=suffix, image=image, label=label, meta=meta, draws=np.reshape(recorded.draws, (-1, 2, 2))
            )
        )
    return SimpleNamespace(case=case, all=out)


def test_training_pipeline(samples):
    case = samples.case
    assert len(samples.all) == len(case['out_scale'])
    for row, sample in enumerate(samples.all):
        np.testing.assert_array_equal(sample.image, case[f'out_image_{sample.suffix}'], err_msg=sample.suffix)
        np.testing.assert_array_equal(sample.label, case[f'out_label_{sample.suffix}'], err_msg=sample.suffix)
        assert bool(sample.meta.get('flip', False)) == case['out_flip'][row]
        assert len(np.unique(sample.label)) == case['out_distinct_labels'][row]


def test_draws_of_the_crop(samples):
    case = samples.case
    for row, sample in enumerate(samples.all):
        highs, values = sample.draws[..., 0], sample.draws[..., 1]
        count = case['out_num_draws'][row]
        np.testing.assert_array_equal(values, case['out_all_draws'][row][:count])
        np.testing.assert_array_equal(values[-1], case['out_crop_top_left'][row])
        np.testing.assert_array_equal(highs[-1] + case['param_crop_hw'], case['out_resized_hw'][row])


@each_case('mrnet', 'augment_target*')
def test_target_pipeline_without_labels(tmp_path, case):
    config = write_dataset(tmp_path, AUGMENT[case.name][1], case['in_label'], case['in_image_rgb'])
    pipeline = [step for step in training_pipeline(case) if step['type'] != 'LoadLabelIds']
    for suffix, _, seed in rows(case):
        image, label, _ = load_sample(dict(config, pipeline=pipeline), case, seed)
        np.testing.assert_array_equal(image, case[f'out_image_{suffix}'])
        assert label is None
