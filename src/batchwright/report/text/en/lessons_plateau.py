"""``plateau``: what the lesson says."""

STRINGS = {
    "lesson.plateau.source": "fourth article: saddles and plateaus",
    "lesson.plateau.claim": (
        "In many dimensions (20,000 parameters) saddles and plateaus, not local minima, slow training; a random push "
        "to one side leaves them; momentum, RMSprop, Adam and small batches leave them sooner."
    ),
    "lesson.plateau.experiment": (
        "How many of the critical points of a random smooth function are saddles follows from random Hessians by the "
        "Kac-Rice formula, for 1 to 20 parameters. Then 32 walkers leave a saddle (eigenvalues 1 and −0.1) "
        "under noise that is the same everywhere, or that vanishes at the saddle, and the plateau of a saturated "
        "sigmoid. Every optimizer and batch size takes 34 learning rates, factors of √2 apart; the best is the one "
        "that reaches half the flat place's loss soonest and stays there. Momentum is judged in its two forms, at "
        "one rate (a quarter of plain descent's best) and each at its best. Sooner means a tenth fewer updates."
    ),
    "lesson.plateau.otherwise": (
        "A random function has no structure; a net has, and its flat directions are many. Where the noise vanishes at "
        "the flat place, as for dead units or at symmetric weights, no batch size helps, and only a push, or an "
        "optimizer that divides by the gradient's own size, does. A steeper way down leaves less to win."
    ),
    "lesson.plateau.take": (
        "Look for saddles before blaming local minima. What leaves a flat place is anything that makes small gradients "
        "count: momentum that sums (not its averaging form at the same rate), or division by the gradient's size. A "
        "small batch helps as far as its noise does not vanish there, and only by a logarithm."
    ),
    "lesson.plateau.part.share_grows": (
        "With many parameters nearly all critical points are saddles (above 99% at 20)."
    ),
    "lesson.plateau.part.push": "Without a push gradient descent stays at a saddle; any push leaves it.",
    "lesson.plateau.part.summing_one_rate": "Momentum that sums leaves sooner at the same learning rate.",
    "lesson.plateau.part.averaging_one_rate": "Momentum that averages leaves sooner at the same learning rate.",
    "lesson.plateau.part.summing_tuned": "Momentum that sums leaves sooner, both at their best rates.",
    "lesson.plateau.part.averaging_tuned": "Momentum that averages leaves sooner, both at their best rates.",
    "lesson.plateau.part.rmsprop": "RMSprop leaves sooner, both at their best rates.",
    "lesson.plateau.part.adam": "Adam leaves sooner, both at their best rates.",
    "lesson.plateau.part.small_batch_additive": (
        "Small batches leave a saddle sooner where the noise is the same everywhere."
    ),
    "lesson.plateau.part.small_batch_vanishing": (
        "Small batches leave a saddle sooner where the noise vanishes at it."
    ),
    "lesson.plateau.part.small_batch_plateau": "Small batches leave a plateau sooner.",
    "lesson.plateau.settings": "the flat place is one of: {holds:list}; not at: {does_not_hold:list}",
    "lesson.plateau.sizes": "the batch size is one of: {holds:list}; not at: {does_not_hold:list}",
    "lesson.plateau.number.saddle_share": "share of saddles",
    "lesson.plateau.number.updates_after_push": "updates until left",
    "lesson.plateau.number.updates_ratio": "updates / those of plain descent",
    "lesson.plateau.number.updates_ratio_of_sizes": "updates / those at B = 256",
    "lesson.setting.parameters": "parameters",
    "lesson.setting.push": "push",
    "lesson.setting.flat_place": "at",
    "lesson.choice.additive": "saddle, additive noise",
    "lesson.choice.vanishing": "saddle, vanishing noise",
    "lesson.choice.plateau": "plateau",
    "lesson.plateau.axis.parameters": "parameters",
    "lesson.plateau.axis.saddles": "share of saddles",
    "lesson.plateau.line.optimizer": "{name}",
    "lesson.plateau.line.additive": "saddle, additive noise",
    "lesson.plateau.line.vanishing": "saddle, vanishing noise",
    "lesson.plateau.line.plateau": "plateau",
    "lesson.plateau.saddles.title": "Critical points that are saddles",
    "lesson.plateau.saddles.takeaway": (
        "On a line there are none, on a plane they are half; from ten parameters on there is hardly anything else."
    ),
    "lesson.plateau.optimizers.title": "Updates until the saddle is left",
    "lesson.plateau.optimizers.takeaway": (
        "Additive noise, B = 16. A line ends where its optimizer no longer stays below the saddle."
    ),
    "lesson.plateau.sizes.title": "Updates against the batch size, each at its best rate",
    "lesson.plateau.sizes.takeaway": (
        "Only noise that does not vanish at the flat place makes a small batch leave it in fewer updates."
    ),
}
