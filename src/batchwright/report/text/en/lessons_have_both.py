"""``have-both``: what the lesson says."""

STRINGS = {
    "lesson.have_both.source": "fourth article: the best of both",
    "lesson.have_both.claim": "Large batches can be fast and good with the right recipe.",
    "lesson.have_both.experiment": (
        "A small batch at its tuned rate is the mark. Batches 8 and 32 times as large get the same epochs, so so many "
        "times fewer updates: plain SGD at the small batch's rate, at that rate scaled by the square root and linearly, "
        "with and without warm-up over a fifth of the updates, and at its own tuned rate; the largest also with "
        "momentum, LARS and LAMB, tuned. Seeds are shared by all sides and are not those that tuned. Warm-up "
        "is also tried at four rates of the middle size. Last, the weights of four runs are averaged, from one start "
        "and from different ones. As good means a validation loss at most a fifth higher."
    ),
    "lesson.have_both.otherwise": (
        "How large a batch can be as good depends on the task: below the critical batch size the tuned rate alone is "
        "enough, far above it no recipe makes up for the updates that are missing. LARS and LAMB were made for deep "
        "nets whose layers' gradients differ by orders of magnitude; a net of two layers gives them little to do."
    ),
    "lesson.have_both.take": (
        "Tune the learning rate for the large batch first; the scaling rules say where to begin. Add momentum and a "
        "warm-up where the wanted rate is unstable at the start. Average weights only of runs that share their start."
    ),
    "lesson.have_both.part.fewer_updates": (
        "The largest batch is fast: the same epochs take a tenth of the updates or fewer."
    ),
    "lesson.have_both.part.unscaled": "The largest batch is as good at the small batch's learning rate.",
    "lesson.have_both.part.square_root": "It is as good with the rate scaled by the square root of the batch.",
    "lesson.have_both.part.linear": "It is as good with the rate scaled in proportion to the batch.",
    "lesson.have_both.part.sgd": "A larger batch is as good with plain SGD at its own tuned rate.",
    "lesson.have_both.part.other_optimizers": (
        "The largest batch is as good with momentum, LARS or LAMB at their tuned rates."
    ),
    "lesson.have_both.part.warmup": "Warm-up lowers the loss of a larger batch at the same rate.",
    "lesson.have_both.part.layerwise_beats": "LARS and LAMB beat the better of tuned SGD and SGD with momentum.",
    "lesson.have_both.part.averaging": "The averaged weights of several runs are better than the runs.",
    "lesson.have_both.recipes": "the recipe is one of: {holds:list}; not: {does_not_hold:list}",
    "lesson.have_both.rates": "the learning rate is one of: {holds:list}; not: {does_not_hold:list}",
    "lesson.have_both.sizes": "the batch size is one of: {holds:list}; not at: {does_not_hold:list}",
    "lesson.have_both.size": "B {batch_size:size}",
    "lesson.have_both.starts": "the runs begin from: {holds:list}; not from: {does_not_hold:list}",
    "lesson.have_both.data": (
        "Trained on {task} with {examples:count} examples; the large batch is {large:size}. The long form takes "
        "Fashion-MNIST at 4096 where it is installed."
    ),
    "lesson.have_both.number.updates_ratio": "updates of the small batch / of the large one",
    "lesson.have_both.number.loss_ratio": "validation loss / the small batch's",
    "lesson.have_both.number.diverged": "runs that diverged",
    "lesson.have_both.number.warmup_ratio": "validation loss with warm-up / without",
    "lesson.have_both.number.layerwise_ratio": "validation loss / the better SGD's",
    "lesson.have_both.number.average_ratio": "validation loss of the average / of the runs",
    "lesson.setting.recipe": "recipe",
    "lesson.setting.starts": "starts",
    "lesson.choice.unscaled": "same rate",
    "lesson.choice.square_root": "square root",
    "lesson.choice.linear": "linear",
    "lesson.choice.linear_warmup": "linear, warm-up",
    "lesson.choice.sgd": "SGD",
    "lesson.choice.momentum": "momentum",
    "lesson.choice.lars": "LARS",
    "lesson.choice.lamb": "LAMB",
    "lesson.choice.one_start": "one start",
    "lesson.choice.other_starts": "different starts",
    "lesson.have_both.axis.recipe": "recipe",
    "lesson.have_both.small": "small batch, tuned",
    "lesson.have_both.recipes.title": "Validation loss after the same epochs",
    "lesson.have_both.recipes.takeaway": (
        "Dots are means, bars span the seeds; recipes that diverged are left out. The line is the small batch's loss."
    ),
}
