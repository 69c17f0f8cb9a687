from types import SimpleNamespace

_A = {"adam", "adamw", "nadam", "radam", "rmsprop", "adagrad", "adadelta", "adafactor", "muon"}


class _O(dict):
    def __missing__(self, k):
        return SimpleNamespace(adaptive=k in _A)


OPTIMIZERS = _O()
