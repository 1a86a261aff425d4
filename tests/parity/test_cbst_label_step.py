"""The label step of ST, CBST and CBST-SP through the labelling engine (cases of golden/cbst)."""
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from PIL import Image
from torch import nn

from mmuda.evaluation.confusion import confusion_matrix
from mmuda.pseudo_labels import (
    ClassBalancedLabeler,
    PseudoLabelStore,
    SmallMap,
    SoftmaxMapPredictor,
    generate_pseudo_labels,
)
from mmuda.pseudo_labels.assignment import reweighted_class, top_class
from tests.parity.golden import load_case
from tests.tiny import REPO

VARIANTS = {'_cb': ('class', False), '_global': ('global', False), '_cb_sp': ('class', True),
            '_global_sp': ('global', True)}


class GivenMaps(nn.Module):
    """A segmentor with the preprocessing of ResNet-38, whose network gives recorded soft-max maps in turn."""

    def __init__(self, maps: list[np.ndarray]) -> None:
        super().__init__()
        config = Config.fromfile(REPO / 'configs/_base_/models/resnet38.py').model.data_preprocessor
        self.data_preprocessor = MODELS.build(config)
        self.maps = [torch.from_numpy(probabilities)[None] for probabilities in maps]
        self.inputs: list[torch.Tensor] = []

    align_corners = True

    @property
    def decode_head(self) -> 'GivenMaps':
        return self

    def extract_feat(self, inputs: torch.Tensor) -> torch.Tensor:
        self.inputs.append(inputs)
        return self.maps[len(self.inputs) - 1]

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features

    def fuse(self, probabilities: torch.Tensor) -> torch.Tensor:
        return probabilities


def bgr(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[..., ::-1])


class TestUpsample:

    @pytest.fixture(params=['a', 'b', 'c'])
    def step(self, request):
        case = load_case('cbst', 'upsample')
        suffix = f'_{request.param}'
        case = {key.removesuffix(suffix): value for key, value in case.items() if key.endswith(suffix)}
        segmentor = GivenMaps([case['in_probs'], case['in_probs_flip']])
        return case, segmentor, SoftmaxMapPredictor(int(case['param_scale']))

    def test_network_inputs(self, step):
        case, segmentor, predictor = step
        predictor.encode(segmentor, bgr(case['in_image']))
        for got, key in zip(segmentor.inputs, ('out_net_input', 'out_net_input_flip'), strict=True):
            np.testing.assert_allclose(got, case[key], rtol=0, atol=1e-6)

    def test_average_of_both_maps(self, step):
        case, segmentor, predictor = step
        np.testing.assert_array_equal(predictor.encode(segmentor, bgr(case['in_image'])).values, case['out_average'])

    def test_size_of_the_resized_image(self, step):
        case, _, predictor = step
        assert predictor.input_size(case['in_image'].shape[:2]) == tuple(case['out_resized_hw'])

    def test_map_of_the_size_of_the_image(self, step):
        case, segmentor, predictor = step
        np.testing.assert_allclose(predictor(segmentor, bgr(case['in_image'])), case['out_full'], rtol=0, atol=1e-6)


