"""Problems whose Hessian is known in closed form, alone and hidden among many parameters.

Every problem is ``(task, model, truth)``: a float64 task, a model at the point in question and all the
eigenvalues of the Hessian of its mean training loss, ascending. ``embedded`` turns one into the same function of
5000 parameters, all of which matter a little; ``padded`` into one where most do not matter at all.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from batchwright.core.streams import generator
from batchwright.task.losses import squared_error
from batchwright.task.task import Task

EMBEDDED = 5000
"""Parameters of the embedded problems, above the dense limit."""


def _double(*values):
    return torch.tensor(values, dtype=torch.float64)


def _task(name, model, inputs, targets, loss):
    return Task(name=name, model=model, train=(inputs, targets), validation=(inputs, targets), loss=loss)


class Product(nn.Module):
    """w1 w2 ... x."""

    def __init__(self, at):
        super().__init__()
        self.weights = nn.ParameterList([nn.Parameter(_double(w).squeeze()) for w in at])

    def forward(self, inputs):
        for weight in self.weights:
            inputs = weight * inputs
        return inputs


def product(*at):
    """(1 - w1 w2)^2 or (1 - w1 w2 w3)^2 at a point; the Hessian is 2 g g' - 2 (1 - w1 w2 ...) d^2(w1 w2 ...)."""
    one = torch.ones(1, dtype=torch.float64)
    task = _task(f"product{at}", lambda: Product(at), one, one, squared_error)
    w = _double(*at)
    n = len(at)
    g, second = torch.zeros(n).double(), torch.zeros(n, n).double()
    for i in range(n):
        g[i] = w[[k for k in range(n) if k != i]].prod()
        for j in range(n):
            if i != j:
                second[i, j] = w[[k for k in range(n) if k not in (i, j)]].prod()
    hessian = 2 * torch.outer(g, g) - 2 * (1 - w.prod()) * second
    return task, task.build_model(0), torch.linalg.eigvalsh(hessian)


def origin():
    return *product(0.0, 0.0)[:2], _double(-2, 2)


def ones():
    return *product(1.0, 1.0)[:2], _double(0, 4)


def off_diagonal_minimum():
    return *product(2.0, 0.5)[:2], _double(0, 8.5)


def flat_origin():
    """(1 - w1 w2 w3)^2 at 0: H = 0."""
    return *product(0.0, 0.0, 0.0)[:2], _double(0, 0, 0)


def triple_ones():
    return *product(1.0, 1.0, 1.0)[:2], _double(0, 0, 6)


def _twice_squared_error(outputs, targets):
    return 2 * ((outputs - targets) ** 2).sum(1)


def deep_linear(width=3):
    """||S - W2 W1||^2 with S = diag(3, 1), at 0: +-6 and +-2, each ``width`` times."""

    def model():
        net = nn.Sequential(nn.Linear(2, width, bias=False), nn.Linear(width, 2, bias=False)).double()
        for layer in net:
            nn.init.zeros_(layer.weight)
        return net

    # The mean over two examples, the rows of the identity, of twice the squared error.
    task = _task("deep-linear", model, torch.eye(2).double(), _double(3, 1).diag(), _twice_squared_error)
    truth = _double(*[-6] * width, *[-2] * width, *[2] * width, *[6] * width)
    return task, task.build_model(0), truth


def _features(examples, width):
    random = generator(7, "curvature-cases")
    scale = torch.linspace(0.5, 3, width, dtype=torch.float64)
    return torch.randn(examples, width, generator=random, dtype=torch.float64) * scale


def _linear(inputs, outputs, at):
    layer = nn.Linear(inputs, outputs, bias=False).double()
    nn.init.constant_(layer.weight, at)
    return layer


def least_squares(examples=30, width=6):
    """(2/N) X'X."""
    X = _features(examples, width)
    y = X.sum(1, keepdim=True).sin()
    task = _task("least-squares", lambda: _linear(width, 1, 0.3), X, y, squared_error)
    return task, task.build_model(0), torch.linalg.eigvalsh(2 / examples * X.T @ X)


def _logistic_loss(outputs, targets):
    return nn.functional.binary_cross_entropy_with_logits(outputs[:, 0], targets, reduction="none")


def logistic(examples=30, width=6):
    """X' diag(p (1 - p)) X / N."""
    X = _features(examples, width)
    y = (X.sum(1) > 0).double()
    task = _task("logistic", lambda: _linear(width, 1, 0.3), X, y, _logistic_loss)
    p = torch.sigmoid(0.3 * X.sum(1))
    return task, task.build_model(0), torch.linalg.eigvalsh(X.T @ ((p * (1 - p))[:, None] * X) / examples)


