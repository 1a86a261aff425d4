"""A page of the run, refreshed while it trains."""

from pathlib import Path
from typing import TYPE_CHECKING

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mmuda.models.segmentors import UDASegmentor
from mmuda.utils.isolated_rng import isolated_rng
from mmuda.utils.unwrap import unwrap

if TYPE_CHECKING:
    from mmuda.report.pictures import Pictures
    from mmuda.report.run import Run


@HOOKS.register_module()
class ReportHook(Hook):
    """Write the page of ``tools/report.py`` of this run, before training, every N iterations and at the end.

    The page is there whole or not at all, so that it can be opened, and opened again, meanwhile. Rank 0 writes it; the
    others wait for it in their next step. It changes nothing of the training. Needs plotly and jinja2
    (``pip install mmuda[report]``).

    A page that cannot be written before training ends the run; one later, for want of space for instance, is a warning.

    Args:
        interval (int): Iterations between two pages. Defaults to 1000.
        out (str): The file, relative to the work dir. Defaults to ``report.html``.
        pictures (int): Images of the target that the model predicts for each page but the first. Defaults to 0.

    Raises:
        ValueError: If the interval is below 1, or the number of pictures below 0.
        ImportError: Before training, if a package is missing.

    Example of a config:
        >>> custom_hooks = [dict(type='ReportHook', interval=500, pictures=4)]
    """

    priority = 'LOWEST'  # after all that logs

    def __init__(self, interval: int = 1000, out: str = 'report.html', pictures: int = 0) -> None:
        if interval < 1:
            raise ValueError(f'ReportHook: interval = {interval}, expected 1 or more')
        if pictures < 0:
            raise ValueError(f'ReportHook: pictures = {pictures}, expected 0 or more')
        self.interval = interval
        self.out = out
        self.pictures = pictures

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Write the page of what is there, so that what is missing is known before training."""
        self._write(runner, pictures=0)

    @master_only
    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None, outputs: dict | None = None
    ) -> None:
        """Write the page when it is time."""
        if self.every_n_train_iters(runner, self.interval):
            self._refresh(runner)

    @master_only
    def after_train(self, runner: Runner) -> None:
        """Write the page of the whole run."""
        self._refresh(runner)

    def _refresh(self, runner: Runner) -> None:
        try:
            self._write(runner, self.pictures)
        except (ValueError, OSError, RuntimeError, KeyError) as error:  # RuntimeError: memory, for pictures
            runner.logger.warning(f'ReportHook: {self.out} is not written, training goes on: {error}')

    def _write(self, runner: Runner, pictures: int) -> None:
        # Nothing of it is imported by a training without a page.
        from mmuda.report.page import write_report
        from mmuda.report.run import read_runs

        run = read_runs([runner.work_dir])[0]
        taken = {run.name: _pictures(runner, run, pictures)} if pictures else {}
        write_report(Path(runner.work_dir, self.out), [run], taken)


def _pictures(runner: Runner, run: 'Run', number: int) -> 'Pictures':
    """Predict with the model in training, and with its teacher."""
    from mmuda.report.pictures import build_teacher, take_pictures

    model = unwrap(runner.model)
    metainfo, device = runner.train_dataloader.dataset.metainfo, next(model.parameters()).device
    taught = model.teacher if isinstance(model, UDASegmentor) else None
    model.eval()
    try:
        with isolated_rng([0]):  # modules draw random numbers when they are built
            teacher = None if taught is None else build_teacher(runner.cfg, taught.state_dict(), device)
            return take_pictures(runner.cfg, model, metainfo, run.labels, number, teacher)
    finally:
        model.train()
