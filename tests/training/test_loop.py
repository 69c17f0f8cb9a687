import dataclasses
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from batchwright.core.errors import InputError
from batchwright.task import TaskReference
from batchwright.training import Budget, EvaluationPlan, RunSpec, Status
from batchwright.training.loop import continue_to, run, start, updates

REFERENCE = TaskReference(name="toy")


def spec(**fields):
    fields = {"batch_size": 8, "dtype": "float64", "optimizer": {"lr": 0.3}, "budget": {"epochs": 3}} | fields
    return RunSpec.model_validate({"task": REFERENCE, **fields})


def parameters(state):
    return torch.cat([p.detach().reshape(-1).clone() for p in state.model.parameters()])


def final(task, **fields):
    state = start(spec(**fields), task)
    for _ in train_on(state):
        pass
    return parameters(state), state


def train_on(state):
    from batchwright.training.loop import advance

    return advance(state)


@pytest.mark.parametrize(
    ("batch_size", "last", "steps"),
    [(30, "keep", 48), (30, "drop", 47), (1437, "keep", 1), (1, "keep", 1437), (30, "run_on", 48)],
)
def test_updates_in_one_epoch_of_digits(batch_size, last, steps):
    result = run(
        RunSpec.model_validate(
            {
                "task": {"name": "digits"},
                "batch_size": batch_size,
                "sampling": {"last_batch": last},
                "optimizer": {"lr": 0.01},
                "budget": {"epochs": 1},
            }
        )
    )
    assert result.updates == steps
    assert result.examples == {"keep": 1437, "drop": 1410, "run_on": 1440}[last]


def test_whole_batch_equals_plain_gradient_descent(toy):
    got, state = final(toy, batch_size=53, budget={"steps": 20})
    model = toy.build_model(0).double()
    x, y = toy.train.inputs.double(), toy.train.targets
    for _ in range(20):
        loss = F.cross_entropy(model(x), y)
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for p, g in zip(model.parameters(), gradients, strict=True):
                p -= 0.3 * g
    want = torch.cat([p.detach().reshape(-1) for p in model.parameters()])
    assert torch.allclose(got, want, rtol=0, atol=1e-13)
    assert state.step == 20


@pytest.mark.parametrize("batch_size", [8, 20, 53])
@pytest.mark.parametrize("micro", [1, 3, 7])
def test_accumulated_micro_batches_equal_the_whole_batch(toy, batch_size, micro):
    # 53 examples: the last batch of an epoch is short, and so is its last micro-batch
    whole, _ = final(toy, batch_size=batch_size)
    accumulated, _ = final(toy, batch_size=batch_size, micro_batch_size=micro)
    assert torch.allclose(whole, accumulated, rtol=0, atol=1e-13)


def test_full_divisor_weights_every_example_of_an_epoch_equally(toy):
    # One epoch at lr -> 0 moves the parameters by lr times the sum of the batches' gradients: with the full
    # divisor that is proportional to the full gradient, with the mean over the short batch it is not.
    def direction(divisor):
        sampling = {"order": "fixed", "divisor": divisor}
        moved, state = final(
            toy, batch_size=20, sampling=sampling, optimizer={"lr": 1e-7}, budget={"epochs": 1}
        )
        before = torch.cat([p.detach().reshape(-1) for p in toy.build_model(0).double().parameters()])
        return (before - moved) / 1e-7, state

    model = toy.build_model(0).double()
    loss = F.cross_entropy(model(toy.train.inputs.double()), toy.train.targets)
    full = torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss, list(model.parameters()))])
    equal, _ = direction("full")
    mean, _ = direction("batch")
    assert torch.allclose(equal, full * 53 / 20, rtol=1e-5, atol=1e-6)
    assert not torch.allclose(mean / mean.norm(), full / full.norm(), rtol=0, atol=1e-3)


def test_loss_is_the_mean_over_the_batch(toy):
    state = start(spec(batch_size=20, sampling={"order": "fixed"}), toy)
    model = toy.build_model(0).double()
    x, y = toy.train.inputs.double(), toy.train.targets
    expected = F.cross_entropy(model(x[:20]), y[:20]).item()
    next(train_on(state))
    assert state.loss == pytest.approx(expected, abs=1e-12)


def test_a_measurement_between_updates_changes_nothing(toy):
    undisturbed, _ = final(toy)
    state = start(spec(), toy)
    for _ in train_on(state):
        state.evaluate_on("train")
        torch.rand(3)
        state.crossing()
        state.result()
    assert torch.equal(parameters(state), undisturbed)


def test_dropout_repeats_and_leaves_the_global_generator_alone(make_toy):
    task = make_toy(lambda: nn.Sequential(nn.Linear(6, 32), nn.Dropout(0.5), nn.Linear(32, 3)))
    torch.manual_seed(1)
    before = torch.default_generator.get_state()
    first, _ = final(task)
    assert torch.equal(before, torch.default_generator.get_state())
    torch.manual_seed(2)
    second, _ = final(task)
    assert torch.equal(first, second)


