"""Agreement of the method and the views of its training data."""
from collections.abc import Iterable, Sequence

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.datasets import PoolDataset, UDADataset
from mmuda.models.objectives import Objective
from mmuda.models.segmentors import UDASegmentor


@HOOKS.register_module()
class DataCheckHook(Hook):
    """Refuse training data that the method cannot use, before anything is labelled or trained.

    Raises:
        ValueError: If an objective reads a view that neither the training data nor another objective give, or if
            BatchNorm's running statistics are to come from such views alone.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Check the views of the training data."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        dataset = runner.train_dataloader.dataset
        if not isinstance(model, UDASegmentor) or not isinstance(dataset, (UDADataset, PoolDataset)):
            return
        statistics_views = None if model.separate_domains else model.statistics_views
        check_views(dataset.views, model.objectives, statistics_views)


def check_views(available: Sequence[str], objectives: Iterable[Objective],
                statistics_views: Sequence[str] | None) -> None:
    """Check that all views are there that a method reads.

    Args:
        available (Sequence[str]): Views of a batch.
        objectives (Iterable[Objective]): The method.
        statistics_views (Sequence[str], optional): As of :class:`~mmuda.models.segmentors.UDASegmentor`; None for no
            check.

    Raises:
        ValueError: If a view is missing.
    """
    objectives = list(objectives)
    known = {*available, *(view for objective in objectives for view in objective.made_views)}
    advice = ('Give the UDADataset a target, or choose other objectives'
              if 'source' in available and 'target' not in available else 'Correct the name of the view')
    for objective in objectives:
        missing = [view for view in objective.views if view not in known]
        if missing:
            raise ValueError(f'objective {objective.name!r} reads the views {missing}, the training data give '
                             f'{sorted(available)}. {advice}')
    if statistics_views and known.isdisjoint(statistics_views):
        raise ValueError(f'model.statistics_views = {tuple(statistics_views)}, but the training data give '
                         f'{sorted(available)}: the running statistics of BatchNorm would never move. {advice}')
