"""The page of a study: one statistic behind sentence, table, ratios and figures; what is in doubt is named."""

import re

import pytest

from batchwright.advice.decide.sharp_ends import SharpEnds
from batchwright.advice.result import CriticalBatch, StudyResult
from batchwright.core.action import Action
from batchwright.core.remark import remark
from batchwright.measure.estimate import symmetric
from batchwright.report.draw import series
from batchwright.report.page import Facts, Figure, NextStep, Note, Sentence, Table
from batchwright.report.pages.study import study_page
from batchwright.report.pages.study_words import critical_words
from batchwright.report.render.terminal import page_text
from batchwright.report.text.columns import written
from batchwright.study.ends import RunEnd


@pytest.fixture(scope="module")
def page(cases):
    return study_page(cases.study(), cases.curves())


def column(table, heading):
    (found,) = [c for c in written(table) if c.name == heading]
    return dict(zip(written(table)[0].cells, found.cells, strict=True))


def notes(page, role):
    return [note.text for note in page.all(Note) if note.role == role]


def advised(result, **changed):
    """The study with other words about its recommendation."""
    return result.model_copy(update={"recommendation": result.recommendation.model_copy(update=changed)})


# --- one statistic ---


def test_headline_and_table_say_the_same_number_in_the_same_unit(page):
    table = page.all(Table)[0]
    to_target = column(table, "to target")
    assert page.headline.startswith(
        f"Train with batch size 128 and learning rate 0.25: {to_target['128']} ms to target (90%: "
    )
    assert written(table)[6].heading == "to target (ms)"
    assert page.headline.endswith("; anything from 32 to 128 is as good (90%).")


def test_ratios_are_those_of_the_columns_beside_them(page):
    table = page.all(Table)[0]
    seconds, ratios = column(table, "to target"), column(table, "time ÷ best")
    best = float(seconds["128"])
    for size, ratio in ratios.items():
        if ratio != "–":
            assert float(ratio[:-1]) == pytest.approx(float(seconds[size].replace(",", "")) / best, rel=0.01)
    assert ratios["128"] == "1.00×"


def test_the_figures_show_the_medians_of_the_table(cases, page):
    result = cases.study()
    table = page.all(Table)[0]
    for median in series.seconds_series(result).medians:
        shown_value = float(column(table, "to target")[str(median.batch_size)])
        assert shown_value == pytest.approx(1e3 * median.value, abs=0.006)
    row = next(r for r in result.batch_sizes if r.batch_size == 128)
    assert series.examples_series(result).median_at(128) == 128 * row.steps_to_target.median


def test_stored_products_are_not_a_second_statistic(cases):
    # A result whose own product disagrees with its median: the page stays with the median.
    base = cases.study()
    rows = tuple(row.model_copy(update={"seconds_to_target": 99.0}) for row in base.batch_sizes)
    assert study_page(base.model_copy(update={"batch_sizes": rows})).headline == study_page(base).headline


def test_the_fastest_row_is_the_best_or_it_says_why_not(cases, page):
    assert not any("lower middle value" in s.text for s in page.all(Sentence))
    other = study_page(advised(cases.study(), batch_size=64))
    (words,) = [s.text for s in other.all(Sentence) if "lower middle value" in s.text]
    assert words.startswith("Batch size 128 has the lower middle value in the table, 7.61 ms to target")


@pytest.mark.parametrize(
    ("objective", "cost", "why"),
    [
        ("examples", "examples to target (90%: ", "the largest batch size within 20% of the fewest examples"),
        ("steps", "steps to target (90%: ", "the smallest batch size within 20% of the fewest steps"),
    ],
)
def test_other_objectives(cases, objective, cost, why):
    page = study_page(advised(cases.study(), objective=objective))
    assert cost in page.headline
    assert why in page.headline
    table = page.all(Table)[0]
    assert column(table, objective)["128"] in page.headline
    assert f"{objective} ÷ best" in [c.name for c in written(table)]
    assert page.all(Figure)[0].name == objective


