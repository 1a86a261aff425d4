"""Two iterations of both stages of Depth Distribution through the shipped configs."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmengine.structures import PixelData
from mmseg.registry import DATASETS
from mmseg.structures import SegDataSample

from mmuda.datasets.depth_samples import nearest_on_grid
from mmuda.datasets.files.depth_files import DEPTH, inverse_depth
from mmuda.datasets.label_maps import lookup_array
from mmuda.datasets.seven_classes import SEVEN_CLASSES, SYNTHIA_IDS_7
from mmuda.models.density import MixtureDensity, Mixtures
from tests.helpers.depth_steps import CONFIGS, check_trace, discriminator_name, discriminator_start, run_steps
from tests.helpers.golden import Case, cases, load_case
from tests.helpers.tolerances import assert_within
from tools.model_converters.advent_family import DEPTH_DISTRIBUTION

STAGE1, STAGE2 = (CONFIGS / 'depth_distribution' / f'synthia2cs_7_640x320{end}.py' for end in ('_stage1', ''))
SKY = SEVEN_CLASSES.index('sky')


@DATASETS.register_module()
class GoldenDensity:
    """Raw data of a case as the pipelines of the config give them: one source and one target image per iteration."""

    def __init__(self, case: str) -> None:
        self.case = load_case('depdis', case)
        self.metainfo = dict(classes=SEVEN_CLASSES)
        self.source = self.target = self.case['in_rgb_source']

    def full_init(self) -> None:
        pass

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index) -> dict:
        k = index.position
        size, grid = self.case['in_label_source'].shape[1:], self.case['out_density_label_source'].shape[1:]
        depth = inverse_depth(self.case['in_depth_cm'][k])
        labels = lookup_array(SYNTHIA_IDS_7)[self.case['in_synthia_ids'][k]]
        planes = dict(
            gt_sem_seg=nearest_on_grid(labels, size),
            depth=DEPTH.resize(depth, size),
            grid_label=nearest_on_grid(labels, grid),
            grid_depth=nearest_on_grid(depth, grid),
        )
        assert np.array_equal(planes['gt_sem_seg'], self.case['in_label_source'][k])
        source = SegDataSample()
        source.set_data({name: PixelData(data=torch.from_numpy(values)[None]) for name, values in planes.items()})
        return dict(
            inputs={view: self.image(self.case[f'in_rgb_{view}'][k]) for view in ('source', 'target')},
            data_samples=dict(source=source, target=SegDataSample()),
        )

    def image(self, rgb: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.moveaxis(rgb[..., ::-1] - self.case['param_mean_bgr'], -1, 0).copy())


@DATASETS.register_module()
class GoldenPseudoLabels:
    """One target image with its pseudo labels per iteration."""

    def __init__(self, case: str) -> None:
        self.case = load_case('depdis', case)
        self.metainfo = dict(classes=SEVEN_CLASSES)
        self.source = self.target = self.case['in_image']

    def full_init(self) -> None:
        pass

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index) -> dict:
        k = index.position
        label = PixelData(data=torch.from_numpy(self.case['in_pseudo_label'][k])[None])
        return dict(
            inputs=dict(pool=torch.from_numpy(self.case['in_image'][k])),
            data_samples=dict(pool=SegDataSample(gt_sem_seg=label)),
        )


def mixtures(case: Case, grid: tuple[int, int]) -> Mixtures:
    """Those of the case; the classes that it does not list have none."""
    listed = case['param_gmm_classes']
    mean = np.zeros((len(SEVEN_CLASSES), *case['in_gmm_mean'].shape[1:]))
    variance, weight = np.ones_like(mean), np.zeros(mean.shape[:2])
    mean[listed], variance[listed], weight[listed] = (case[f'in_gmm_{key}'] for key in ('mean', 'var', 'weight'))
    return Mixtures(mean, variance, weight, SEVEN_CLASSES, grid)


def config(case: Case) -> Config:
    cfg = Config.fromfile(STAGE1)
    _, source, depth, adversarial, target = cfg.model.objectives
    assert int(case['param_exp']) == 3
    assert float(case['param_lambda_seg']) == 1
    assert (source.weight, target.weight) == (case['param_lambda_bal_src'], case['param_lambda_bal_trg'])
    assert (depth.weight, adversarial.weights.main) == (case['param_lambda_depth'], case['param_lambda_adv'])
    return cfg


def kept(*values: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return tuple(value.detach().clone() for value in values)


@pytest.fixture(scope='module', params=cases('depdis', 'train_step*'))
def run(request, tmp_path_factory) -> SimpleNamespace:
    case = load_case('depdis', request.param)
    grid = case['out_density_label_source'].shape[1:]
    evaluated = []

    def prepare(runner: Runner) -> None:
        for module in runner.model.modules():
            if isinstance(module, MixtureDensity):
                module.set(mixtures(case, grid), 'the case', SEVEN_CLASSES)
                module.register_forward_hook(lambda module, args, result: evaluated.append(kept(*args, result)))

    scaled = list(zip(case['param_d_scaled_suffix'], case['param_d_scaled_factor']))
    result = run_steps(
        config(case),
        case,
        DEPTH_DISTRIBUTION,
        dict(main=discriminator_start('depdis', int(case['param_num_classes']), scaled)),
        dict(type='GoldenDensity', case=request.param),
        str(tmp_path_factory.mktemp('step')),
        'torch213',
        prepare=prepare,
    )
    return SimpleNamespace(**vars(result), evaluated=dict(source=evaluated[::2], target=evaluated[1::2]))


def values(run: SimpleNamespace, key: str) -> list[float]:
    return [iteration.outputs[key] for iteration in run.iterations]


def test_losses(run):
    case = run.case
    for theirs, ours, weight, relative in (
        ('seg_src', 'source.loss_main', 'seg', 5e-4),
        ('bal_src', 'balance_source.loss', 'bal_src', 3e-3),
        ('depth_src', 'depth.loss', 'depth', 5e-4),
        ('bal_trg', 'balance_target.loss', 'bal_trg', 3e-3),
        ('adv_trg', 'adversarial.loss_main', 'adv', 5e-4),
    ):
        got = np.array(values(run, ours)) / float(case[f'param_lambda_{weight}'])
        assert_within(got, case[f'out_loss_{theirs}'], 1e-5, relative, theirs)
    got = values(run, 'adversarial.discriminator_loss_main')
    assert_within(got, case['out_bce_d_source'] + case['out_bce_d_target'], 1e-5, 5e-4)


@pytest.mark.parametrize('view, tolerance', [('source', 5e-3), ('target', 0.3)])
def test_density_labels(run, view, tolerance):
    for index, (classes, depth, density) in enumerate(run.evaluated[view]):
        want = run.case[f'out_density_label_{view}'][index]
        same = classes[0].numpy() == run.case[f'out_pred_class_{view}'][index]
        assert same.mean() > 0.999
        got = density if view == 'source' else density.where(depth > 0, 0)
        compared = same & (classes[0].numpy() != SKY) if view == 'target' else same
        assert_within(got[0].numpy()[compared], want[compared], tolerance, name=f'{view} {index}')
    assert len(run.evaluated[view]) == len(run.iterations)


def test_predicted_depth(run):
    _, depth, _ = run.evaluated['target'][0]
    want = run.case['out_pred_depth_target_iter0']
    assert_within(depth[0], want, 2e-4 * float(np.sqrt(np.square(want).mean())))


def test_density_of_each_class(run):
    case, grid = run.case, run.case['out_density_label_source'].shape[1:]
    density = MixtureDensity(len(SEVEN_CLASSES), grid)
    density.set(mixtures(case, grid), 'the case')
    for index, maps in enumerate(case['in_density_maps_source']):
        true = nearest_on_grid(lookup_array(SYNTHIA_IDS_7)[case['in_synthia_ids'][index]], grid)
        depth = nearest_on_grid(inverse_depth(case['in_depth_cm'][index]), grid)
        for number, want in zip(case['param_gmm_classes'], maps):
            masked = torch.from_numpy(np.where(true == number, depth, np.float32(0)))[None]
            got = density(torch.full(masked.shape, int(number)), masked)[0]
            assert_within(got, want, 5e-3, name=str(number))


def test_model_after_each_iteration(run):
    check_model(run, 5e-5, 5e-3)


def check_model(run: SimpleNamespace, absolute: float, norm: float) -> None:
    """The layers that nothing reads, which ours does not have, do not change."""
    names = {run.release.original_name(name): name for name in run.start['model']}
    listed = [str(name) for name in run.case['param_names_model']]
    unread = [index for index, name in enumerate(listed) if name not in names]
    assert {listed[index].split('.')[0] for index in unread} == set(run.release.unread)
    assert not run.case['out_change_l2_model'][:, unread].any()
    check_trace(run, 'model', 'model', names, absolute, 1e-5, norm)


def test_discriminator_after_each_iteration(run):
    names = {str(name): discriminator_name(str(name)) for name in run.case['param_names_d']}
    check_trace(run, 'main', 'd', names, 2e-4, 1e-5, 5e-3)


@pytest.fixture(scope='module', params=cases('depdis', 'self_train_step*'))
def stage2(request, tmp_path_factory) -> SimpleNamespace:
    """The objectives and the optimizer of stage 2, in a plain loop; rounds have a schedule of their own."""
    case = load_case('depdis', request.param)
    cfg, shipped = Config.fromfile(STAGE1), Config.fromfile(STAGE2)
    assert cfg.optim_wrapper == shipped.optim_wrapper
    cfg.model.objectives = shipped.model.objectives
    cfg.custom_hooks = []
    dataset = dict(type='GoldenPseudoLabels', case=request.param)
    return run_steps(cfg, case, DEPTH_DISTRIBUTION, {}, dataset, str(tmp_path_factory.mktemp('step')), 'torch213')


def test_losses_of_stage_2(stage2):
    assert_within(values(stage2, 'pool.loss_main'), stage2.case['out_loss'], 0, 5e-5)


def test_model_after_each_iteration_of_stage_2(stage2):
    check_model(stage2, 2e-5, 2e-3)
