"""Data that the method cannot use are refused before training."""
import pytest

from tests.tiny import RecordImages, add_hook, make_data, tiny_config, train


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp('data'))


def test_source_only_loads_the_source_alone_and_the_same_samples(data, tmp_path):
    with_target = tiny_config(data, tmp_path / 'pair').train_dataloader.dataset.target
    for name, target in (('alone', None), ('pair', with_target)):
        cfg = tiny_config(data, tmp_path / name, 'source_only', train_cfg__max_iters=3)
        cfg.train_dataloader.dataset.target = target
        train(add_hook(cfg, type=RecordImages.__name__))
    alone, pair = ((tmp_path / name / 'images.txt').read_text().splitlines() for name in ('alone', 'pair'))
    assert 'target' not in ''.join(alone) and 'target' in pair[0]
    assert alone == [' '.join(entry for entry in line.split(' ') if 'target:' not in entry) for line in pair]


@pytest.mark.parametrize('name, objective', [('mrnet', 'adversarial'), ('dacs', 'classmix')])
def test_objective_that_reads_a_missing_target_is_named(data, tmp_path, name, objective):
    cfg = tiny_config(data, tmp_path, name, train_dataloader__dataset__target=None)
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks', []) if hook.type == 'DiscriminatorHook']
    for late in cfg.model.objectives:
        late.begin = 1  # it would not be asked for in the first iteration
    with pytest.raises(ValueError, match=rf"objective '{objective}' reads the views \['target'\], the training data "
                       r"give \['source'\]. Give the UDADataset a target"):
        train(cfg)
    assert not (tmp_path / 'iter_1.pth').exists()


def test_view_with_a_typing_mistake_is_named(data, tmp_path):
    cfg = tiny_config(data, tmp_path)
    cfg.model.objectives[-1].update(view='tagret')
    with pytest.raises(ValueError, match=r"reads the views \['tagret'\], .* give \['source', 'target'\]. Correct"):
        train(cfg)


def test_view_that_another_objective_makes_may_be_read(data, tmp_path):
    cfg = tiny_config(data, tmp_path, 'mrnet_classmix')
    cfg.train_dataloader.dataset.target.pipeline[1].scale = (64, 48)
    cfg.model.objectives.append(dict(type='MemoryRegularization', name='mixed', view='mixed'))
    train(cfg)


def test_statistics_of_a_view_that_is_not_there_are_refused(data, tmp_path):
    cfg = tiny_config(data, tmp_path, 'source_only', model__statistics_views=('target', ))
    with pytest.raises(ValueError, match=r"statistics_views = \('target',\), .* would never move"):
        train(cfg)


def test_adaptive_batch_norm_without_a_target_says_so(data, tmp_path):
    cfg = add_hook(tiny_config(data, tmp_path, 'source_only'), type='AdaptiveBatchNormHook', scale=(96, 64))
    with pytest.raises(ValueError, match=r'AdaptiveBatchNormHook: the training data have no target \(train_dataload'):
        train(cfg)
