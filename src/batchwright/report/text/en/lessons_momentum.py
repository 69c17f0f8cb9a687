"""``momentum``: what the lesson says."""

STRINGS = {
    "lesson.momentum.source": "article on gradient descent with momentum",
    "lesson.momentum.claim": (
        "Momentum is almost always faster than plain descent, damps oscillation, sums all past gradients and rolls over a "
        "local minimum; it needs a smaller learning rate, since it amplifies the update."
    ),
    "lesson.momentum.experiment": (
        "Three forms of momentum with β = 0.9 run beside plain descent: the average (the article's own, v = βv + (1−β)g), "
        "heavy ball (torch's, v = βv + g) and velocity (v = βv − ηg). On bowls of condition 10, 100 and 1000 the updates "
        "to a ten-thousandth of the first loss are counted, every side at its best rate, and the best β of 0.8 to 0.99; on "
        "300 digits those to a training loss of 0.1, with 4 examples an update and with all. The way across a valley is "
        "measured at equal rates, the largest stable rate by bisection, and starts above the barrier of a double well show "
        "whether the local minimum is passed."
    ),
    "lesson.momentum.otherwise": (
        "With the β that theory wants for a condition (0.27 at condition 10, 0.88 at 1000) heavy ball contracts faster in every "
        "bowl; with a β of 0.8 or more an easy bowl waits for the velocity to die, at √β an update. In small batches noise, "
        "not curvature, bounds the rate, and momentum is then little more than a rate 1/(1−β) times as large. A ball rolls only as "
        "far as its height and the friction let it: friction is (1−β)/√η in torch's form, so that with a large β there is "
        "hardly any, and it rolls out of the better well as readily as into it."
    ),
    "lesson.momentum.take": (
        "Ask which form your library has before you copy a rate: torch's and the velocity form move 1/(1−β) times as far, the "
        "average form does not. Stability is no reason for a smaller rate: the limit is (2+2β)/λ, nearly twice plain descent's. "
        "Use momentum where the batch is large and the problem badly scaled; where batches are tiny, tune the rate instead."
    ),
    "lesson.momentum.part.forms_constant": (
        "At a constant rate the three forms are one trajectory, the average form at 1/(1−β) times the rate."
    ),
    "lesson.momentum.part.forms_changing": "They still are where the rate falls to a tenth on the way.",
    "lesson.momentum.part.sums_past": "The velocity is the sum of all past gradients, with weights β^k.",
    "lesson.momentum.part.faster": "With momentum the target is reached in fewer updates, every side at its best rate.",
    "lesson.momentum.part.damps": (
        "It damps oscillation: at the same rate the average form travels a shorter way up and down across the valley."
    ),
    "lesson.momentum.part.rolls_over_averaged": "The average form, the article's, rolls over a local minimum.",
    "lesson.momentum.part.rolls_over_heavy_ball": "Torch's form rolls over a local minimum.",
    "lesson.momentum.part.smaller_for_stability": "It needs a smaller rate in order to be stable.",
    "lesson.momentum.part.smaller_at_best": "Its best rate is smaller (less than a quarter), on small batches of digits.",
    "lesson.momentum.forms": "the form is one of: {holds:list}; not for: {does_not_hold:list}",
    "lesson.momentum.problems": "the problem is one of: {holds:list}; not for: {does_not_hold:list}",
    "lesson.momentum.rates": (
        "the rate is {holds:list} over the curvature, near where plain descent diverges (2); not at {does_not_hold:list}"
    ),
    "lesson.momentum.betas": "β is one of {holds:list}; not at {does_not_hold:list}",
    "lesson.momentum.number.deviation": "largest deviation from torch's SGD",
    "lesson.momentum.number.sum_deviation": "deviation from the weighted sum",
    "lesson.momentum.number.recent_share": "share of the weight on the last 1/(1−β) gradients",
    "lesson.momentum.number.updates_ratio": "updates with momentum over updates without",
    "lesson.momentum.number.contraction": "contraction an update at the best rate",
    "lesson.momentum.number.way_ratio": "way across the valley over that of plain descent",
    "lesson.momentum.number.passed": "share of starts that pass the local minimum",
    "lesson.momentum.number.stable_ratio": "largest stable rate over plain descent's",
    "lesson.momentum.number.best_ratio": "best rate over plain descent's",
    "lesson.setting.form": "form",
    "lesson.setting.problem": "problem",
    "lesson.setting.condition_number": "condition",
    "lesson.choice.averaged": "average form",
    "lesson.choice.heavy_ball": "heavy ball (torch's form)",
    "lesson.choice.velocity": "velocity form",
    "lesson.choice.nesterov": "Nesterov",
    "lesson.choice.plain_descent": "plain descent",
    "lesson.choice.bowl_10": "bowl of condition 10",
    "lesson.choice.bowl_100": "bowl of condition 100",
    "lesson.choice.bowl_1000": "bowl of condition 1000",
    "lesson.choice.digits_small": "digits, 4 examples an update",
    "lesson.choice.digits_full": "digits, all examples an update",
    "lesson.momentum.theory.plain_descent": "plain descent, theory",
    "lesson.momentum.theory.heavy_ball": "heavy ball at its best β, theory",
    "lesson.momentum.axis.flat": "flat direction",
    "lesson.momentum.axis.steep": "steep direction",
    "lesson.momentum.axis.condition": "condition number",
    "lesson.momentum.valley.title": "Down a valley of condition 20, all at the same rate",
    "lesson.momentum.valley.takeaway": (
        "At a rate of {lr:number} over the largest curvature plain descent jumps from wall to wall; the average form crosses "
        "less often and swings wider; torch's form, ten times as fast, is the wildest."
    ),
    "lesson.momentum.condition.title": "Updates against the condition number",
    "lesson.momentum.condition.takeaway": (
        "Plain descent pays for the condition number, momentum for its square root, at the price of a start that easy bowls do not repay."
    ),
}
