"""Every optimizer and schedule once more: NumPy, float64, one tensor at a time, from the papers.

Where torch deviates from a paper (Adafactor's eps, Muon's averaged momentum in bfloat16), torch's way.
"""

from __future__ import annotations

import math

import numpy as np

from batchwright.optim import CATALOGUE


def trajectory(spec, problem, steps, factor):
    """The parameters after each of ``steps`` updates."""
    w = {k: np.array(v, dtype=float) for k, v in problem.start.items()}
    state = {k: {} for k in w}
    history = []
    for t in range(steps):
        g = {k: np.array(v, dtype=float) for k, v in problem.gradient(w).items()}
        lr = spec.lr * factor(t)
        if spec.clip_norm:
            norm = math.sqrt(sum(float((x**2).sum()) for x in g.values()))
            g = {k: x * min(1, spec.clip_norm / norm) for k, x in g.items()}
        form = spec.decay_form or CATALOGUE[spec.name].default_decay
        for k in w:
            grad, weight = g[k], w[k]
            if form == "l2":
                grad = grad + spec.weight_decay * weight
            scale = adafactor_scale(weight) if spec.name == "adafactor" else None
            if form == "decoupled":
                weight = weight * (1 - lr * spec.weight_decay)
            w[k] = weight + STEP[spec.name](
                spec, state[k], grad, lr, t + 1, weight if scale is None else scale
            )
            if spec.l1:
                gain = 1 / (1 - spec.momentum) if spec.momentum_form != "averaged" else 1
                w[k] = np.sign(w[k]) * np.maximum(np.abs(w[k]) - lr * gain * spec.l1, 0)
        history.append({k: v.copy() for k, v in w.items()})
    return history


def sgd(spec, s, g, lr, t, _):
    beta, form = spec.momentum, spec.momentum_form
    v = s.get("v", np.zeros_like(g))
    if form == "averaged":
        s["v"] = beta * v + (1 - beta) * g
        return -lr * s["v"]
    if form == "velocity":
        s["v"] = beta * v - lr * g
        return s["v"]
    damp = spec.options.get("dampening", 0.0)
    s["v"] = beta * v + (1 - damp) * g if "v" in s else g
    if form == "nesterov":
        return -lr * (g + beta * s["v"])
    return -lr * s["v"]


def rmsprop(spec, s, g, lr, t, _):
    alpha, eps = spec.options.get("alpha", 0.99), spec.eps or 1e-8
    s["q"] = alpha * s.get("q", 0) + (1 - alpha) * g**2
    q = s["q"]
    if spec.options.get("centered"):
        s["m"] = alpha * s.get("m", 0) + (1 - alpha) * g
        q = q - s["m"] ** 2
    s["v"] = spec.momentum * s.get("v", 0) + g / (np.sqrt(q) + eps)
    return -lr * s["v"]


def moments(spec, s, g):
    b1, b2 = spec.betas or (0.9, 0.999)
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
    return b1, b2, s["m"], s["v"], spec.eps or 1e-8


def adam(spec, s, g, lr, t, _):
    b1, b2, m, v, eps = moments(spec, s, g)
    if spec.options.get("amsgrad"):
        v = s["vmax"] = np.maximum(s.get("vmax", 0), v)
    return -lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)


def nadam(spec, s, g, lr, t, _):
    b1, b2, m, v, eps = moments(spec, s, g)
    mu, following = (b1 * (1 - 0.5 * 0.96 ** (i * 0.004)) for i in (t, t + 1))
    s["product"] = s.get("product", 1.0) * mu
    look = following * m / (1 - s["product"] * following) + (1 - mu) * g / (1 - s["product"])
    return -lr * look / (np.sqrt(v / (1 - b2**t)) + eps)


def radam(spec, s, g, lr, t, _):
    b1, b2, m, v, eps = moments(spec, s, g)
    longest = 2 / (1 - b2) - 1
    rho = longest - 2 * t * b2**t / (1 - b2**t)
    mean = m / (1 - b1**t)
    if rho <= 5:
        return -lr * mean
    r = math.sqrt((rho - 4) * (rho - 2) * longest / ((longest - 4) * (longest - 2) * rho))
    return -lr * r * mean * math.sqrt(1 - b2**t) / (np.sqrt(v) + eps)


def adagrad(spec, s, g, lr, t, _):
    s["q"] = s.get("q", spec.options.get("initial_accumulator_value", 0.0)) + g**2
    return (
        -lr / (1 + (t - 1) * spec.options.get("lr_decay", 0.0)) * g / (np.sqrt(s["q"]) + (spec.eps or 1e-10))
    )


