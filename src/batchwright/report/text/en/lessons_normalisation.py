"""``normalisation``: what the lesson says."""

STRINGS = {
    "lesson.normalisation.source": "fourth article: normalisation, named there without an experiment",
    "lesson.normalisation.claim": (
        "Normalisation helps gradients flow, makes training faster and less dependent on the start."
    ),
    "lesson.normalisation.experiment": (
        "Digits in three ways: pixels from 0 to 16 as they are stored, pixels with mean 0 and standard deviation 1, and "
        "these with batch norm in front of every ReLU; each is compared with the one before. At the start: the first "
        "layer's gradient with 2 and with 8 hidden layers, and the whole spectrum of the training loss's Hessian. Then "
        "updates to a training loss of 0.3 with batches of 64, rates tuned for each on other seeds, from initial weights "
        "of a tenth, one and ten times the usual size. Last, batch norm with batches of 2 to 256, two epochs each."
    ),
    "lesson.normalisation.otherwise": (
        "Pixels that all lie on one scale are a mild case: features of very different sizes gain far more from "
        "standardised inputs. An initialisation made for the depth (He et al.) takes much of what batch norm gives. "
        "Batch norm computes its statistics over the batch, so its worth hangs on the batch size; layer norm and group "
        "norm do not."
    ),
    "lesson.normalisation.take": (
        "Standardise the inputs, it costs nothing. Batch norm makes the start and the learning rate matter less; with a "
        "handful of examples a batch its statistics are noise, and something that normalises within an example is the "
        "better choice. Tune the rate anew whenever normalisation changes."
    ),
    "lesson.normalisation.part.gradient_flow": (
        "Normalisation helps gradients flow: the first layer's gradient changes less with the depth of the net."
    ),
    "lesson.normalisation.part.better_condition": (
        "It improves the condition number of the Hessian at the start."
    ),
    "lesson.normalisation.part.faster": "It makes training faster: a fifth or more fewer updates to the target, at tuned rates.",
    "lesson.normalisation.part.less_dependent_on_the_start": (
        "Batch norm makes training depend less on the size of the initial weights."
    ),
    "lesson.normalisation.part.batch_norm_at_every_size": (
        "Batch norm lowers the validation loss after equal examples at every batch size."
    ),
    "lesson.normalisation.number.change_with_depth": "change with depth, over that of the net before",
    "lesson.normalisation.number.gradient_change": "factor by which the gradient changes with depth",
    "lesson.normalisation.number.condition_ratio": "condition number over that of the net before",
    "lesson.normalisation.number.updates_ratio": "updates to target over those of the net before",
    "lesson.normalisation.number.updates_to_target": "updates to target",
    "lesson.normalisation.number.spread_ratio": "spread over initial scales, with batch norm over without",
    "lesson.normalisation.number.spread_over_scales": "most over fewest updates of three initial scales",
    "lesson.normalisation.number.loss_ratio": "validation loss, with batch norm over without",
    "lesson.normalisation.nets": "what is normalised is: {holds:list}; not: {does_not_hold:list}",
    "lesson.normalisation.ranks": "the net, and the rank of the eigenvalue compared, are: {holds:list}; not: {does_not_hold:list}",
    "lesson.normalisation.sizes": "the batch size is {holds:list}; not {does_not_hold:list}",
    "lesson.setting.net": "normalised",
    "lesson.setting.rank": "rank",
    "lesson.choice.raw": "pixels as stored",
    "lesson.choice.inputs": "inputs",
    "lesson.choice.batch_norm": "inputs and batch norm",
    "lesson.choice.inputs_30": "inputs, 30th",
    "lesson.choice.inputs_60": "inputs, 60th",
    "lesson.choice.inputs_150": "inputs, 150th",
    "lesson.choice.batch_norm_30": "batch norm, 30th",
    "lesson.choice.batch_norm_60": "batch norm, 60th",
    "lesson.choice.batch_norm_150": "batch norm, 150th",
    "lesson.normalisation.axis.rank": "rank of the eigenvalue",
    "lesson.normalisation.axis.eigenvalue": "eigenvalue over the largest",
    "lesson.normalisation.axis.scale": "initial weights, times the usual",
    "lesson.normalisation.axis.updates": "updates to target",
    "lesson.normalisation.spectra.title": "The Hessian's spectrum at the start",
    "lesson.normalisation.spectra.takeaway": "The slower a line falls, the more directions one learning rate serves.",
    "lesson.normalisation.scales.title": "Updates to target over the initial scale (at most {most:count})",
    "lesson.normalisation.scales.takeaway": "A flat line does not care how it starts.",
    "lesson.normalisation.sizes_panel.title": "Batch norm over the batch size, after {epochs} epochs",
    "lesson.normalisation.sizes_panel.takeaway": (
        "With two examples a batch the statistics are mostly noise. Bands span the seeds."
    ),
}
