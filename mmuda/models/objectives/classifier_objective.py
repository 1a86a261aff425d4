"""Base class of objectives with one loss per classifier."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from torch import Tensor

from mmuda.models.objectives.objective import Objective


class ClassifierObjective(Objective):
    """An objective whose loss is taken of each classifier alone.

    Args:
        weights (dict[str, float], optional): Weight of each classifier's loss. Entries of classifiers that the student
            does not have are an error. Defaults to None: 0.5 of ``aux``, 1 of ``main`` and any other.
        **common (Any): ``name``, ``begin`` and ``end``, see :class:`Objective`.
    """

    def __init__(self, weights: dict[str, float] | None = None, **common: Any) -> None:
        super().__init__(**common)
        self.weights = weights

    def check_classifiers(self, classifiers: Collection[str]) -> None:
        """See :class:`Objective`; refuses weights of other classifiers than there are, too."""
        super().check_classifiers(classifiers)
        self._weights_of(classifiers)

    def per_classifier(self, logits: Mapping[str, Tensor], loss: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
        """Take a loss of every classifier.

        Args:
            logits (Mapping[str, Tensor]): Per classifier.
            loss (Callable): Turns the logits of one classifier into a loss.

        Returns:
            dict[str, Tensor]: ``loss_<classifier>``, weighted.
        """
        return {f'loss_{name}': weight * loss(logits[name]) for name, weight in self._weights_of(logits).items()}

    def _weights_of(self, classifiers: Collection[str]) -> Mapping[str, float]:
        if self.weights is None:
            return {classifier: 0.5 if classifier == 'aux' else 1.0 for classifier in classifiers}
        if set(self.weights) != set(classifiers):
            raise ValueError(
                f'objective {self.name!r}: weights are for {sorted(self.weights)}, the student has the classifiers '
                f'{sorted(classifiers)}. Leave `weights` out for 0.5 of aux and 1 of main'
            )
        return self.weights
