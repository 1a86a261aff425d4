import pytest
from mmengine.config import Config


@pytest.fixture(scope='session', autouse=True)
def plain_config_texts():
    """Formatting the config's text takes most of the time of a tiny run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Config, 'pretty_text', property(lambda config: repr(config.to_dict())))
        yield
