"""The pseudo labels of a split: those that a config names, or that its run made last."""

from os.path import isfile

from mmuda.datasets.doctor.findings import Finding, Severity
from mmuda.datasets.doctor.split import Split
from mmuda.datasets.label_maps import train_ids
from mmuda.datasets.wrappers.pseudo_label_dataset import PseudoLabelDataset
from mmuda.pseudo_labels.store import PseudoLabelStore


def add_pseudo_labels(split: Split, wrapper: dict, last: PseudoLabelStore | None) -> None:
    """Name the pseudo labels of each image of a split, and what else their store has.

    Args:
        split (Split): Images without labels; ``seg_map_path`` and ``planes`` of its entries and ``findings`` change.
        wrapper (dict): Config of the ``PseudoLabelDataset``.
        last (PseudoLabelStore, optional): The labels that were made last; taken where the config names none.
    """
    named = wrapper.get('store')
    store = PseudoLabelStore(named) if named else last
    if store is None:
        _add(split, 'note', 'there are none yet: training makes them')
        return
    try:
        dataset = PseudoLabelDataset(dict(wrapper['dataset']), [], str(store.root), bool(wrapper.get('flat')))
        planes = [dataset.plane_files(index) for index in range(len(dataset))]
        complete = dataset.flat or (store.manifest() or {}).get('complete', False)
    except (ValueError, OSError) as error:
        _add(split, 'error', str(error))
        return
    labels = [dataset.label_path(index) for index in range(len(dataset))]
    for entry, label, others in zip(split.entries, labels, planes):
        if isfile(label):
            entry.update(seg_map_path=label, label_map=None, planes=others)
    split.label_format = train_ids()
    split.pseudo_labels = str(store.root)
    missing = [label for label in labels if not isfile(label)]
    if missing:
        message = f'{len(missing)} of {len(labels)} images have no label in {store.root}, the first is {missing[0]}'
        if complete:
            _add(split, 'error', f'{message}: delete the folder and label again')
        else:
            _add(split, 'warning', f'{message}: the labeling was stopped; the same training command continues')


def _add(split: Split, severity: Severity, message: str) -> None:
    split.findings.append(Finding(severity, 'pseudo labels', split.name, message))
