"""Agreement of the model's and the data's classes."""

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.utils.unwrap import unwrap_segmentor


@HOOKS.register_module()
class ClassCheckHook(Hook):
    """Refuse to run a head on a dataset with another number of classes."""

    def before_train(self, runner: Runner) -> None:
        """Check the training data, and the validation data before hours of training."""
        self._check(runner, 'train_dataloader', runner.train_dataloader.dataset.metainfo)
        if runner.val_loop is not None:
            self.before_val(runner)

    def before_val(self, runner: Runner) -> None:
        """Check the validation data."""
        self._check(runner, 'val_dataloader', runner.val_dataloader.dataset.metainfo)

    def before_test(self, runner: Runner) -> None:
        """Check the test data."""
        self._check(runner, 'test_dataloader', runner.test_dataloader.dataset.metainfo)

    @staticmethod
    def _check(runner: Runner, name: str, metainfo: dict) -> None:
        head = unwrap_segmentor(runner.model).get_submodule('decode_head')
        classes, predicted = metainfo['classes'], head.num_classes
        if predicted != len(classes):
            raise ValueError(
                f'the head predicts {predicted} classes, the dataset of {name} has '
                f'{len(classes)}: {", ".join(classes)}. Set num_classes of the decode head to {len(classes)}'
            )
