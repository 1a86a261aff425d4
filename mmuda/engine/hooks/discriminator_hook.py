"""Adversarial training beside the segmentor."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import torch
from mmengine.dist import all_reduce_params, broadcast
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS, MODELS, OPTIMIZERS, PARAM_SCHEDULERS
from torch import Tensor, nn

from mmuda.engine.gradients import restore_gradients, share_waiting_gradients, waiting_gradients
from mmuda.engine.schedulers import with_length
from mmuda.models.objectives import AdversarialAlignment
from mmuda.models.segmentors import UDASegmentor
from mmuda.utils.length import TrainingLength
from mmuda.utils.unwrap import unwrap

SCHEDULE = 'param_scheduler of DiscriminatorHook'


@HOOKS.register_module()
class DiscriminatorHook(Hook):
    """Own, train, save and restore the discriminators of :class:`AdversarialAlignment`.

    One discriminator, optimizer and schedule is built per map that the objective aligns. The
    objective's generator loss sees them with frozen weights; after the segmentor's step this hook
    trains them on the maps of that step, in full precision also where the segmentor runs in mixed
    precision, and steps when the segmentor does under gradient accumulation. Gradients are averaged over
    ranks.

    Args:
        discriminator (dict): Config; ``in_channels`` defaults to that of the maps.
        optimizer (dict): Defaults to ``dict(type='Adam', lr=1e-4, betas=(0.9, 0.99))``.
        param_scheduler (dict | list[dict], optional): Schedule of the learning rate, by iteration, as
            ``param_scheduler`` of the runner: without an end it takes the length of training.
        objective (str): Name of the objective. Defaults to ``adversarial``.
    """

    # Before IterTimerHook, which would log the time spent here as time spent on data.
    priority = 'ABOVE_NORMAL'

    def __init__(
        self,
        discriminator: dict,
        optimizer: dict | None = None,
        param_scheduler: dict | list[dict] | None = None,
        objective: str = 'adversarial',
    ) -> None:
        self.discriminator_cfg = discriminator
        self.optimizer_cfg = optimizer or dict(type='Adam', lr=1e-4, betas=(0.9, 0.99))
        schedulers = param_scheduler or []
        self.scheduler_cfgs = [schedulers] if isinstance(schedulers, dict) else list(schedulers)
        self.objective_name = objective

    def before_run(self, runner: Runner) -> None:
        """Build everything, before a checkpoint is loaded."""
        if not isinstance(runner.optim_wrapper, OptimWrapper):
            return  # testing
        model = unwrap(runner.model)
        self.objective = self._find_objective(model)
        schedulers = with_length(self.scheduler_cfgs, TrainingLength(runner.max_iters), SCHEDULE)
        device = next(model.parameters()).device
        channels = self.objective.maps.channels(model.num_classes)
        self.discriminators = nn.ModuleDict(
            {
                name: MODELS.build(dict(dict(in_channels=channels), **deepcopy(self.discriminator_cfg)))
                for name in self.objective.weights
            }
        ).to(device)
        for parameter in self.discriminators.parameters():
            broadcast(parameter.data)
        self.optim_wrappers = {}
        self.schedulers = {}
        for name, discriminator in self.discriminators.items():
            optimizer = OPTIMIZERS.build(dict(self.optimizer_cfg, params=discriminator.parameters()))
            self.optim_wrappers[name] = OptimWrapper(
                optimizer, accumulative_counts=runner.optim_wrapper._accumulative_counts
            )
            self.schedulers[name] = [
                PARAM_SCHEDULERS.build(cfg, default_args=dict(optimizer=optimizer)) for cfg in schedulers
            ]
        self.discriminators.requires_grad_(False)
        self.objective.set_discriminators(dict(self.discriminators.items()))

    def before_train(self, runner: Runner) -> None:
        """Tell the optimizer wrappers where training starts."""
        for name, optim_wrapper in self.optim_wrappers.items():
            optim_wrapper.initialize_count_status(self.discriminators[name], runner.iter, runner.max_iters)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None, outputs: dict | None = None
    ) -> None:
        """Train every discriminator on the maps of this iteration."""
        for name, (real, fake) in self.objective.pop_maps().items():
            self.optim_wrappers[name]._inner_count = runner.iter  # the objective is not active in every iteration
            loss = self._add_gradients(name, real, fake)
            if outputs is not None:
                outputs[f'{self.objective_name}.discriminator_loss_{name}'] = loss
            runner.message_hub.update_scalar(f'train/{self.objective_name}.discriminator_loss_{name}', loss)
        if runner.optim_wrapper.should_update():
            self._step()
        share_waiting_gradients(runner, self.discriminators)
        for schedulers in self.schedulers.values():
            for scheduler in schedulers:
                scheduler.step()

    def _add_gradients(self, name: str, real: Tensor, fake: Tensor) -> Tensor:
        discriminator, optim_wrapper = self.discriminators[name], self.optim_wrappers[name]
        dtype = next(discriminator.parameters()).dtype
        with _trainable(discriminator):
            loss = self.objective.loss.discriminator(discriminator, fake.to(dtype), real.to(dtype))
            optim_wrapper.backward(optim_wrapper.scale_loss(loss))
        return loss.detach()

    def _step(self) -> None:
        for name, optim_wrapper in self.optim_wrappers.items():
            gradients = [
                parameter.grad for parameter in self.discriminators[name].parameters() if parameter.grad is not None
            ]
            if gradients:
                all_reduce_params(gradients, op='mean')
            # Without gradients, before the objective begins, it changes nothing, but schedules step after optimizers.
            optim_wrapper.step()
            optim_wrapper.zero_grad()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add the discriminators, their optimizers, waiting gradients and schedules to the checkpoint."""
        checkpoint['discriminators'] = {
            name: dict(
                state_dict={key: value.cpu() for key, value in discriminator.state_dict().items()},
                optimizer=self.optim_wrappers[name].state_dict(),
                gradients=waiting_gradients(discriminator),
                schedulers=[scheduler.state_dict() for scheduler in self.schedulers[name]],
            )
            for name, discriminator in self.discriminators.items()
        }

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Restore them when a run is resumed."""
        if not runner._resume:
            return
        saved = checkpoint.get('discriminators', {})
        if set(saved) != set(self.discriminators):
            raise RuntimeError(
                f'cannot resume: the checkpoint has discriminators for {sorted(saved)}, this run trains '
                f'{sorted(self.discriminators)}'
            )
        for name, state in saved.items():
            self.discriminators[name].load_state_dict(state['state_dict'])
            self.optim_wrappers[name].load_state_dict(state['optimizer'])
            restore_gradients(self.discriminators[name], state.get('gradients', {}))
            for scheduler, scheduler_state in zip(self.schedulers[name], state['schedulers']):
                scheduler.load_state_dict(scheduler_state)
            with_length(self.schedulers[name], TrainingLength(runner.max_iters), SCHEDULE)  # another end

    def _find_objective(self, model: nn.Module) -> AdversarialAlignment:
        for objective in model.objectives if isinstance(model, UDASegmentor) else ():
            if isinstance(objective, AdversarialAlignment) and objective.name == self.objective_name:
                return objective
        raise ValueError(
            f'DiscriminatorHook found no AdversarialAlignment objective named {self.objective_name!r}: '
            'add one to model.objectives or remove the hook'
        )


@contextmanager
def _trainable(module: nn.Module) -> Iterator[None]:
    module.requires_grad_(True)
    with torch.enable_grad():
        yield
    module.requires_grad_(False)
