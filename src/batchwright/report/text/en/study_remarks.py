"""Doubts, caveats and notes of studies and advice: why an answer is inconclusive, and what weakens it."""

STRINGS = {
    # why it is inconclusive
    "study.few_answers": "only {count} batch sizes have an answer, and a comparison needs {needed}",
    "study.few_answers.one": "only one batch size has an answer, and a comparison needs {needed}",
    "study.seeds_missed": "at batch size {batch_size} only {reached} of {seeds} seeds reached the target: "
    "its runs failed or were cut short",
    "study.rate_on_edge": "at batch size {batch_size} the best learning rate, {lr:rate}, was the last one tried "
    "on its side: a better one may lie beyond",
    "study.best_is_smallest": "the best batch size, {batch_size}, is the smallest one tried, and the range could "
    "be extended",
    "study.best_is_largest": "the best batch size, {batch_size}, is the largest one tried, and the range could "
    "be extended",
    "study.set_too_wide": "batch sizes from {low} to {high} cannot be told apart: that is most of the tried range",
    "study.clock_in_doubt": "other processes used {load:percent} of the machine while steps were timed, so "
    "seconds may be off by any factor; steps, learning rates and the critical batch size are untouched by that",
    "study.not_timed": "no seconds a step were measured, so time to target is unknown",
    "study.nothing_reached": "no batch size reached the target",
    "study.target_met_at_start": "the target, {split:split} {metric:metric} {target:g}, is met before any training "
    "({initial:measured}): there is nothing to compare",
    "study.target_nearly_reached": "no run reached {split:split} {metric:metric} {target:g} within {max_epochs:g} epochs; the "
    "best came to {best:measured}: more epochs should do",
    "study.target_out_of_reach": "no run came near {split:split} {metric:metric} {target:g}: the best, from "
    "{initial:measured} at the start, came to {best:measured} within {max_epochs:g} epochs",
    "study.nothing_learned": "no run improved {split:split} {metric:metric} at all, at no learning rate tried",
    "advice.one_batch_size": "the budget was spent on the learning rate at batch size {batch_size}: no other "
    "batch size was tried far enough to compare",
    # what weakens an answer
    "study.holes_in_set": "Batch sizes {batch_sizes:list} lie between batch sizes that are as good but are "
    "themselves clearly worse.",
    "study.holes_in_set.one": "Batch size {batch_sizes:list} lies between batch sizes that are as good but is "
    "itself clearly worse.",
    "study.without_answer": "Batch sizes {batch_sizes:list} have no answer: their runs failed or were cut short.",
    "study.without_answer.one": "Batch size {batch_sizes:list} has no answer: its runs failed or were cut short.",
    "study.one_seed": "One confirmation run per batch size: a spread between seeds of {spread:percent} is "
    "assumed.",
    "study.others_load": "Other processes used {load:percent} of the machine while steps were timed, so seconds "
    "may be off.",
    "study.suspect_timing": "Seconds a step at batch sizes {batch_sizes:list} do not fit those of their neighbours, even measured again: they take no part.",
    "study.suspect_timing.one": "Seconds a step at batch size {batch_sizes:list} do not fit those of its neighbours, even measured again: they take no part.",
    "study.schedule_has_horizon": "The learning-rate schedule has a horizon and was studied as it is: steps to "
    "target depend on it.",
    "study.budget_did_not_cover": "The budget did not cover batch sizes {batch_sizes:list}; the next one takes "
    "about {budget_needed:.0f} trainings in all.",
    "study.budget_did_not_cover.one": "The budget did not cover batch size {batch_sizes:list}; it takes about "
    "{budget_needed:.0f} trainings in all.",
    "study.not_searched": "Batch sizes {batch_sizes:list} were not searched.",
    "study.not_searched.one": "Batch size {batch_sizes:list} was not searched.",
    "study.easier_target_moves": "At an easier target another batch size is best: the answer holds for this "
    "target.",
    "advice.not_trained": "Batch size {batch_size} at learning rate {lr:rate} was not itself trained to the "
    "target: its steps are inferred from {count} other runs.",
    "advice.not_trained.one": "Batch size {batch_size} at learning rate {lr:rate} was not itself trained to the "
    "target: its steps are inferred from one other run.",
    # why advice ended
    "advice.ended.enough_runs": "{count} runs were made",
    "advice.ended.budget_spent": "the budget was spent",
    "advice.ended.no_promise": "no other run promised an improvement of 1% or more",
    "advice.ended.confirmed": "every batch size that may be the best was run on {seeds} seeds",
    "advice.agrees": "The noise scale late in the first run, {noise_scale:measured}, and the critical batch size of "
    "the runs, {critical_batch:measured}, agree to within a factor of {factor:.0f}.",
    "advice.disagrees": "The noise scale late in the first run, {noise_scale:measured}, and the critical batch size "
    "of the runs, {critical_batch:measured}, differ by a factor of {factor:measured}: the runs decide.",
    # what advice is doing
    "advice.timing": "seconds a step",
    "advice.rates": "learning rates at batch size {batch_size}, {steps} steps",
    "advice.run": "batch size {batch_size}, learning rate {lr:rate}",
    "advice.again": "batch size {batch_size} again, seed {seed}",
    # notes at one batch size
    "study.run_failed": "{status:status}: {message}",
    "study.no_rate_reached": "no learning rate reached the target within the budget",
    "study.some_seeds_reached": "the target was reached by {reached} of {seeds} confirmation seeds",
    "study.best_rate_on_edge": "the best learning rate lies on the edge of the tried range",
}
