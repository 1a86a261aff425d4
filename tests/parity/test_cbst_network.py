"""ResNet-38, its loss and its optimizer against the authors' network (cases of golden/cbst)."""

import gc
import importlib
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import nn

from mmuda.models.decode_heads import ResNet38Head
from mmuda.models.losses.label_grid import label_grid
from tests.helpers.golden import assert_close, cases, each_case, listed_shapes, load_case, original_arrays

converter = importlib.import_module('tools.model_converters.mxnet_params')


def sample(labels: np.ndarray, flipped: bool = False) -> SegDataSample:
    meta = dict(flip=flipped, flip_direction='horizontal' if flipped else None)
    return SegDataSample(metainfo=meta, gt_sem_seg=PixelData(data=torch.from_numpy(labels[None].astype(np.int64))))


class Nodes:
    """What passes through the network, node by node under the original's names, in the order of execution."""

    def __init__(self, model: nn.Module, names: dict[str, str], num_classes: int) -> None:
        owners = {
            ours.rsplit('.', 1)[0]: theirs.rsplit('_', 1)[0]
            for theirs, ours in names.items()
            if not theirs.endswith(('_mean', '_var'))
        }
        self.outputs: dict[str, dict] = {}
        self.logits = f'linear{num_classes}'
        for owner, module in model.named_modules():
            if isinstance(module, nn.Conv2d):
                module.register_forward_hook(self.record(owners[owner], 'Convolution'))
            elif isinstance(module, nn.BatchNorm2d):
                module.register_forward_hook(self.record(owners[owner], 'BatchNorm'))
            elif isinstance(module, nn.ReLU):
                module.register_forward_hook(self.record(None, 'Activation'))
            elif isinstance(module, nn.Dropout):
                module.register_forward_hook(self.record(None, 'Dropout'))
            elif hasattr(module, 'convs'):
                level, block = owner.removeprefix('backbone.level').split('.')
                unit = f'{level}a' if block == '0' else f'{level}b{block}'
                module.register_forward_hook(self.record(f'sum_{unit}', 'elemwise_add'))

    def record(self, name: str | None, kind: str):
        def hook(module: nn.Module, args: tuple, out: torch.Tensor) -> None:
            self.add(name or self.follow(kind), kind, out, module)

        return hook

    def follow(self, kind: str) -> str:
        """Name of an activation or dropout after the last node."""
        last = list(self.outputs)[-1]
        if kind == 'Dropout':
            return last.removesuffix('_relu') + '_do'
        return 'relu7' if last == 'bn7' else last.replace('bn', 'res') + '_relu'

    def add(self, name: str, kind: str, out: torch.Tensor, module: nn.Module | None = None) -> None:
        entry = dict(op=kind, shape=tuple(out.shape), module=module)
        if isinstance(module, nn.Conv2d):
            entry['macs'] = out[0, 0].numel() * module.weight.numel()
        if not out.is_meta:
            value = out.detach().double()
            entry['statistics'] = value.mean().item(), value.std(correction=0).item(), value.abs().max().item()
        self.outputs[name] = entry

    def of(self, kind: str) -> dict[str, nn.Module]:
        return {name: node['module'] for name, node in self.outputs.items() if node['op'] == kind}

    def total_macs(self) -> int:
        return sum(node.get('macs', 0) for node in self.outputs.values())


class Network:
    """A case with its network, loaded strictly through the converter, and one pass and its gradients."""

    def __init__(self, name: str) -> None:
        self.name, self.case = name, load_case('cbst', name)
        self.num_classes = int(self.case['param_num_classes'])
        arrays = original_arrays(self.case)
        state = converter.convert(arrays)
        del arrays
        self.table = converter.name_table(self.num_classes)
        self.model = build(self.num_classes)
        self.model.load_state_dict(state, strict=True, assign=True)
        self.nodes = Nodes(self.model, self.table, self.num_classes)
        self.kept: dict[str, torch.Tensor] = {}
        self.keep(self.model.backbone.level4[-1], 'block4b5')
        self.keep(self.model.decode_head.relu, 'hidden')
        self.run()

    def keep(self, module: nn.Module, name: str) -> None:
        module.register_forward_hook(lambda module, args, out: self.kept.__setitem__(name, out.detach().clone()))

    def run(self) -> None:
        head = self.model.decode_head
        features = self.model.backbone(torch.from_numpy(self.case['in_image']))
        self.kept['features'] = features[-1].detach()
        logits = head(features)
        self.kept['logits'] = logits.detach()
        self.kept['softmax'] = logits.detach().softmax(1)
        self.nodes.add('softmax', 'SoftmaxOutput', self.kept['softmax'])
        labels = np.kron(self.case['in_grid_label'], np.ones((1, 8, 8), np.uint8))
        losses = head.loss_by_feat(logits, [sample(label) for label in labels])
        losses['loss_ce'].backward()
        self.loss = losses['loss_ce'].item()
        parameters = dict(self.model.named_parameters())
        self.gradients = {theirs: parameters[ours].grad for theirs, ours in self.table.items() if ours in parameters}


