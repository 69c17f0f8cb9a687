"""Nets as scikit-learn's estimators, which can ask for their own batch size and learning rate."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from batchwright.advice.quick.budget import Allowance
from batchwright.batches.sampling import Sampling
from batchwright.core.errors import BatchwrightWarning, one_line, shown
from batchwright.integrations.estimators.auto import FEWEST_EXAMPLES, AutoChoice, choose
from batchwright.integrations.estimators.train_net import EstimatorError, TrainedNet, train_net
from batchwright.optim import CATALOGUE, OptimizerSpec
from batchwright.task.models import dense
from batchwright.task.target import as_target
from batchwright.task.task import Task, TaskReference
from batchwright.training.spec import Budget, EvaluationPlan, RunSpec

AUTO = "auto"
_USUAL_BATCH_SIZE = 32
_DTYPES = {"float32": torch.float32, "float64": torch.float64}
_PREDICTED_TOGETHER = 8192
"""Rows of a forward pass, which bounds its memory."""

Array = NDArray[Any]
MakeModule = Callable[[int, int], nn.Module]
"""``module(inputs, outputs)``: numbers an example, and outputs (classes, or targets of a regression)."""


class _MiniBatchNet(BaseEstimator):
    """What both estimators share: arguments, choice of batch size and learning rate, training."""

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (64,),
        *,
        module: MakeModule | None = None,
        batch_size: int | Literal["auto"] = _USUAL_BATCH_SIZE,
        learning_rate: float | Literal["auto"] | None = None,
        optimizer: str | Mapping[str, Any] = "adam",
        max_epochs: int = 100,
        target: Any = None,
        patience: int | None = None,
        validation_fraction: float = 0.1,
        budget: float = 3.0,
        budget_seconds: float | None = None,
        random_state: Any = None,
        device: str = "cpu",
        dtype: Literal["auto", "float32", "float64"] = "auto",
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.module = module
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.optimizer = optimizer
        self.max_epochs = max_epochs
        self.target = target
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.budget = budget
        self.budget_seconds = budget_seconds
        self.random_state = random_state
        self.device = device
        self.dtype = dtype

    # --- training ---

    def _train(self, x: Array, targets: Array, outputs: int, loss: str, metrics: Sequence[str]) -> None:
        """Choose, train, and set what a fitted estimator has; ``targets`` as the loss takes them."""
        self._check()
        x = np.asarray(x, dtype=self._dtype_of(x))
        task = self._task(x, targets, outputs, loss, metrics)
        spec = self._spec(task, str(x.dtype))
        choice = self._choice(spec, task)
        lr = spec.optimizer.lr
        self.batch_size_ = spec.batch_size
        if choice is not None and choice.best_guess is not None:
            self.batch_size_, lr = choice.best_guess.batch_size, choice.best_guess.lr or lr
        self.learning_rate_ = lr
        chosen = spec.model_copy(
            update={
                "batch_size": self.batch_size_,
                "optimizer": spec.optimizer.model_copy(update={"lr": lr}),
            }
        )
        self._keep(train_net(chosen, task, patience=self.patience), choice, str(x.dtype))

    def _keep(self, net: TrainedNet, choice: AutoChoice | None, dtype: str) -> None:
        result = net.result
        if result.status == "diverged":
            raise EstimatorError(
                f"training diverged after {result.updates} updates: learning_rate must be smaller, got "
                f"{self.learning_rate_:g}; inputs of very different sizes need a StandardScaler"
            )
        if net.failed:
            raise EstimatorError(f"training failed: {result.message}")
        self.module_, self.run_, self._dtype_fitted = net.module, result, dtype
        self.loss_curve_ = list(net.epoch_losses)
        self.n_iter_ = len(self.loss_curve_)
        self.n_steps_ = result.updates
        self.advice_ = None if choice is None else choice.advice
        self.auto_seconds_ = 0.0 if choice is None else choice.seconds
        self.auto_target_ = None if choice is None else choice.target
        self.batch_size_interval_ = None if choice is None else choice.advice.recommendation.interval

    def _choice(self, spec: RunSpec, task: Task) -> AutoChoice | None:
        """What ``auto`` found; None where nothing is to be chosen, or nothing can be."""
        if not self._asks:
            return None
        if len(task.train) < FEWEST_EXAMPLES:
            _warn(
                BatchwrightWarning(
                    f"'auto' takes {FEWEST_EXAMPLES} training examples or more, got {len(task.train)}: batch size "
                    f"{spec.batch_size} and learning rate {spec.optimizer.lr:g} are used"
                )
            )
            return None
        if self.budget_seconds is not None:
            allowance = Allowance(seconds=float(self.budget_seconds))
        else:
            allowance = Allowance(trainings=float(self.budget))
        choice = choose(spec, task, any_batch_size=self.batch_size == AUTO, allowance=allowance)
        guess = choice.best_guess
        if guess is None:
            _warn(
                BatchwrightWarning(
                    f"'auto' found no run that reaches the target: batch size {spec.batch_size} and learning rate "
                    f"{spec.optimizer.lr:g} are used"
                )
            )
        elif choice.doubts:
            _warn(
                BatchwrightWarning(
                    f"'auto' is inconclusive ({', '.join(choice.doubts)}): its best guess is used, batch size "
                    f"{guess.batch_size} and learning rate {guess.lr:g}"
                )
            )
        return choice

    # --- from arguments to specs ---

    @property
    def _asks(self) -> bool:
        return AUTO in (self.batch_size, self.learning_rate)

    @property
    def _holds_out(self) -> bool:
        """Whether validation examples are needed; else all examples are trained on."""
        on_train = isinstance(self.target, str) and self.target.strip().startswith("train.")
        return self._asks or self.patience is not None or (self.target is not None and not on_train)

    def _task(self, x: Array, targets: Array, outputs: int, loss: str, metrics: Sequence[str]) -> Task:
        make: Any = self.module
        if make is None:
            hidden = self.hidden_layer_sizes
            widths = [hidden] if isinstance(hidden, numbers.Integral) else list(hidden)  # type: ignore[arg-type]
            model: Any = partial(dense, x.shape[1], [int(width) for width in widths], outputs)
        else:
            model = partial(make, x.shape[1], outputs)
        data = (torch.from_numpy(np.array(x)), torch.from_numpy(np.array(targets)))
        name = type(self).__name__
        task = Task(
            model=model,
            train=data,
            validation=self.validation_fraction if self._holds_out else data,
            loss=loss,
            metrics=list(metrics),
            name=name,
            max_epochs=self.max_epochs,
        )
        return task.with_fields(reference=TaskReference(name=name, live=True))

    def _spec(self, task: Task, dtype: str) -> RunSpec:
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        size = _USUAL_BATCH_SIZE if self.batch_size == AUTO else int(self.batch_size)
        try:
            return RunSpec.model_validate(
                {
                    "task": task.reference,
                    "batch_size": min(size, len(task.train)),
                    "sampling": Sampling(last_batch="run_on"),
                    "optimizer": self._optimizer(),
                    "budget": Budget(epochs=self.max_epochs),
                    "target": as_target(self.target, task),
                    "evaluation": EvaluationPlan(splits=("validation",) if self._holds_out else ()),
                    "seed": seed,
                    "device": self.device,
                    "dtype": dtype,
                }
            )
        except ValidationError as error:
            raise EstimatorError(one_line(error)) from None

    def _optimizer(self) -> OptimizerSpec:
        given = self.optimizer
        fields: dict[str, Any] = {"name": given} if isinstance(given, str) else dict(given)
        name = fields.get("name", "sgd")
        if "lr" in fields:
            raise EstimatorError(
                f"the optimizer's learning rate is learning_rate, got lr={shown(fields['lr'])} in optimizer"
            )
        known = CATALOGUE.get(name)
        if known is not None:
            fields["lr"] = known.usual_lr
        if isinstance(self.learning_rate, numbers.Real):
            fields["lr"] = float(self.learning_rate)
        return OptimizerSpec.model_validate(fields)

    def _dtype_of(self, x: Array) -> str:
        return str(x.dtype) if self.dtype == AUTO else self.dtype

    def _check(self) -> None:
        _check_number("batch_size", self.batch_size, whole=True, words=(AUTO,))
        _check_number("learning_rate", self.learning_rate, words=(AUTO, None))
        _check_number("max_epochs", self.max_epochs, whole=True)
        _check_number("patience", self.patience, whole=True, words=(None,))
        _check_number("budget", self.budget)
        _check_number("budget_seconds", self.budget_seconds, words=(None,))
        if self.batch_size == AUTO and isinstance(self.learning_rate, numbers.Real):
            raise EstimatorError(
                f"batch_size='auto' tunes the learning rate with it: leave learning_rate out, got "
                f"{shown(self.learning_rate)}"
            )
        if self.dtype not in (AUTO, *_DTYPES):
            raise EstimatorError(f"dtype must be auto, float32 or float64, got {shown(self.dtype)}")
        if self.module is not None and not callable(self.module):
            raise EstimatorError(
                f"module must be a function of inputs and outputs that builds an nn.Module, got "
                f"{type(self.module).__name__}"
            )

    # --- prediction ---

    def _outputs(self, x: Any) -> Tensor:
        """Outputs of the net in double precision, shape (rows, outputs)."""
        check_is_fitted(self)
        rows = validate_data(self, x, reset=False, dtype=[np.float64, np.float32])
        inputs = torch.from_numpy(np.array(rows, dtype=self._dtype_fitted))
        with torch.inference_mode():
            parts = [self.module_(part) for part in inputs.split(_PREDICTED_TOGETHER)]
        return torch.cat(parts).double().reshape(len(inputs), -1)


class MiniBatchClassifier(ClassifierMixin, _MiniBatchNet):
    """A net that classifies, trained by mini-batches of a chosen or a given size.

        MiniBatchClassifier(batch_size="auto", random_state=0).fit(X, y).batch_size_

    Minimises the cross entropy. It goes into pipelines, grid searches and pickles as scikit-learn's own do. Inputs
    are not scaled: put a ``StandardScaler`` before it.

    Args:
        hidden_layer_sizes: widths of the hidden layers, with ReLU behind each; ``()`` for none.
        module: ``module(inputs, outputs)`` builds the net instead; it returns one logit a class. To be pickled it
            must be a function at the top of a module.
        batch_size: examples per update, at most those there are; ``"auto"`` for the one that reaches the target in
            the least time on this machine, its learning rate with it. Seconds decide it, so it may differ from one
            fit to the next among those that are as good.
        learning_rate: None for the optimizer's usual one; ``"auto"`` tunes it at the batch size given.
        optimizer: a name, or a mapping of an ``OptimizerSpec``'s fields: ``{"name": "adamw", "weight_decay": 0.01}``.
        max_epochs: passes over the training examples, of every run.
        target: where training ends before that: ``"accuracy=0.95"``, ``"loss=0.2"`` on held-out examples,
            ``"train.loss=0.1"``. For ``"auto"`` it is also what is to be reached soonest; without, a pilot run says
            what can be reached (``auto_target_``).
        patience: epochs without a smaller held-out loss after which training ends, with the weights of the smallest.
        validation_fraction: share held out where ``target``, ``patience`` or ``"auto"`` need it; otherwise all
            examples are trained on.
        budget: what ``"auto"`` may cost beside the pilot, in trainings to the target, and at least five seconds.
        budget_seconds: the same as time on the clock, instead.
        random_state: seed of all random choices.
        device: ``cpu`` or ``cuda``; the fitted net is on the CPU.
        dtype: ``float32`` or ``float64``; by default that of the inputs, as they are validated: float32 stays.

    Attributes:
        classes_: the labels, sorted.
        n_features_in_, feature_names_in_: of the inputs.
        batch_size_, learning_rate_: what was trained with.
        batch_size_interval_: smallest and largest of the batch sizes that are as good; None without ``"auto"``.
        advice_: the advice itself, with its cost; None without ``"auto"``.
        auto_target_, auto_seconds_: what ``"auto"`` was to reach, and the seconds it took, pilot included.
        module_: the net. run_: the run, with its status, curves and seconds.
        n_iter_, n_steps_: epochs begun and updates made.
        loss_curve_: mean training loss of every epoch, as it was while the net moved.

    Raises:
        ValueError: bad arguments or data, one class only, or training that diverged.
    """

    classes_: Array

    def fit(self, X: Any, y: Any) -> Self:
        """Train on X of shape (examples, features) and labels y of any kind, shape (examples,)."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise EstimatorError(
                f"the labels must be of two classes or more, got one class: {shown(self.classes_.tolist()[0])}"
            )
        self._train(X, labels.astype(np.int64), len(self.classes_), "cross_entropy", ["accuracy"])
        return self

    def predict_proba(self, X: Any) -> Array:
        """Probabilities of the classes, shape (examples, classes)."""
        probabilities: Array = self._outputs(X).softmax(dim=1).numpy()
        return probabilities

    def predict(self, X: Any) -> Array:
        """The most probable class of every example, shape (examples,)."""
        best = self._outputs(X).argmax(dim=1).numpy()
        return np.asarray(self.classes_[best])


