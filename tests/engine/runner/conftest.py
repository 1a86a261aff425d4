import pytest

from tests.helpers.tiny import plain_text_of_configs


@pytest.fixture(scope='session', autouse=True)
def plain_texts():
    """Formatting the config's text takes most of the time of a tiny run."""
    with pytest.MonkeyPatch.context() as patch:
        plain_text_of_configs(patch)
        yield