def build(num_classes: int) -> nn.Module:
    """The network in evaluation mode, without storage."""
    with torch.device('meta'):
        model = MODELS.build(
            dict(
                type='EncoderDecoder',
                backbone=dict(type='ResNet38'),
                decode_head=dict(type='ResNet38Head', num_classes=num_classes),
            )
        )
    return model.eval()


@pytest.fixture(scope='module', params=cases('cbst', 'resnet38_*'))
def network(request) -> Iterator[Network]:
    value = Network(request.param)
    yield value
    for parameter in value.model.parameters():
        parameter.grad = None
    del value
    gc.collect()


class TestResNet38:
    def test_names_and_shapes_of_the_parameters(self, network):
        shapes = {name: tuple(value.shape) for name, value in network.model.state_dict().items()}
        got = {theirs: shapes[ours] for theirs, ours in network.table.items()}
        assert got == listed_shapes('cbst', network.name)

    def test_nodes(self, network):
        case = network.case
        got = [(name, node['op'], node['shape']) for name, node in network.nodes.outputs.items()]
        want = zip(case['out_node_names'], case['out_node_ops'], case['out_node_shapes'])
        assert got == [(str(name), str(op), tuple(shape)) for name, op, shape in want]

    @pytest.mark.parametrize('index, key', [(0, 'mean'), (1, 'std'), (2, 'absmax')])
    def test_statistics_of_the_nodes(self, network, index, key):
        got = [node['statistics'][index] for node in network.nodes.outputs.values()]
        np.testing.assert_allclose(got, network.case[f'out_node_{key}'], rtol=1e-4, atol=1e-6)

    def test_convolutions(self, network):
        case, convs = network.case, network.nodes.of('Convolution')
        assert list(convs) == case['out_conv_names'].tolist()
        assert [(conv.in_channels, conv.out_channels) for conv in convs.values()] == [
            tuple(row) for row in case['out_conv_in_out_channels']
        ]
        for sides in (0, 1):
            assert [
                [getattr(conv, key)[sides] for key in ('kernel_size', 'stride', 'dilation', 'padding')]
                for conv in convs.values()
            ] == case['out_conv_kernel_stride_dilation_pad'].tolist()

    def test_norms(self, network):
        norms = network.nodes.of('BatchNorm')
        assert list(norms) == network.case['out_norm_names'].tolist()
        assert [norm.eps for norm in norms.values()] == network.case['out_norm_eps'].tolist()

    def test_dropouts(self, network):
        dropouts = network.nodes.of('Dropout')
        assert list(dropouts) == network.case['out_dropout_names'].tolist()
        assert [dropout.p for dropout in dropouts.values()] == network.case['out_dropout_p'].tolist()

    def test_multiply_adds(self, network):
        macs = [node['macs'] for node in network.nodes.outputs.values() if 'macs' in node]
        assert macs == network.case['out_conv_macs'].tolist()
        assert network.nodes.total_macs() == network.case['out_total_macs']

    def test_multiply_adds_of_other_sizes(self, network):
        model = build(network.num_classes)
        nodes = Nodes(model, network.table, network.num_classes)
        of_other_sizes = network.case.starting_with('out_total_macs_')
        assert of_other_sizes
        for size, want in of_other_sizes.items():
            model(torch.zeros(1, 3, *map(int, size.split('x')), device='meta'))
            assert nodes.total_macs() == want

    @pytest.mark.parametrize(
        'key, absolute', [('block4b5', 1e-4), ('features', 1e-3), ('hidden', 1e-4), ('logits', 1e-4), ('softmax', 1e-5)]
    )
    def test_maps(self, network, key, absolute):
        names = [name for name in network.case if name.startswith(f'out_{key}')]
        assert len(names) == 1
        got, step = network.kept[key].numpy(), int(names[0].partition('_every')[2] or 1)
        relative = 0.0 if key in ('logits', 'softmax') else 1e-5
        np.testing.assert_allclose(got[:, ::step], network.case[names[0]], rtol=relative, atol=absolute)

    def test_loss(self, network):
        assert network.loss == pytest.approx(float(network.case['out_loss']), rel=1e-5)
        valid = network.case['in_grid_label'] != network.model.decode_head.ignore_index
        assert valid.sum() == network.case['out_num_valid']

    def test_gradients(self, network):
        gradients = network.case.starting_with('out_grad_')
        assert gradients
        for name, want in gradients.items():
            got = network.gradients[name].numpy()
            assert np.linalg.norm(got - want) <= 2e-2 * np.linalg.norm(want), name

    def test_multipliers_of_the_optimizer(self, network):
        parameters = dict(network.model.named_parameters())
        names = network.case['out_trainable_names'].tolist()
        assert {network.table[name] for name in names} == set(parameters)
        options = group_options(network.model, lr=1.0, weight_decay=1.0)
        got = np.array([options[id(parameters[network.table[name]])] for name in names])
        assert np.array_equal(got, np.stack([network.case['out_lr_mult'], network.case['out_wd_mult']], 1))


