from tests.engine.runner.conftest import plain_texts  # noqa: F401
