"""The runner of self-training."""

from typing import Any

from mmengine.runner import Runner
from mmengine.runner.base_loop import BaseLoop
from mmseg.registry import RUNNERS


@RUNNERS.register_module()
class SelfTrainingRunner(Runner):
    """mmengine's runner whose training is rounds of labeling and training.

    ``train_cfg`` has the arguments of :class:`~mmuda.engine.self_training.SelfTrainingLoop`, which it is built as.

    Example of a config, CBST (Zou et al., ECCV 2018)::

        runner_type = 'SelfTrainingRunner'
        train_cfg = dict(
            num_rounds=6,
            epochs=2,
            source=dict(portion=dict(start=0.03, step=0.0025, maximum=0.06)),
            labels=dict(
                type='ModelLabels',
                predictor=dict(type='SoftmaxMapPredictor', long_side=1850),
                labeler=dict(type='ClassBalancedLabeler'),
                portion=dict(start=0.15, step=0.05, maximum=0.5)))
    """

    def build_train_loop(self, loop: BaseLoop | dict[str, Any]) -> BaseLoop:
        """Build the rounds."""
        return super().build_train_loop(dict(dict(type='SelfTrainingLoop'), **loop) if isinstance(loop, dict) else loop)
