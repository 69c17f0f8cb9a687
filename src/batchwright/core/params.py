"""Algebra on parameter dictionaries (``name -> tensor``), the vectors that training moves.

All functions are pure: they return new dictionaries and leave their arguments alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.shapes import FlatParams

ParamDict = dict[str, Tensor]


def parameters_of(model: nn.Module) -> ParamDict:
    """Copies of the trainable parameters, detached; tied parameters appear once."""
    return {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}


def load_parameters(model: nn.Module, params: Mapping[str, Tensor]) -> None:
    """Write ``params`` into the model in place.

    Raises:
        InputError: a name or a shape that the model does not have.
    """
    own = dict(model.named_parameters())
    with torch.no_grad():
        for name, value in params.items():
            if name not in own:
                raise InputError(f"the model has no parameter {name!r}; it has {', '.join(own)}")
            if own[name].shape != value.shape:
                raise InputError(
                    f"parameter {name!r} must have shape {tuple(own[name].shape)}, got {tuple(value.shape)}"
                )
            own[name].copy_(value)


def map_params(function: Callable[..., Tensor], *dicts: Mapping[str, Tensor]) -> ParamDict:
    """Apply ``function`` name by name to one or more dictionaries with the same names."""
    first = dicts[0]
    for other in dicts[1:]:
        if other.keys() != first.keys():
            raise InputError(f"parameter names must agree, got {sorted(first)} and {sorted(other)}")
    return {name: function(*(d[name] for d in dicts)) for name in first}


def add(a: Mapping[str, Tensor], b: Mapping[str, Tensor], *, scale: float = 1.0) -> ParamDict:
    """``a + scale * b``."""
    return map_params(lambda x, y: x + scale * y, a, b)


def sub(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> ParamDict:
    """``a - b``."""
    return add(a, b, scale=-1.0)


def scale(a: Mapping[str, Tensor], factor: float) -> ParamDict:
    """``factor * a``."""
    return map_params(lambda x: x * factor, a)


def dot(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> Tensor:
    """Inner product over all parameters (a scalar tensor)."""
    products = map_params(lambda x, y: (x * y).sum(), a, b)
    return torch.stack(list(products.values())).sum()


def norm(a: Mapping[str, Tensor]) -> Tensor:
    """Euclidean norm over all parameters (a scalar tensor)."""
    return dot(a, a).sqrt()


def flatten(a: Mapping[str, Tensor]) -> FlatParams:
    """One vector, in the dictionary's order."""
    return torch.cat([x.reshape(-1) for x in a.values()])


def flat_gradient(gradients: Sequence[Tensor | None], params: Sequence[Tensor]) -> FlatParams:
    """Gradients by parameter as one vector: zeros for parameters without one, sparse ones made dense."""
    pairs = zip(gradients, params, strict=True)
    return torch.cat([(torch.zeros_like(p) if g is None else g.to_dense()).reshape(-1) for g, p in pairs])


def unflatten(vector: FlatParams, like: Mapping[str, Tensor]) -> ParamDict:
    """The inverse of :func:`flatten`, with the names and shapes of ``like``."""
    size = sum(x.numel() for x in like.values())
    if vector.numel() != size:
        raise InputError(f"the vector must have {size} entries, got {vector.numel()}")
    pieces = vector.split([x.numel() for x in like.values()])
    return {name: piece.view_as(x) for (name, x), piece in zip(like.items(), pieces, strict=True)}
