import pytest
from mmengine.registry import init_default_scope


@pytest.fixture(autouse=True)
def mmseg_scope():
    """Pipelines are built in the scope that a runner sets."""
    init_default_scope('mmseg')
