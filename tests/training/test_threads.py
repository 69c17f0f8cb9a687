"""Work shared out among threads."""

import threading

import pytest
import torch

from batchwright.training.threads import one_thread_each


@pytest.fixture(autouse=True)
def _three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_every_item_once_in_threads_of_one():
    meeting = threading.Barrier(3, timeout=20)

    def work(items):
        meeting.wait()  # only passes if all three run at once
        return list(items), torch.get_num_threads()

    assert one_thread_each(work, range(8)) == [([0, 3, 6], 1), ([1, 4, 7], 1), ([2, 5], 1)]
    assert torch.get_num_threads() == 3


def test_one_item_needs_no_thread():
    here = threading.get_ident()
    assert one_thread_each(lambda items: (threading.get_ident(), list(items)), [7]) == [(here, [7])]


def test_errors_come_through_and_leave_the_number_of_threads():
    def work(items):
        raise ValueError(f"no {items[0]}")

    with pytest.raises(ValueError, match="no 0"):
        one_thread_each(work, [0, 1])
    assert torch.get_num_threads() == 3
