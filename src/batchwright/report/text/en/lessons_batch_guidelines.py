"""``batch-guidelines``: what the lesson says."""

STRINGS = {
    "lesson.batch_guidelines.source": "first article: choosing a batch size",
    "lesson.batch_guidelines.claim": (
        "Under 2,000 examples use the full batch; else 64 to 512; powers of two run faster."
    ),
    "lesson.batch_guidelines.experiment": (
        "A dense net is trained to a validation loss on 500 and on 1,437 digits and on five times as many, each image "
        "also moved by a pixel to every side; the long form adds Fashion-MNIST where it is installed. Steps to the "
        "target are counted at a learning rate tuned for each batch size, on other seeds than those that tuned, and "
        "multiplied by the seconds of a step. Steps of 2^k and of its two neighbours are timed in turns, alone."
    ),
    "lesson.batch_guidelines.otherwise": (
        "The best size follows from two things: the critical batch size of the task, and the size from which a step "
        "costs in proportion to its batch on your machine. A GPU moves the second one up, a noisy task the first. "
        "Where kernels are padded to multiples of 8 or 64, as in tensor cores, it is the layers' widths more than "
        "the batch that should be such multiples."
    ),
    "lesson.batch_guidelines.take": (
        "The number of examples says little about the batch. Try a handful of sizes at factors of four, with the rate "
        "tuned for each; any size within the flat part of the curve will do, and whether it is a power of two does "
        "not matter."
    ),
    "lesson.batch_guidelines.part.full_batch": (
        "Under 2,000 examples the full batch is good: it takes at most 1.25 times the seconds of the best size."
    ),
    "lesson.batch_guidelines.part.advised": (
        "Above, 64 to 512 is good: a size from that range takes on average at most 1.25 times the seconds of the best."
    ),
    "lesson.batch_guidelines.part.powers": (
        "Powers of two run faster: a step of 2^k takes less than 0.95 of what steps of 2^k − 1 and 2^k + 1 take."
    ),
    "lesson.batch_guidelines.counts": "the number of examples is one of: {holds:list}; not: {does_not_hold:list}",
    "lesson.batch_guidelines.data": (
        "The largest set of digits has {examples:count} examples: every image as it is, and moved by a pixel to each side."
    ),
    "lesson.batch_guidelines.number.full_batch_ratio": "seconds with the full batch over those of the best size",
    "lesson.batch_guidelines.number.advised_ratio": "mean seconds of 64 to 512 over those of the best size",
    "lesson.batch_guidelines.number.size_ratio": "seconds over those of the best size",
    "lesson.batch_guidelines.number.power_ratio": "a step of 2^k over its neighbours'",
    "lesson.batch_guidelines.line.examples": "{examples:count} examples",
    "lesson.batch_guidelines.axis.relative": "seconds to the target, over the least",
    "lesson.batch_guidelines.axis.neighbours": "over neighbours",
    "lesson.batch_guidelines.costs.title": "Seconds to the target",
    "lesson.batch_guidelines.costs.takeaway": "Upright lines are 64 and 512; the last point of each line is its largest batch.",
    "lesson.batch_guidelines.neighbours.title": "A power of two beside its neighbours",
    "lesson.batch_guidelines.neighbours.takeaway": "Seconds of a step at 2^k over those at 2^k ± 1, with 90% intervals over sweeps.",
}
