"""``adaptive``: what the lesson says."""

STRINGS = {
    "lesson.adaptive.source": "articles on AdaGrad, RMSprop and Adam",
    "lesson.adaptive.claim": (
        "AdaGrad's rate dies; RMSprop repairs it for changing objectives; RMSprop and Adam speed up badly scaled and sparse "
        "problems; Adam's corrections speed up the start."
    ),
    "lesson.adaptive.experiment": (
        "Bowls of condition 100 and 1000 are badly scaled along the parameters' own axes (straight) or along others (turned); "
        "updates to a ten-thousandth of the first loss are counted. The minimum of another bowl walks while noisy gradients "
        "follow it, for 100 to 10,000 updates. Logistic regression has features that are there in every second example or in "
        "one of hundreds; digits have 4 examples an update. Every side runs at its own best rate. The article's RMSprop runs "
        "as it is printed, its cache zero at every call, beside torch's on the same gradients."
    ),
    "lesson.adaptive.otherwise": (
        "An adaptive rule scales parameter by parameter: it sees bad scaling only along the parameters' axes. Sparse features, "
        "embeddings and layers of different width lie along them, a turned bowl does not. Where gradients shrink towards the "
        "minimum AdaGrad's sum converges and its rate stays. A constant rate leaves RMSprop hovering at a distance of that "
        "rate: a harder target, or a rate that decays, changes its counts more than those of the others."
    ),
    "lesson.adaptive.take": (
        "Before you credit Adam's scaling, compare it with momentum at its own best rate: Adam has momentum in it. Keep both "
        "corrections or drop both: together they are a schedule of the first updates, (1−β₁^t)/√(1−β₂^t) on the rate, and a tuned "
        "rate makes up for it; dropping one alone only shows that a bad schedule is bad. An RMSprop that starts its cache anew at "
        "every call is a step of the sign, η/√(1−β) long whatever the gradient."
    ),
    "lesson.adaptive.part.adagrad_dies": "AdaGrad's effective rate dies (faster than t^−0.4) though gradients stay as large.",
    "lesson.adaptive.part.repairs_tuned": (
        "After a walking minimum RMSprop's loss is lower than AdaGrad's by 5% or more, rates tuned for that length."
    ),
    "lesson.adaptive.part.repairs_kept": "The same where both keep the rate that was best over 100 updates.",
    "lesson.adaptive.part.rmsprop_scaled": "RMSprop needs fewer updates than plain descent in a badly scaled bowl.",
    "lesson.adaptive.part.adam_scaled": "Adam needs fewer updates than plain descent in a badly scaled bowl.",
    "lesson.adaptive.part.beyond_momentum": "Adam needs fewer updates (by 20% or more) than momentum alone there.",
    "lesson.adaptive.part.sparse_faster": "They need fewer updates than SGD on sparse features, by a quarter or more.",
    "lesson.adaptive.part.digits_faster": "They need fewer updates than SGD on digits, by a quarter or more.",
    "lesson.adaptive.part.corrections_start": "With both corrections Adam halves the loss sooner than without one or both.",
    "lesson.adaptive.part.corrections_end": "With both corrections it reaches a ten-thousandth of the loss sooner.",
    "lesson.adaptive.part.printed": "The article's RMSprop, as printed, takes the steps of RMSprop.",
    "lesson.adaptive.horizons": "the run is one of {holds:list} updates long; not at {does_not_hold:list}",
    "lesson.adaptive.bowls": "the bowl is one of: {holds:list}; not for: {does_not_hold:list}",
    "lesson.adaptive.optimizers": "the optimizer is one of: {holds:list}; not for: {does_not_hold:list}",
    "lesson.adaptive.dropped": "what is dropped is one of: {holds:list}; not for: {does_not_hold:list}",
    "lesson.adaptive.number.rate_exponent": "exponent of the effective rate",
    "lesson.adaptive.number.walk_ratio": "RMSprop's loss over AdaGrad's",
    "lesson.adaptive.number.updates_ratio": "updates over those of plain descent",
    "lesson.adaptive.number.momentum_ratio": "Adam's updates over those of momentum",
    "lesson.adaptive.number.task_ratio": "updates over SGD's",
    "lesson.adaptive.number.correction_ratio": "updates with both corrections over those without",
    "lesson.adaptive.number.printed_gap": "largest distance from torch's RMSprop, 200 updates at rate 1",
    "lesson.adaptive.number.sign_gap": "largest distance from steps of the sign",
    "lesson.adaptive.number.torch_gap": "largest distance of our RMSprop from torch's",
    "lesson.adaptive.number.printed_ratio": "updates as printed over those of RMSprop",
    "lesson.setting.horizon": "updates",
    "lesson.setting.bowl": "bowl",
    "lesson.setting.dropped": "dropped",
    "lesson.choice.straight_100": "straight, condition 100",
    "lesson.choice.turned_100": "turned, condition 100",
    "lesson.choice.straight_1000": "straight, condition 1000",
    "lesson.choice.turned_1000": "turned, condition 1000",
    "lesson.choice.both_averages": "both corrections",
    "lesson.choice.of_squares": "that of the squares",
    "lesson.choice.of_gradients": "that of the gradients",
    "lesson.adaptive.line.plain": "plain descent",
    "lesson.adaptive.line.momentum": "momentum",
    "lesson.adaptive.line.adagrad": "AdaGrad",
    "lesson.adaptive.line.rmsprop": "RMSprop",
    "lesson.adaptive.line.adam": "Adam",
    "lesson.adaptive.axis.rate": "step over gradient, at rate 1",
    "lesson.adaptive.rates.title": "How far a gradient of the same size still moves",
    "lesson.adaptive.rates.takeaway": "AdaGrad's rate falls as 1/√t; RMSprop's starts ten times too large and settles after a hundred updates.",
    "lesson.adaptive.bowls.title": "Updates in badly scaled bowls",
    "lesson.adaptive.bowls.takeaway": (
        "Turn the bowl and RMSprop's gain is gone; Adam stays near momentum, which does not see the axes at all."
    ),
}
