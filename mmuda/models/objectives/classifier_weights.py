from collections.abc import Collection

DEFAULT = dict(aux=0.5, main=1.0)


def classifier_weights(weights: dict[str, float] | None, classifiers: Collection[str], name: str) -> dict[str, float]:
    """Weight of each classifier's loss.

    Args:
        weights (dict[str, float], optional): As configured; None for 0.5 of ``aux`` and 1 of ``main``, of the
            classifiers that there are.
        classifiers (Collection[str]): Those of the student.
        name (str): Name of the objective, for the error.

    Returns:
        dict[str, float]: One weight per classifier.

    Raises:
        ValueError: If weights are given for other classifiers than there are.
    """
    if weights is None:
        return {classifier: DEFAULT[classifier] for classifier in classifiers}
    if set(weights) != set(classifiers):
        raise ValueError(
            f'objective {name!r}: weights are for {sorted(weights)}, the student has the classifiers '
            f'{sorted(classifiers)}. Leave `weights` out for 0.5 of aux and 1 of main'
        )
    return weights
