"""``cache``: what the lesson says."""

STRINGS = {
    "lesson.cache.source": "first article: batches and the cache",
    "lesson.cache.claim": (
        "A batch that fills but does not exceed the processor's cache is the fastest per example; past memory speed "
        "collapses; with a batch of one all vectorisation is lost."
    ),
    "lesson.cache.experiment": (
        "Steps of a dense net with 512 hidden units and of LeNet are timed in turns at powers of two. The working set "
        "of an update is counted: parameters, gradients, inputs and all that the backward pass keeps. The size that "
        "just fits the level 2 cache is compared, sweep by sweep, with the nearest one that leaves half of "
        "it empty and with the nearest one four times as large as it."
    ),
    "lesson.cache.otherwise": (
        "Matrix products work in blocks that fit a cache whatever the batch, and each layer only passes over its own "
        "activations. Where a processor has little or slow cache behind level 2, or where a layer does little "
        "arithmetic on much data, leaving the cache costs more. Past memory was not tried: it would stall the "
        "machine; the number is how near the largest batch came to what was free."
    ),
    "lesson.cache.take": (
        "A batch of one pays the whole overhead of every operation for one example: that is what is slow, more than "
        "lost vector instructions, since within one example a convolution is vectorised too. Look for the size from "
        "which an example gets no cheaper, with batchwright probe, rather than for a cache's size."
    ),
    "lesson.cache.part.alone": (
        "With B = 1 all vectorisation is lost: an example costs more than 8 times what it costs at the best size "
        "(8 numbers are what a vector instruction handles)."
    ),
    "lesson.cache.part.filling": (
        "Filling the level 2 cache pays: an example costs at least 15% more where half of it is empty."
    ),
    "lesson.cache.part.exceeding": (
        "Exceeding it costs: an example costs at least 15% more where the working set is four times the cache."
    ),
    "lesson.cache.part.past_memory": "Past memory, speed collapses.",
    "lesson.cache.nets": "the net is one of: {holds:list}; not: {does_not_hold:list}",
    "lesson.cache.number.alone_ratio": "an example at B = 1 over one at the best B",
    "lesson.cache.number.filling_ratio": "an example at this B over one with the cache filled",
    "lesson.cache.number.exceeding_ratio": "an example at this B over one with the cache filled",
    "lesson.cache.number.memory_share": "largest working set tried over free memory",
    "lesson.setting.beside": "against B",
    "lesson.cache.axis.throughput": "examples a second",
    "lesson.cache.dense_net.title": "Dense net: examples a second",
    "lesson.cache.LeNet.title": "LeNet: examples a second",
    "lesson.cache.takeaway": "Upright lines are where the working set passes a cache; look for a peak at one of them.",
    "lesson.cache.passed": "level {level} cache, {size:bytes}",
}
