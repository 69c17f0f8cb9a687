"""Branches of real runs: against the noisy quadratic's closed form, without noise and with nothing else, and the run."""

import math

import numpy as np
import pytest
import torch

from batchwright.measure.branched.efficiency import BranchCurve, efficiency_of, noise_share
from batchwright.measure.branched.plan import branch_plan
from batchwright.measure.branched.points import branched_points, evaluator_of, measured_point
from batchwright.measure.own_copy import another_of
from batchwright.optim.candidates import rescaled_candidates
from batchwright.optim.spec import OptimizerSpec
from batchwright.task.load import load_task
from batchwright.task.task import TaskReference
from batchwright.training.branch import branch
from batchwright.training.loop import continue_to, start, updates
from batchwright.training.spec import RunSpec


def setting(steps=10, batch_size=8, noise=8.0, lr=0.05, name="noisy-quadratic", optimizer=None, **options):
    options = {"noise": noise, "curvatures": [1.0], "copies": 256, **options} if "quad" in name else options
    task = load_task(TaskReference(name=name, options=options))
    spec = RunSpec(
        task=task.reference, batch_size=batch_size, budget={"steps": steps}, optimizer=optimizer or {"lr": lr},
        sampling={"order": "with_replacement"}, evaluation={"at": "steps", "every": 10**9}, seed=3,
    )  # fmt: skip
    return spec, task


def expected_curve(size, lr, distance, noise, plan, checks):
    """E of the excess of the last weights or of their average, the lower, by the moments' recursions at curvature 1.

    w' = (1 - a) w + a x with Var x = noise / B, and A' = d A + (1 - d) w'.
    """
    d = 0.5 ** (size / plan.half_life)
    mean_w = mean_a = 1.0
    var_w = cov = var_a = 0.0
    losses = {0: distance}
    for step in range(1, checks[-1] + 1):
        mean_w *= 1 - lr
        mean_a = d * mean_a + (1 - d) * mean_w
        var_w = (1 - lr) ** 2 * var_w + lr**2 * noise / size
        var_a = d**2 * var_a + 2 * d * (1 - d) * (1 - lr) * cov + (1 - d) ** 2 * var_w
        cov = d * (1 - lr) * cov + (1 - d) * var_w
        losses[step] = min(distance * mean_w**2 + var_w, distance * mean_a**2 + var_a)
    steps = [0, *checks]
    return BranchCurve(
        np.array([s * size for s in steps], float),
        np.minimum.accumulate([0.5 * losses[s] for s in steps]),
    )


def test_the_noisy_quadratic_against_its_closed_form():
    spec, task = setting(examples=1024)
    plan = branch_plan(batch_size=8, training_examples=1024, examples=2048, factors=(0.5, 1, 2, 4, 8, 16))
    (point,) = branched_points(spec, task, plan, every=10)
    distance = 2 * (point.loss - 0.5 * 8.0)  # the loss of all examples is the excess and half the noise
    exact = {
        k: expected_curve(b.batch_size, b.lr, distance, 8.0, plan, plan.checks(k))
        for k, b in zip(plan.factors, point.branches, strict=True)
    }
    truth = {k: efficiency_of(curve, exact[1.0]) for k, curve in exact.items()}
    for k, b in zip(plan.factors, point.branches, strict=True):
        assert b.loss - 4.0 == pytest.approx(exact[k].last, rel=0.04), k
        assert b.efficiency.value == pytest.approx(truth[k], abs=0.03), k
    share = noise_share(truth)
    low, high = point.critical_batch.interval
    assert low < 8 * (1 - share) / share < (high or math.inf)
    assert point.noise_scale.value == pytest.approx(8.0 / distance, rel=0.3)


def test_without_noise_a_larger_batch_is_worth_its_share_and_the_critical_batch_only_bounded_above():
    spec, task = setting(noise=0.0, lr=0.002, examples=1024)
    factors = (0.5, 1, 2, 4, 8)
    plan = branch_plan(batch_size=8, training_examples=1024, examples=1024, factors=factors)
    (point,) = branched_points(spec, task, plan, every=10)
    rates = {b.lr for b in point.branches if b.batch_size <= 8}
    assert rates == {0.002 * 16}  # no noise: the largest of the rates near the run's
    # Where rates cannot be raised any more, which the rules do not know: the same one for all.
    same = [b for b in point.branches if b.lr == 0.032]
    for b in same:
        assert b.efficiency.value == pytest.approx(8 / b.batch_size, rel=0.05)
    assert {b.rule for b in point.branches if b.batch_size > 8} == {"linear"}