def test_the_set_as_good_in_words(cases):
    def ends(**changed):
        return study_page(advised(cases.study(), **changed)).headline.rpartition("; ")[2]

    assert ends(batch_sizes=(128,)) == "no other batch size tried is as good (90%)."
    assert ends(batch_sizes=(64, 128)) == "anything from 64 to 128 is as good (90%)."
    assert ends(batch_sizes=(32, 128)) == "32 is as good (90%)."
    assert ends(batch_sizes=(16, 32, 128)) == "16 and 32 are as good (90%)."


# --- what is in doubt ---


def test_an_inconclusive_page_leads_with_its_strongest_reason_once(cases):
    page = study_page(cases.inconclusive())
    assert page.headline == (
        "Inconclusive: at batch size 1437 the best learning rate, 0.5, was the last one tried on its side: a "
        "better one may lie beyond; the best guess is batch size 1437 and learning rate 0.5."
    )
    assert page.verdict == "inconclusive"
    assert not any("last one tried" in note for note in notes(page, "caveat"))
    names = [name for name, _ in page.all(Facts)[0].items]
    assert names[:2] == ["best guess: batch size", "best guess: learning rate"]
    assert page.title == "digits: inconclusive"


def test_further_reasons_stand_beside_it_as_sentences(cases):
    doubts = (remark("study.nothing_reached"), remark("study.set_too_wide", low=2, high=64))
    page = study_page(advised(cases.inconclusive(), doubts=doubts))
    assert notes(page, "caveat")[0] == (
        "Batch sizes from 2 to 64 cannot be told apart: that is most of the tried range."
    )


def test_on_a_busy_machine_only_the_clock_is_in_doubt(cases):
    page = study_page(cases.busy())
    assert page.headline == (
        "Only the clock is in doubt: steps, learning rates and the critical batch size (61.0) stand. Which batch "
        "size is fastest does not; the best guess is batch size 128 and learning rate 0.25."
    )
    assert page.verdict == "clock_in_doubt"
    assert page.inconclusive
    assert "45% of the machine" in notes(page, "caveat")[0]
    assert [figure.name for figure in page.all(Figure)][:2] == ["steps", "seconds"]
    headings = [c.name for c in written(page.all(Table)[0])]
    assert "to target, in doubt" in headings
    (step,) = page.all(NextStep)
    assert step.why == "On an idle machine: no run is repeated, only steps are timed anew."


def test_a_clock_in_doubt_among_other_reasons_does_not_lead(cases):
    doubts = (
        remark("study.seeds_missed", batch_size=8, reached=1, seeds=5),
        *cases.busy().recommendation.doubts,
    )
    page = study_page(advised(cases.busy(), doubts=doubts))
    assert page.headline.startswith("Inconclusive: at batch size 8 only 1 of 5 seeds")
    assert page.verdict == "inconclusive"
    assert "to target, in doubt" in [c.name for c in written(page.all(Table)[0])]


def test_a_suspect_time_is_marked_and_does_not_count_as_the_fastest(cases):
    base = cases.study()
    rows = tuple(
        row.model_copy(
            update={"seconds_per_step": 1e-6, "timing": row.timing.model_copy(update={"suspect": True})}
        )
        if row.batch_size == 8
        else row
        for row in base.batch_sizes
    )
    page = study_page(base.model_copy(update={"batch_sizes": rows}))
    assert column(page.all(Table)[0], "to target")["8"].startswith("?")
    assert not any("lower middle value" in s.text for s in page.all(Sentence))


# --- easier targets, notes, budgets ---


def test_the_answer_stays_only_where_it_does(cases):
    result = cases.study()
    (main,) = [t for t in study_page(result).all(Table) if t.heading == "At easier targets"]
    assert list(written(main)[-1].cells) == ["another that is as good", "moves"]
    same = result.recommendation.at_easier_targets[0].model_copy(update={"shift": "same"})
    lost = same.model_copy(update={"shift": "no_answer", "batch_size": None, "batch_sizes": ()})
    old = same.model_copy(update={"shift": None})
    page = study_page(advised(result, at_easier_targets=(same, lost, old)))
    (table,) = [t for t in page.all(Table) if t.heading == "At easier targets"]
    assert list(written(table)[-1].cells) == ["stays", "none", "one of those as good"]