@pytest.mark.parametrize('name', ['full_label_step', 'full_label_step_16'])
class TestLabelStep:

    @pytest.fixture
    def case(self, name):
        return load_case('cbst', name)

    @pytest.fixture
    def run(self, case, tmp_path):
        """Label the images of the case; gives the store, the labeler and the segmentor."""

        def run(variant: str) -> tuple[PseudoLabelStore, ClassBalancedLabeler, GivenMaps]:
            images = []
            for index, image in enumerate(case['in_images']):
                path = tmp_path / f'{index}.png'
                Image.fromarray(image).save(path)
                images.append((path.name, str(path)))
            prior = None
            policy, with_prior = VARIANTS[variant]
            if with_prior:
                prior = tmp_path / 'prior.npy'
                np.save(prior, case['in_prior'])
            labeler = ClassBalancedLabeler(
                float(case['param_portion']), policy, prior=prior, rare_number=int(case['param_mine_number']),
                rare_share=float(case['param_mine_thresh']))
            pairs = zip(case['in_probs'], case['in_probs_flip'])
            segmentor = GivenMaps([probabilities for pair in pairs for probabilities in pair])
            store = PseudoLabelStore(tmp_path / 'store')
            generate_pseudo_labels(
                segmentor, images, predictor(case), labeler, store, dict(variant=variant),
                num_classes=int(case['param_num_classes']), keep_maps=True)
            return store, labeler, segmentor

        return run

    @pytest.mark.parametrize('variant', VARIANTS)
    def test_thresholds_and_class_sizes(self, case, run, variant):
        summary = run(variant)[0].summary()
        np.testing.assert_array_equal(summary['thresholds'], case[f'out_thresholds{variant}'])
        np.testing.assert_array_equal(summary['thresholds_used'], case[f'out_thresholds_used{variant}'])
        np.testing.assert_array_equal(summary['class_sizes'], case[f'out_class_size{variant}'])

    @pytest.mark.parametrize('variant', VARIANTS)
    def test_labels(self, case, run, variant):
        labels = stored_labels(run(variant)[0], len(case['in_images']))
        np.testing.assert_array_equal(labels, case[f'out_train_ids{variant}'])
        np.testing.assert_array_equal(label_ids(labels, case), case[f'out_label_ids{variant}'])

    @pytest.mark.parametrize('variant', VARIANTS)
    def test_number_of_labelled_pixels(self, case, run, variant):
        labels = case[f'out_train_ids{variant}']
        want = [int((labels == index).sum()) for index in range(int(case['param_num_classes']))]
        assert run(variant)[0].summary()['labelled_pixels'] == want

    @pytest.mark.parametrize('variant', VARIANTS)
    def test_rare_classes(self, case, run, variant):
        summary = run(variant)[0].summary()
        assert summary['priority_classes'] == np.flatnonzero(case[f'out_priority_mask{variant}']).tolist()
        # The published code orders equal shares by an unstable sort: the sizes are compared.
        sizes = case[f'out_class_size{variant}']
        np.testing.assert_array_equal(sizes[summary['smallest_classes']], sizes[case[f'out_mine_ids{variant}']])

    @pytest.mark.parametrize('variant', ['_cb', '_cb_sp'])
    def test_classes_by_ratio_without_rejection(self, case, run, variant):
        store, labeler, _ = run(variant)
        got = [reweighted_class(scores, labeler.thresholds_used)[1] for scores in self.products(case, store, variant)]
        want = case[f'out_rw_label_ids{variant}']
        np.testing.assert_array_equal(label_ids(torch.stack(got).numpy(), case), want)

    @pytest.mark.parametrize('variant, key', [('_cb', 'plain'), ('_cb_sp', 'prior')])
    def test_predicted_classes_and_their_scores(self, case, run, variant, key):
        store, *_ = run(variant)
        predicted = torch.stack([top_class(scores)[1] for scores in self.products(case, store, variant)])
        np.testing.assert_array_equal(label_ids(predicted.numpy(), case), case[f'out_{key}_label_ids'])
        matrix = confusion(predicted, case)
        if key == 'plain':
            np.testing.assert_array_equal(matrix, case['out_confusion'])
        truth, hits = matrix.sum(1), matrix.diagonal()
        union = truth + matrix.sum(0) - hits
        np.testing.assert_allclose(hits.sum() / matrix.sum(), case[f'out_{key}_pixel_acc'], rtol=1e-12)
        # A class that is not in the truth counts 0.
        np.testing.assert_allclose(hits / truth.clip(1), case[f'out_{key}_class_acc'], rtol=1e-12)
        np.testing.assert_allclose(np.where(truth > 0, hits / union.clip(1), 0), case[f'out_{key}_iou'], rtol=1e-12)

    def test_first_input_and_first_map(self, case, run):
        store, _, segmentor = run('_cb')
        np.testing.assert_allclose(segmentor.inputs[0], case['out_net_input_first'], rtol=0, atol=1e-6)
        full = next(self.products(case, store, '_cb'))
        np.testing.assert_array_equal(full[3], case['out_full_map_first_class3'])

    def test_the_network_runs_twice_an_image(self, case, run):
        assert len(run('_cb')[2].inputs) == 2 * len(case['in_images'])

    @staticmethod
    def products(case, store, variant):
        """The full-size maps, times the prior where the variant has one."""
        prior = torch.from_numpy(case['in_prior']) if VARIANTS[variant][1] else 1
        for index in range(len(case['in_images'])):
            encoded, size, layout = store.read_map(f'{index}.png')
            yield predictor(case).decode(SmallMap.from_layout(torch.from_numpy(encoded), layout), size) * prior


def predictor(case: dict) -> SoftmaxMapPredictor:
    return SoftmaxMapPredictor(int(case['param_test_scale']))


def stored_labels(store: PseudoLabelStore, number: int) -> np.ndarray:
    return np.stack([np.array(Image.open(store.label_path(f'{index}.png'))) for index in range(number)])


def class_to_label_id(case: dict) -> np.ndarray:
    return load_case('cbst', 'label_maps')[f'out_{case["param_dataset"]}_class_to_label_id']


def label_ids(train_ids: np.ndarray, case: dict) -> np.ndarray:
    """What the published code writes: label ids, 0 for ignored pixels."""
    table = np.zeros(256, np.uint8)
    ids = class_to_label_id(case)
    table[:len(ids)] = ids
    return table[train_ids]


def confusion(predicted: torch.Tensor, case: dict) -> np.ndarray:
    """Rows = truth; pixels whose label id is not evaluated are dropped."""
    table = np.full(256, 255, np.uint8)
    ids = class_to_label_id(case)
    table[ids] = np.arange(len(ids))
    return confusion_matrix(predicted, torch.from_numpy(table[case['in_gt']]), len(ids)).numpy()[:, :-1]
