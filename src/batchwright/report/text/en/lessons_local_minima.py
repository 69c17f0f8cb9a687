"""``local-minima``: what the lesson says."""

STRINGS = {
    "lesson.local_minima.source": "fourth and fifth article: local minima",
    "lesson.local_minima.claim": (
        "One article says that in large nets bad local minima are no problem; another, that a large batch ends in bad "
        "ones."
    ),
    "lesson.local_minima.experiment": (
        "A random net of four hidden units makes the targets of 64 examples, so that a loss of zero exists from four "
        "units on. Students of 1 to 32 units are trained on 24 such problems from eight starts each, with all 64 "
        "examples as one batch and with batches of four, 1,000 updates either way, the learning rate tuned for each "
        "width and batch size on other starts, and decayed to zero. A bad end is a training loss more than 0.01 (the "
        "targets' variance is 1) above the best end of the same problem and width."
    ),
    "lesson.local_minima.otherwise": (
        "With a rate that suits the small batch alone, or at equal epochs, where the large batch makes far fewer "
        "updates, the large batch ends higher: that is unfinished work, not a bad minimum. Without the decay the small "
        "batch ends higher, by its noise. A relative spread grows as the loss goes to zero; only the absolute one says "
        "whether an end is bad."
    ),
    "lesson.local_minima.take": (
        "Bad ends belong to narrow nets, and a wider net is the cure. At equal updates and tuned rates a large batch "
        "ends no higher on the training data: what is said of large batches is about how many updates they make, and "
        "about validation."
    ),
    "lesson.local_minima.part.wide_has_none": (
        "In the widest nets fewer than one start in twenty ends badly, with all the data as one batch."
    ),
    "lesson.local_minima.part.some_end_badly": "More than one start in twenty ends badly.",
    "lesson.local_minima.part.spread_shrinks": (
        "The absolute spread of final losses is larger with two units than in the widest nets."
    ),
    "lesson.local_minima.part.large_batch": (
        "At equal updates the large batch ends more than 0.01 higher than the small one."
    ),
    "lesson.local_minima.widths": "the width is one of: {holds:list}; not at: {does_not_hold:list}",
    "lesson.local_minima.number.bad_ends": "starts that end badly",
    "lesson.local_minima.number.final_loss": "final training loss",
    "lesson.local_minima.number.spread": "mean loss above the best start",
    "lesson.local_minima.number.spread_narrow_less_wide": "spread at two units less that of the widest",
    "lesson.local_minima.number.full_less_small": "final loss of the full batch less that of the small one",
    "lesson.local_minima.number.tuned_rate": "tuned learning rate",
    "lesson.setting.hidden_units": "width",
    "lesson.setting.batch_of": "batch",
    "lesson.choice.whole": "all",
    "lesson.choice.sixteenth": "a sixteenth",
    "lesson.local_minima.line.whole": "all {size:count} examples a batch",
    "lesson.local_minima.line.sixteenth": "batches of {size:count}",
    "lesson.local_minima.axis.width": "hidden units",
    "lesson.local_minima.axis.spread": "mean loss above the best start",
    "lesson.local_minima.by_width.title": "How much the start decides",
    "lesson.local_minima.by_width.takeaway": (
        "The absolute spread over starts goes to zero as the net gets wider, whatever the batch."
    ),
    "lesson.local_minima.starts.title": "Every start",
    "lesson.local_minima.starts.takeaway": (
        "Final losses of three problems: narrow nets end at several heights, wide ones all at the bottom."
    ),
}
