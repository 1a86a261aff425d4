"""Fitting of what a density needs, before training."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.datasets.depth_samples import DepthSamples
from mmuda.datasets.transforms import LoadDepth
from mmuda.engine.depth_distribution import FOLDER, mixtures_of
from mmuda.models.density import MixtureDensity, Mixtures


@HOOKS.register_module()
class DepthDistributionHook(Hook):
    """Fit the mixtures of the source set, if they are not there, and set them in the densities of the objectives.

    A resumed run has them in its checkpoint.

    Args:
        folder (str): Where the fitted mixtures are kept. Defaults to ``work_dirs/depth_distributions``.
        depth (dict, optional): Arguments of ``LoadDepth``, where the source has other folders than SYNTHIA. Defaults to
            None.
        **settings (Any): ``number``, ``num_images``, ``seed`` and ``drop_invalid`` of
            :class:`~mmuda.datasets.depth_samples.DepthSamples`.

    Raises:
        ValueError: If no objective has a density that is fitted.
    """

    def __init__(self, folder: str = FOLDER, depth: dict | None = None, **settings: Any) -> None:
        self.folder = folder
        self.depth = LoadDepth(**(depth or {}))
        self.settings = settings

    def before_train(self, runner: Runner) -> None:
        """Fit and set."""
        densities = [module for module in runner.model.modules() if isinstance(module, MixtureDensity)]
        if not densities:
            raise ValueError(
                'DepthDistributionHook has nothing to do, as no objective has a MixtureDensity: remove it from '
                'custom_hooks'
            )
        source = runner.train_dataloader.dataset.parts()['source']
        for density in densities:
            if density.is_set:
                continue
            samples = DepthSamples(source, density.grid, depth=self.depth, **self.settings)
            file = mixtures_of(samples, density.components, self.folder)
            density.set(Mixtures.load(file), str(file), samples.classes)
            runner.logger.info(f'Depth distribution of {len(samples.classes)} classes: {file}')
