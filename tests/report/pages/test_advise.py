"""The page of advice: what was trained and what is inferred, and a cost that does not look like an overrun."""

from batchwright.core.remark import remark
from batchwright.report.page import Figure, Sentence, Table
from batchwright.report.pages.advise import advise_page, cost_words
from batchwright.report.render.html import page_html
from batchwright.report.render.terminal import page_text
from batchwright.report.text.columns import written


def test_untrained_rows_do_not_look_measured(cases):
    table = advise_page(cases.advice()).all(Table)[0]
    sizes, _, steps, _, seeds = (column.cells for column in written(table)[:5])
    for size, count, reached in zip(sizes, steps, seeds, strict=True):
        trained = size in ("64", "128")
        assert count.startswith("~") == (not trained and count != "–")
        assert reached == ("5/5" if trained else "inferred")
    assert "0/0" not in page_text(advise_page(cases.advice()))
    assert "inferred" in table.caption


def test_the_cost_is_told_in_trainings_where_the_budget_was_one(cases):
    assert cost_words(cases.advice()) == (
        "3 runs, most of them cut short, on 40,000 examples: the work of 2.90 trainings to the target, in 1.40 s."
    )


def test_trainings_of_milliseconds_do_not_look_like_an_overrun(cases):
    words = cost_words(cases.advice(seconds=5.0, trainings=83.0, least_seconds=5.0))
    assert "83" not in words
    assert words.endswith(
        "A training to the target takes only 60.2 ms here, so 5.00 s of work are granted, whatever the budget in "
        "trainings."
    )


def test_without_a_training_to_compare_with(cases):
    assert "trainings" not in cost_words(cases.advice(trainings=None))


def test_it_says_why_it_ended_and_whether_the_noise_scale_agrees(cases):
    advice = cases.advice()
    agreement = remark(
        "advice.agrees", noise_scale=55.0, critical_batch=61.0, factor=4.0, preconditioned=False
    )
    evidence = advice.evidence.model_copy(update={"agreement": agreement})
    said = [s.text for s in advise_page(advice.model_copy(update={"evidence": evidence})).all(Sentence)]
    assert "It ended because the budget was spent." in said
    assert any(words.startswith("The noise scale late in the first run, 55.0,") for words in said)


def test_the_runs_behind_it_are_a_table_of_the_page(cases):
    page = advise_page(cases.advice())
    (table,) = [t for t in page.all(Table) if not t.brief and "stopped on the way" in t.caption]
    cells = {column.name: column.cells for column in written(table)}
    assert cells["ended"] == ("target reached", "target reached", "stopped on the way")
    assert cells["steps to target"][-1] == ">340"
    assert cells["error"] == ("–", "–", "12%")
    assert "stopped on the way" not in page_text(page)
    assert "stopped on the way" in page_html(page)


def test_it_has_the_figures_of_a_study(cases):
    assert [f.name for f in advise_page(cases.advice()).all(Figure)][:3] == ["seconds", "steps", "examples"]
