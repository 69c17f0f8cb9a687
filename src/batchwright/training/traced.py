"""The forward pass of K copies of a model that somebody wrote: its own ``forward`` as a graph of known operations.

``torch.fx`` runs ``forward`` with placeholders and writes down what it does. Where all of that is known here as a
function of each example alone, the graph is run on stacks; anything else (branches that look at numbers, random
numbers, layers or operations that are not known) is left to runs by themselves.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from batchwright.training.stacked import StackedForward, Stacks, hooked, layer_of, stacked_forward

_BY_ENTRY: frozenset[Any] = frozenset({
    torch.relu, F.relu, F.relu6, torch.tanh, F.tanh, torch.sigmoid, F.sigmoid, F.gelu, F.silu, F.elu, F.selu, F.mish,
    F.leaky_relu, F.softplus, F.softsign, F.hardtanh, F.logsigmoid, torch.exp, torch.sin, torch.cos, torch.abs,
    torch.square, torch.sqrt, torch.clamp, operator.neg, operator.pow, operator.add, operator.sub, operator.mul,
    operator.truediv, torch.add, torch.sub, torch.mul, torch.div, operator.iadd, operator.imul,
})  # fmt: skip
"""Functions that work entry by entry, whatever the shape; of two tensors, of one shape or spread over columns."""
_BY_ENTRY_METHODS = frozenset({
    "relu", "tanh", "sigmoid", "exp", "sin", "cos", "abs", "square", "sqrt", "clamp", "add", "sub", "mul", "div",
    "contiguous",
})  # fmt: skip
_EXAMPLES = object()
"""Stands for the number of examples where ``forward`` asks for it."""
Values = Mapping[fx.Node, Any]
Step = Callable[[Stacks, Values], Any]


class _Layers(fx.Tracer):
    """Layers of torch.nn are leaves, chains of them are not."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return type(m) is not nn.Sequential and type(m).__module__.startswith("torch.nn.")


def forward_of_stack(model: nn.Module) -> StackedForward | None:
    """The forward pass of K models like this one; None where something in it is not known here."""
    return stacked_forward(model) or _traced(model)


def _traced(model: nn.Module) -> StackedForward | None:
    graph = _graph(model)
    if graph is None:
        return None
    steps: list[tuple[fx.Node, Step]] = []
    source = None
    for node in graph.nodes:
        if node.op == "placeholder":
            if source is not None or node.args:
                return None  # several inputs, or one with a default
            source = node
            continue
        step = _step(model, node)
        if step is None:
            return None
        steps.append((node, step))
    last = steps[-1][0]

    def forward(stacks: Stacks, x: Tensor) -> Tensor:
        values: dict[fx.Node, Any] = {} if source is None else {source: x}
        for node, step in steps:
            values[node] = step(stacks, values)
        result: Tensor = values[last]
        return result

    return forward


def _graph(model: nn.Module) -> fx.Graph | None:
    """What ``forward`` does, if it does the same in training and evaluation and whenever it is called."""
    if any(hooked(module) for module in model.modules()):
        return None
    was_training = model.training
    graphs = []
    try:
        for training in (True, False, True):
            model.train(training)
            graphs.append(_Layers().trace(model))
    except Exception:  # whatever somebody's forward raises on placeholders: it then runs by itself
        return None
    finally:
        model.train(was_training)
    words = [str(graph) for graph in graphs]
    return graphs[0] if words[0] == words[1] == words[2] else None


def is_faithful(forward: StackedForward, model: nn.Module, inputs: Tensor) -> bool:
    """Whether stacks give what models give by themselves: tried on a few examples and two models, in float64.

    The graph alone does not say how sizes are matched where ``forward`` puts tensors of unequal shapes together.
    """
    inputs = inputs.double() if inputs.is_floating_point() else inputs
    models = [copy.deepcopy(model).double().eval() for _ in range(2)]
    with torch.no_grad():
        for p in models[1].parameters():
            p.mul_(-0.7).add_(0.01)
        named = zip(*(m.named_parameters() for m in models), strict=True)
        stacks = {name: torch.stack([one, two]) for (name, one), (_, two) in named}
        try:
            together = forward(stacks, inputs.expand(2, *inputs.shape))
        except RuntimeError:
            return False
        alone = torch.stack([m(inputs) for m in models])
    return together.shape == alone.shape and bool(torch.allclose(together, alone, rtol=1e-9, atol=1e-12))


