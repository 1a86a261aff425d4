import multiprocessing
import os
import signal

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from mmuda.pseudo_labels import (
    CachedLogits,
    CachedPredictor,
    ClassBalancedLabeler,
    ConfidenceLabeler,
    EntropyRegularizedLabeler,
    Predictor,
    PseudoLabelStore,
    fingerprint,
    generate_pseudo_labels,
)
from tests.helpers.two_ranks import run_on_two_ranks

NAMES = ['city/0.png', 'city/1.png', 'town/2.png', '3.png', '4.png']
DESCRIPTION = dict(weights='abc')


class Brightness(Predictor):
    """Three class probabilities from the colors; counts its calls and can be made to fail."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.calls, self.kill_at = 0, kill_at

    def __call__(self, segmentor: nn.Module, image: np.ndarray, name: str) -> torch.Tensor:
        if self.calls == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.calls += 1
        return torch.from_numpy(image.transpose(2, 0, 1).copy()).float().div(32).softmax(0)

    def description(self) -> dict:
        return {}


class SmallBrightness(Brightness, CachedPredictor):
    """The same in two steps: the image itself is what is kept."""

    def encode(self, segmentor: nn.Module, image: np.ndarray, name: str) -> CachedLogits:
        return CachedLogits(self(segmentor, image, name), (8, 12), image.shape[:2], align_corners=True)

    def decode(self, encoded: CachedLogits, size: tuple[int, int]) -> torch.Tensor:
        assert encoded.values.shape[1:] == encoded.content == size and encoded.padded == (8, 12)
        return encoded.values


@pytest.fixture
def images(tmp_path) -> list[tuple[str, str]]:
    rng = np.random.default_rng(0)
    for name in NAMES:
        path = tmp_path / 'images' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8)).save(path)
    return [(name, str(tmp_path / 'images' / name)) for name in NAMES]


@pytest.fixture
def store(tmp_path) -> PseudoLabelStore:
    return PseudoLabelStore(tmp_path / 'store')


def generate(images, store, predictor=None, **options) -> Brightness:
    predictor = predictor or Brightness()
    description = options.pop('description', DESCRIPTION)
    generate_pseudo_labels(nn.Identity(), images, predictor, ConfidenceLabeler(0.5), store, description, **options)
    return predictor


def contents(store: PseudoLabelStore) -> dict[str, bytes]:
    return {str(path.relative_to(store.root)): path.read_bytes() for path in store.root.rglob('*') if path.is_file()}


def test_every_image_is_labeled(images, store):
    generate(images, store)
    assert store.manifest()['complete'] and all(store.has(name) for name in NAMES)


def test_labels_are_those_of_predictor_and_labeler(images, store):
    generate(images, store)
    powers = np.exp(np.array(Image.open(images[0][1]))[:, :, ::-1] / 32)  # B, G, R
    share = powers.max(2) / powers.sum(2)
    want = np.where(share >= 0.5, powers.argmax(2), 255)
    np.testing.assert_array_equal(np.array(Image.open(store.label_path(NAMES[0]))), want)
    confidence = np.array(Image.open(store.path(NAMES[0], 'confidence')))
    np.testing.assert_allclose(confidence, 255 * share, atol=0.5 + 1e-3)
    assert (want == 255).any() and len(np.unique(want)) > 2


def test_complete_store_is_not_predicted_again(images, store):
    generate(images, store)
    assert generate(images, store).calls == 0


def test_deleted_labels_are_made_again(images, store):
    generate(images, store)
    store.label_path(NAMES[2]).unlink()
    assert generate(images, store).calls == 1
    assert store.has(NAMES[2])


def test_model_is_put_in_evaluation_mode(images, store):
    modes = []
    model = nn.Dropout().train()

    class Watched(Brightness):
        def __call__(self, segmentor, image, name):
            modes.append(segmentor.training)
            return super().__call__(segmentor, image, name)

    generate_pseudo_labels(model, images[:1], Watched(), ConfidenceLabeler(), store, DESCRIPTION)
    assert modes == [False]


def test_continues_after_sigkill(images, store, tmp_path):
    process = multiprocessing.get_context('fork').Process(target=generate, args=(images, store, Brightness(kill_at=2)))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert [store.has(name) for name in NAMES] == [True, True, False, False, False]
    assert not store.manifest()['complete']
    assert generate(images, store).calls == 3
    whole = PseudoLabelStore(tmp_path / 'whole')
    generate(images, whole)
    assert contents(store) == contents(whole)


def generate_on_rank(rank: int, images: list, roots: list[str]) -> list[int]:
    return [generate(images, PseudoLabelStore(root)).calls for root in roots]


def test_two_ranks_share_the_work_and_write_the_same_files(images, store, tmp_path):
    begun = PseudoLabelStore(tmp_path / 'begun')
    process = multiprocessing.get_context('fork').Process(target=generate, args=(images, begun, Brightness(kill_at=1)))
    process.start()
    process.join()
    calls = run_on_two_ranks(generate_on_rank, images, [str(store.root), str(begun.root)])
    assert calls == [[3, 2], [2, 2]]
    whole = PseudoLabelStore(tmp_path / 'whole')
    generate(images, whole)
    assert contents(store) == contents(begun) == contents(whole)


def test_run_that_comes_while_another_labels_is_refused_and_does_no_harm(images, store):
    refused = []

    class Watched(Brightness):
        def __call__(self, segmentor, image, name):
            with pytest.raises(RuntimeError, match=r'another run is making the pseudo labels .*store: start again'):
                generate(images, PseudoLabelStore(store.root))
            refused.append(self.calls)
            return super().__call__(segmentor, image, name)

    generate(images, store, Watched())
    assert len(refused) == len(images) and store.manifest()['complete']


def test_runs_that_come_together_share_a_complete_store(images, store):
    generate(images, store)
    with store.lock():
        assert generate(images, PseudoLabelStore(store.root)).calls == 0


def test_labels_of_other_images_are_refused(images, store):
    generate(images[:3], store)
    with pytest.raises(ValueError, match='num_images is 3, expected 5'):
        generate(images, store)


def test_order_of_images_does_not_matter(images, store):
    generate(images, store)
    assert generate(images[::-1], store).calls == 0


def test_no_images_are_refused(store):
    with pytest.raises(ValueError, match='no images to label.*data root'):
        generate([], store)


def test_names_that_would_share_a_file_are_refused_before_anything_is_written(images, store):
    with pytest.raises(ValueError, match='would share the file'):
        generate([*images, ('3.jpg', images[0][1])], store)
    assert not store.root.exists()


@pytest.mark.parametrize('damage', ['truncated', 'text', 'missing'])
def test_unreadable_image_is_named_and_what_is_done_kept(images, store, tmp_path, damage):
    path = tmp_path / 'images' / NAMES[1]
    data = path.read_bytes()
    path.unlink()
    if damage != 'missing':
        path.write_bytes(data[: len(data) // 2] if damage == 'truncated' else b'no picture')
    with pytest.raises(OSError, match=r'cannot read image .*images/city/1\.png'):
        generate(images, store)
    assert store.has(NAMES[0]) and not store.has(NAMES[1])


def test_truncated_jpeg_is_refused(store, tmp_path):
    path = tmp_path / '0.jpg'
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-800])
    with pytest.raises(OSError, match=r'cannot read image .*0\.jpg'):
        generate([('0.jpg', str(path))], store)


@pytest.mark.parametrize(
    'change',
    [
        lambda state: state['weight'].add_(1e-6),
        lambda state: state.update(weight=state['weight'].double()),
        lambda state: state.update(weight=state['weight'].reshape(2, 2)),
        lambda state: state.update(other=state.pop('weight')),
    ],
)
def test_fingerprint_tells_weights_apart(change):
    state = dict(weight=torch.ones(4), count=torch.tensor(3))
    before = fingerprint(state)
    change(state)
    assert fingerprint(state) != before


def test_fingerprint_takes_half_precision_and_any_order():
    state = dict(weight=torch.ones(2, 3, dtype=torch.bfloat16).t(), count=torch.tensor(3))
    assert fingerprint(state) == fingerprint(dict(reversed(state.items())))


def balance(images, store, predictor=None, labeler=None, **options) -> Brightness:
    """Label with thresholds per class."""
    predictor = predictor or SmallBrightness()
    generate_pseudo_labels(
        nn.Identity(),
        images,
        predictor,
        labeler or ClassBalancedLabeler(0.5),
        store,
        DESCRIPTION,
        **dict(dict(num_classes=3), **options),
    )
    return predictor


def test_network_runs_once_an_image_for_all_passes(images, store):
    assert balance(images, store).calls == len(images)


def test_predictor_without_maps_runs_in_every_pass(images, store):
    assert balance(images, store, Brightness()).calls == (ClassBalancedLabeler.num_passes + 1) * len(images)


def test_small_maps_do_not_change_labels(images, store, tmp_path):
    balance(images, store)
    other = PseudoLabelStore(tmp_path / 'other')
    balance(images, other, Brightness())
    assert contents(store) == contents(other)


def test_thresholds_are_those_of_all_images(images, store):
    balance(images, store)
    values = [[0.0], [0.0], [0.0]]  # one zero per class, then every 4th pixel of a class and image
    for _, path in images:
        powers = np.exp(np.array(Image.open(path))[:, :, ::-1].astype(np.float32) / 32)
        share, label = powers.max(2) / powers.sum(2), powers.argmax(2)
        for index, collected in enumerate(values):
            collected += share[label == index][::4].tolist()
    want = [sorted(collected, reverse=True)[int(0.5 * len(collected)) - 1] for collected in values]
    assert store.summary()['class_sizes'] == [len(collected) for collected in values]
    np.testing.assert_allclose(store.summary()['thresholds'], want, rtol=1e-5)


def test_labeled_pixels_are_counted(images, store):
    balance(images, store)
    labels = np.stack([np.array(Image.open(store.label_path(name))) for name in NAMES])
    want = [int((labels == index).sum()) for index in range(3)]
    assert store.summary()['labeled_pixels'] == want and sum(want) < labels.size


def test_class_that_is_never_predicted_has_threshold_one(images, store):
    class Two(SmallBrightness):
        def encode(self, segmentor, image, name):
            values = torch.cat([self(segmentor, image, name)[:2], torch.full((1, 6, 8), -1.0)])
            return CachedLogits(values, (8, 12), (6, 8), align_corners=True)

    balance(images, store, Two())
    summary = store.summary()
    assert (summary['class_sizes'][2], summary['thresholds_used'][2], summary['labeled_pixels'][2]) == (0, 1, 0)


def test_maps_are_deleted_in_the_end(images, store):
    balance(images, store)
    assert not (store.root / 'cached_logits').exists()


def test_maps_are_kept_if_wanted(images, store):
    balance(images, store, keep_cached_logits=True)
    assert all(store.has_cached_logits(name) for name in NAMES)


def test_kept_maps_that_are_missing_are_made_again(images, store):
    balance(images, store)
    assert balance(images, store, keep_cached_logits=True).calls == len(images)
    assert all(store.has_cached_logits(name) for name in NAMES)


def test_keeping_maps_needs_a_predictor_that_has_them(images, store):
    with pytest.raises(
        ValueError, match='soft labels need a predictor whose logits can be kept, got Brightness: use LogitMapPred'
    ):
        balance(images, store, Brightness(), keep_cached_logits=True)


def test_passes_need_the_number_of_classes(images, store):
    with pytest.raises(ValueError, match='ClassBalancedLabeler reads all images before it labels: num_classes is'):
        balance(images, store, num_classes=None)


def test_complete_store_with_thresholds_is_not_read_again(images, store):
    balance(images, store)
    before = contents(store)
    assert balance(images, store).calls == 0 and contents(store) == before


def test_summary_that_is_gone_is_made_again(images, store):
    balance(images, store)
    before = contents(store)
    (store.root / 'summary.json').unlink()
    balance(images, store)
    assert contents(store) == before


def test_deleted_label_is_made_again_with_the_same_thresholds(images, store):
    balance(images, store)
    before = contents(store)
    store.label_path(NAMES[2]).unlink()
    assert balance(images, store).calls == 1
    assert contents(store) == before


@pytest.mark.parametrize(
    'method, call',
    [
        ('write_cached_logits', 3),
        ('write_summary', 1),
        ('write', 1),
        ('write', 4),
        ('write_summary', 2),
        ('delete_cached_logits', 1),
        ('finish', 1),
    ],
)
def test_passes_continue_after_sigkill(images, store, tmp_path, method, call):
    class Dying(PseudoLabelStore):
        calls = 0

    def die_at(self, *args):
        Dying.calls += 1
        if Dying.calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return getattr(PseudoLabelStore, method)(self, *args)

    setattr(Dying, method, die_at)
    process = multiprocessing.get_context('fork').Process(target=balance, args=(images, Dying(store.root)))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    balance(images, store)
    whole = PseudoLabelStore(tmp_path / 'whole')
    balance(images, whole)
    assert contents(store) == contents(whole)


def test_thresholds_of_other_settings_are_refused(images, store):
    balance(images, store)
    store.label_path(NAMES[2]).unlink()
    with pytest.raises(ValueError, match='thresholds were found with portion = 0.5, but it is 0.3 now: label again'):
        balance(images, store, labeler=ClassBalancedLabeler(0.3))


def balance_on_rank(rank: int, images: list, root: str) -> int:
    return balance(images, PseudoLabelStore(root)).calls


def test_two_ranks_find_the_same_thresholds_and_labels(images, store, tmp_path):
    assert run_on_two_ranks(balance_on_rank, images, str(store.root)) == [3, 2]
    whole = PseudoLabelStore(tmp_path / 'whole')
    balance(images, whole)
    assert contents(store) == contents(whole)


LABELERS = [ConfidenceLabeler(), ConfidenceLabeler(0.5), ClassBalancedLabeler(0.5), EntropyRegularizedLabeler(0.5)]


@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
@pytest.mark.parametrize('labeler', LABELERS, ids=lambda labeler: type(labeler).__name__)
@pytest.mark.parametrize('kind', [Brightness, SmallBrightness])
def test_probabilities_that_are_not_finite_label_nothing(images, store, value, labeler, kind):
    class Diverged(kind):
        def __call__(self, segmentor, image, name):
            probabilities = super().__call__(segmentor, image, name)
            if self.calls == 3:
                probabilities[1, 2, 3] = value
            return probabilities

    with pytest.raises(ValueError, match=r'image .*images/town/2\.png contain NaN or infinite values: .*checkpoint'):
        balance(images, store, Diverged(), labeler)
    assert not store.has(NAMES[2]) and not store.manifest()['complete']
