"""``lenet-batch-size``: what the lesson says."""

STRINGS = {
    "lesson.lenet_batch_size.source": "second article: batch sizes for LeNet",
    "lesson.lenet_batch_size.claim": (
        "On LeNet bigger batches process data faster, but need more epochs and, for the same accuracy, much more "
        "time; there is a best batch size in time and another in final accuracy; very small batches do not converge."
    ),
    "lesson.lenet_batch_size.experiment": (
        "LeNet is trained by SGD with batches of 1 to 128. Epochs to a validation accuracy are counted on seeds that "
        "took no part in tuning, steps are timed alone, all sizes in turns, and the two are multiplied. Once all "
        "sizes use the learning rate 0.1, as with one fixed rate in the article, and once each has its own tuned "
        "rate. A run that ends short of the target counts with all its epochs, which is too few."
    ),
    "lesson.lenet_batch_size.otherwise": (
        "Another fixed rate favours another batch size: a small rate suits small batches, a large one makes them "
        "diverge. On a GPU a step of 128 costs hardly more than one of 8, and the best size in time moves up. The "
        "short form gives B = 1 two epochs, 2,874 updates, and the long form twenty; the article gave it 200."
    ),
    "lesson.lenet_batch_size.take": (
        "A comparison of batch sizes at one learning rate compares learning rates. Tune the rate for each size, then "
        "multiply seconds a step by steps to the target: that product has its minimum at a middle size."
    ),
    "lesson.lenet_batch_size.part.faster_data": (
        "Bigger batches process data faster: an example costs at least a tenth less at B = 128 than at B = 8."
    ),
    "lesson.lenet_batch_size.part.more_epochs_fixed": "At one rate for all, B = 128 needs over 1.2 times the epochs of B = 8.",
    "lesson.lenet_batch_size.part.more_epochs_tuned": "At tuned rates, B = 128 needs over 1.2 times the epochs of B = 8.",
    "lesson.lenet_batch_size.part.more_time_fixed": (
        "At one rate for all, B = 128 takes over 1.5 times the seconds of the best smaller size."
    ),
    "lesson.lenet_batch_size.part.more_time_tuned": (
        "At tuned rates, B = 128 takes over 1.5 times the seconds of the best smaller size."
    ),
    "lesson.lenet_batch_size.part.best_time_fixed": (
        "At one rate for all, there is a best size in time: both 1 and 128 take over 1.1 times its seconds."
    ),
    "lesson.lenet_batch_size.part.best_time_tuned": (
        "At tuned rates, there is a best size in time: both 1 and 128 take over 1.1 times its seconds."
    ),
    "lesson.lenet_batch_size.part.best_accuracy_fixed": (
        "At one rate for all, there is a best size in final accuracy: both 8 and 128 end more than a point below it."
    ),
    "lesson.lenet_batch_size.part.best_accuracy_tuned": (
        "At tuned rates, there is a best size in final accuracy: both 8 and 128 end more than a point below it."
    ),
    "lesson.lenet_batch_size.part.tiny_fixed": "At one rate for all, most runs with B = 1 do not reach the target.",
    "lesson.lenet_batch_size.part.tiny_tuned": "At its tuned rate, most runs with B = 1 do not reach the target.",
    "lesson.lenet_batch_size.number.example_ratio": "an example at B = 128 over one at this B",
    "lesson.lenet_batch_size.number.epochs_ratio": "epochs at 128 over those at 8",
    "lesson.lenet_batch_size.number.seconds_ratio": "seconds to the target over those of the best size",
    "lesson.lenet_batch_size.number.accuracy_gap": "final accuracy of the best size minus that at this B",
    "lesson.lenet_batch_size.number.not_reached": "share of runs that do not reach the target",
    "lesson.choice.fixed_rate": "one for all",
    "lesson.lenet_batch_size.data.enlarged": (
        "LeNet was trained on {examples:count} of scikit-learn's 8x8 "
        "digits, enlarged to 28x28, to an accuracy of {target:measured}."
    ),
    "lesson.lenet_batch_size.data.found": (
        "LeNet was trained on {examples:count} examples of {task}, to an accuracy of {target:measured}."
    ),
    "lesson.lenet_batch_size.same.more_epochs": "More epochs for bigger batches: the verdict is the same with and without tuning.",
    "lesson.lenet_batch_size.changed.more_epochs": "More epochs for bigger batches: tuning changes the verdict.",
    "lesson.lenet_batch_size.same.more_time": "More time for bigger batches: the verdict is the same with and without tuning.",
    "lesson.lenet_batch_size.changed.more_time": "More time for bigger batches: tuning changes the verdict.",
    "lesson.lenet_batch_size.same.best_time": "A best size in time: the verdict is the same with and without tuning.",
    "lesson.lenet_batch_size.changed.best_time": "A best size in time: tuning changes the verdict.",
    "lesson.lenet_batch_size.same.best_accuracy": "A best size in final accuracy: the verdict is the same with and without tuning.",
    "lesson.lenet_batch_size.changed.best_accuracy": "A best size in final accuracy: tuning changes the verdict.",
    "lesson.lenet_batch_size.same.tiny": "Very small batches do not converge: the verdict is the same with and without tuning.",
    "lesson.lenet_batch_size.changed.tiny": "Very small batches do not converge: tuning changes the verdict.",
    "lesson.lenet_batch_size.cost.title": "Epochs, seconds an epoch, seconds to the target",
    "lesson.lenet_batch_size.cost.takeaway": (
        "Each over its smallest value. Seconds to the target are the product of the other two: where it is lowest "
        "depends on whether the rate was tuned."
    ),
    "lesson.lenet_batch_size.final.title": "Accuracy at the end",
    "lesson.lenet_batch_size.final.takeaway": "After equally many epochs; bars span the seeds.",
    "lesson.lenet_batch_size.axis.normalised": "times the smallest",
    "lesson.lenet_batch_size.line.epoch_seconds": "seconds an epoch",
    "lesson.lenet_batch_size.line.epochs.fixed": "epochs, one rate",
    "lesson.lenet_batch_size.line.epochs.tuned": "epochs, tuned",
    "lesson.lenet_batch_size.line.seconds.fixed": "seconds, one rate",
    "lesson.lenet_batch_size.line.seconds.tuned": "seconds, tuned",
    "lesson.lenet_batch_size.line.final.fixed": "one rate for all",
    "lesson.lenet_batch_size.line.final.tuned": "tuned",
}
