"""Arguments that several verbs share, in groups: task, optimizer, runs, machine, files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from batchwright.app.signature import Option, OptionGroup

_TASK, _OPTIMIZER, _RUN, _OUTPUT = "Task", "Optimizer", "Runs", "Output"

TaskGiven = Annotated[
    Any,
    Option(
        "A built-in name, path/to/file.py:function, module:function, or in Python a Task.", metavar="TASK"
    ),
]
TargetGiven = Annotated[
    Any, Option("e.g. accuracy=0.95, loss=0.2, train.loss=0.1.", panel=_TASK, metavar="METRIC=VALUE")
]
TaskSet = Annotated[
    Mapping[str, Any] | None, Option("Options of the task.", panel=_TASK, metavar="NAME=VALUE")
]
DataFolder = Annotated[str | None, Option("Folder with the task's data files.", panel=_TASK, metavar="DIR")]
Lr = Annotated[float | None, Option("Learning rate; the task's own by default.", panel=_OPTIMIZER)]
Objective = Annotated[str, Option("time, examples or steps to target.", panel="Question")]
Autocast = Annotated[str | None, Option("bfloat16: mixed precision.", panel=_RUN)]
Workers = Annotated[int | None, Option("Processes; default one a core (one on a GPU).", panel=_RUN)]
ExecutorName = Annotated[
    str | None,
    Option("in-process, loky (processes here) or ray; loky where the task allows it.", panel=_RUN),
]
RayAddress = Annotated[
    str | None, Option("Of a Ray cluster; default a Ray on this machine.", panel=_RUN, metavar="HOST:PORT")
]
StorePath = Annotated[
    str | None, Option("Default: $BATCHWRIGHT_STORE, else ./batchwright-runs/.", metavar="PATH")
]
Strict = Annotated[
    bool, Option("Raise Inconclusive (exit with 3) where nothing can be recommended.", panel=_OUTPUT)
]
ProgressGiven = Annotated[
    bool | Callable[..., None],
    Option("Show what goes on, how far it is and how long it takes; or call this with it.", panel=_OUTPUT),
]


@dataclass(frozen=True, kw_only=True)
class TaskOptions(OptionGroup):
    """What is asked of the task itself."""

    set: TaskSet = None
    data: DataFolder = None
    examples: Annotated[
        int | None, Option("Keep a stratified subset of the training examples.", panel=_TASK)
    ] = None


@dataclass(frozen=True, kw_only=True)
class MeasuredTaskOptions(OptionGroup):
    """The same where training takes all examples and only the measurement a subset of them."""

    set: TaskSet = None
    data: DataFolder = None
    examples: Annotated[
        int | None, Option("Measure over so many training examples, stratified.", panel="How")
    ] = None


@dataclass(frozen=True, kw_only=True)
class OptimizerOptions(OptionGroup):
    """How parameters move; what is not given is the task's own."""

    optimizer: Annotated[str | None, Option("sgd, adam, adamw, rmsprop, ...", panel=_OPTIMIZER)] = None
    momentum: Annotated[float | None, Option("Momentum of sgd or rmsprop.", panel=_OPTIMIZER)] = None
    momentum_form: Annotated[
        str | None, Option("heavy_ball, nesterov, averaged or velocity.", panel=_OPTIMIZER)
    ] = None
    weight_decay: Annotated[float | None, Option("Strength of the weight decay.", panel=_OPTIMIZER)] = None
    decay_form: Annotated[str | None, Option("l2 or decoupled.", panel=_OPTIMIZER)] = None
    l1: Annotated[float | None, Option("L1 penalty, by proximal steps.", panel=_OPTIMIZER)] = None
    clip_norm: Annotated[float | None, Option("Clip the gradient to this norm.", panel=_OPTIMIZER)] = None
    optimizer_option: Annotated[
        Mapping[str, Any] | None,
        Option(
            "betas=0.9,0.99, eps=1e-6 or any other by torch's name.",
            panel=_OPTIMIZER,
            metavar="NAME=VALUE",
        ),
    ] = None
    schedule: Annotated[
        str | None,
        Option("constant, exponential, inverse_time, step, polynomial or cosine.", panel=_OPTIMIZER),
    ] = None
    warmup_steps: Annotated[int | None, Option("Linear warm-up before the schedule.", panel=_OPTIMIZER)] = (
        None
    )
    horizon: Annotated[
        str | None,
        Option(
            "Length or period of the schedule: 20epochs, 5000steps, 1e6examples.",
            panel=_OPTIMIZER,
            metavar="LENGTH",
        ),
    ] = None
    decay: Annotated[
        float | None,
        Option("Factor a period of exponential and step, strength of inverse_time; 0.95.", panel=_OPTIMIZER),
    ] = None


@dataclass(frozen=True, kw_only=True)
class RunOptions(OptionGroup):
    """How a run goes through its examples."""

    order: Annotated[str, Option("shuffled, fixed or with_replacement.", panel=_RUN)] = "shuffled"
    micro_batch_size: Annotated[int | None, Option("Examples per forward pass.", panel=_RUN)] = None
    average_half_life: Annotated[
        float | None, Option("Evaluate an average of the weights, half-life in examples.", panel=_RUN)
    ] = None
    autocast: Autocast = None


@dataclass(frozen=True, kw_only=True)
class MachineOptions(OptionGroup):
    """Where runs are made, and from which seed."""

    seed: Annotated[int, Option("Root of all random streams.", panel=_RUN)] = 0
    device: Annotated[str, Option("cpu or cuda.", panel=_RUN)] = "cpu"
    dtype: Annotated[str, Option("float32, float64 or bfloat16.", panel=_RUN)] = "float32"


@dataclass(frozen=True, kw_only=True)
class FileOptions(OptionGroup):
    """Where the answer is written beside being returned; see ``Answer.save``."""

    figure: Annotated[
        str | None, Option("Draw into this .svg, .png or .pdf.", panel=_OUTPUT, metavar="FILE")
    ] = None
    report: Annotated[
        str | None, Option("Write figures and tables into this .html file.", panel=_OUTPUT, metavar="FILE")
    ] = None
