"""The lessons that time this machine: ``pytest tests/slow/this_machine.py`` where nothing else runs, two minutes."""

from batchwright.lessons.lab import Lab


def run_short(name):
    with Lab(workers=1) as lab:
        return lab.lesson(name)


def test_a_batch_of_one_pays_the_overhead_alone():
    """The dense net's overhead is many examples' worth on any machine."""
    found = run_short("cache")
    assert found.part("alone").verdict in ("holds", "holds_when")
    assert found.value("alone_ratio", timed_net="dense_net") > 8
    assert 0 < found.value("memory_share", timed_net="LeNet") < 1


def test_a_step_of_60000_examples_is_longer_and_an_example_in_it_cheaper():
    found = run_short("batch-time")
    assert found.part("longer_beyond").verdict == "holds"
    assert found.part("shorter_epoch").verdict == "holds"
    assert 1.5 < found.value("beyond_ratio", batch_size=60_000) < 200