# --- one node of the graph ---


def _step(model: nn.Module, node: fx.Node) -> Step | None:
    """How a node is computed on stacks; None where it is not known."""
    if node.op == "output":
        return _output(node)
    if node.op == "call_module":
        return _module(model, node)
    if node.op == "call_function":
        return _function(node)
    if node.op == "call_method":
        return _method(node)
    return None


def _output(node: fx.Node) -> Step | None:
    result: Any = node.args[0]
    return (lambda stacks, values: values[result]) if isinstance(result, fx.Node) else None


def _module(model: nn.Module, node: fx.Node) -> Step | None:
    name = str(node.target)
    layer = layer_of(model.get_submodule(name), f"{name}.")
    if layer is None or node.kwargs or len(node.args) != 1 or not isinstance(node.args[0], fx.Node):
        return None
    x: fx.Node = node.args[0]
    return lambda stacks, values: layer(stacks, values[x])


def _function(node: fx.Node) -> Step | None:
    function: Any = node.target
    if function is getattr and node.args[1] == "shape":
        return lambda stacks, values: (_EXAMPLES,)
    if function is operator.getitem and node.args[1] == 0 and _asks_for_shape(node.args[0]):
        return lambda stacks, values: _EXAMPLES
    if function is torch.flatten:
        return _flatten(node)
    if function in _BY_ENTRY and not _mentions_examples(node):
        return _by_entry(node, function)
    return None


def _method(node: fx.Node) -> Step | None:
    name, args = str(node.target), list[Any](node.args)
    if name == "size" and args[1:] == [0]:
        return lambda stacks, values: _EXAMPLES
    if name == "size" and len(args) == 1:
        return lambda stacks, values: (_EXAMPLES,)
    if name == "flatten":
        return _flatten(node)
    if name in ("view", "reshape"):
        return _reshape(node)
    if name == "squeeze" and len(args) == 2 and args[1] != 0:
        x, place = args
        return lambda stacks, values: values[x].squeeze(place + 1 if place > 0 else place)
    if name in _BY_ENTRY_METHODS and not _mentions_examples(node):
        return _by_entry(node, getattr(Tensor, name))
    return None


def _asks_for_shape(given: Any) -> bool:
    if not isinstance(given, fx.Node):
        return False
    named = given.op == "call_function" and given.target is getattr and given.args[1] == "shape"
    return named or (given.op == "call_method" and given.target == "size" and len(given.args) == 1)


def _counts_examples(node: fx.Node) -> bool:
    """Whether it is the number of examples: ``x.size(0)`` or ``x.shape[0]``, the only ones that are known."""
    if node.op == "call_method":
        return node.target == "size" and len(node.args) == 2
    return node.op == "call_function" and node.target is operator.getitem


def _mentions_examples(node: fx.Node) -> bool:
    """Whether a number of examples goes into it, as into a mean over the batch."""
    return any(_asks_for_shape(given) or _counts_examples(given) for given in node.all_input_nodes)


def _by_entry(node: fx.Node, function: Callable[..., Any]) -> Step:
    def step(stacks: Stacks, values: Values) -> Any:
        args = fx.map_arg(node.args, lambda n: values[n])
        return function(*args, **fx.map_arg(node.kwargs, lambda n: values[n]))

    return step


def _flatten(node: fx.Node) -> Step | None:
    """All but the examples, or from a later dimension to the last."""
    x, *rest = list[Any](node.args)
    start = node.kwargs.get("start_dim", rest[0] if rest else 0)
    end = node.kwargs.get("end_dim", rest[1] if len(rest) > 1 else -1)
    if not isinstance(start, int) or start < 1 or end != -1 or not isinstance(x, fx.Node):
        return None
    return lambda stacks, values: values[x].flatten(start + 1)


def _reshape(node: fx.Node) -> Step | None:
    """Into any shape that keeps the examples apart: its first size is their number, or -1."""
    x, *sizes = list[Any](node.args)
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = list(sizes[0])
    first, rest = (sizes[0], tuple(sizes[1:])) if sizes else (None, ())
    counted = isinstance(first, fx.Node) and _counts_examples(first)
    if not (counted or (first == -1 and rest and -1 not in rest)) or not all(
        isinstance(size, int) for size in rest
    ):
        return None
    return lambda stacks, values: values[x].reshape(*values[x].shape[:2], *rest)
