"""The label step of ST, CBST and CBST-SP through the labeling engine (cases of golden/cbst)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from PIL import Image
from torch import nn

from mmuda.evaluation.confusion import confusion_matrix
from mmuda.models.decode_heads import MultiOutputHead
from mmuda.pseudo_labels import (
    CachedLogits,
    ClassBalancedLabeler,
    PseudoLabelStore,
    SoftmaxMapPredictor,
    generate_pseudo_labels,
)
from mmuda.pseudo_labels.thresholds.assignment import reweighted_class, top_class
from tests.helpers.golden import Case, cases, each_case, each_variant, load_case
from tests.helpers.label_ids import class_to_label_id, label_ids
from tests.helpers.tiny import REPO

POLICIES = {'cb': 'class', 'global': 'global'}  # name in the cases, and ours


class GivenMaps(MultiOutputHead, nn.Module):
    """A segmentor with the preprocessing of ResNet-38, whose network gives recorded soft-max maps in turn."""

    align_corners = True

    def __init__(self, maps: list[np.ndarray]) -> None:
        super().__init__()
        config = Config.fromfile(REPO / 'configs/_base_/models/resnet38.py').model.data_preprocessor
        self.data_preprocessor = MODELS.build(config)
        self.maps = [torch.from_numpy(probabilities)[None] for probabilities in maps]
        self.inputs: list[torch.Tensor] = []

    @property
    def decode_head(self) -> 'GivenMaps':
        return self

    def extract_feat(self, inputs: torch.Tensor) -> torch.Tensor:
        self.inputs.append(inputs)
        return self.maps[len(self.inputs) - 1]

    def forward(self, features: torch.Tensor) -> dict[str, torch.Tensor]:
        return dict(probabilities=features)

    def fuse(self, given: dict[str, torch.Tensor]) -> torch.Tensor:
        return given['probabilities']


def bgr(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[..., ::-1])


@each_variant('cbst', 'upsample*', 'in_image')
class TestUpsample:
    @pytest.fixture
    def step(self, case, suffix):
        segmentor = GivenMaps([case[f'in_probs{suffix}'], case[f'in_probs_flip{suffix}']])
        return segmentor, SoftmaxMapPredictor(int(case[f'param_scale{suffix}']))

    def test_network_inputs(self, case, suffix, step):
        segmentor, predictor = step
        predictor.encode(segmentor, bgr(case[f'in_image{suffix}']), 'a.png')
        for got, key in zip(segmentor.inputs, ('out_net_input', 'out_net_input_flip'), strict=True):
            np.testing.assert_allclose(got, case[key + suffix], rtol=0, atol=1e-6)

    def test_average_of_both_maps(self, case, suffix, step):
        segmentor, predictor = step
        got = predictor.encode(segmentor, bgr(case[f'in_image{suffix}']), 'a.png')
        np.testing.assert_array_equal(got.values, case[f'out_average{suffix}'])

    def test_size_of_the_resized_image(self, case, suffix, step):
        _, predictor = step
        assert predictor.input_size(case[f'in_image{suffix}'].shape[:2]) == tuple(case[f'out_resized_hw{suffix}'])

    def test_map_of_the_size_of_the_image(self, case, suffix, step):
        segmentor, predictor = step
        got = predictor(segmentor, bgr(case[f'in_image{suffix}']), 'a.png')
        np.testing.assert_allclose(got, case[f'out_full{suffix}'], rtol=0, atol=1e-6)


@pytest.fixture
def run(case: Case, tmp_path: Path) -> Callable[[str], tuple[PseudoLabelStore, ClassBalancedLabeler, GivenMaps]]:
    """Label the images of the case as one of its variants; gives the store, the labeler and the segmentor."""

    def run(variant: str) -> tuple[PseudoLabelStore, ClassBalancedLabeler, GivenMaps]:
        images = []
        for index, image in enumerate(case['in_images']):
            path = tmp_path / f'{index}.png'
            Image.fromarray(image).save(path)
            images.append((path.name, str(path)))
        prior = None
        if with_prior(variant):
            prior = tmp_path / 'prior.npy'
            np.save(prior, case['in_prior'])
        labeler = ClassBalancedLabeler(
            float(case['param_portion']),
            POLICIES[variant.split('_')[1]],
            prior=prior,
            rare_number=int(case['param_mine_number']),
            rare_share=float(case['param_mine_thresh']),
        )
        pairs = zip(case['in_probs'], case['in_probs_flip'])
        segmentor = GivenMaps([probabilities for pair in pairs for probabilities in pair])
        store = PseudoLabelStore(tmp_path / 'store')
        generate_pseudo_labels(
            segmentor,
            images,
            predictor(case),
            labeler,
            store,
            dict(variant=variant),
            num_classes=int(case['param_num_classes']),
            keep_cached_logits=True,
        )
        return store, labeler, segmentor

    return run


def with_prior(variant: str) -> bool:
    return variant.endswith('_sp')


@each_variant('cbst', 'full_label_step*', 'out_thresholds_used')
class TestLabelStep:
    def test_thresholds_and_class_sizes(self, case, suffix, run):
        summary = run(suffix)[0].summary()
        np.testing.assert_array_equal(summary['thresholds'], case[f'out_thresholds{suffix}'])
        np.testing.assert_array_equal(summary['thresholds_used'], case[f'out_thresholds_used{suffix}'])
        np.testing.assert_array_equal(summary['class_sizes'], case[f'out_class_size{suffix}'])

    def test_labels(self, case, suffix, run):
        labels = stored_labels(run(suffix)[0], len(case['in_images']))
        np.testing.assert_array_equal(labels, case[f'out_train_ids{suffix}'])
        np.testing.assert_array_equal(label_ids(labels, int(case['param_num_classes'])), case[f'out_label_ids{suffix}'])

    def test_number_of_labeled_pixels(self, case, suffix, run):
        labels = case[f'out_train_ids{suffix}']
        want = [int((labels == index).sum()) for index in range(int(case['param_num_classes']))]
        assert run(suffix)[0].summary()['labeled_pixels'] == want

    def test_rare_classes(self, case, suffix, run):
        summary = run(suffix)[0].summary()
        assert summary['mined_classes']['priority_ids'] == np.flatnonzero(case[f'out_priority_mask{suffix}']).tolist()
        # The published code orders equal shares by an unstable sort: the sizes are compared.
        sizes = case[f'out_class_size{suffix}']
        np.testing.assert_array_equal(sizes[summary['mined_classes']['mine_ids']], sizes[case[f'out_mine_ids{suffix}']])


@each_variant('cbst', 'full_label_step*', 'out_rw_label_ids')
def test_classes_by_ratio_without_rejection(case, suffix, run):
    store, labeler, _ = run(suffix)
    got = [reweighted_class(scores, labeler.thresholds_used)[1] for scores in products(case, store, suffix)]
    want = case[f'out_rw_label_ids{suffix}']
    np.testing.assert_array_equal(label_ids(torch.stack(got).numpy(), int(case['param_num_classes'])), want)


@pytest.mark.parametrize('variant, key', [('_cb', 'plain'), ('_cb_sp', 'prior')])
@each_case('cbst', 'full_label_step*')
def test_predicted_classes_and_their_scores(case, run, variant, key):
    store, *_ = run(variant)
    predicted = torch.stack([top_class(scores)[1] for scores in products(case, store, variant)])
    np.testing.assert_array_equal(
        label_ids(predicted.numpy(), int(case['param_num_classes'])), case[f'out_{key}_label_ids']
    )
    matrix = confusion(predicted, case)
    if key == 'plain':
        np.testing.assert_array_equal(matrix, case['out_confusion'])
    truth, hits = matrix.sum(1), matrix.diagonal()
    union = truth + matrix.sum(0) - hits
    np.testing.assert_allclose(hits.sum() / matrix.sum(), case[f'out_{key}_pixel_acc'], rtol=1e-12)
    # A class that is not in the truth counts 0.
    np.testing.assert_allclose(hits / truth.clip(1), case[f'out_{key}_class_acc'], rtol=1e-12)
    np.testing.assert_allclose(np.where(truth > 0, hits / union.clip(1), 0), case[f'out_{key}_iou'], rtol=1e-12)


@each_variant('cbst', 'full_label_step*', 'out_full_map_first_class')
def test_first_input_and_first_map(case, suffix, run):
    store, _, segmentor = run('_cb')
    np.testing.assert_allclose(segmentor.inputs[0], case['out_net_input_first'], rtol=0, atol=1e-6)
    full = next(products(case, store, '_cb'))
    np.testing.assert_array_equal(full[int(suffix)], case[f'out_full_map_first_class{suffix}'])


@each_case('cbst', 'full_label_step*')
def test_the_network_runs_twice_an_image(case, run):
    assert len(run('_cb')[2].inputs) == 2 * len(case['in_images'])


@each_case('cbst', 'full_label_step*')
def test_the_label_ids_are_those_of_the_data_set(case):
    """``label_ids`` finds its table by the number of classes alone."""
    for name in cases('cbst', 'label_maps*'):
        want = load_case('cbst', name)[f'out_{case["param_dataset"]}_class_to_label_id']
        np.testing.assert_array_equal(class_to_label_id(int(case['param_num_classes'])), want)


def products(case: Case, store: PseudoLabelStore, variant: str) -> Iterator[torch.Tensor]:
    """The full-size maps, times the prior where the variant has one."""
    prior = torch.from_numpy(case['in_prior']) if with_prior(variant) else 1
    for index in range(len(case['in_images'])):
        encoded, size, layout = store.read_cached_logits(f'{index}.png')
        yield predictor(case).decode(CachedLogits.from_layout(torch.from_numpy(encoded), layout), size) * prior


def predictor(case: Case) -> SoftmaxMapPredictor:
    return SoftmaxMapPredictor(int(case['param_test_scale']))


def stored_labels(store: PseudoLabelStore, number: int) -> np.ndarray:
    return np.stack([np.array(Image.open(store.label_path(f'{index}.png'))) for index in range(number)])


def confusion(predicted: torch.Tensor, case: Case) -> np.ndarray:
    """Rows = truth; pixels whose label id is not evaluated are dropped."""
    table = np.full(256, 255, np.uint8)
    ids = class_to_label_id(int(case['param_num_classes']))
    table[ids] = np.arange(len(ids))
    return confusion_matrix(predicted, torch.from_numpy(table[case['in_gt']]), len(ids)).numpy()[:, :-1]
