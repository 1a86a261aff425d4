"""The files of one data set."""

from dataclasses import dataclass, field

from mmuda.datasets.doctor.findings import Finding
from mmuda.datasets.files.image_files import MAX_PIXELS
from mmuda.datasets.label_maps import LabelFormat, train_ids


@dataclass
class Split:
    """The files of one data set.

    Attributes:
        name (str): ``source``, ``target``, ``labeled`` (with pseudo labels, of a second stage), ``validation``, ...
        kind (str): Class of the data set.
        classes (tuple[str, ...]): Their names.
        entries (list[dict]): One per image, as the data set gives it: ``img_path``, ``seg_map_path`` if labeled, and
            ``planes`` if it has others: kind and path by name.
        label_format (LabelFormat): How label files are read.
        backend_args (dict, optional): Of the file backend.
        max_pixels (int): Larger images and labels are refused.
        resizes_labels (bool): Whether the pipeline fits labels of another size.
        pseudo_labels (str, optional): Folder of the labels, where these are pseudo labels.
        left_out (list[str]): Which files of the folders are not in use.
        findings (list[Finding]): What is wrong before a file is opened.
    """

    name: str
    kind: str
    classes: tuple[str, ...] = ()
    entries: list[dict] = field(default_factory=list)
    label_format: LabelFormat = field(default_factory=train_ids)
    backend_args: dict | None = None
    max_pixels: int = MAX_PIXELS
    resizes_labels: bool = False
    pseudo_labels: str | None = None
    left_out: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def domain(self) -> str:
        """str: The name without its number."""
        return self.name.split(' ')[0]