def test_a_study_that_used_its_budget_was_not_stopped(cases):
    caveat = remark("study.budget_did_not_cover", count=1, batch_sizes=[1437], budget_needed=41.2)
    result = advised(cases.study(), caveats=(caveat,)).model_copy(
        update={"complete": False, "not_run": (1437,), "budget_needed": 41.2}
    )
    text = page_text(study_page(result))
    assert "Note: The budget did not cover batch size 1437; it takes about 41 trainings in all." in text
    assert "stopped" not in text


def test_notes_that_say_the_same_are_said_together(cases):
    note = remark("study.no_rate_reached")
    base = cases.study()

    def with_note(*sizes):
        rows = [
            row.model_copy(update={"note": note if row.batch_size in sizes else None})
            for row in base.batch_sizes
        ]
        return notes(study_page(base.model_copy(update={"batch_sizes": tuple(rows)})), "remark")[0]

    sentence = "no learning rate reached the target within the budget."
    assert with_note(1, 2, 4) == f"Batch sizes 1, 2 and 4: {sentence}"
    assert with_note(4) == f"Batch size 4: {sentence}"
    assert with_note(*(row.batch_size for row in base.batch_sizes)) == f"Every batch size: {sentence}"


def test_it_says_how_many_runs_it_took_over(cases):
    result = cases.study().model_copy(update={"runs_taken_over": 12, "runs_reused": 3})
    assert notes(study_page(result), "remark")[-1] == (
        "Study 3f9c2a71: 204 runs executed, 3 taken from the store, 12 taken over from other studies and advice, in "
        "41.3 s."
    )


# --- the critical batch size ---


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "The critical batch size is 61.0 (90%: 51.0 to 72.0): well below it"),
        ({"interval": (51.0, None)}, "The critical batch size is 61.0 (90%: above 51.0)"),
        ({"verdict": "does_not_follow", "misfit": 0.46}, "which misses them by 46%"),
        ({"verdict": "does_not_follow", "misfit": None}, "The steps to target do not follow the curve"),
        ({"identifiable": False, "interval": (900.0, None)}, "they only say it is above 900."),
        ({"identifiable": False, "interval": None}, "cannot tell what the critical batch size is."),
        ({"identifiable": False, "interval": None, "value": None, "points_used": 0}, "No curve was fitted"),
    ],
)
def test_the_critical_batch_size_in_words(cases, changed, words):
    critical = CriticalBatch.model_validate(cases.study().critical_batch.model_dump() | changed)
    assert words in critical_words(critical)


# --- pages of little ---


def test_without_fit_and_seconds(cases):
    page = study_page(cases.study(timed=False, fitted=False))
    text = page_text(page)
    assert "No curve was fitted" in text
    assert "Seconds a step were not measured" in text
    assert [figure.name for figure in page.all(Figure)] == ["steps", "examples", "learning-rates"]
    assert "to target" not in [c.name for c in written(page.all(Table)[0])]


def test_a_study_where_nothing_reached_the_target(cases):
    page = study_page(cases.empty())
    assert page.headline == "Inconclusive: no batch size reached the target."
    assert page.all(Figure) == []
    text = page_text(page)
    assert "No run reached the target, so there are no costs to draw." in text
    assert "nan" not in text
    assert "5/5" not in text


def test_a_study_without_any_batch_size(cases):
    page = study_page(cases.empty().model_copy(update={"batch_sizes": ()}))
    assert page.all(Table) == []
    assert page_text(page).startswith("Inconclusive")


def test_one_batch_size(cases):
    base = cases.study(fitted=False)
    single = base.model_copy(update={"batch_sizes": base.batch_sizes[7:8], "trials": base.trials[:1]})
    page = study_page(advised(single, batch_sizes=(128,)))
    assert "Too few batch sizes reached the target to compare their steps." in [
        f.takeaway for f in page.all(Figure)
    ]
    assert all(figure.draw() for figure in page.all(Figure))


