import numpy as np
import pytest
import torch
from mmseg.registry import TASK_UTILS

from mmuda.datasets.transforms import CenteredMiningCrop, HorizontalFlip, PackSoftLabels
from mmuda.pseudo_labels import CachedLogits, PseudoLabelStore
from mmuda.pseudo_labels.labelers.entropy_regularized_labeler import lrent_targets

SIZE, CROP = (24, 40), (16, 20)
THRESHOLDS, ALPHA = [0.6, 0.3, 0.2, 1.0], 0.25


@pytest.fixture
def store(tmp_path) -> PseudoLabelStore:
    return make_store(tmp_path)


def make_store(
    root, predictor: dict | None = None, summary: dict | None = None, layout: tuple[int, ...] = (*SIZE, *SIZE, 1)
) -> PseudoLabelStore:
    """Maps of one image, of two views."""
    store = PseudoLabelStore(root / 'store')
    store.open(dict(predictor=predictor or dict(type='LogitMapPredictor')))
    store.write_summary(dict(thresholds_used=THRESHOLDS, alpha=ALPHA) if summary is None else summary)
    logits = np.random.default_rng(0).normal(0, 2, (2, len(THRESHOLDS), 5, 7)).astype(np.float32)
    store.write_cached_logits('city/a.png', logits, SIZE, layout)
    return store


def sample(store: PseudoLabelStore, shape: tuple[int, int] = SIZE) -> dict:
    return dict(
        img=np.zeros((*shape, 3), np.uint8),
        gt_seg_map=np.zeros(shape, np.uint8),
        seg_fields=['gt_seg_map'],
        img_path='city/a.png',
        pseudo_label_store=str(store.root),
        pseudo_label_name='city/a.png',
    )


def whole(store: PseudoLabelStore, size: tuple[int, int] = SIZE) -> torch.Tensor:
    """Soft labels of the image, made of the probabilities that the labeling read."""
    encoded, _, layout = store.read_cached_logits('city/a.png')
    predictor = TASK_UTILS.build(dict(type='LogitMapPredictor'))
    probabilities = predictor.decode(CachedLogits.from_layout(torch.from_numpy(encoded), layout), size)
    return lrent_targets(probabilities, torch.tensor(THRESHOLDS), ALPHA)


def soft_of(results: dict) -> torch.Tensor:
    return PackSoftLabels()(results)['data_samples'].gt_soft_seg.data


def test_crop_at_scale_1_equals_that_of_the_whole_soft_labels(store):
    results = CenteredMiningCrop(CROP, scales=[1.0])(sample(store))
    top, left = results['crop_offset']
    want = whole(store)[:, top : top + CROP[0], left : left + CROP[1]]
    got = soft_of(results)
    assert 0 < (want.sum(0) > 0).sum() < want[0].numel()
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('scale, size', [(0.8, (19, 32)), (1.5, (36, 60))])
def test_crop_of_a_scaled_image_comes_from_maps_resized_to_it(store, scale, size):
    results = CenteredMiningCrop(CROP, scales=[scale])(sample(store))
    top, left = results['crop_offset']
    want = whole(store, size)[:, top : top + CROP[0], left : left + CROP[1]]
    torch.testing.assert_close(soft_of(results), want, rtol=1e-4, atol=1e-5)


def test_padding_is_not_labeled(store):
    results = CenteredMiningCrop(CROP, scales=[0.5])(sample(store))
    soft = soft_of(results)
    assert soft.shape == (len(THRESHOLDS), *CROP)
    assert not soft[:, 12:].any()
    torch.testing.assert_close(soft[:, :12], whole(store, (12, 20)), rtol=1e-4, atol=1e-5)


def test_a_mirrored_crop_has_mirrored_labels(store):
    straight = CenteredMiningCrop(SIZE, scales=[1.0])(sample(store))
    mirrored = HorizontalFlip(1.0)(CenteredMiningCrop(SIZE, scales=[1.0])(sample(store)))
    torch.testing.assert_close(soft_of(mirrored), soft_of(straight).flip(-1))


@pytest.mark.parametrize('layout', [(*SIZE, *SIZE, 0), (32, 48, *SIZE, 0), (32, 48, *SIZE, 1)])
def test_labels_are_resized_as_the_labeling_resized(tmp_path, layout):
    store = make_store(tmp_path, layout=layout)
    results = CenteredMiningCrop(SIZE, scales=[1.0])(sample(store))
    torch.testing.assert_close(soft_of(results), whole(store), rtol=1e-4, atol=1e-5)
    (tmp_path / 'plain').mkdir()
    assert not torch.allclose(soft_of(results), whole(make_store(tmp_path / 'plain')), atol=1e-2)


def test_the_rest_is_packed_as_ever(store):
    packed = PackSoftLabels()(CenteredMiningCrop(CROP)(sample(store)))
    assert packed['inputs'].shape == (3, *CROP)
    assert packed['data_samples'].gt_sem_seg.data.shape == (1, *CROP)
    assert packed['data_samples'].gt_soft_seg.data.dtype == torch.float32


def test_a_sample_that_was_not_cropped_is_refused(store):
    with pytest.raises(KeyError, match='scaled_shape.*behind CenteredMiningCrop'):
        PackSoftLabels()(sample(store))


def test_missing_maps_name_the_setting(store):
    store.delete_cached_logits()
    with pytest.raises(
        FileNotFoundError, match=r'cached_logits/city/a\.npz: set train_cfg.labels.keep_cached_logits=True'
    ):
        PackSoftLabels()(CenteredMiningCrop(CROP)(sample(store)))


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(summary=dict(thresholds_used=THRESHOLDS)), 'no thresholds of soft labels.*EntropyRegularizedLabeler'),
        (
            dict(predictor=dict(type='SoftmaxMapPredictor')),
            'the cached logits in .* are of SoftmaxMapPredictor.*LogitMapPredictor',
        ),
    ],
)
def test_a_store_of_another_method_is_refused(tmp_path, options, message):
    store = make_store(tmp_path, **options)
    with pytest.raises(ValueError, match=message):
        PackSoftLabels()(CenteredMiningCrop(CROP)(sample(store)))


def test_other_flips_are_refused(store):
    results = dict(CenteredMiningCrop(CROP)(sample(store)), flip_direction='vertical')
    with pytest.raises(ValueError, match="flip_direction is 'vertical'"):
        PackSoftLabels()(results)


def test_settings_of_a_store_are_read_once(store, monkeypatch):
    read = []
    for method in ('summary', 'manifest'):
        original = getattr(PseudoLabelStore, method)
        monkeypatch.setattr(PseudoLabelStore, method, lambda self, m=method, o=original: read.append(m) or o(self))
    first = [soft_of(CenteredMiningCrop(SIZE, scales=[1.0])(sample(store))) for _ in range(3)]
    assert read == ['summary', 'manifest'] and torch.equal(first[0], first[2])


def test_settings_that_were_written_again_are_read_again(store):
    before = soft_of(CenteredMiningCrop(SIZE, scales=[1.0])(sample(store)))
    store.write_summary(dict(thresholds_used=[1.0] * 4, alpha=ALPHA))
    after = soft_of(CenteredMiningCrop(SIZE, scales=[1.0])(sample(store)))
    assert (after > 0).sum() < (before > 0).sum()