def wrapper_of(model: nn.Module, **optimizer: float):
    with DefaultScope.overwrite_default_scope('mmseg'):
        return build_optim_wrapper(
            model, dict(constructor='BiasOptimWrapperConstructor', optimizer=dict(type='SGD', **optimizer))
        )


def group_options(model: nn.Module, **optimizer: float) -> dict[int, tuple[float, float]]:
    """Learning rate and weight decay of every parameter, by its id."""
    return {
        id(group['params'][0]): (group['lr'], group['weight_decay'])
        for group in wrapper_of(model, **optimizer).optimizer.param_groups
    }


@each_case('cbst', 'optimizer_step*')
def test_optimizer_step(case):
    table = converter.name_table()
    model, parameters = nn.Module(), []
    for name, value in zip(case['param_names'], case['in_weights']):
        *owners, entry = table[str(name)].split('.')
        module = model
        for owner in owners:
            if not hasattr(module, owner):
                module.add_module(owner, nn.Module())
            module = getattr(module, owner)
        module.register_parameter(entry, nn.Parameter(torch.from_numpy(value.copy())))
        parameters.append(getattr(module, entry))
    options = group_options(model, lr=1.0, weight_decay=1.0)
    assert [options[id(parameter)] for parameter in parameters] == list(zip(case['out_lr_mult'], case['out_wd_mult']))

    optimizer = wrapper_of(model, lr=float(case['param_lr']), momentum=0.9, weight_decay=5e-4).optimizer
    for gradients, want in zip(case['in_grads'], case['out_weights']):
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = torch.from_numpy(gradient / int(case['param_gpus']))
        optimizer.step()
        got = torch.stack([parameter.detach() for parameter in parameters]).numpy()
        np.testing.assert_allclose(got, want, rtol=0, atol=2e-6)


def head_of(num_classes: int) -> ResNet38Head:
    return ResNet38Head(in_channels=1, channels=1, num_classes=num_classes)


@each_case('cbst', 'loss_grid*')
class TestLossGrid:
    def test_labels(self, case):
        labels = torch.from_numpy(case['out_crop_label'])
        flipped = case['out_flip'].tolist()
        # The network's crops are mirrored before the labels are sampled.
        labels = torch.stack([label.flip(-1) if flip else label for label, flip in zip(labels, flipped)])
        assert np.array_equal(label_grid(labels, case['in_logits'].shape[2:], flipped), case['out_grid_label'])

    def test_loss_and_gradient(self, case):
        samples = [
            sample(label[:, ::-1].copy() if flip else label, flip)
            for label, flip in zip(case['out_crop_label'], case['out_flip'].tolist())
        ]
        logits = torch.from_numpy(case['in_logits']).requires_grad_()
        head = head_of(int(case['param_num_classes']))
        assert head.ignore_index == case['param_ignore_label']
        loss = head.loss_by_feat(logits, samples)['loss_ce']
        loss.backward()
        assert loss.item() == pytest.approx(float(case['out_loss']), rel=1e-5)
        assert loss.item() * int(case['out_num_valid']) == pytest.approx(float(case['out_loss_sum']), rel=1e-5)
        np.testing.assert_allclose(logits.grad.numpy(), case['out_grad_logits'], rtol=1e-4, atol=1e-8)
        np.testing.assert_allclose(logits.detach().softmax(1).numpy(), case['out_softmax'], rtol=0, atol=1e-6)


@each_case('cbst', 'loss_all_ignored*')
def test_loss_all_ignored(case):
    logits = torch.from_numpy(case['in_logits']).requires_grad_()
    cells = case['in_grid_label'].reshape(-1, *logits.shape[2:])
    labels = np.kron(cells, np.ones((1, 8, 8)))
    loss = head_of(logits.shape[1]).loss_by_feat(logits, [sample(label) for label in labels])['loss_ce']
    loss.backward()
    assert loss.item() == float(case['out_loss'])
    assert loss.item() * int(case['out_num_valid']) == float(case['out_loss_sum'])
    assert np.array_equal(logits.grad, case['out_grad_logits'])
    assert_close(logits.detach().softmax(1), case['out_softmax'], 1e-6, 'softmax')
