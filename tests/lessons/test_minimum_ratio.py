"""Derivatives against the package's Hessian products, shares of known spectra, critical points that are critical."""

import numpy as np
import pytest
import torch

import batchwright as bw
from batchwright.lessons.phenomena import minimum_ratio as lesson

from .few_seeds import run_reduced


def nets_and_points(l2=0.0):
    nets = lesson.TanhNets(*lesson.examples(0, 0.0), l2=l2)
    return nets, nets.start(3, np.random.default_rng(5))


def test_losses_and_derivatives_are_those_of_an_ordinary_module():
    """The second net of three, as an nn.Sequential through autograd's double backward."""
    nets, points = nets_and_points()
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Tanh(), torch.nn.Linear(4, 10)).double()
    first, bias, second, last = points[1].split(nets.sizes)
    with torch.no_grad():
        model[0].weight.copy_(first.view(4, 4).T)
        model[0].bias.copy_(bias)
        model[2].weight.copy_(second.view(4, 10).T)
        model[2].bias.copy_(last)
    data = (nets.inputs, nets.labels)
    task = bw.Task(model=lambda: model, train=data, validation=data, loss="cross_entropy", name="one")
    at = bw.Curvature(model, task)
    assert float(nets.losses(points)[1]) == pytest.approx(at.loss(), rel=1e-12)
    assert float(nets.gradients(points)[1].norm()) == pytest.approx(float(at.gradient().norm()), rel=1e-10)
    whole = at.hessian_products(torch.eye(at.count, dtype=torch.float64))
    expected = torch.linalg.eigvalsh((whole + whole.T) / 2)
    assert torch.allclose(torch.linalg.eigvalsh(nets.hessians(points)[1]), expected, atol=1e-10)


def test_the_penalty_lifts_every_eigenvalue():
    plain, points = nets_and_points()
    lifted, _ = nets_and_points(l2=0.25)
    gap = torch.linalg.eigvalsh(lifted.hessians(points)) - torch.linalg.eigvalsh(plain.hessians(points))
    assert torch.allclose(gap, torch.full_like(gap, 0.25), atol=1e-10)


def test_softmax_leaves_exactly_five_directions_flat():
    """A constant added to all outputs changes no loss: one direction for each hidden unit and for the bias."""
    nets, points = nets_and_points()
    values = torch.linalg.eigvalsh(nets.hessians(points)).abs()
    assert ((values < 1e-12).sum(dim=1) >= 5).all()


def test_shares_of_a_known_spectrum():
    spectra = lesson.Spectra(np.zeros(1), np.zeros(1), np.array([[-4.0, -0.02, 0.0, 0.001, 0.3, 10.0]]))
    assert spectra.positive(1e-6)[0] == 3 / 6
    assert spectra.positive(1e-3)[0] == 2 / 6
    assert spectra.negative(1e-3)[0] == 2 / 6
    assert spectra.negative(1e-2)[0] == 1 / 6


def test_the_search_ends_at_critical_points_and_not_only_at_minima():
    found = lesson.critical_points((0, 0, 8))
    critical = found.norms < lesson.CRITICAL
    assert critical.sum() >= 2
    assert (found.negative(1e-5)[critical] > 0).all()  # a loss this high is no minimum's


def test_a_walk_falls_along_negative_curvature_and_stays_level_where_softmax_does():
    nets, points = nets_and_points()
    falls = lesson.along(nets, points[0])
    negative, flat = (
        [fall for kind, fall in falls if kind == wanted]
        for wanted in ("negative_direction", "flat_direction")
    )
    assert min(negative) > 0
    assert sum(abs(fall) < 1e-9 for fall in flat) >= 5


def test_the_verdicts():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson, "SHORT", (6, 300))
        patch.setattr(lesson, "BEFORE_SEARCH", (0, 15))
        reduced = run_reduced("minimum-ratio")
    assert reduced.part("forty_down").verdict == "does_not_hold"
    assert reduced.part("one_number").verdict == "does_not_hold"
    assert reduced.value("minimum_ratio", tolerance=1e-6, trained_with="L2") > 0.85