def test_two_learning_rates_share_order_and_initialisation(toy):
    a, b = start(spec(optimizer={"lr": 0.1}), toy), start(spec(optimizer={"lr": 0.2}), toy)
    assert torch.equal(parameters(a), parameters(b))
    next(train_on(a)), next(train_on(b))
    assert a.loss == b.loss


def test_growing_batch(toy):
    growth = {"factor": 2, "every_epochs": 1}
    result = run(spec(batch_growth=growth, record_ratio=1.0001, budget={"epochs": 3}), toy)
    sizes = [r.batch_size for r in result.steps]
    assert (sizes[0], max(sizes)) == (8, 32)
    assert result.updates == 7 + 4 + 2  # ceil(53/8), ceil(53/16), ceil(53/32)


def test_the_rate_goes_with_a_power_of_the_growing_batch(toy):
    growth = {"factor": 2, "every_epochs": 1, "lr_power": -0.5}
    grown = start(spec(batch_growth=growth, record_ratio=1.0001, budget={"epochs": 3}), toy)
    for _ in train_on(grown):
        pass
    rates = {row.batch_size: row.lr for row in grown.records}
    assert rates == {8: 0.3, 16: pytest.approx(0.3 / 2**0.5), 32: pytest.approx(0.15)}
    # The same updates, written out.
    model, lines = toy.build_model(0).double(), start(spec(), toy)
    x, y = toy.train.gather(lines._stream.indices(0, 3 * 53))
    position = 0
    for size, batches in ((8, 7), (16, 4), (32, 2)):
        end = 53 * (position // 53 + 1)
        for _ in range(batches):
            stop = min(position + size, end)
            loss = toy.loss(model(x[position:stop].double()), y[position:stop]).mean()
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for p, g in zip(model.parameters(), gradients, strict=True):
                    p -= 0.3 * (size / 8) ** -0.5 * g
            position = stop
    want = torch.cat([p.detach().reshape(-1) for p in model.parameters()])
    torch.testing.assert_close(parameters(grown), want, rtol=1e-12, atol=1e-14)


def test_divergence_is_a_status(toy):
    result = run(spec(optimizer={"lr": 1e6}, budget={"epochs": 50}, target={"value": 1e-9}), toy)
    assert result.status is Status.DIVERGED
    assert result.updates < 50 * 7


def test_out_of_memory_and_errors_are_statuses(make_toy):
    def breaking(error):
        class Breaks(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = nn.Linear(6, 3)

            def forward(self, x):
                if self.training:
                    raise error
                return self.layer(x)

        return make_toy(Breaks)

    memory = run(spec(), breaking(RuntimeError("DefaultCPUAllocator: can't allocate memory")))
    assert memory.status is Status.OUT_OF_MEMORY
    other = run(spec(), breaking(KeyError("pixel")))
    assert other.status is Status.FAILED
    assert "KeyError" in other.message


def test_target_ends_the_run_at_the_interpolated_crossing(toy):
    result = run(
        spec(target={"metric": "loss", "value": 0.5}, evaluation={"at": "log"}, budget={"epochs": 200}), toy
    )
    assert result.status is Status.TARGET_REACHED
    assert 1 < result.steps_to_target <= result.updates
    assert result.examples_to_target == pytest.approx(
        result.steps_to_target * result.examples / result.updates
    )


@pytest.mark.parametrize(
    ("budget", "updates"), [({"steps": 5}, 5), ({"examples": 20}, 3), ({"epochs": 0.5}, 4)]
)
def test_budgets(toy, budget, updates):
    assert run(spec(budget=budget), toy).updates == updates


def test_a_budget_in_seconds_ends_the_run_at_the_first_update_past_it(toy):
    result = run(spec(budget={"seconds": 0.02}, record_ratio=1.0001), toy)
    assert result.status is Status.BUDGET_EXHAUSTED
    assert all(row.seconds < 0.02 for row in result.steps[:-1])
    assert result.steps[-1].seconds >= 0.02
    assert result.seconds >= result.steps[-1].seconds


def test_evaluations_evenly_in_log_steps(toy):
    plan = EvaluationPlan(at="log", ratio=1.2)
    result = run(spec(evaluation=plan, budget=Budget(steps=400)), toy)
    steps = [e.step for e in result.evaluations]
    assert steps[:6] == [0, 1, 2, 3, 4, 5]
    late = [math.log(b / a) for a, b in zip(steps[20:-1], steps[21:], strict=False)]
    assert max(late[:-1]) < math.log(1.2) + 0.05


def test_steps_record_the_mean_loss_of_all_updates_between(toy):
    state = start(spec(record_ratio=1.3, budget=Budget(steps=100)), toy)
    losses = []
    for _ in train_on(state):
        losses.append(state.loss)
    previous = 0
    sizes = [8] * 6 + [5]  # 53 = 6 * 8 + 5
    for row in state.records:
        span = range(previous, row.step)
        weights = [sizes[i % 7] for i in span]
        want = sum(losses[i] * w for i, w in zip(span, weights, strict=True)) / sum(weights)
        assert row.loss == pytest.approx(want, abs=1e-12)
        previous = row.step
    assert previous == 100


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"batch_size": 0}, "batch_size must be between 1 and 53"),
        ({"batch_size": 54}, "batch_size must be between 1 and 53"),
        ({"target": {"metric": "accurcy", "value": 0.9}}, "did you mean 'accuracy'"),
        ({"evaluation": {"splits": ("test",)}}, "no test split"),
        ({"device": "gpu"}, "device must be"),
    ],
)
def test_bad_specs_are_refused_in_one_line(toy, fields, message):
    with pytest.raises(InputError, match=message) as caught:
        next(iter(updates(spec(**fields), toy)))
    assert "\n" not in str(caught.value)


