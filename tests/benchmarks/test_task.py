from pathlib import Path

import pytest
import yaml

from benchmarks.leaderboard.task import Task, TaskError
from tests.helpers.leaderboard import write_config


def test_a_run_starts_from_the_stage_and_the_teachers_that_its_config_names(folder):
    teachers = [
        dict(config=str(folder / 'mrnet.py')),
        dict(file='probabilities'),
        dict(config='configs/mrnet/gta2cs.py', checkpoint='published.pth'),
        dict(config=str(folder / 'oracle.py')),
    ]
    write_config(folder, 'student', 50, 'source_only', f'train_cfg = dict(labels=dict(teachers={teachers}))')
    assert Task(folder).starts('student') == {
        'custom_hooks.1.work_dir': 'source_only',
        'train_cfg.labels.teachers.0.work_dir': 'mrnet',
        'train_cfg.labels.teachers.3.work_dir': 'oracle',
    }


@pytest.mark.parametrize('changed', ['mrnet_stage2', 'mrnet', 'source_only'])
def test_a_setting_of_the_run_or_of_one_it_starts_from_changes_the_hash(folder, changed):
    before = Task(folder).config_hash('mrnet_stage2')
    (folder / f'{changed}.py').write_text((folder / f'{changed}.py').read_text() + 'randomness = dict(seed=1)\n')
    assert Task(folder).config_hash('mrnet_stage2') != before


def test_output_and_inherited_variables_do_not_change_the_hash_and_amp_does(folder):
    before = Task(folder).config_hash('mrnet')
    more = "work_dir = 'a'\nlog_level = 'ERROR'\npool = dict(a=1)\ndefault_hooks = dict(logger=dict(interval=7))\n"
    (folder / 'mrnet.py').write_text((folder / 'mrnet.py').read_text() + more)
    assert Task(folder).config_hash('mrnet') == before
    assert Task(folder, amp=True).config_hash('mrnet') != before


def test_a_run_that_starts_from_itself_is_an_error_that_names_the_chain(folder):
    write_config(folder, 'source_only', 40, 'mrnet_stage2')
    with pytest.raises(TaskError, match='mrnet <- source_only <- mrnet_stage2 <- mrnet'):
        Task(folder).config_hash('mrnet')


@pytest.mark.parametrize('config, message', [('configs/mrnet/gta2cs.py', 'load_from'), ('a/b.py', 'no config a/b.py')])
def test_a_start_outside_the_folder_is_an_error_that_names_the_setting(folder, config, message):
    hooks = [dict(type='StageCheckpointHook', config=config)]
    write_config(folder, 'other', 40, more=f'custom_hooks = {hooks}')
    with pytest.raises(TaskError, match=f'other.py: custom_hooks.0.config=.*{message}'):
        Task(folder).starts('other')


def test_without_a_list_all_configs_are_rows_and_references_have_their_usual_names(folder):
    (group,) = Task(folder).groups
    assert (group.source_only, group.trained_on, group.oracle) == ('source_only', 'source_continued', 'oracle')
    assert group.methods == dict(mrnet='mrnet', mrnet_stage2='mrnet stage2')
    assert group.notes == []


def test_without_a_reference_it_is_said_what_is_left_out(folder):
    for name in ('source_only', 'source_continued', 'oracle'):
        (folder / f'{name}.py').rename(folder / f'{name}_.py')
    notes = ' '.join(Task(folder).groups[0].notes)
    assert '`source_only`: its line' in notes and '`trained_on`: the share' in notes and '`oracle`: the share' in notes


def write_list(folder: Path, **content: object) -> Task:
    (folder / 'leaderboard.yml').write_text(yaml.safe_dump(content, sort_keys=False))
    return Task(folder)


def test_the_list_says_groups_with_their_references_and_the_order_and_titles_of_rows(folder):
    first = dict(source_only='source_only', oracle='oracle', methods=dict(mrnet_stage2='stage 2', mrnet='stage 1'))
    task = write_list(folder, title='Small', groups=[first, dict(title='More', methods=dict(mrnet='MRNet'))])
    assert task.title == 'Small'
    assert list(task.groups[0].rows) == ['source_only', 'mrnet_stage2', 'mrnet', 'oracle']
    assert task.groups[1].rows == dict(mrnet='MRNet')
    assert task.rows == ['source_only', 'mrnet_stage2', 'mrnet', 'oracle']


@pytest.mark.parametrize(
    'content, message',
    [
        (dict(groups=[dict(methods=dict(dada='DADA'))]), r'groups\[0\] names dada, but there is no .*dada.py'),
        (dict(groups=[dict(methods={}, oracles='oracle')]), 'allowed: title, methods, source_only, trained_on, oracle'),
        (dict(groups=[dict(methods=['mrnet'])]), r'groups\[0\]'),
        (dict(rows=[]), 'expected the keys title and groups'),
    ],
)
def test_a_wrong_list_is_an_error_that_names_the_file_and_the_key(folder, content, message):
    with pytest.raises(TaskError, match=f'leaderboard.yml.*{message}'):
        write_list(folder, **content)


def test_a_folder_without_configs_is_an_error(tmp_path):
    with pytest.raises(TaskError, match='has no configs'):
        Task(tmp_path / 'nothing')


def test_a_broken_config_concerns_those_that_start_from_it_alone(folder):
    (folder / 'mrnet.py').write_text('model = (')
    broken = Task(folder).broken
    assert list(broken) == ['mrnet', 'mrnet_stage2']
    assert 'mrnet.py cannot be read' in broken['mrnet_stage2']
