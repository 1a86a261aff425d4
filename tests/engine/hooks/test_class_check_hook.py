"""Head and data set agree on the classes."""

import pytest

from tests.helpers.tiny import make_data, tiny_config, train


def test_head_with_another_number_of_classes_is_refused(tmp_path):
    cfg = tiny_config(
        make_data(tmp_path), tmp_path / 'run', 'source_only', model__segmentor__decode_head__num_classes=16
    )
    with pytest.raises(ValueError, match='head predicts 16 classes, the dataset of train_dataloader has 19: road'):
        train(cfg)
