"""What training asks of a data set with views."""

from abc import ABC, abstractmethod
from typing import Any

from mmuda.datasets.wrappers.pseudo_label_dataset import PseudoLabelDataset


class AdaptationDataset(ABC):
    """Base of the data sets that give a batch with views: source and target, or a pool of both."""

    @property
    @abstractmethod
    def views(self) -> tuple[str, ...]:
        """tuple[str, ...]: Names of the views of a batch."""

    @property
    @abstractmethod
    def metainfo(self) -> dict:
        """Meta information: classes, palette."""

    @abstractmethod
    def parts(self) -> dict[str, Any]:
        """Return the data sets that samples come from, by name: ``source``, ``target``, what else there is."""

    def pseudo_labeled(self) -> dict[str, PseudoLabelDataset]:
        """Return those of :meth:`parts` whose labels the labeling makes."""
        return {name: part for name, part in self.parts().items() if isinstance(part, PseudoLabelDataset)}

    def full_init(self) -> None:  # noqa: B027  (mmengine calls it)
        """Nothing to do: data sets are initialized in the constructor."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, index: Any) -> dict[str, dict[str, Any]]:
        """Load a sample: ``inputs`` and ``data_samples``, each a dict with the views as keys."""
