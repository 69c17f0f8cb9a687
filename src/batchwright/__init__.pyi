"""Made by ``python -m batchwright.app.stub``; the tests compare the two."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from batchwright.app.answer import Answer as Answer
from batchwright.app.answer import Inconclusive as Inconclusive
from batchwright.app.monitor import NoiseMonitor as NoiseMonitor
from batchwright.app.point import after as after
from batchwright.app.point import initial as initial
from batchwright.app.researcher import named_task as named_task
from batchwright.app.researcher import per_example_gradients as per_example_gradients
from batchwright.app.train import Training as Training
from batchwright.app.train_many import train_many as train_many
from batchwright.core.averages import exponential_average as exponential_average
from batchwright.core.errors import BatchwrightError as BatchwrightError
from batchwright.core.errors import InputError as InputError
from batchwright.integrations.attach.attach import attach as attach
from batchwright.integrations.estimators.mini_batch import MiniBatchClassifier as MiniBatchClassifier
from batchwright.integrations.estimators.mini_batch import MiniBatchRegressor as MiniBatchRegressor
from batchwright.measure.gradients.attribution import attribution as attribution
from batchwright.measure.hessian.curvature import Curvature as Curvature
from batchwright.measure.points.stationary import find_critical_point as find_critical_point
from batchwright.measure.sharpness.definitions import measure_sharpness as measure_sharpness
from batchwright.optim.penalised import lasso_path as lasso_path
from batchwright.optim.penalised import ridge_path as ridge_path
from batchwright.report.text.language import language as language
from batchwright.task.task import Metric as Metric
from batchwright.task.task import Target as Target
from batchwright.task.task import Task as Task
import batchwright.lightning as lightning
import batchwright.transformers as transformers

__version__: str

def advise(
    task: Any,
    *,
    budget: float | str = '3trainings',
    batch_sizes: Sequence[int] | None = None,
    target: Any = None,
    objective: str = 'time',
    lr: float | None = None,
    max_epochs: float | None = None,
    name: str | None = None,
    optimizer: str | None = None,
    momentum: float | None = None,
    momentum_form: str | None = None,
    weight_decay: float | None = None,
    decay_form: str | None = None,
    l1: float | None = None,
    clip_norm: float | None = None,
    optimizer_option: Mapping[str, Any] | None = None,
    schedule: str | None = None,
    warmup_steps: int | None = None,
    horizon: str | None = None,
    decay: float | None = None,
    order: str = 'shuffled',
    micro_batch_size: int | None = None,
    average_half_life: float | None = None,
    autocast: str | None = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    examples: int | None = None,
    seed: int = 0,
    device: str = 'cpu',
    dtype: str = 'float32',
    store: str | None = None,
    strict: bool = False,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Recommend a batch size and learning rate from a few short runs."""

