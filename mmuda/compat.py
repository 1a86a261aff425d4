def apply() -> None:
    """Placeholder."""
