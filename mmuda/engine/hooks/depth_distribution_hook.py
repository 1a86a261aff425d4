"""Fitting of what a density needs, before training."""

from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.datasets import BaseSegDataset
from mmseg.registry import HOOKS

from mmuda.datasets.depth_samples import DepthSamples
from mmuda.datasets.transforms import LoadDepth
from mmuda.engine.depth_distribution import FOLDER, mixtures_of
from mmuda.models.density import MixtureDensity, Mixtures


@HOOKS.register_module()
class DepthDistributionHook(Hook):
    """Fit the mixtures of the source set, if they are not there, and set them in the densities of the objectives.

    A resumed run keeps those of its checkpoint. A run that starts from another checkpoint (``load_from``) does not.

    Args:
        folder (str): Where the fitted mixtures are kept. Defaults to ``work_dirs/depth_distributions``.
        path (str, optional): A file of ``tools/dataset_tools/fit_depth_distribution.py`` instead; then nothing is
            fitted. Defaults to None.
        depth (dict, optional): Arguments of ``LoadDepth``, where the source has other folders than SYNTHIA. Defaults to
            None.
        **settings (Any): ``number``, ``num_images``, ``seed`` and ``drop_invalid`` of
            :class:`~mmuda.datasets.depth_samples.DepthSamples`.

    Raises:
        ValueError: If ``path`` is given together with settings of a fit; when called, if no objective has a density
            that is fitted, or the mixtures are of other classes or another grid.
    """

    def __init__(
        self, folder: str = FOLDER, path: str | None = None, depth: dict | None = None, **settings: Any
    ) -> None:
        if path is not None and (depth or settings):
            raise ValueError(
                f'DepthDistributionHook: with path = {path!r} nothing is fitted, so that {sorted(settings)}'
                f'{" and depth" if depth else ""} cannot act: remove these, or path'
            )
        self.folder = folder
        self.file = path
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
        if runner.iter > 0:
            return  # resumed
        source = runner.train_dataloader.dataset.parts()['source']
        files: dict[tuple, Path] = {}
        for density in densities:
            kind = (density.grid, density.components)
            if kind not in files:
                files[kind] = self._file(source, density)
                runner.logger.info(f'Depth distribution: {files[kind]}')
            density.set(Mixtures.load(files[kind]), str(files[kind]), source.metainfo['classes'])

    def _file(self, source: BaseSegDataset, density: MixtureDensity) -> Path:
        if self.file is not None:
            return Path(self.file)
        samples = DepthSamples(source, density.grid, depth=self.depth, **self.settings)
        return mixtures_of(samples, density.components, self.folder)
