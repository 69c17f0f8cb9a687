"""A machine in which time passes only when something is done."""

from __future__ import annotations

from batchwright.measure.hardware.turns import Contender, Instruments


class FakeMachine:
    """A clock that updates advance, and a load that the test sets.

    Args:
        cost: seconds of an update, of the batch size and of how many updates of it were made before.
        loads: share that others use during each sweep in turn; the last one stays. None: the system does not tell.
    """

    def __init__(self, cost, loads=(0.0,)):
        self.now, self.cost, self.loads = 0.0, cost, list(loads)
        self.updates, self.turns = {}, []

    def instruments(self):
        return Instruments(clock=lambda: self.now, meter=lambda: self)

    def share(self):
        return self.loads.pop(0) if len(self.loads) > 1 else self.loads[0]

    def contender(self, size):
        def update():
            made = self.updates.get(size, 0)
            self.updates[size] = made + 1
            self.now += self.cost(size, made)

        return Contender(
            batch_size=size, update=update, prepare=lambda updates: self.turns.append((size, updates))
        )
