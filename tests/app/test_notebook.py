"""The example as people run it: a script without ``if __name__``, and a notebook with its classes in cells."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLE = Path(__file__).parents[2] / "examples" / "notebook.py"
SHORT = ('budget="60trainings"', 'batch_sizes=[16, 64], budget="12trainings", workers=2')
"""What is changed for the test: the same, over sooner."""

CELLS = [
    """import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
import batchwright as bw""",
    """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 1)

    def forward(self, x):
        return self.layer(x)


def close(outputs, targets):
    return ((outputs - targets).abs() < 0.5).float().mean(1)""",
    """g = torch.Generator().manual_seed(0)
x = torch.randn(120, 4, generator=g)
y = x @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]]) + 0.3 * torch.randn(120, 1, generator=g)
task = bw.Task(model=Net, train=DataLoader(TensorDataset(x[:80], y[:80]), batch_size=8),
               validation=(x[80:], y[80:]), loss="mse", metrics={"close": bw.Metric(function=close)},
               target="loss=0.2", optimizer={"lr": 0.1}, max_epochs=30)""",
    "answer = bw.study(task, batch_sizes=[8, 16], search_seeds=1, confirm_seeds=2, workers=2)\nanswer",
    "figure = answer.plot()\nfigure",
    "answer.to_frame()",
    "answer.save('study.html')",
    "print(answer.result.runs_executed, answer.next[0].command)",
]


def test_the_example_is_short():
    assert len(EXAMPLE.read_text().splitlines()) <= 15


def test_the_example_as_a_script(tmp_path):
    code = EXAMPLE.read_text()
    assert SHORT[0] in code
    (tmp_path / "script.py").write_text(code.replace(*SHORT))
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300,
        env={**os.environ, "MPLBACKEND": "agg"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "batch_size" in done.stdout
    assert (tmp_path / "study.html").stat().st_size > 10_000
    assert (tmp_path / "study.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A notebook with classes and data of its own, executed by a real kernel."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    nbformat.write(notebook, folder / "executed.ipynb")
    return notebook, folder


def shown(notebook, cell):
    """What a cell displays, by kind; errors and texts on the streams apart."""
    return {
        kind: data for o in notebook.cells[cell].outputs if "data" in o for kind, data in o["data"].items()
    }


def test_the_answer_displays_itself(executed):
    notebook, _ = executed
    html = shown(notebook, 3)["text/html"]
    assert len(html.encode()) < 50_000
    assert "bw.study(task" in html
    assert "image/png" in shown(notebook, 4)
    assert "step_seconds_low" in shown(notebook, 5)["text/html"]
    executed_runs, command = notebook.cells[7].outputs[0]["text"].split()
    assert int(executed_runs) > 5
    assert command in ("study", "advise")


def test_the_notebook_keeps_no_progress(executed):
    """Progress is one line that goes; what stays of it is empty."""
    notebook, _ = executed
    for output in notebook.cells[3].outputs:
        assert output["output_type"] != "error"
        assert "so far" not in str(output.get("data", ""))


def test_the_page_is_saved(executed):
    _, folder = executed
    assert (folder / "study.html").stat().st_size > 10_000


def test_a_language_chosen_in_one_cell_holds_in_the_next():
    """Every cell runs in a context of its own."""
    spoken = "from batchwright.report.text.language import current_language as spoken"
    in_a_thread = "import threading; threading.Thread(target=lambda: print(spoken())).start()"
    cells = [
        "import batchwright as bw\nbw.language('zh')", f"{spoken}\nprint(spoken())", in_a_thread,
        "with bw.language('en'):\n    print(spoken())", "print(spoken())",
    ]  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120).execute()
    printed = [notebook.cells[place].outputs[0]["text"].strip() for place in (1, 2, 3, 4)]
    assert printed == ["zh", "zh", "en", "zh"]
    assert notebook.cells[0].outputs[0]["data"]["text/plain"] == "language('zh')"
