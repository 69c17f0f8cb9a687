"""``weight-decay``: what the lesson says."""

STRINGS = {
    "lesson.weight_decay.source": "fourth article: regularisation",
    "lesson.weight_decay.claim": (
        "Weight decay is for neither accuracy nor speed but against overfitting; L2 shrinks the weights, L1 selects them."
    ),
    "lesson.weight_decay.experiment": (
        "A net on 300 digits, a fifth of them with a wrong label (others for every seed), 40 epochs with batches of 32. "
        "With and without decay, each side at the rate and strength that was best on other seeds; L2 in the gradient "
        "against decoupled decay, under SGD and under Adam. Then regressions of 60 rows and 20 features of which 4 "
        "matter: ridge and lasso solved exactly over 19 strengths and compared with scikit-learn's, and the lasso by "
        "proximal and by subgradient steps."
    ),
    "lesson.weight_decay.otherwise": (
        "A small learning rate, or few epochs, stop training before it overfits and leave decay little to do. With "
        "plenty of right labels there is little to overfit, and decay moves neither loss nor accuracy much. In nets "
        "with batch norm decay acts on the effective learning rate more than on the function. Correlated features make "
        "L1 choose among them at random."
    ),
    "lesson.weight_decay.take": (
        "On few or noisy data tune the decay together with the learning rate, and look at loss and accuracy apart. "
        "Under Adam use the decoupled form, and expect its best strength at another order of magnitude than that of "
        "L2. For exact zeros take proximal steps (`l1`)."
    ),
    "lesson.weight_decay.part.against_overfitting": "Decay lowers the validation loss on few, noisy examples by 5% or more, each side at its best rate.",
    "lesson.weight_decay.part.at_every_rate": "It does so at every rate, slow to fast.",
    "lesson.weight_decay.part.not_for_accuracy": "It does not raise the validation accuracy by a point or more, each side at its best rate.",
    "lesson.weight_decay.part.not_for_speed": (
        "It does not speed up training: at equal updates and rate the training loss is higher with it."
    ),
    "lesson.weight_decay.part.forms_are_the_same": "Decoupled decay and L2 in the gradient are the same at the same strength (training loss within 2%).",
    "lesson.weight_decay.part.decoupled_is_better_under_adam": "Under Adam, decoupled decay lowers the validation loss by 5% or more against L2, each at its best strength.",
    "lesson.weight_decay.part.paths_agree": (
        "Ridge and lasso paths are scikit-learn's, to 10⁻¹⁰ and 10⁻⁸, with the same zeros."
    ),
    "lesson.weight_decay.part.l2_shrinks": "At its best strength L2 shrinks the weights.",
    "lesson.weight_decay.part.l1_selects": "At its best strength L1 leaves out more than a quarter of the features that do not matter.",
    "lesson.weight_decay.part.l1_finds_them": "It keeps exactly the features that matter, in most problems.",
    "lesson.weight_decay.part.proximal_zeros": "Proximal steps set to zero exactly the weights that the lasso does.",
    "lesson.weight_decay.part.subgradient_zeros": "Subgradient steps set weights to zero as well.",
    "lesson.weight_decay.number.validation_loss_ratio": "validation loss, with decay over without",
    "lesson.weight_decay.number.train_loss_ratio": "training loss, with decay over without",
    "lesson.weight_decay.number.accuracy_gained": "validation accuracy gained by decay",
    "lesson.weight_decay.number.train_loss_same_rate": "training loss at the same rate, with decay over without",
    "lesson.weight_decay.number.decoupled_over_l2": "training loss, decoupled over L2, same strength",
    "lesson.weight_decay.number.accuracy_gained_same_rate": "accuracy gained at the same, fast rate",
    "lesson.weight_decay.number.tuned_decoupled_over_l2": "validation loss, decoupled over L2, each tuned",
    "lesson.weight_decay.number.ridge_gap": "ridge: largest difference from scikit-learn",
    "lesson.weight_decay.number.lasso_gap": "lasso: largest difference from scikit-learn",
    "lesson.weight_decay.number.zeros_agree": "share of lasso paths with scikit-learn's zeros",
    "lesson.weight_decay.number.ridge_norm": "norm of ridge's weights over those of hardly any penalty",
    "lesson.weight_decay.number.ridge_zeros": "largest share of zeros of ridge",
    "lesson.weight_decay.number.idle_left_out": "share of idle features left out by the lasso",
    "lesson.weight_decay.number.support_found": "share of problems with exactly the features that matter",
    "lesson.weight_decay.number.true_kept": "share of the features that matter kept by it",
    "lesson.weight_decay.number.exact_zeros": "exact zeros among 20 weights",
    "lesson.weight_decay.number.zeros_match": "share of problems with the lasso's zeros",
    "lesson.weight_decay.number.loss_ratio_same_rate": "validation loss at the same rate, with decay over without",
    "lesson.weight_decay.number.best_l2": "best strength of L2",
    "lesson.weight_decay.rates": "the rate is {holds:list}; not {does_not_hold:list}",
    "lesson.weight_decay.optimizers": "the optimizer is {holds:list}; not {does_not_hold:list}",
    "lesson.setting.strength": "strength",
    "lesson.setting.steps": "steps",
    "lesson.choice.solution": "the exact lasso",
    "lesson.choice.proximal": "proximal",
    "lesson.choice.subgradient": "subgradient",
    "lesson.weight_decay.line.matters": "features that matter",
    "lesson.weight_decay.line.idle": "idle features",
    "lesson.weight_decay.axis.strength": "strength of the penalty",
    "lesson.weight_decay.axis.coefficient": "weight",
    "lesson.weight_decay.strength.title": "A net on few, noisy labels, at rate {lr:rate}",
    "lesson.weight_decay.strength.takeaway": (
        "The training loss only rises with the strength; the validation loss has its least in between."
    ),
    "lesson.weight_decay.ridge.title": "Ridge",
    "lesson.weight_decay.ridge.takeaway": "All weights shrink together, and none is zero.",
    "lesson.weight_decay.lasso.title": "Lasso",
    "lesson.weight_decay.lasso.takeaway": "One weight after the other becomes zero, those that matter last.",
}
