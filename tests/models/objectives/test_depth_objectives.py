"""Depth regression, density balance and the entropy of each classifier: what they take and what they refuse."""

import pytest
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mmuda.models.density import DensityModel
from mmuda.models.losses import BerHuLoss, EntropyLoss
from mmuda.models.objectives import ClassifierEntropy, DensityBalance, DepthRegression
from tests.helpers.students import CLASSES, SIZE, Student, make_step

GRID = (6, 8)
GRID_PLANES = dict(depth='grid_depth', labels='grid_label')


@TASK_UTILS.register_module()
class ClassTimesDepth(DensityModel):
    """A density that is easy to follow."""

    def __call__(self, class_ids: Tensor, inverse_depth: Tensor) -> Tensor:
        return 10.0 * (class_ids + 1) + inverse_depth


def depth_student() -> Student:
    student = Student(two=False)
    forward = student.decode_head.forward
    student.decode_head.forward = lambda features: {
        **forward(features),
        'depth': features[0][:, :1] - 0.5,
        'density': features[0][:, 1:2],
    }
    return student


def step_with(**planes: Tensor):
    step = make_step(depth_student())
    step._added_planes['source'] = planes
    return step


def test_entropy_of_each_classifier():
    step = make_step()
    losses = ClassifierEntropy(weights=dict(aux=0.2, main=1.0))(step)
    for name, weight in dict(aux=0.2, main=1.0).items():
        assert losses[f'loss_{name}'] == weight * EntropyLoss()(step.logits('target')[name])


def test_depth_is_regressed_at_the_size_of_the_images():
    depth = torch.rand(2, 1, *SIZE) * 100
    step = step_with(depth=depth)
    loss = DepthRegression(weight=0.5)(step)['loss']
    predicted = step.resize(step.outputs('source')['depth'], 'source')
    assert loss == 0.5 * BerHuLoss()(predicted, depth)
    loss.backward()


def test_a_view_without_depth_is_refused():
    with pytest.raises(KeyError, match="view 'source' has no plane 'depth'"):
        DepthRegression(weight=1.0)(make_step(depth_student()))


def test_depth_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"the plane 'depth' of the view 'source' is \(2, 1, 3, 3\), its images need"):
        DepthRegression(weight=1.0)(step_with(depth=torch.ones(2, 1, 3, 3)))


def test_a_head_without_depth_is_refused():
    step = make_step(Student(two=False))  # its depth has no channel
    with pytest.raises(ValueError, match="the head gives no output 'depth' with one channel"):
        DepthRegression(weight=1.0)(step)


def test_density_of_the_source_takes_the_true_depth_where_the_class_is_right():
    step = step_with(grid_depth=torch.full((2, 1, *GRID), 5.0), grid_label=torch.randint(CLASSES, (2, 1, *GRID)).byte())
    target = DensityBalance(dict(type='ClassTimesDepth'), 1.0, view='source', **GRID_PLANES).target(step)
    classes = step.outputs('source')['main'].argmax(1)
    right = step.planes('source', 'grid_label')[:, 0] == classes
    assert right.any() and not right.all()
    assert torch.equal(target, 10.0 * (classes + 1) + 5.0 * right)


def test_density_of_the_target_is_zero_where_the_predicted_depth_is_not_positive():
    step = make_step(depth_student())
    target = DensityBalance(dict(type='ClassTimesDepth'), 1.0).target(step)
    depth = step.outputs('target')['depth'][:, 0]
    assert (depth <= 0).any() and (depth > 0).any()
    assert not target[depth <= 0].any()
    assert (target[depth > 0] >= 10).all()
    assert not target.requires_grad


@pytest.mark.parametrize('view', ['source', 'target'])
def test_balance_has_a_gradient_for_the_density_alone(view):
    step = step_with(grid_depth=torch.ones(2, 1, *GRID), grid_label=torch.zeros(2, 1, *GRID).byte())
    objective = DensityBalance(
        dict(type='ClassTimesDepth'), 1.0, view=view, **(GRID_PLANES if view == 'source' else {})
    )
    assert objective.name == f'balance_{view}'
    objective(step)['loss'].backward()
    assert step.student.backbone[0].weight.grad.any()
    assert all(layer.weight.grad is None for layer in step.student.decode_head.layers.values())


def test_planes_of_another_grid_are_refused():
    step = step_with(grid_depth=torch.ones(2, 1, 3, 3), grid_label=torch.zeros(2, 1, *GRID).byte())
    objective = DensityBalance(dict(type='ClassTimesDepth'), 1.0, view='source', **GRID_PLANES)
    with pytest.raises(ValueError, match=r"the plane 'grid_depth'.*\(3, 3\), the outputs of the head \(6, 8\)"):
        objective(step)


def test_depth_without_labels_is_refused():
    with pytest.raises(ValueError, match='planes that go together'):
        DensityBalance(dict(type='ClassTimesDepth'), 1.0, depth='grid_depth')


def test_something_else_than_a_density_is_refused():
    with pytest.raises(ValueError, match='density is a ConfidentShare, expected the config of a DensityModel'):
        DensityBalance(dict(type='ConfidentShare'), 1.0)