def test_no_noise_at_the_edge_of_stability():
    """Where no rule's rate is stable e_k is 1/k, and B_crit below the smallest branch."""
    plan = branch_plan(batch_size=8, training_examples=1024, examples=1024, factors=(0.5, 1, 2, 4, 8))
    spec, task = setting(steps=1, noise=0.0, lr=0.75, curvatures=[1.0, 0.01], examples=1024)
    (point,) = branched_points(spec, task, plan, every=1)
    assert {b.lr for b in point.branches} == {1.5}  # linear and root are above 2
    assert {b.rule for b in point.branches} == {"none"}
    for b in point.branches:
        assert b.efficiency.value == pytest.approx(8 / b.batch_size, rel=0.1)
    assert point.unresolved_because == "below_smallest"
    assert point.critical_batch.value is None
    low, high = point.critical_batch.interval
    assert low is None
    assert high <= 4


def test_noise_alone_leaves_a_lower_bound():
    spec, task = setting(noise=300.0, lr=2e-3, steps=5, examples=2048)
    plan = branch_plan(batch_size=4, training_examples=2048, examples=2048, factors=(1, 2, 4, 8))
    (point,) = branched_points(spec, task, plan, every=5)
    assert point.unresolved_because in ("above_largest", "no_fall")
    assert point.critical_batch.value is None
    assert point.critical_batch.interval[1] is None


def test_branches_leave_the_run_bitwise_as_it_was_and_answer_the_same_again():
    spec, task = setting(
        name="least-squares", steps=12, batch_size=16, optimizer=OptimizerSpec(name="adam", lr=0.01)
    )
    plan = branch_plan(batch_size=16, training_examples=1000, examples=384, factors=(1, 2, 4), seeds=2)
    own = task.with_fields(model=lambda: another_of(task))
    torch.manual_seed(5)
    state, points = torch.get_rng_state(), []
    for run in updates(spec, task):
        if run.step in (6, 12):
            before = run.snapshot()
            points.append(measured_point(run, own, evaluator_of(run, plan), plan, lambda _: None))
            after = run.snapshot()
            assert before.facts == after.facts
            assert all(torch.equal(before.tensors[n], after.tensors[n]) for n in before.tensors)
    assert torch.equal(state, torch.get_rng_state())
    *_, plain = updates(spec, task)
    for a, b in zip(plain.model.parameters(), run.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert list(branched_points(spec, task, plan, every=6)) == points


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_a_branch_with_the_same_batch_goes_on_as_the_run_does(name):
    """In a fixed order and from an epoch's end the two see the same batches."""
    momentum = {"momentum": 0.9} if name == "sgd" else {}
    optimizer = OptimizerSpec(
        name=name, lr=0.01, schedule={"name": "cosine", "horizon": {"value": 60, "unit": "steps"}}, **momentum
    )
    spec, task = setting(name="least-squares", optimizer=optimizer, batch_size=100, steps=40)
    spec = spec.model_copy(update={"sampling": spec.sampling.model_copy(update={"order": "fixed"})})
    run = start(spec, task)
    continue_to(run, 20)
    assert run.position % len(task.train) == 0
    made = branch(run, task, batch_size=100, optimizer=optimizer, seed=9)
    continue_to(run, 25)
    for _ in range(5):
        made.update()
    assert made.lr == pytest.approx(run.lr)
    for a, b in zip(run.model.parameters(), made.model.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=1e-6)


def test_an_adaptive_branch_counts_its_updates_as_larger_ones():
    optimizer = OptimizerSpec(name="adam", lr=1e-3)
    spec, task = setting(name="digits", optimizer=optimizer, batch_size=16, steps=8)
    run = start(spec, task)
    continue_to(run, 8)
    candidates = rescaled_candidates(optimizer, 16, 64)
    assert list(candidates) == ["adam", "linear", "none"]
    made = branch(run, task, batch_size=64, optimizer=candidates["adam"], seed=0)
    state = made.updater.state_dict()
    counts = {float(v) for n, v in state.items() if n.startswith("step/")}
    assert counts == {2.0}
    assert made.spec.optimizer.betas[1] == pytest.approx(0.996)
    same = branch(run, task, batch_size=64, optimizer=candidates["none"], seed=0)
    assert {float(v) for n, v in same.updater.state_dict().items() if n.startswith("step/")} == {8.0}
    assert math.isfinite(made.updater.lr(0))
