"""Adversarial alignment of the output space."""

from collections.abc import Collection, Mapping
from typing import Any

from mmseg.registry import MODELS
from torch import Tensor, nn

from mmuda.models.objectives.objective import Objective
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class AdversarialAlignment(Objective):
    """Make target predictions look like source predictions to a discriminator per classifier.

    The discriminators belong to :class:`mmuda.engine.hooks.DiscriminatorHook`, which lends them to
    this objective and trains them, after the segmentor's step, on the maps kept here. In MRNet the
    "real" map of every discriminator is the fused source prediction
    ``softmax(aux_weight * aux + main)`` (Tsai et al., AdaptSegNet, CVPR 2018, for the principle).

    Args:
        weights (dict): Weight of the loss for each classifier. Defaults to
            ``dict(aux=2e-4, main=1e-3)``.
        loss (dict): Config of the GAN loss, with methods ``generator`` and ``discriminator``.
            Defaults to ``LSGANLoss``.
        aux_weight (float): Weight of the auxiliary logits in the fused map. Defaults to 0.5.
        real_view, fake_view (str): Default to ``source`` and ``target``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.
    """

    default_name = 'adversarial'

    def __init__(
        self,
        weights: dict[str, float] | None = None,
        loss: dict | None = None,
        aux_weight: float = 0.5,
        real_view: str = 'source',
        fake_view: str = 'target',
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.weights = weights or dict(aux=2e-4, main=1e-3)
        self.loss = MODELS.build(loss or dict(type='LSGANLoss'))
        self.aux_weight = aux_weight
        self.real_view = real_view
        self.fake_view = fake_view
        self.views = (real_view, fake_view)
        self._discriminators: Mapping[str, nn.Module] | None = None
        self._maps: tuple[Tensor, dict[str, Tensor]] | None = None

    def lend(self, discriminators: Mapping[str, nn.Module]) -> None:
        """Take the discriminators, one per classifier in ``weights``.

        They do not become submodules: they are neither in the model's state nor in its optimizer.
        """
        self._discriminators = dict(discriminators)

    def pop_maps(self) -> tuple[Tensor, dict[str, Tensor]] | None:
        """Return and forget this iteration's detached (real, {classifier: fake}) probability maps."""
        maps, self._maps = self._maps, None
        return maps

    def check_classifiers(self, classifiers: Collection[str]) -> None:
        """Refuse a student that lacks a classifier that has a weight."""
        if not set(self.weights) <= set(classifiers):
            raise ValueError(
                f'objective {self.name!r}: weights are for {sorted(self.weights)}, the student has the '
                f'classifiers {sorted(classifiers)}: set weights=dict(main=1e-3), say, for one classifier'
            )

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_<classifier>`` for each classifier in ``weights``."""
        if self._discriminators is None:
            raise RuntimeError(
                f'objective {self.name!r} has no discriminators: add dict(type="DiscriminatorHook", '
                'discriminator=...) to custom_hooks'
            )
        real, fake = step.logits(self.real_view), step.logits(self.fake_view)
        self.check_classifiers(fake)
        fused = real['main'].detach()
        if 'aux' in real:
            fused = self.aux_weight * real['aux'].detach() + fused
        probabilities = {name: fake[name].softmax(dim=1) for name in self.weights}
        self._maps = (fused.softmax(dim=1), {name: value.detach() for name, value in probabilities.items()})
        return {
            f'loss_{name}': weight * self.loss.generator(self._discriminators[name](probabilities[name]))
            for name, weight in self.weights.items()
        }
