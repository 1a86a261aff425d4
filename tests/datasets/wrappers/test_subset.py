import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmseg.registry import DATASETS

from mmuda.datasets import UDASampler, select_images
from tests.helpers.published import write_camvid

PIPELINE = [dict(type='LoadImageStrict'), dict(type='LoadLabelIds'), dict(type='PackSegInputs')]


@pytest.fixture
def source(tmp_path):
    write_camvid(tmp_path, 'day_train', 5)
    return dict(type='SubsetDataset', dataset=dict(type='CamVidDataset', data_root=str(tmp_path), pipeline=PIPELINE))


def names(dataset) -> list[str]:
    return [dataset[index]['data_samples'].img_path[-6:] for index in range(len(dataset))]


@given(st.data(), st.integers(0, 2**32 - 1))
def test_smaller_selections_are_the_beginning_of_larger_ones(data, seed):
    num_images = data.draw(st.integers(1, 200))
    number = data.draw(st.integers(1, num_images))
    whole = select_images(num_images, num_images, seed)
    assert sorted(whole) == list(range(num_images))
    np.testing.assert_array_equal(select_images(num_images, number, seed), whole[:number])


@pytest.mark.parametrize('number', [0, 6])
def test_number_out_of_range_is_named(number):
    with pytest.raises(ValueError, match=f'cannot select {number} of 5 images'):
        select_images(5, number, 0)


def test_selection_does_not_touch_the_global_generator():
    np.random.seed(3)
    want = np.random.random_sample()
    np.random.seed(3)
    select_images(10, 4, seed=0)
    assert np.random.random_sample() == want


def test_all_images_at_first(source):
    assert names(DATASETS.build(source)) == [f'{index:02d}.jpg' for index in range(5)]


def test_selected_images_in_the_order_drawn(source):
    dataset = DATASETS.build(source)
    dataset.select(3, seed=1)
    assert names(dataset) == [f'{index:02d}.jpg' for index in select_images(5, 3, 1)]


def test_selection_is_from_all_images_again(source):
    dataset = DATASETS.build(source)
    dataset.select(1, seed=0)
    dataset.select(5, seed=0)
    assert sorted(names(dataset)) == [f'{index:02d}.jpg' for index in range(5)]


def test_a_single_image_can_be_selected(source):
    dataset = DATASETS.build(source)
    dataset.select(1, seed=0)
    assert names(dataset) == [f'{select_images(5, 1, 0)[0]:02d}.jpg']


def test_index_out_of_range_ends_an_iteration(source):
    dataset = DATASETS.build(source)
    dataset.select(2, seed=0)
    assert len(list(dataset)) == 2


def test_entries_are_those_of_the_selection(source):
    dataset = DATASETS.build(source)
    dataset.select(2, seed=0)
    assert dataset.get_data_info(1)['img_path'].endswith(names(dataset)[1])


def test_sampler_draws_from_the_selection(source, tmp_path):
    write_camvid(tmp_path, 'dusk_train', 2)
    target = dict(
        type='CamVidDataset',
        data_root=str(tmp_path),
        pipeline=[PIPELINE[0], PIPELINE[-1]],
        data_prefix=dict(img_path='images/dusk_train'),
    )
    pair = DATASETS.build(dict(type='UDADataset', source=source, target=target))
    pair.source.select(1, seed=0)
    sampler = UDASampler(pair, seed=0)
    assert {sampler.draw(position).source for position in range(20)} == {0}
    assert pair[sampler.draw(7)]['data_samples']['source'].img_path.endswith(names(pair.source)[0])


def test_pseudo_labeled_images_can_be_selected(source, tmp_path):
    pseudo = dict(type='PseudoLabelDataset', dataset=source['dataset'], pipeline=PIPELINE)
    dataset = DATASETS.build(dict(type='SubsetDataset', dataset=pseudo))
    dataset.select(2, seed=0)
    assert len(dataset) == 2 and dataset.metainfo['classes'] == dataset.dataset.metainfo['classes']
