import pytest
import torch

from tests.helpers.host_reads import HostReads

X = torch.tensor([1.0, 0.0, 2.0])


@pytest.mark.parametrize(
    'read',
    [
        lambda: X.sum().item(),
        lambda: X.tolist(),
        lambda: X.cpu(),
        lambda: X.numpy(),
        lambda: float(X[0]),
        lambda: bool(X[0]),
        lambda: X.nonzero(),
        lambda: X.unique(),
        lambda: X[X > 0],
        lambda: X.masked_select(X > 0),
        lambda: torch.equal(X, X),
    ],
    ids=['item', 'tolist', 'cpu', 'numpy', 'float', 'bool', 'nonzero', 'unique', 'mask', 'masked_select', 'equal'],
)
def test_reads_are_found(read):
    with HostReads() as reads:
        read()
    assert reads.found


def test_work_on_the_device_is_no_read():
    with HostReads() as reads:
        X.where(X > 0, 1).argsort()[torch.tensor([0, 1])].float().mean()
    assert reads.found == []


def test_nothing_is_recorded_afterwards():
    with HostReads() as reads:
        pass
    X.tolist()
    assert reads.found == []


def test_reads_of_a_file_that_does_not_count():
    with HostReads(but_in=['tests/test_host_reads.py']) as reads:
        X.tolist()
    assert reads.found == []
