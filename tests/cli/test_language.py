"""The same command line in another language: what is chosen, what is translated, and what stays as it is."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import warnings

import pytest

from batchwright.cli.language import warnings_as_notes
from batchwright.cli.main import app
from batchwright.core.errors import BatchwrightWarning
from batchwright.report.text.language import VARIABLE, current_language, language

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH_SENTENCE = re.compile(r"[A-Za-z]+(?: [A-Za-z]+){3,}")


def in_chinese(answer, *texts, code=2):
    """One line that begins with the program's name, in Chinese, with the values and options of the English one."""
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.startswith("batchwright: ")
    assert answer.err.count("\n") == 1
    said = answer.err.removeprefix("batchwright: ")
    assert CHINESE.search(said), said
    for text in texts:
        assert text in said, said
    assert not ENGLISH_SENTENCE.search(re.sub(r"'[^']*'|`[^`]*`|\S*[/\\]\S*", "…", said)), said


LINES = [
    ("stdy digits", "未知的命令", "'stdy'", "'study'", "doctor"),
    ("study digits --batchsizes 3", "未知的选项", "'--batchsizes'", "'--batch-sizes'", "batchwright study --help"),
    ("--nothing", "'--nothing'"),
    ("study", "缺少参数 'TASK'"),
    ("study digits more", "多出了参数", "more"),
    ("train digits --lr", "'--lr' 需要一个值"),
    ("train digits --lr x", "'--lr'", "必须是数字"),
    ("train digts", "未知的任务 'digts'", "'digits'", "two-weights"),
    ("train two-weights --batch-size 0", "--batch-size 必须在 1 和 1", "实际为 0"),
    ("train two-weights --batch-size 1 --lr -1", "--lr 必须大于 0", "-1"),
    ("train two-weights --target accuracy=0.9", "'two-weights'", "'accuracy'", "metrics=['accuracy']"),
    ("train two-weights --target los=0.9", "'los'", "'loss'"),
    ("train two-weights --target valdation.loss=1", "'valdation'", "'validation'"),
    ("train two-weights --target loss", "--target 必须写成 METRIC=VALUE", "'loss'"),
    ("train two-weights --target loss=nan", "--target 必须是有限数", "nan"),
    ("train digits --set hidden", "--set 必须写成 NAME=VALUE", "'hidden'"),
    ("train digits --set hiden=3", "'hiden'", "'hidden'"),
    ("train digits --set hidden=x", "hidden", "'x'"),
    ("train two-weights --horizon 20", "--horizon 必须是带单位", "20epochs", "'20'"),
    ("train two-weights --horizon 0steps", "--horizon 必须大于 0", "实际为 0"),
    ("train two-weights --schedule cosin", "--schedule 必须是以下之一", "constant, cosine", "'cosin'：您要的是 'cosine' 吗"),
    ("train two-weights --batch-size 1 --schedule cosine", "--horizon 20epochs"),
    ("train two-weights --optimizer adm", "--optimizer 必须是以下之一", "'adm'", "'adam'"),
    ("train two-weights --optimizer-option betas=1 --batch-size 1", "--optimizer-option betas", "实际为 1"),
    ("train two-weights --optimizer adam --momentum 0.5 --batch-size 1", "momentum", "0.5", "adam"),
    ("train two-weights --optimizer-option dampning=0.1 --batch-size 1", "'dampning'", "sgd"),
    ("train two-weights --batch-size 1 --device cud", "--device", "'cud'"),
    ("train two-weights --batch-size 1 --device cuda:99", "cuda:99"),
    ("train two-weights --autocast float16", "--autocast 必须是 bfloat16", "'float16'"),
    ("train two-weights --momentum 1", "--momentum 必须小于 1", "实际为 1"),
    ("train two-weights --evaluate 0", "--evaluate 必须是 epoch、log", "'0'"),
    ("train two-weights --steps -3", "--steps 必须不小于 1", "-3"),
    ("train least-squares --examples 5000", "--examples 必须在 1 和 1000", "5000"),
    ("train two-weights --batch-size 1 --resume nowhere", "nowhere", "run.json"),
    ("train no.py:task", "没有任务文件", "no.py"),
    ("train no_such_module:task", "无法导入 no_such_module", "ModuleNotFoundError"),
    ("train fashion-mnist --data nowhere", "train-images-idx3-ubyte", "nowhere"),
    ("study two-weights --batch-sizes 1,x --workers 1", "--batch-sizes 必须是以逗号分隔的整数", "'1,x'"),
    ("study two-weights --workers 0", "--workers 必须不小于 1", "实际为 0"),
    ("study two-weights --objective tim", "'tim'", "'time'"),
    ("study two-weights --budget -1", "--budget 必须形如 30trainings", "'-1'"),
    ("compare digits --methods gd,sdg", "未知的方法 'sdg'", "'sgd'"),
    ("compare digits --examples 100,100", "--examples", "3 种方法", "2 个"),
    ("noise two-weights --along 5", "--along 需要 --steps", "--steps 200"),
    ("noise digits --sample few", "--sample 必须是 auto、all", "'few'"),
    ("curvature digits --layers", "--layers 需要 --along"),
    ("surface digits --between 4,4", "--between 必须是两个或三个不同的批大小", "4,4"),
    ("probe digits --memory-budget 5", "--memory-budget 必须是带单位的数量", "'5'"),
    ("show x --store nowhere", "nowhere", "请先运行一次研究"),
    ("fit nowhere.csv", "没有文件 nowhere.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "texts"), [(line, texts) for line, *texts in LINES])
def test_bad_input(cli, tmp_path, monkeypatch, line, texts):
    monkeypatch.chdir(tmp_path)
    in_chinese(cli("--language", "zh", *line.split()), *texts)


TABLES = {
    "": ("是空的", "steps_to_target"),
    "batch_size,steps\n": ("只有表头",),
    "size,steps\n1,2\n": ("没有 batch_size 列", "'steps'"),
    "batch_size,seconds\n1,2\n": ("'seconds' 不能用", "秒数取决于硬件"),
    "batch_size,steps\n8,x1\n": ("第 2 行", "'steps'", "'x1'"),
    "batch_size,steps\n8,-3\n16,4\n": ("第 2 行", "有限的正数", "-3"),
    "batch_size,steps\n8,3\n": ("至少需要两个批大小", "8"),
    "batch_size,steps\n8,3,4,5\n": ("有 4 个单元格", "表头有 2"),
}


@pytest.mark.parametrize(("table", "texts"), TABLES.items())
def test_tables(cli, tmp_path, table, texts):
    path = tmp_path / "runs.csv"
    path.write_text(table)
    in_chinese(cli("fit", path, "--language", "zh"), "runs.csv", *texts)


def test_stores(cli, tmp_path):
    path = tmp_path / "notes.sqlite"
    path.write_text("These are my notes on batch sizes, not a database at all.")
    in_chinese(cli("studies", "--store", path, "--language=zh"), "notes.sqlite", "不是 Batchwright 的库")
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("create table songs (title text)")
    in_chinese(cli("studies", "--store", path, "--language=zh"), "notes.sqlite", "是数据库，但不是")


def test_a_users_task(cli, task_file):
    in_chinese(cli("--language", "zh", "train", f"{task_file}:raises"), "KeyError", "'boom'", "抛出了")
    in_chinese(cli("--language", "zh", "train", f"{task_file}:other"), "必须返回 batchwright 的 Task", "int")
    in_chinese(cli("--language", "zh", "train", f"{task_file}:bad_optimizer"), "'tiny'", "lr", "必须大于 0")


def test_a_failed_run_keeps_its_code_and_the_words_of_the_model(cli, task_file):
    answer = cli("train", f"{task_file}:task", "--set", "kind=broken", "--language", "zh")
    assert answer.code == 1
    assert answer.err.splitlines()[-1].startswith("batchwright: 训练失败：")
    assert "shapes do not fit second line" in answer.err


# --- which language ---


def test_the_option_stands_anywhere_and_the_last_one_counts(cli):
    for words in (
        ["--language", "zh", "train", "digts"],
        ["train", "digts", "--language", "zh"],
        ["train", "--language=zh", "digts"],
        ["--language", "en", "train", "digts", "--language", "zh"],
    ):
        in_chinese(cli(*words), "'digts'")
    assert "unknown task 'digts'" in cli("--language", "zh", "train", "digts", "--language", "en").err


@pytest.mark.parametrize(
    ("environ", "spoken"),
    [
        ({VARIABLE: "zh"}, "zh"),
        ({VARIABLE: "zh_CN"}, "zh"),
        ({VARIABLE: "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({VARIABLE: "", "LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.GB18030"}, "zh"),
        ({"LC_MESSAGES": "zh_TW.UTF-8", "LANG": "C"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_without_the_option_the_environment_decides(cli, monkeypatch, environ, spoken):
    for name in (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    said = cli("train", "digts").err
    assert ("未知的任务" if spoken == "zh" else "unknown task") in said
    assert "unknown task" in cli("train", "digts", "--language", "en").err


def test_a_language_that_there_is_not(cli, monkeypatch):
    answer = cli("train", "digts", "--language", "tlh")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "batchwright: --language must be one of en, zh, got 'tlh'\n"
    monkeypatch.setenv(VARIABLE, "tlh")
    first, second = cli("train", "digts").err.splitlines()
    assert first == f"batchwright: {VARIABLE} must be one of en, zh, got 'tlh': English is spoken"
    assert second.startswith("batchwright: unknown task 'digts'")
    in_chinese(cli("train", "digts", "--language", "zh"), "'digts'")  # the option decides: no note


def test_the_process_speaks_as_before_afterwards(cli):
    cli("--language", "zh", "train", "digts")
    assert current_language() == "en"


def test_english_is_what_it_was(cli):
    assert cli("train", "digts").err == (
        "batchwright: unknown task 'digts': did you mean 'digits'? Known: digits, fashion-mnist, least-squares, "
        "mnist, noisy-quadratic, quadratic, saddle, sparse-logistic, squares, two-weights, two-wells\n"
    )


# --- what the language does not touch ---


def test_documents_have_the_same_keys_and_numbers(cli):
    words = ["train", "two-weights", "--batch-size", "1", "--steps", "2", "--json"]
    english, chinese = (cli(*words, "--language", spoken).json() for spoken in ("en", "zh"))
    assert english.keys() == chinese.keys()
    for name in english.keys() - {
        "seconds",
        "evaluation_seconds",
        "examples_per_second",
        "steps",
        "evaluations",
        "advice",
    }:
        assert json.dumps(english[name]) == json.dumps(chinese[name]), name


def test_a_warning_is_one_line_without_code(capsys):
    with warnings_as_notes():
        warnings.warn("no installed font has 字", BatchwrightWarning, stacklevel=1)
    assert capsys.readouterr().err == "batchwright: no installed font has 字\n"


def test_a_console_in_gbk(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "batchwright.cli.main", "train", "digts", "--language", "zh"],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "gbk"},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.decode("gbk").startswith("batchwright: 未知的任务 'digts'：您要的是")


def test_the_option_is_no_argument_of_a_verb():
    from batchwright.app.signature import arguments_of
    from batchwright.app.verbs import VERBS, verb

    assert not any(a.name == "language" for name in VERBS for a in arguments_of(verb(name)))
    assert app is not None
    assert callable(language)
