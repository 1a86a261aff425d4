"""The segmentor that learns from labeled source and unlabeled target images."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from mmengine.logging import MessageHub, print_log
from mmseg.models.data_preprocessor import SegDataPreProcessor
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.segmentors.base import BaseSegmentor
from mmseg.registry import MODELS
from mmseg.utils import ConfigType, OptConfigType, OptSampleList, SampleList
from torch import Tensor, nn

from mmuda.models.augmentation import Normalization
from mmuda.models.segmentors.architecture import architecture_difference
from mmuda.models.segmentors.step import NO_TEACHER, Step
from mmuda.models.segmentors.student import check_student, classifiers_of, unread_losses
from mmuda.models.segmentors.uda_data_preprocessor import UDADataPreprocessor
from mmuda.utils.length import TrainingLength


@MODELS.register_module()
class UDASegmentor(BaseSegmentor):
    """A student segmentor trained by a list of objectives.

    In training each batch holds one stream of images per view. One :class:`Step` is made of it, every
    objective turns the step into named losses, and their sum is one backward pass for the stock
    optimizer wrapper. In prediction it *is* its student, so that stock testing, test-time
    augmentation, visualization and inference work.

    A checkpoint of the plain student (without the ``student.`` prefix) loads as it is; auxiliary heads that the
    student does not have are left out. A checkpoint of another architecture is refused, a larger one, too.

    Args:
        segmentor (dict): Config of the student, any registered segmentor with one decode head.
        objectives (Sequence[dict]): Configs of the method's objectives. Their order is the order
            of the forward passes they ask for. ``num_classes`` of their ``class_weights`` defaults to
            that of the student. Defaults to ().
        statistics_views (Sequence[str], optional): Views whose forward passes move the running
            statistics of BatchNorm, which prediction uses. Defaults to None: all views, as in the
            published code, so that the statistics are a blend of both domains. ``('target',)`` gives
            those of the target alone (Li et al., AdaBN, Pattern Recognition 2018).
        data_preprocessor (dict, optional): Usually ``UDADataPreprocessor``.
        allow_partial_checkpoint (bool): Accept checkpoints that lack parameters of the student, hold them in other
            shapes (these keep their values), or hold more than the student has. Defaults to False.
        init_cfg (dict, optional): Initialization config.
        pretrained, train_cfg (None): ``mmseg.apis.init_model`` adds these keys to every model; they
            can only be None.
    """

    student: BaseSegmentor
    objectives: Any  # nn.ModuleList of Objective, a class above this one

    def __init__(
        self,
        segmentor: ConfigType,
        objectives: Sequence[ConfigType] = (),
        statistics_views: Sequence[str] | None = None,
        data_preprocessor: OptConfigType = None,
        allow_partial_checkpoint: bool = False,
        init_cfg: OptConfigType = None,
        pretrained: None = None,
        train_cfg: None = None,
    ) -> None:
        if pretrained is not None or train_cfg is not None:
            raise ValueError('pretrained and train_cfg belong to the student: set them under model.segmentor')
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        self.student = MODELS.build(segmentor)
        check_student(self.student)
        self._unread_losses = unread_losses(segmentor)
        self.objectives = nn.ModuleList(
            MODELS.build(_with_num_classes(objective, self.num_classes)) for objective in objectives
        )
        self.statistics_views = statistics_views
        self.allow_partial_checkpoint = allow_partial_checkpoint
        self._not_submodules: dict[str, nn.Module] = {}
        self._check_preprocessor()
        names = names_of(self.objectives)
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f'objectives share the name {repeated}: give each its own `name`')

    @property
    def backbone(self) -> nn.Module:
        """nn.Module: The student's backbone."""
        return self.student.backbone

    @property
    def decode_head(self) -> BaseDecodeHead:
        """BaseDecodeHead: The student's decode head."""
        return self.student.decode_head

    @property
    def align_corners(self) -> bool:
        """bool: How the student resizes its predictions."""
        return self.student.align_corners

    @property
    def num_classes(self) -> int:
        """int: Number of classes of the student."""
        return self.decode_head.num_classes

    @property
    def out_channels(self) -> int:
        """int: Number of outputs of the student."""
        return self.decode_head.out_channels

    @property
    def normalization(self) -> Normalization | None:
        """Normalization | None: Of the images in training; None where a preprocessor of another kind does not say."""
        preprocessor = self.data_preprocessor
        return preprocessor.normalization if isinstance(preprocessor, UDADataPreprocessor) else None

    @property
    def needs_teacher(self) -> bool:
        """bool: Whether an objective needs a teacher."""
        return any(objective.needs_teacher for objective in self.objectives)

    @property
    def teacher(self) -> nn.Module | None:
        """nn.Module | None: The student's slow copy, which :class:`mmuda.engine.hooks.TeacherHook` makes and moves."""
        return self._not_submodules.get('teacher')

    def set_teacher(self, teacher: nn.Module) -> None:
        """Set the teacher. It does not become a submodule: it is neither in the model's state nor in its optimizer."""
        self._not_submodules['teacher'] = teacher

    def prepare_training(self, length: TrainingLength) -> None:
        """Say how long training is; the loop calls it at the start.

        Raises:
            ValueError: If the student lacks a classifier that an objective reads, if an objective would never act, or
                if there would be iterations without a loss.
        """
        for objective in self.objectives:
            objective.check_classifiers(classifiers_of(self.student))
        for unread in self._unread_losses:
            print_log(
                f'{unread} is not read: the objectives of model.objectives have losses of their own (`loss`)',
                logger='current',
                level=logging.WARNING,
            )
        acts = {objective.name: objective.set_length(length) for objective in self.objectives}
        reached = 0  # the first iteration that may be without a loss
        for begin, end in sorted(acts[objective.name] for objective in self.objectives if objective.gives_loss):
            if begin > reached:
                break
            reached = max(reached, end)
        if len(self.objectives) and reached < length.iterations:
            spans = ', '.join(f'{name!r} in [{begin}, {end})' for name, (begin, end) in acts.items())
            raise ValueError(
                f'in iteration {reached} no objective has a loss, and {length}: they act {spans}. Let one '
                'begin earlier or end later'
            )

    def loss(self, inputs: dict[str, Tensor], data_samples: dict[str, SampleList]) -> dict[str, Tensor]:
        """Return the losses of every objective, named ``<objective>.<loss>``.

        The iteration that gates objectives is the runner's; outside a runner it is 0.
        """
        if not len(self.objectives):
            raise RuntimeError('this UDASegmentor has no objectives: list them under `model.objectives` to train it')
        if not isinstance(inputs, dict):
            raise TypeError(
                f'training needs one stream of images per view, got {type(inputs).__name__}: '
                'use UDADataset and UDADataPreprocessor'
            )
        if self.needs_teacher and self.teacher is None:
            raise RuntimeError(NO_TEACHER)
        iteration = MessageHub.get_current_instance().get_info('iter', 0)
        step = Step(
            self.student,
            inputs,
            data_samples,
            iteration,
            self.statistics_views,
            self.teacher,
            self.normalization,
        )
        losses = {}
        for objective in self.objectives:
            losses.update({f'{objective.name}.{key}': value for key, value in objective(step).items()})
        if not any('loss' in key for key in losses):
            raise RuntimeError(
                f'in iteration {iteration} no objective has a loss, of {names_of(self.objectives)}: let '
                'one act in every iteration (`begin`, `end`)'
            )
        return losses

    def predict(self, inputs: Tensor, data_samples: OptSampleList = None) -> SampleList:
        """Predict with the student."""
        return self.student.predict(inputs, data_samples)

    def _forward(self, inputs: Tensor, data_samples: OptSampleList = None) -> Any:
        return self.student._forward(inputs, data_samples)

    def extract_feat(self, inputs: Tensor) -> Any:
        """Extract features with the student."""
        return self.student.extract_feat(inputs)

    def encode_decode(self, inputs: Tensor, batch_data_samples: list[dict]) -> Tensor:
        """Encode and decode with the student."""
        return self.student.encode_decode(inputs, batch_data_samples)

    def _check_preprocessor(self) -> None:
        kind = type(self.data_preprocessor)
        if len(self.objectives) and issubclass(kind, SegDataPreProcessor) and not issubclass(kind, UDADataPreprocessor):
            raise TypeError(
                f'model.data_preprocessor is of type {kind.__name__}, which knows no streams of images per '
                "view: set type='UDADataPreprocessor', it takes the same arguments"
            )

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: Any) -> None:
        own = f'{prefix}student.'
        if not any(key.startswith(own) for key in state_dict):  # a plain segmentor
            for key in [key for key in state_dict if key.startswith(prefix)]:
                state_dict[f'{own}{key[len(prefix) :]}'] = state_dict.pop(key)
            # It cannot bring any state of objectives: they keep theirs, and nothing is missing.
            self.objectives.state_dict(destination=state_dict, prefix=f'{prefix}objectives.')
        if not self.allow_partial_checkpoint:
            self._check_architecture(
                {key[len(own) :]: value for key, value in state_dict.items() if key.startswith(own)}
            )
        super()._load_from_state_dict(state_dict, prefix, *args)

    def _check_architecture(self, given: dict[str, Tensor]) -> None:
        expected = self.student.state_dict()
        spare = [key for key in given if key.startswith('auxiliary_head.') and key not in expected]
        different = architecture_difference(expected, {key: value for key, value in given.items() if key not in spare})
        if different:
            raise RuntimeError(
                f'the checkpoint is of another architecture than the student: {different}. Use the config that the '
                'checkpoint was trained with, or set model.allow_partial_checkpoint=True to load what fits'
            )


def names_of(objectives: Iterable[Any]) -> list[str]:
    """Names of the objectives."""
    return [objective.name for objective in objectives]


def _with_num_classes(objective: ConfigType, num_classes: int) -> ConfigType:
    if not objective.get('class_weights'):
        return objective
    return dict(objective, class_weights=dict(dict(num_classes=num_classes), **objective['class_weights']))