class MiniBatchRegressor(RegressorMixin, _MiniBatchNet):
    """A net that predicts numbers, trained by mini-batches of a chosen or a given size.

        MiniBatchRegressor(batch_size="auto", random_state=0).fit(X, y).batch_size_

    Minimises the mean squared error of targets with mean 0 and variance 1: y is scaled so within, column by column,
    and predictions are in y's own units. The loss, in ``target`` and curves, is therefore a share of y's variance.

    Args:
        hidden_layer_sizes: widths of the hidden layers, with ReLU behind each; ``()`` for none.
        module: ``module(inputs, outputs)`` builds the net instead, as for the classifier.
        batch_size, learning_rate, optimizer, max_epochs, patience, validation_fraction, budget, budget_seconds,
            random_state, device, dtype: as for :class:`MiniBatchClassifier`.
        target: ``"r2=0.9"``, ``"loss=0.1"``, ``"train.loss=0.1"``; see there.

    Attributes:
        n_features_in_, feature_names_in_: of the inputs.
        batch_size_, learning_rate_, batch_size_interval_, advice_, auto_target_, auto_seconds_, module_, run_,
            n_iter_, n_steps_, loss_curve_: as for :class:`MiniBatchClassifier`.

    Raises:
        ValueError: bad arguments or data, or training that diverged.
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on X of shape (examples, features) and y of shape (examples,) or (examples, targets)."""
        X, y = validate_data(self, X, y, dtype=[np.float64, np.float32], multi_output=True, y_numeric=True)
        y = np.asarray(y, dtype=np.float64)
        self._one_target = y.ndim == 1
        columns = y.reshape(len(y), -1)
        self._mean, spread = columns.mean(axis=0), columns.std(axis=0)
        self._scale = np.where(spread > 0, spread, 1.0)
        scaled = (columns - self._mean) / self._scale
        self._train(X, scaled.astype(self._dtype_of(X)), columns.shape[1], "mse", ["r2"])
        return self

    def predict(self, X: Any) -> Array:
        """Predicted targets, in the shape that y had."""
        predicted = self._outputs(X).numpy() * self._scale + self._mean
        return np.asarray(predicted[:, 0] if self._one_target else predicted)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _check_number(name: str, value: Any, *, whole: bool = False, words: Sequence[Any] = ()) -> None:
    """A positive number, or one of the words that stand for something else."""
    if any(value is word or (isinstance(value, str) and value == word) for word in words):
        return
    kind = numbers.Integral if whole else numbers.Real
    if isinstance(value, kind) and not isinstance(value, bool) and 0 < float(value) < math.inf:
        return
    other = " or ".join(map(repr, words))
    if whole and words:
        raise EstimatorError(f"{name} must be a whole number from 1 on or {other}, got {shown(value)}")
    if whole:
        raise EstimatorError(f"{name} must be a whole number from 1 on, got {shown(value)}")
    if words:
        raise EstimatorError(f"{name} must be a number greater than 0 or {other}, got {shown(value)}")
    raise EstimatorError(f"{name} must be a number greater than 0, got {shown(value)}")


def _warn(warning: BatchwrightWarning) -> None:
    warnings.warn(warning, stacklevel=5)