def adadelta(spec, s, g, lr, t, _):
    rho, eps = 0.9, spec.eps or 1e-6
    s["q"] = rho * s.get("q", 0) + (1 - rho) * g**2
    step = np.sqrt(s.get("d", 0) + eps) / np.sqrt(s["q"] + eps) * g
    s["d"] = rho * s.get("d", 0) + (1 - rho) * step**2
    return -lr * step


def rprop(spec, s, g, lr, t, _):
    size, previous = s.get("size", np.full_like(g, lr)), s.get("g", np.zeros_like(g))
    vote = np.sign(g * previous)
    s["size"] = np.clip(size * np.select([vote > 0, vote < 0], [1.2, 0.5], 1.0), 1e-6, 50)
    s["g"] = np.where(vote < 0, 0.0, g)
    return -s["size"] * np.sign(s["g"])


def adafactor_scale(w):
    return max(1e-3, math.sqrt(float((w**2).mean())))


def adafactor(spec, s, g, lr, t, scale):
    eps, keep = np.finfo(float).eps, 1 - t**-0.8
    if g.ndim > 1:
        s["r"] = keep * s.get("r", 0) + (1 - keep) * (g**2).mean(axis=-1, keepdims=True)
        s["c"] = keep * s.get("c", 0) + (1 - keep) * (g**2).mean(axis=-2, keepdims=True)
        v = s["r"] * s["c"] / np.maximum(s["r"].mean(axis=-2, keepdims=True), eps)
    else:
        v = s["v"] = keep * s.get("v", 0) + (1 - keep) * g**2
    u = g / np.sqrt(np.maximum(v, eps**2))
    return -scale * min(lr, t**-0.5) * u / max(1, math.sqrt(float((u**2).mean())))


def muon(spec, s, g, lr, t, _):
    if g.ndim != 2:
        return adam(spec, s, g, lr, t, _)
    mu = spec.momentum or 0.95
    s["m"] = mu * s.get("m", 0) + (1 - mu) * g
    look = (1 - mu) * g + mu * s["m"] if spec.options.get("nesterov", True) else s["m"]
    x = bfloat16(look.T if g.shape[0] > g.shape[1] else look)
    x = bfloat16(x / max(np.linalg.norm(x), 1e-7))
    for _i in range(5):
        gram = bfloat16(x @ x.T)
        x = bfloat16(3.4445 * x + bfloat16(-4.775 * gram + 2.0315 * gram @ gram) @ x)
    update = x.T if g.shape[0] > g.shape[1] else x
    return -lr * math.sqrt(max(1, g.shape[0] / g.shape[1])) * update


def lars(spec, s, g, lr, t, w):
    if w.ndim > 1 and np.linalg.norm(w) > 0 and np.linalg.norm(g) > 0:
        g = g * spec.options.get("trust_coefficient", 1e-3) * np.linalg.norm(w) / np.linalg.norm(g)
    s["v"] = spec.momentum * s.get("v", 0) + g
    return -lr * (g + spec.momentum * s["v"] if spec.options.get("nesterov") else s["v"])


def lamb(spec, s, g, lr, t, w):
    b1, _, m, v, _ = moments(spec, s, g)
    eps = spec.eps or 1e-6
    u = m / (np.sqrt(v) + eps)
    length = min(np.linalg.norm(w), 10)
    trust = length / (np.linalg.norm(u) + eps) if length > 0 and np.linalg.norm(u) > 0 else 1.0
    return -lr / (1 - b1**t) * trust * u


def bfloat16(x):
    """Rounded to the nearest number of 8 significant bits."""
    mantissa, exponent = np.frexp(x)
    return np.ldexp(np.rint(mantissa * 256) / 256, exponent)


STEP = {
    "sgd": sgd,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adam,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "rprop": rprop,
    "nadam": nadam,
    "radam": radam,
    "adafactor": adafactor,
    "muon": muon,
    "lars": lars,
    "lamb": lamb,
}


def schedule(spec, t, period, total):
    """The factor at step t; period and total horizon in steps."""
    W = spec.warmup_steps
    if t < W:
        return (t + 1) / W
    u = t - W
    x = min(1.0, u / (total - W))
    return {
        "constant": 1.0,
        "exponential": math.exp(u / period * math.log(spec.decay)),
        "inverse_time": 1 / (1 + spec.decay * u / period),
        "step": spec.decay ** int(u // period),
        "polynomial": spec.floor + (1 - spec.floor) * (1 - x) ** spec.power,
        "cosine": spec.floor + (1 - spec.floor) * math.cos(math.pi * x / 2) ** 2,
    }[spec.name]
