"""An optimizer at another batch size."""

STRINGS = {
    "rescale.title": "{optimizer} at batch size {size}",
    "rescale.eyebrow": "{optimizer} · values for another batch size",
    "rescale.by_rule": (
        "Use learning rate {lr} at batch size {size}, from {before} at {from_size}: that is {optimizer}'s rule, not a "
        "measurement."
    ),
    "rescale.measured": (
        "Use learning rate {lr} at batch size {size}: study {study} measured it ({before} at {from_size} was given)."
    ),
    "rescale.caption": "What to set, before and after.",
    "rescale.column.value": "value",
    "rescale.column.at": "at batch size {size}",
    "rescale.lr_by_rule": "lr by the rule",
    "rescale.rule.linear": (
        "Linear rule: a batch k times as large takes k times the learning rate, so that one step does what k small "
        "ones did (Goyal et al. 2017, arXiv 1706.02677). L2 weight decay and momentum stay."
    ),
    "rescale.rule.adam": (
        "Adam's square-root rule: with a batch k times as large, sqrt(k) times the learning rate, 1 - beta k times as "
        "large, eps divided by sqrt(k); the noise of the path and the length of the averages in examples stay "
        "(Malladi et al. 2022, arXiv 2205.10287)."
    ),
    "rescale.rule.half_life": (
        "The factor is too large for Adam's rule, whose averages would forget within a step: the learning rate grows "
        "by its square root, beta2 keeps its half-life in examples (Marek et al. 2025, arXiv 2507.07101), and beta1 "
        "and eps stay."
    ),
    "rescale.rule.sqrt": (
        "Square-root rule: a batch k times as large takes sqrt(k) times the learning rate, which keeps the noise of a "
        "step (Krizhevsky 2014, arXiv 1404.5997). For this optimizer it is a starting point, no more."
    ),
    "rescale.rule.none": "The batch size is the same, so nothing changes.",
    "rescale.decay": (
        "Decoupled weight decay takes lr times weight_decay off a weight at each step. It was set so that a pass over "
        "the data takes off as much as before (Wang and Aitchison 2024, arXiv 2405.13698)."
    ),
    "rescale.breaks.linear": (
        "It breaks past the critical batch size, where the best rate stops growing, and early in training, where the "
        "larger rate may diverge: warm it up, and do not go beyond the largest rate that is stable."
    ),
    "rescale.breaks.adam": (
        "It breaks where the noise of the gradients is small beside their mean, as past the critical batch size: the "
        "best rate then grows more slowly, or not at all. No rule holds on every task (Shallue et al. 2019, arXiv "
        "1811.03600)."
    ),
    "rescale.breaks.half_life": (
        "So large a factor is far outside of what any rule was tested for: measure the rate at the new batch size."
    ),
    "rescale.breaks.sqrt": (
        "No theory stands behind it for this optimizer, and no rule holds on every task (Shallue et al. 2019, arXiv "
        "1811.03600): measure the rate at the new batch size before a long run."
    ),
    "rescale.at": "At batch size {size} the study tuned {lr}.",
    "rescale.at_with_range": "At batch size {size} the study tuned {lr}; from {low} to {high} is as good within 20%.",
    "rescale.between": (
        "Batch size {size} was not tried: {lr} lies on the line through what was tuned at {low} and {high}, on "
        "logarithms."
    ),
    "rescale.factors": "The measured rate grows by {measured} over this range, the rule's by {rule}.",
    "rescale.next": "to measure the rate at both batch sizes, with its interval",
}
