"""The files that docker/Dockerfile copies into the image."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_what_the_image_keeps_exists_and_is_enough_to_install():
    lines = (ROOT / 'docker' / 'Dockerfile.dockerignore').read_text().split()
    kept = {line[1:] for line in lines if line.startswith('!')}
    assert lines[0] == '*'
    assert all((ROOT / name).exists() for name in kept)
    assert {'mmuda', 'configs', 'tools', 'setup.py', 'pyproject.toml', 'README.md', 'requirements'} <= kept