def softmax(examples=30, width=4, classes=3):
    """(I/C - 11'/C^2) kron X'X/N at W = 0."""
    X = _features(examples, width)
    y = torch.arange(examples) % classes
    loss = nn.CrossEntropyLoss(reduction="none")
    task = _task("softmax", lambda: _linear(width, classes, 0.0), X, y, loss)
    outer = torch.eye(classes, dtype=torch.float64) / classes - 1 / classes**2
    return task, task.build_model(0), torch.linalg.eigvalsh(torch.kron(outer, X.T @ X / examples))


CASES = {
    "origin": origin,
    "ones": ones,
    "off-diagonal-minimum": off_diagonal_minimum,
    "flat-origin": flat_origin,
    "triple-ones": triple_ones,
    "deep-linear": deep_linear,
    "least-squares": least_squares,
    "logistic": logistic,
    "softmax": softmax,
}


class Embedded(nn.Module):
    """The inner model at weights w = Q theta, theta the only parameter, Q with orthonormal rows."""

    def __init__(self, inner, parameters, seed=0):
        super().__init__()
        object.__setattr__(self, "_inner", inner)  # hidden: its weights are no parameters of ours
        flat = nn.utils.parameters_to_vector(inner.parameters()).detach()
        self._shapes = {name: p.shape for name, p in inner.named_parameters()}
        tall = torch.randn(parameters, len(flat), generator=generator(seed, "embedded"), dtype=flat.dtype)
        self.register_buffer("rows", torch.linalg.qr(tall).Q.T.contiguous())
        self.theta = nn.Parameter(self.rows.T @ flat)

    def forward(self, inputs):
        pieces = (self.rows @ self.theta).split([s.numel() for s in self._shapes.values()])
        weights = {n: w.view(s) for (n, s), w in zip(self._shapes.items(), pieces, strict=True)}
        return torch.func.functional_call(self._inner, weights, (inputs,))


class Padded(nn.Module):
    """The inner model beside parameters that the loss does not use."""

    def __init__(self, inner, parameters):
        super().__init__()
        self.inner = inner
        used = sum(p.numel() for p in inner.parameters())
        self.unused = nn.Parameter(torch.ones(parameters - used, dtype=torch.float64))

    def forward(self, inputs):
        return self.inner(inputs)


def _widened(case, make, parameters):
    task, model, truth = case
    wide = make(model)
    zeros = torch.zeros(parameters - len(truth), dtype=torch.float64)
    factory = task.model
    return replace(task, model=lambda: make(factory())), wide, torch.cat([truth, zeros]).sort().values


def embedded(case, parameters=EMBEDDED, seed=0):
    """The problem as a function of ``parameters`` rotated ones; the Hessian is Q' H Q, its other eigenvalues 0."""
    return _widened(case, lambda model: Embedded(model, parameters, seed), parameters)


def padded(case, parameters=EMBEDDED):
    """The problem beside unused parameters."""
    return _widened(case, lambda model: Padded(model, parameters), parameters)


class EmbeddedOperator:
    """A symmetric matrix with known eigenvalues and no structure to see: R' diag(values) R.

    R is a product of ``reflections`` random Householder reflections, so the eigenvectors are dense. ``block``, a
    small symmetric matrix, may stand in place of the first values.

    Args:
        values: the eigenvalues, or the first of them; the rest up to ``count`` are ``fill``.
        block: a symmetric matrix whose eigenvalues come first.
    """

    def __init__(
        self, values=(), *, block=None, count=EMBEDDED, fill=0.0, reflections=4, seed=0, dtype=torch.float64
    ):
        self.count, self.dtype, self.device, self.products = count, dtype, torch.device("cpu"), 0
        self.calls, self.examples = 0, 1
        self._block = torch.zeros(0, 0, dtype=dtype) if block is None else block.to(dtype)
        self._diagonal = torch.full((count - len(self._block),), float(fill), dtype=dtype)
        values = torch.as_tensor(values, dtype=dtype)
        self._diagonal[: len(values)] = values
        random = generator(seed, "embedded-operator")
        raw = torch.randn(reflections, count, generator=random, dtype=torch.float64)
        self._normals = (raw / raw.norm(dim=1, keepdim=True)).to(dtype)

    @property
    def truth(self):
        """All eigenvalues, ascending."""
        first = torch.linalg.eigvalsh(self._block.double())
        return torch.cat([first, self._diagonal.double()]).sort().values

    def _reflected(self, vectors, normals):
        for normal in normals:
            vectors = vectors - 2 * (vectors @ normal)[:, None] * normal
        return vectors

    def hessian_products(self, vectors):
        assert vectors.ndim == 2
        assert vectors.shape[1] == self.count
        assert vectors.dtype == self.dtype
        self.products += len(vectors)
        self.calls += 1
        turned = self._reflected(vectors, self._normals)
        k = len(self._block)
        scaled = torch.cat([turned[:, :k] @ self._block, turned[:, k:] * self._diagonal], 1)
        return self._reflected(scaled, self._normals.flip(0))
