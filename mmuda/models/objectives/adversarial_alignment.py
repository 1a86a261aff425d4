"""Adversarial alignment of what a student gives for two domains."""

from collections.abc import Collection, Mapping
from typing import Any

from mmseg.registry import MODELS, TASK_UTILS
from torch import Tensor, nn

from mmuda.models.objectives.objective import Objective
from mmuda.models.segmentors.step import Step


@MODELS.register_module()
class AdversarialAlignment(Objective):
    """Make maps of target images look like maps of source images to discriminators.

    The discriminators belong to :class:`mmuda.engine.hooks.DiscriminatorHook`, which sets them in
    this objective and trains them, after the segmentor's step, on the maps kept here.

    Args:
        weights (dict): Weight of the loss for each map; there is a discriminator for each. Defaults to
            ``dict(aux=2e-4, main=1e-3)``.
        maps (dict): Config of what the discriminators see, a
            :class:`~mmuda.models.discriminator_maps.DiscriminatorMaps`. Defaults to ``ClassifierProbabilities``.
        loss (dict): Config of the GAN loss, with methods ``generator`` and ``discriminator``.
            Defaults to ``LSGANLoss``.
        real_view, fake_view (str): Default to ``source`` and ``target``.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.
    """

    default_name = 'adversarial'

    def __init__(
        self,
        weights: dict[str, float] | None = None,
        maps: dict | None = None,
        loss: dict | None = None,
        real_view: str = 'source',
        fake_view: str = 'target',
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.weights = weights or dict(aux=2e-4, main=1e-3)
        self.maps = TASK_UTILS.build(maps or dict(type='ClassifierProbabilities'))
        self.loss = MODELS.build(loss or dict(type='LSGANLoss'))
        self.real_view = real_view
        self.fake_view = fake_view
        self.views = (real_view, fake_view)
        self._discriminators: Mapping[str, nn.Module] | None = None
        self._kept: dict[str, tuple[Tensor, Tensor]] = {}

    def set_discriminators(self, discriminators: Mapping[str, nn.Module]) -> None:
        """Set the discriminators, one per name in ``weights``.

        They do not become submodules: they are neither in the model's state nor in its optimizer.
        """
        self._discriminators = dict(discriminators)

    def pop_maps(self) -> dict[str, tuple[Tensor, Tensor]]:
        """Return and forget this iteration's detached (real, fake) maps by name; none where it did not act."""
        kept, self._kept = self._kept, {}
        return kept

    def check_classifiers(self, classifiers: Collection[str]) -> None:
        """See :class:`Objective`; refuses weights of maps that the student does not give, too."""
        super().check_classifiers(classifiers)
        given = self.maps.names(classifiers)
        if not set(self.weights) <= set(given):
            raise ValueError(
                f'objective {self.name!r}: weights are for {sorted(self.weights)}, {type(self.maps).__name__} of the '
                f'student has {sorted(given)}: set weights=dict({sorted(given)[-1]}=1e-3), say'
            )

    def losses(self, step: Step) -> dict[str, Tensor]:
        """Return ``loss_<name>`` for each name in ``weights``."""
        if self._discriminators is None:
            raise RuntimeError(
                f'objective {self.name!r} has no discriminators: add dict(type="DiscriminatorHook", '
                'discriminator=...) to custom_hooks'
            )
        self.check_classifiers(step.classifiers)
        real = self.maps.real(step, self.real_view, self.weights)
        fake = self.maps.fake(step, self.fake_view, self.weights)
        self._kept = {name: (real[name].detach(), fake[name].detach()) for name in self.weights}
        return {
            f'loss_{name}': weight * self.loss.generator(self._discriminators[name](fake[name]))
            for name, weight in self.weights.items()
        }
