"""``rprop``: what the lesson says."""

STRINGS = {
    "lesson.rprop.source": "fifth article: Rprop and RMSprop",
    "lesson.rprop.claim": (
        "Weights' gradients differ so much that one global rate is hard; Rprop works on the full batch and fails on "
        "mini-batches; RMSprop is the repair."
    ),
    "lesson.rprop.experiment": (
        "A net on digits, 100 updates with batches of 32, of 256 and of all 1,437 examples. Rprop, RMSprop and plain "
        "descent, each at a rate tuned for its batch size on other seeds (for Rprop the first step size), are compared "
        "by their loss over all training examples at equal updates: failure is a loss far above the full batch's, not "
        "an accuracy at chance level. After 40 updates the step sizes are read, and the signs of two batches' "
        "gradients are compared at a point of a run of plain descent."
    ),
    "lesson.rprop.otherwise": (
        "A batch large beside the gradient noise scale is nearly the full batch: early in training, when signs agree, "
        "Rprop works with it. Gentler factors than 1.2 and 0.5, or a sign kept over several batches, move the "
        "agreement that is needed."
    ),
    "lesson.rprop.take": (
        "Rprop is for full batches. On mini-batches its step sizes count votes of signs, and noise halves them more "
        "often than it lets them grow; what divides by a moving average of the gradient's size, as RMSprop and Adam "
        "do, keeps the idea and averages the votes."
    ),
    "lesson.rprop.part.gradients_differ": (
        "Weights' gradients differ: the 90th percentile of their sizes is more than ten times the 10th."
    ),
    "lesson.rprop.part.works_on_the_full_batch": (
        "On the full batch Rprop's training loss is below plain descent's with one tuned rate."
    ),
    "lesson.rprop.part.fails_on_mini_batches": (
        "On mini-batches Rprop fails: its training loss is more than ten times the full batch's."
    ),
    "lesson.rprop.part.steps_are_shorter": "On mini-batches its step sizes are less than half as long as on the full batch.",
    "lesson.rprop.part.most_steps_end": "On mini-batches most step sizes end at the least allowed.",
    "lesson.rprop.part.signs_disagree": "Signs of two batches of 32 agree less often than the 79% that keep a step size from shrinking.",
    "lesson.rprop.part.rmsprop_repairs": "RMSprop's training loss on mini-batches is below Rprop's.",
    "lesson.rprop.number.gradient_spread": "90th over 10th percentile of the gradients' sizes",
    "lesson.rprop.number.loss_over_descent": "training loss, Rprop over plain descent",
    "lesson.rprop.number.loss_over_full_batch": "Rprop's training loss over that of the full batch",
    "lesson.rprop.number.median_step_ratio": "median step size over that of the full batch",
    "lesson.rprop.number.steps_at_the_least": "share of step sizes at the least",
    "lesson.rprop.number.sign_agreement": "share of weights whose signs agree",
    "lesson.rprop.number.rmsprop_over_rprop": "training loss, RMSprop over Rprop",
    "lesson.rprop.sizes": "the batch size is {holds:list}; not {does_not_hold:list}",
    "lesson.rprop.method.rprop": "Rprop",
    "lesson.rprop.method.rmsprop": "RMSprop",
    "lesson.rprop.line.size": "B = {size:size}",
    "lesson.rprop.line.method": "{name}, B = {size:size}",
    "lesson.rprop.least": "the least step size",
    "lesson.rprop.axis.share": "quantile of the weights",
    "lesson.rprop.axis.step_size": "step size",
    "lesson.rprop.losses.title": "Training loss after {updates:count} updates",
    "lesson.rprop.losses.takeaway": "Rprop needs the full batch; RMSprop hardly minds. Bands span the seeds.",
    "lesson.rprop.steps.title": "Step sizes after {updates:count} updates",
    "lesson.rprop.steps.takeaway": "The smaller the batch, the smaller the steps that are left.",
    "lesson.rprop.curves.title": "The way down",
    "lesson.rprop.curves.takeaway": "On small batches Rprop stops where its step sizes end.",
}