def branched(
    task: Any,
    *,
    batch_size: int = 32,
    lr: float | None = None,
    steps: int = 300,
    every: int | None = None,
    factors: Sequence[float] | None = None,
    branch_examples: int | None = None,
    seeds: int = 3,
    tolerance: float = 0.05,
    measured_on: str = 'train',
    optimizer: str | None = None,
    momentum: float | None = None,
    momentum_form: str | None = None,
    weight_decay: float | None = None,
    decay_form: str | None = None,
    l1: float | None = None,
    clip_norm: float | None = None,
    optimizer_option: Mapping[str, Any] | None = None,
    schedule: str | None = None,
    warmup_steps: int | None = None,
    horizon: str | None = None,
    decay: float | None = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    examples: int | None = None,
    seed: int = 0,
    device: str = 'cpu',
    dtype: str = 'float32',
    figure: str | None = None,
    report: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Measure the critical batch size along a run, by branches that go on with other batch sizes."""

def compare(
    task: Any,
    *,
    methods: Sequence[str] = ('gd', 'sgd', 'minibatch'),
    optimizers: Sequence[str] | None = None,
    batch_size: int = 32,
    align: str = 'epochs',
    epochs: float = 4.0,
    lr: float | Sequence[float] | None = None,
    examples: int | Sequence[int] | None = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    seed: int = 0,
    device: str = 'cpu',
    dtype: str = 'float32',
    figure: str | None = None,
    report: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Show training and validation loss, accuracy and seconds an epoch of several methods."""

def curvature(
    task: Any,
    *,
    at: Sequence[float] | Any = None,
    checkpoint: str | None = None,
    steps: int = 0,
    batch_size: int | None = None,
    lr: float | None = None,
    along: int | None = None,
    top: int = 5,
    bottom: int = 5,
    tolerance: float = 0.001,
    gradient_tolerance: float | None = None,
    trace_error: float = 0.05,
    density: bool = False,
    sharpness: bool = True,
    layers: bool = False,
    mode: str = 'evaluation',
    chunk: int = 128,
    memory_budget: str = '512MiB',
    optimizer: str | None = None,
    momentum: float | None = None,
    momentum_form: str | None = None,
    weight_decay: float | None = None,
    decay_form: str | None = None,
    l1: float | None = None,
    clip_norm: float | None = None,
    optimizer_option: Mapping[str, Any] | None = None,
    schedule: str | None = None,
    warmup_steps: int | None = None,
    horizon: str | None = None,
    decay: float | None = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    examples: int | None = None,
    seed: int = 0,
    device: str = 'cpu',
    dtype: str = 'float32',
    figure: str | None = None,
    report: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Find out where training stands: minimum, saddle or slope, and how sharp, from the exact Hessian."""

def diagnose(
    log: Any | Sequence[str],
    *,
    figure: str | None = None,
    report: str | None = None,
) -> Answer:
    """Find patterns in a training log, their cause, and what to change."""

def doctor(
    task: Any = None,
    *,
    target: Any = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    store: str | None = None,
    strict: bool = False,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Find what in a task would spoil a study, with the fix for each; without a task, show what is installed."""

def escape(
    task: Any,
    *,
    at: Sequence[float] | Any = None,
    checkpoint: str | None = None,
    steps: int = 0,
    batch_size: int | None = None,
    lr: float | None = None,
    chunk: int = 128,
    memory_budget: str = '512MiB',
    optimizer: str | None = None,
    momentum: float | None = None,
    momentum_form: str | None = None,
    weight_decay: float | None = None,
    decay_form: str | None = None,
    l1: float | None = None,
    clip_norm: float | None = None,
    optimizer_option: Mapping[str, Any] | None = None,
    schedule: str | None = None,
    warmup_steps: int | None = None,
    horizon: str | None = None,
    decay: float | None = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    examples: int | None = None,
    seed: int = 0,
    device: str = 'cpu',
    dtype: str = 'float32',
    figure: str | None = None,
    report: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Leave a saddle along its most negative curvature, with a line search: the loss must fall."""

def export(
    study: str,
    *,
    output: str | None = None,
    to: str | None = None,
    store: str | None = None,
) -> Answer:
    """Write every run of a study as a table: to a file, else as CSV (JSON with --json) on stdout."""

def fit(
    table: Any,
    *,
    predict: Sequence[float] | None = None,
    far: bool = False,
    workload: str | None = None,
    workload_column: str | None = None,
    dataset_size: float | None = None,
    devices: float | None = None,
    figure: str | None = None,
    report: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Find the critical batch size in a table of steps to target, and predict other batch sizes."""

def lesson(
    name: str,
    *,
    full: bool = False,
    seed: int = 0,
    workers: int | None = None,
    figure: str | None = None,
    report: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Run a lesson: put a claim about mini-batch training to the test, and judge it by what was measured."""

def lessons(
    name: str | None = None,
    *,
    all: bool = False,
    full: bool = False,
    seed: int = 0,
    workers: int | None = None,
    figure: str | None = None,
    report: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """List the lessons, run one, or run them all: claims about mini-batch training, put to the test."""

def noise(
    task: Any,
    *,
    at: Sequence[float] | Any = None,
    checkpoint: str | None = None,
    steps: int = 0,
    batch_size: int | None = None,
    lr: float | None = None,
    along: int | None = None,
    sample: int | str = 'auto',
    curvature: bool = True,
    geometry: bool = False,
    branched: bool = False,
    draws: int = 64,
    memory_budget: str = '512MiB',
    optimizer: str | None = None,
    momentum: float | None = None,
    momentum_form: str | None = None,
    weight_decay: float | None = None,
    decay_form: str | None = None,
    l1: float | None = None,
    clip_norm: float | None = None,
    optimizer_option: Mapping[str, Any] | None = None,
    schedule: str | None = None,
    warmup_steps: int | None = None,
    horizon: str | None = None,
    decay: float | None = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    examples: int | None = None,
    seed: int = 0,
    device: str = 'cpu',
    dtype: str = 'float32',
    figure: str | None = None,
    report: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Measure the gradient noise scale: the batch size beyond which averaging more examples buys little."""

def probe(
    task: Any,
    *,
    batch_sizes: Sequence[int] | None = None,
    memory_budget: str | None = None,
    seconds: float = 8.0,
    lr: float | None = None,
    optimizer: str | None = None,
    momentum: float | None = None,
    momentum_form: str | None = None,
    weight_decay: float | None = None,
    decay_form: str | None = None,
    l1: float | None = None,
    clip_norm: float | None = None,
    optimizer_option: Mapping[str, Any] | None = None,
    schedule: str | None = None,
    warmup_steps: int | None = None,
    horizon: str | None = None,
    decay: float | None = None,
    autocast: str | None = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    examples: int | None = None,
    seed: int = 0,
    device: str = 'cpu',
    dtype: str = 'float32',
    figure: str | None = None,
    report: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Measure seconds and memory of a step at every batch size, and the largest batch that fits."""

def rescale(
    optimizer: Any,
    from_batch: int,
    to_batch: int,
    *,
    lr: float | None = None,
    betas: tuple[float, float] | None = None,
    eps: float | None = None,
    weight_decay: float | None = None,
    study: str | None = None,
    store: str | None = None,
) -> Answer:
    """Carry an optimizer's learning rate, betas, eps and weight decay over to another batch size."""

def resume(
    study: str,
    *,
    workers: int | None = None,
    executor: str | None = None,
    address: str | None = None,
    store: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Continue an interrupted study: finished runs are not repeated. A finished one is shown."""

def show(
    study: str,
    *,
    store: str | None = None,
    strict: bool = False,
) -> Answer:
    """Show the answer of a stored study."""

def studies(
    *,
    store: str | None = None,
) -> Answer:
    """List the stored studies."""

def study(
    task: Any,
    *,
    batch_sizes: Sequence[int] | None = None,
    target: Any = None,
    objective: str = 'time',
    lr: float | None = None,
    search_seeds: int | None = None,
    confirm_seeds: int | None = None,
    budget: float | str | None = None,
    max_epochs: float | None = None,
    measure: Sequence[str] | None = None,
    growth: bool = False,
    dry_run: bool = False,
    name: str | None = None,
    optimizer: str | None = None,
    momentum: float | None = None,
    momentum_form: str | None = None,
    weight_decay: float | None = None,
    decay_form: str | None = None,
    l1: float | None = None,
    clip_norm: float | None = None,
    optimizer_option: Mapping[str, Any] | None = None,
    schedule: str | None = None,
    warmup_steps: int | None = None,
    horizon: str | None = None,
    decay: float | None = None,
    order: str = 'shuffled',
    micro_batch_size: int | None = None,
    average_half_life: float | None = None,
    autocast: str | None = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    examples: int | None = None,
    seed: int = 0,
    device: str = 'cpu',
    dtype: str = 'float32',
    workers: int | None = None,
    executor: str | None = None,
    address: str | None = None,
    store: str | None = None,
    strict: bool = False,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Find the batch size and learning rate that reach the target soonest, and how sure that is."""

def surface(
    task: Any,
    *,
    plane: bool = False,
    direction: str = 'random',
    between: Sequence[int] | None = None,
    between_checkpoints: tuple[str, str] | None = None,
    trajectory: bool = False,
    epochs: float | None = None,
    lr: float | Sequence[float] | None = None,
    points: int = 25,
    range: float | None = None,
    recalibrate: bool = True,
    at: Sequence[float] | Any = None,
    checkpoint: str | None = None,
    steps: int = 0,
    batch_size: int | None = None,
    optimizer: str | None = None,
    momentum: float | None = None,
    momentum_form: str | None = None,
    weight_decay: float | None = None,
    decay_form: str | None = None,
    l1: float | None = None,
    clip_norm: float | None = None,
    optimizer_option: Mapping[str, Any] | None = None,
    schedule: str | None = None,
    warmup_steps: int | None = None,
    horizon: str | None = None,
    decay: float | None = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    examples: int | None = None,
    seed: int = 0,
    device: str = 'cpu',
    dtype: str = 'float32',
    figure: str | None = None,
    report: str | None = None,
    progress: bool | Callable[..., None] = True,
) -> Answer:
    """Measure loss and accuracy along a line or over a plane through a model, or between two of them."""

def train(
    task: Any,
    *,
    batch_size: int = 32,
    lr: float | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    budget_examples: int | None = None,
    seconds: float | None = None,
    target: Any = None,
    last_batch: str = 'keep',
    drop_last: bool = False,
    full_divisor: bool = False,
    grow_factor: float | None = None,
    grow_every: float = 5.0,
    grow_to: int | None = None,
    grow_lr_power: float = 0.0,
    evaluate: str = 'epoch',
    train_metrics: bool = False,
    checkpoint: str | None = None,
    resume: str | None = None,
    optimizer: str | None = None,
    momentum: float | None = None,
    momentum_form: str | None = None,
    weight_decay: float | None = None,
    decay_form: str | None = None,
    l1: float | None = None,
    clip_norm: float | None = None,
    optimizer_option: Mapping[str, Any] | None = None,
    schedule: str | None = None,
    warmup_steps: int | None = None,
    horizon: str | None = None,
    decay: float | None = None,
    order: str = 'shuffled',
    micro_batch_size: int | None = None,
    average_half_life: float | None = None,
    autocast: str | None = None,
    set: Mapping[str, Any] | None = None,
    data: str | None = None,
    examples: int | None = None,
    seed: int = 0,
    device: str = 'cpu',
    dtype: str = 'float32',
    progress: bool | Callable[..., None] = True,
) -> Training:
    """Train once. Iterate over it to follow the run after every update; ``answer()`` makes it to the end."""
