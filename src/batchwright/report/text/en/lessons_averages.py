"""``averages``: what the lesson says."""

STRINGS = {
    "lesson.averages.source": "articles on momentum and Adam: exponentially weighted averages",
    "lesson.averages.claim": (
        "The exponentially weighted average lags by about 1/(1−β); a small β (0.1) follows the values, a large one "
        "(0.9) smooths them; bias correction repairs its start; most people do without it."
    ),
    "lesson.averages.experiment": (
        "Series of 4,000 values with noise of standard deviation 1 are averaged, v = βv + (1−β)x from v = 0. On a ramp "
        "the lag is measured, on pure noise the share of it that is left, on a level of 10 what the first ten averages "
        "lack. What people do cannot be measured; what can is after how many values the missing correction no longer "
        "shows, and what torch's optimizers do at their first update."
    ),
    "lesson.averages.otherwise": (
        "Lag and noise are arithmetic: β/(1−β) values and √((1−β)/(1+β)) of the standard deviation, for every series of "
        "independent noise. Noise that lasts for many values, such as that of a loss evaluated on the same examples, is "
        "smoothed less. An average that starts at the first value instead of zero needs no correction, but keeps that "
        "value's noise for a whole memory."
    ),
    "lesson.averages.take": (
        "Choose β by the memory 1/(1−β) and remember that the average is that late: when you read a smoothed loss, read it "
        "against the update one memory ago. Correct it if you look at the first five memories, or if something divides by "
        "it: an uncorrected average of squares makes the first steps too long, not too short."
    ),
    "lesson.averages.part.lag": "The average is about 1/(1−β) values late (within 15%).",
    "lesson.averages.part.follows": "A small β (0.1) follows: it is less than one value late.",
    "lesson.averages.part.smooths": "A large β (0.9) smooths: it leaves less than half of the noise that 0.1 leaves.",
    "lesson.averages.part.repairs": (
        "The plain average starts wrong by more than 5%, and bias correction brings the first ten values back within 5%."
    ),
    "lesson.averages.part.do_without": "One can do without the correction: less than 1% is lacking.",
    "lesson.averages.lag_when": "β is one of {holds:list}; not at {does_not_hold:list}",
    "lesson.averages.without_when": (
        "{holds:list} memories of 1/(1−β) values have passed; not after {does_not_hold:list}"
    ),
    "lesson.averages.number.lag_ratio": "lag in units of 1/(1−β)",
    "lesson.averages.number.smallest_beta": "smallest β whose lag is 1/(1−β)",
    "lesson.averages.number.lag": "lag in values",
    "lesson.averages.number.noise_ratio": "noise left by 0.9 over that left by 0.1",
    "lesson.averages.number.noise_kept": "share of the noise that is left",
    "lesson.averages.number.start_error": "error of the first ten values",
    "lesson.averages.number.start_noise": "noise of the first corrected value over that of later ones",
    "lesson.averages.number.lacking": "share lacking without correction",
    "lesson.averages.number.first_step": "first step in units of the learning rate",
    "lesson.setting.average": "average",
    "lesson.setting.memories": "memories",
    "lesson.choice.corrected": "corrected",
    "lesson.choice.uncorrected": "plain",
    "lesson.averages.line.values": "values",
    "lesson.averages.line.corrected": "β = {beta:number}, corrected",
    "lesson.averages.line.plain": "β = {beta:number}, plain",
    "lesson.averages.line.late": "by being late",
    "lesson.averages.line.noise": "by noise",
    "lesson.averages.line.both": "both",
    "lesson.averages.axis.time": "value number",
    "lesson.averages.axis.value": "value",
    "lesson.averages.axis.memory": "memory 1/(1−β)",
    "lesson.averages.axis.error": "root mean square error",
    "lesson.averages.mark": "β = {beta:number}",
    "lesson.averages.beginning.title": "A noisy wave and its averages",
    "lesson.averages.beginning.takeaway": (
        "A small β follows noise and wave alike; a large one is smooth and late, and without correction it climbs from zero."
    ),
    "lesson.averages.trade.title": "Late or noisy",
    "lesson.averages.trade.takeaway": (
        "For this wave of 80 values the error is least at β = {best:number}: a faster change wants a smaller β, more noise a larger one."
    ),
}