# --- figures, details ---


def test_every_figure_has_words_and_the_numbers_behind_it(page):
    names = [figure.name for figure in page.all(Figure)]
    assert names == ["seconds", "steps", "examples", "learning-rates", "timing", "loss"]
    for figure in page.all(Figure):
        assert len(figure.takeaway) > 30
        assert figure.table.caption
        assert len({c.heading for c in figure.table.columns}) == len(figure.table.columns)


def test_takeaways_tell_the_numbers_of_the_table(page):
    seconds, steps, examples, rates, timing, loss = [figure.takeaway for figure in page.all(Figure)]
    assert seconds.startswith("The lowest median is 7.61 ms at batch size 128; batch size 1 takes 19.1× that")
    assert re.fullmatch(r"A batch 1,437 times as large takes [\d.]+ times fewer steps: .*", steps)
    assert "2,397 at batch size 1" in steps
    assert "within 20% of the least, 2,397" in examples
    assert "It sits on the edge of the searched rates at 1437. Some runs diverged at 32." in rates
    assert "A step takes 60.6 µs at batch size 1 and 922.2 µs at batch size 1437." in timing
    assert loss.startswith("36 of 60 runs")


def test_where_the_winners_ended(cases):
    ends = tuple(
        RunEnd(
            batch_size=b, lr=0.1, seed=0, steps=40, loss=0.2, gradient_norm=0.1, largest_eigenvalue=4.0 * b,
            residual=1e-3, keskar=2.0,
        )
        for b in (8, 16, 32)
    )  # fmt: skip
    found = SharpEnds(
        ends=ends, eigenvalue_slope=symmetric(1.0, 0.25), keskar_slope=symmetric(0.5, 0.1), verdict="sharper"
    )
    page = study_page(cases.study().model_copy(update={"sharpness": found}))
    assert page.all(Figure)[-1].name == "sharpness"
    said = [s.text for s in page.all(Sentence)]
    assert (
        "Larger batches ended in sharper points: the largest eigenvalue goes as B^1.000 (90%: 0.750 to 1.250), "
        "Keskar's sharpness as B^0.500 (90%: 0.400 to 0.600)." in said
    )
    assert any("not fully trained minima" in words for words in said)
    few = found.model_copy(update={"keskar_slope": None})
    other = study_page(cases.study().model_copy(update={"sharpness": few}))
    assert any("needs three batch sizes or more" in s.text for s in other.all(Sentence))


def test_what_made_it_and_where(page):
    assert page.action == Action(command="study", subject="digits", arguments={"confirm_seeds": 5})
    assert page.about["torch"] == "2.13.0"
    ((heading, spec),) = page.details
    assert heading == "The whole specification"
    assert '"momentum": 0.0' in spec


# --- what version 1 stored ---


def test_a_result_of_version_1_still_shows(cases):
    old = cases.study().model_dump(mode="json")
    del old["action"]
    old["command"] = "batchwright study digits --batch-sizes 4,8"
    old["recommendation"] |= {
        "caveats": ["One of the old caveats."], "sentence": "Train with batch size 128.",
        "next_steps": ["batchwright study digits --confirm-seeds 10"],
    }  # fmt: skip
    for name in ("doubts", "next"):
        del old["recommendation"][name]
    for easier in old["recommendation"]["at_easier_targets"]:
        del easier["shift"]
    for row in old["batch_sizes"]:
        row["note"] = "an old note" if row["batch_size"] == 8 else ""
        del row["inferred"], row["rate_index"]
    page = study_page(StudyResult.model_validate(old))
    text = page_text(page)
    for words in ("7.61 ms to target", "Note: One of the old caveats.", "Batch size 8: an old note.",
                  "Next: batchwright study digits --confirm-seeds 10"):  # fmt: skip
        assert words in text
    assert page.action.arguments == {"batch_sizes": "4,8"}
    assert [f.name for f in page.all(Figure)][3] == "learning-rates"