def test_a_loss_that_is_already_a_mean_is_refused(make_toy):
    def mean_from_the_second_call(out, target, calls=[]):  # noqa: B006  the first is the task's own trial
        calls.append(0)
        return F.cross_entropy(out, target, reduction="none" if len(calls) < 2 else "mean")

    with pytest.raises(InputError, match="reduction='none'"):
        run(spec(), dataclasses.replace(make_toy(), loss=mean_from_the_second_call))


def test_own_schedule_multiplies_the_rate(make_toy):
    task = make_toy(schedule=lambda step: 1.0 / (1 + step))
    state = start(spec(optimizer={"lr": 0.4}), task)
    rates = [state.lr for _ in train_on(state)][:3]
    assert rates == pytest.approx([0.4, 0.2, 0.4 / 3])


def test_weight_average_is_used_for_evaluation_only(toy):
    plain, _ = final(toy)
    averaged, state = final(toy, average_half_life=40.0)
    assert torch.equal(plain, averaged)
    assert state.evaluations[-1].loss != run(spec(), toy).evaluations[-1].loss
    keep = 0.5 ** (8 / 40)
    state = start(spec(average_half_life=40.0), toy)
    before = parameters(state)
    next(train_on(state))
    want = keep * before + (1 - keep) * parameters(state)
    assert torch.allclose(torch.cat([v.reshape(-1) for v in state.average.values]), want, atol=1e-14)


def test_autocast_trains(toy):
    result = run(spec(dtype="float32", autocast="bfloat16", budget={"epochs": 10}), toy)
    assert result.evaluations[-1].loss < 0.8 * result.evaluations[0].loss


@pytest.mark.parametrize("plan", [{"at": "epoch"}, {"at": "log", "ratio": 1.2}, {"at": "steps", "every": 5}])
def test_a_run_continued_in_pieces_is_the_run_in_one_go(toy, plan):
    fields = {"evaluation": plan, "budget": {"steps": 60}, "record_ratio": 1.4, "test_at_end": True}
    whole, pieces = start(spec(**fields), toy), start(spec(**fields), toy)
    for _ in train_on(whole):
        pass
    for step in (0, 1, 6, 6, 23, 24, 59):
        assert continue_to(pieces, step).step == step
        assert pieces.result().status is Status.STOPPED
    continue_to(pieces, 10**9)
    assert (pieces.status, pieces.step) == (Status.BUDGET_EXHAUSTED, 60)
    assert torch.equal(parameters(whole), parameters(pieces))
    same = {"seconds": 0.0}
    for a, b in ((whole.evaluations, pieces.evaluations), (whole.records, pieces.records)):
        assert [row.model_copy(update=same) for row in a] == [row.model_copy(update=same) for row in b]


def test_a_run_that_ends_on_the_way_is_continued_no_further(toy):
    state = start(spec(target={"value": 0.5}, evaluation={"at": "log"}, budget={"epochs": 200}), toy)
    continue_to(state, 10**6)
    step = state.step
    assert state.status is Status.TARGET_REACHED
    assert continue_to(state, step + 5).step == step


def test_an_error_of_the_model_on_the_way_is_a_status(make_toy):
    calls = []

    class Breaks(nn.Linear):
        def forward(self, x):
            if self.training:
                calls.append(0)
                if len(calls) == 4:
                    raise KeyError("pixel")
            return super().forward(x)

    state = continue_to(start(spec(), make_toy(lambda: Breaks(6, 3))), 10)
    assert (state.status, state.step) == (Status.FAILED, 3)
    assert "KeyError" in state.result().message


def test_one_split_is_evaluated_in_the_tasks_own_precision(make_toy):
    state = start(spec(dtype="float32"), make_toy(autocast="bfloat16"))
    (planned,) = state.latest
    alone = state.evaluate_on("validation")
    assert (alone.loss, alone.metrics) == (planned.loss, planned.metrics)
    full = start(spec(dtype="float32"), make_toy())
    assert state.evaluate_on("train").loss != full.evaluate_on("train").loss
