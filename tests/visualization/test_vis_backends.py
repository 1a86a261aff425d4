"""Where the losses of a training go."""

import json
import uuid

import pytest

from tests.helpers.tiny import make_data, tiny_config, train

pytestmark = pytest.mark.integration


def test_tensorboard_gets_every_loss_by_its_name(tmp_path, monkeypatch):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    config = tiny_config(
        make_data(tmp_path), tmp_path / 'run', default_hooks__logger__interval=1, visualizer__name=uuid.uuid4().hex
    )
    config.vis_backends = config.visualizer.vis_backends = [
        dict(type='LocalVisBackend'),
        dict(type='TensorboardVisBackend'),
    ]
    train(config)

    folder = next((tmp_path / 'run').glob('*/vis_data'))
    logged = [json.loads(line) for line in (folder / 'scalars.json').read_text().splitlines()]
    events = EventAccumulator(str(folder))
    events.Reload()
    losses = [key for key in logged[0] if '.' in key]
    assert {'source.loss_main', 'adversarial.discriminator_loss_main', 'memory.loss'} <= set(losses)
    for key in ('loss', *losses):
        written = events.Scalars(key)
        assert [event.step for event in written] == [1, 2]
        assert [event.value for event in written] == pytest.approx([entry[key] for entry in logged], rel=1e-6)
