"""The size of what discriminators see: that of the images, or that of the logits."""

import pytest
import torch
from mmseg.models.utils import resize
from mmseg.registry import TASK_UTILS
from torch import Tensor, nn

from mmuda.models.decode_heads import MultiOutputHead
from mmuda.models.discriminator_maps import CrossTaskRelation, SelfInformation
from mmuda.models.losses import weighted_self_information
from mmuda.models.objectives import AdversarialAlignment
from mmuda.models.segmentors import Step

CLASSES = 5
IMAGE, MAIN = (16, 24), (4, 6)


class Head(MultiOutputHead, nn.Module):
    """Logits at a quarter of the size of the images; depth and ``aux`` at half of it."""

    classifiers = ('main', 'aux', 'refined')
    align_corners = True

    def __init__(self) -> None:
        super().__init__()
        channels = dict(main=CLASSES, aux=CLASSES, refined=CLASSES, depth=1, density=1)
        self.layers = nn.ModuleDict(
            {
                name: nn.Conv2d(3, width, 1, stride=2 if name in ('aux', 'depth') else 4)
                for name, width in channels.items()
            }
        )

    def forward(self, features: list[Tensor]) -> dict[str, Tensor]:
        return {name: layer(features[0]) for name, layer in self.layers.items()}


class Student(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.decode_head = Head()

    def extract_feat(self, images: Tensor) -> list[Tensor]:
        return [images]


def coarse(value: Tensor) -> Tensor:
    """At the size of the logits of ``main``."""
    return resize(value, MAIN, mode='bilinear', align_corners=True, warning=False)


def probabilities(step: Step, view: str) -> dict[str, Tensor]:
    outputs = step.outputs(view)
    return dict(main=outputs['main'].softmax(1), aux=coarse(outputs['aux']).softmax(1))


def information(step: Step, view: str) -> dict[str, Tensor]:
    return {name: weighted_self_information(value) for name, value in probabilities(step, view).items()}


def times(name: str, step: Step, view: str) -> dict[str, Tensor]:
    factor = coarse(step.outputs(view)[name])
    return {key: value * factor for key, value in information(step, view).items()}


def relation(step: Step, view: str) -> dict[str, Tensor]:
    outputs = step.outputs(view)
    return dict(joint=CrossTaskRelation().joint(outputs['main'], coarse(outputs['depth']), outputs['refined']))


MAPS = {
    'probabilities': (dict(type='ClassifierProbabilities'), ('main', 'aux'), probabilities),
    'self-information': (dict(type='SelfInformation'), ('main', 'aux'), information),
    'times depth': (
        dict(type='SelfInformation', factor='depth'),
        ('main', 'aux'),
        lambda *args: times('depth', *args),
    ),
    'times density': (
        dict(type='SelfInformation', factor='density'),
        ('main', 'aux'),
        lambda *args: times('density', *args),
    ),
    'relation': (dict(type='CrossTaskRelation'), ('joint',), relation),
}
every_map = pytest.mark.parametrize('name', MAPS)


@pytest.fixture
def step() -> Step:
    generator = torch.Generator().manual_seed(1)
    inputs = {view: torch.randn(2, 3, *IMAGE, generator=generator) for view in ('source', 'target')}
    return Step(Student(), inputs, {}, 0)


@every_map
def test_maps_have_the_size_of_the_images_by_default(name, step):
    config, names, _ = MAPS[name]
    maps = TASK_UTILS.build(config)
    for made in (maps.real(step, 'source', names), maps.fake(step, 'target', names)):
        assert {key: value.shape for key, value in made.items()} == dict.fromkeys(
            names, (2, maps.channels(CLASSES), *IMAGE)
        )


@every_map
def test_fake_maps_at_the_size_of_the_logits(name, step):
    config, names, expected = MAPS[name]
    maps = TASK_UTILS.build(dict(config, resolution='logits'))
    fake = maps.fake(step, 'target', names)
    assert {key: value.shape for key, value in fake.items()} == dict.fromkeys(names, (2, maps.channels(CLASSES), *MAIN))
    torch.testing.assert_close(fake, expected(step, 'target'))
    sum(value.square().sum() for value in fake.values()).backward()
    assert step.student.decode_head.layers['main'].weight.grad.any()


@every_map
def test_real_maps_at_the_size_of_the_logits(name, step):
    config, names, expected = MAPS[name]
    real = TASK_UTILS.build(dict(config, resolution='logits')).real(step, 'source', names)
    if name == 'probabilities':  # one for all, of both classifiers
        outputs = step.outputs('source')
        fused = (0.5 * coarse(outputs['aux']) + outputs['main']).softmax(1)
        torch.testing.assert_close(real, dict.fromkeys(names, fused.detach()))
    else:
        torch.testing.assert_close(real, {key: value.detach() for key, value in expected(step, 'source').items()})
    assert not any(value.requires_grad for value in real.values())


def test_images_of_two_sizes_have_maps_of_two_sizes(step):
    step.inputs['source'] = step.inputs['source'][..., :8]
    maps = TASK_UTILS.build(dict(type='SelfInformation', resolution='logits'))
    assert maps.real(step, 'source', ['main'])['main'].shape[2:] == (4, 2)
    assert maps.fake(step, 'target', ['main'])['main'].shape[2:] == MAIN


def test_an_objective_passes_the_setting_on(step):
    objective = AdversarialAlignment(
        weights=dict(main=1.0), maps=dict(type='ClassifierProbabilities', resolution='logits')
    )
    seen = []

    def net(maps: Tensor) -> list[Tensor]:
        seen.append(tuple(maps.shape[2:]))
        return [maps.mean(1, keepdim=True)]

    objective.set_discriminators(dict(main=net))
    objective(step)['loss_main'].backward()
    real, fake = objective.pop_maps()['main']
    assert seen == [MAIN] and real.shape[2:] == fake.shape[2:] == MAIN


def test_another_word_is_refused():
    with pytest.raises(ValueError, match=r"SelfInformation: resolution must be one of \('images', 'logits'\), got 'im"):
        SelfInformation(resolution='image')
