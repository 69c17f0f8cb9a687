"""What a step costs."""

STRINGS = {
    "probe.title": "{task}: what a step costs",
    "probe.eyebrow": "{task} · what a step costs on this machine",
    "probe.knee": (
        "A step costs hardly more up to a batch of about {knee}, the knee; well above it a step costs in "
        "proportion to the batch."
    ),
    "probe.no_knee": "No knee among the batch sizes timed: {reason}.",
    "probe.nothing_timed": "No batch size could be timed.",
    "probe.memory.unknown": "Memory is not known{why}.",
    "probe.memory.none_fits": "Not even a batch of 1 fits {budget:bytes}{why}.",
    "probe.memory.why": ": {reason}",
    "probe.memory.each": ", {slope:bytes} an example",
    "probe.memory.all_fit": "All {count:count} examples fit in one batch within {budget:bytes}{each}.",
    "probe.memory.largest": "Largest batch that fits {budget:bytes}: {largest:count}{each}.",
    "probe.fact.knee": "knee",
    "probe.fact.largest": "largest that fits",
    "probe.fact.fastest": "highest throughput at",
    "probe.fact.throughput": "examples/s there",
    "probe.busy": (
        "Others used {load:percent} of the machine while steps were timed: seconds may be far off, memory is not."
    ),
    "probe.suspect": (
        "The times at batch sizes {sizes:list} do not fit those of their neighbours: the knee is without them."
    ),
    "probe.suspect.one": (
        "The time at batch size {sizes:list} does not fit those of its neighbours: the knee is without it."
    ),
    "probe.state_changed": (
        "Something that the task holds (a data set, a generator) changed while it was probed: a run after "
        "this one may differ from a run without it."
    ),
    "probe.collapse": "Throughput falls to {share:percent} of the best at batch size {batch_size:count}.",
    "probe.collapse.allocator": (
        "Throughput falls to {share:percent} of the best at batch size {batch_size:count}: the allocator "
        "starts over, memory is about to run out."
    ),
    "probe.collapse.cache": (
        "Throughput falls to {share:percent} of the best at batch size {batch_size:count}, where the working "
        "set no longer fits the level {level} cache."
    ),
    "probe.cache": "Level {level} cache, {size:bytes}: passed from batch size {passed_at:measured} on.",
    "probe.left_out": "Batch sizes {sizes:list} were not timed: {reason}.",
    "probe.left_out.one": "Batch size {sizes:list} was not timed: {reason}.",
    "probe.figure.title": "Seconds, throughput and memory of a step",
    "probe.figure.takeaway": (
        "Dots are measured; the line is overhead and work added up, the band its knee with the 90% interval."
    ),
    "probe.table.caption": "Each batch size timed: median seconds of a step, throughput, peak memory.",
    "probe.column.batch_size": "batch size",
    "probe.column.step": "a step",
    "probe.column.quartiles": "quartiles",
    "probe.column.throughput": "examples/s",
    "probe.column.memory": "memory",
    "probe.reading.step": (
        "A step is one update: forward and backward pass, optimizer. Its seconds are medians over turns in "
        "which all batch sizes take part, with their quartiles."
    ),
    "probe.reading.memory": (
        "Memory is the peak of an update above the process with model and data loaded, measured in a process "
        "of its own."
    ),
    "probe.reading.not_the_answer": (
        "Neither the largest batch that fits nor the highest throughput is the answer: what counts is time to "
        "target, which needs steps too."
    ),
    "probe.next.again": "on an idle machine, for seconds that hold",
    "probe.next.advise": "for the steps to the target, the other half of the time",
}
