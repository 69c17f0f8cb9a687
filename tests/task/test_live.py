"""Tasks of scripts and notebooks: told apart by their code and data, and sent to other processes."""

import os
import subprocess
import sys
import textwrap
import threading

import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

from batchwright.core.canonical import canonical
from batchwright.core.errors import InputError
from batchwright.report.text.catalogue import say
from batchwright.task import Metric, Task, TaskReference, load_task
from batchwright.task.live import as_live, live_fingerprint, pack, unpack

X, Y = torch.randn(30, 6, generator=torch.Generator().manual_seed(0)), torch.arange(30) % 3


def task_of(**fields):
    given = {
        "model": lambda: nn.Linear(6, 3),
        "train": (X, Y),
        "validation": (X[:9], Y[:9]),
        "loss": "cross_entropy",
    }
    return Task(**{"name": "t", **given, **fields})


class Items(Dataset):
    def __init__(self, changed=None, shift=0.0):
        self.changed, self.shift = changed, shift

    def __len__(self):
        return 30

    def __getitem__(self, i):
        return X[i] + self.shift + float(i == self.changed), int(Y[i])


class Other(Items):
    pass


def test_the_same_task_made_twice_has_one_fingerprint():
    assert live_fingerprint(task_of()) == live_fingerprint(task_of()) is not None
    assert live_fingerprint(task_of(train=Items())) == live_fingerprint(task_of(train=Items()))


def accuracy(outputs, targets):
    return (outputs.argmax(1) == targets).float()


CHANGES = {
    "model": {"model": lambda: nn.Linear(6, 3, bias=False)},
    "loss": {"loss": nn.CrossEntropyLoss(label_smoothing=0.1)},
    "smoothing": {"loss": nn.CrossEntropyLoss(label_smoothing=0.2)},
    "metric": {"metrics": {"accuracy": Metric(function=accuracy)}},
    "direction": {"metrics": {"accuracy": Metric(function=accuracy, higher_is_better=False)}},
    "augment": {"augment": lambda inputs, random: inputs + torch.randn(inputs.shape, generator=random)},
    "schedule": {"schedule": lambda step: 0.99**step},
    "forward": {"forward": lambda model, inputs: model(inputs) * 2},
    "autocast": {"autocast": "bfloat16"},
    "options": {"options": {"width": 3}},
    "own": {"fingerprint": "mine"},
    "a pixel": {"train": (X + torch.eye(30, 6) * 1e-3, Y)},
    "a label": {"train": (X, Y.roll(1))},
    "validation": {"validation": (X[:10], Y[:10])},
    "items": {"train": Items()},
    "an item": {"train": Items(changed=29)},
    "all items": {"train": Items(shift=0.5)},
    "the items' class": {"train": Other()},
    "collate": {
        "train": Items(),
        "collate_fn": lambda items: (torch.stack([x for x, _ in items]), torch.tensor([y for _, y in items])),
    },
    "built": {"model": nn.Linear(6, 3)},
    "built otherwise": {"model": nn.Linear(6, 3, bias=False)},
}


def test_every_change_is_another_task():
    prints = {name: live_fingerprint(task_of(**fields)) for name, fields in CHANGES.items()}
    prints["as it was"] = live_fingerprint(task_of())
    assert None not in prints.values()
    assert len(set(prints.values())) == len(prints)


def test_weights_of_a_built_module_count_only_where_runs_begin_with_them():
    first, second = nn.Linear(6, 3), nn.Linear(6, 3)
    assert live_fingerprint(task_of(model=first)) == live_fingerprint(task_of(model=second))
    for net in (first, second):
        net.bias.requires_grad_(False)
    assert live_fingerprint(task_of(model=first)) != live_fingerprint(task_of(model=second))


def test_using_a_task_does_not_change_it():
    task = task_of(loss=nn.CrossEntropyLoss(weight=torch.ones(3)), model=nn.Linear(6, 3))
    before = live_fingerprint(task)
    task.loss(task.build_model(0).double()(X.double()), Y).mean().backward()
    assert live_fingerprint(task) == before


def test_an_edited_model_is_another_task_also_without_source():
    def print_of(text):
        scope = {"__name__": "__main__"}
        exec(text, {"nn": nn, **scope}, scope)
        return live_fingerprint(task_of(model=scope["Net"]))

    text = "class Net(nn.Module):\n def __init__(s):\n  super().__init__()\n  s.l = nn.Linear(6, 3)\n def forward(s, x):\n  return s.l(x)\n"
    text = text.replace("super()", "super(type(s), s)")
    assert print_of(text) == print_of(text) != print_of(text.replace("s.l(x)", "s.l(x).tanh()"))


def test_a_live_task_is_called_by_its_name_and_can_only_be_passed_itself():
    task = as_live(task_of(name="my digits"))
    assert task.reference == TaskReference(name="my digits", live=True)
    assert task.fingerprint == live_fingerprint(task_of(name="other"))
    with pytest.raises(
        InputError, match=r"^task 'my digits' lives in the program that made it: pass the Task itself"
    ):
        load_task(task.reference)


def test_the_identity_of_a_task_that_is_not_live_is_what_it_was_before_there_were_live_ones():
    assert canonical(TaskReference(name="digits")) == '{"name":"digits"}'
    assert canonical(TaskReference(name="t", live=True)) == '{"live":true,"name":"t"}'


def test_without_content_to_compare_nothing_is_reused_and_it_is_said():
    lock = threading.Lock()

    def augment(inputs, random):
        with lock:
            return inputs

    task = task_of(augment=augment)
    assert live_fingerprint(task) is None
    prints = [as_live(task).fingerprint for _ in range(2)]
    assert len(set(prints)) == 2
    told = as_live(task).remarks[-1]
    assert told.code == "task.no_fingerprint"
    assert "closure of a function: a lock has no content to compare" in say(told)


def test_every_remark_has_its_words():
    task = task_of(
        model=nn.Linear(6, 3), loss=nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0])), validation=0.2
    )
    assert [r.code for r in task.remarks] == ["task.held_out", "task.initialised_anew", "task.weighted_loss"]
    said = [say(r) for r in task.remarks]
    assert said[0].startswith("6 of the training examples (20%) are held out")
    assert "copy of Linear whose weights are drawn anew" in said[1]
    assert "divided by 2.00" in said[2]


def test_a_task_survives_the_way_to_another_process():
    task = as_live(
        task_of(loss=nn.CrossEntropyLoss(weight=torch.ones(3)), model=nn.Linear(6, 3), validation=Items())
    )
    other = unpack(pack(task))
    assert other.fingerprint == task.fingerprint == live_fingerprint(other)
    assert torch.equal(other.build_model(3).weight, task.build_model(3).weight)


class WithHandle(Items):
    def __init__(self):
        super().__init__()
        self.inner = {"file": open(os.devnull, "w")}  # noqa: SIM115


def held_in_a_closure():
    stream = (i for i in range(3))
    return lambda inputs, random: inputs if stream is None else -inputs


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"train": WithHandle()}, r"train.dataset.inner.file is a TextIOWrapper \(Cannot pickle"),
        ({"augment": held_in_a_closure()}, r"augment.stream is a generator \(cannot pickle"),
        (
            {"options": {"lock": threading.Lock()}},
            r"options.lock is a lock \(cannot pickle '_thread.lock' object\)",
        ),
    ],
)
def test_what_cannot_be_sent_is_named(fields, message):
    with pytest.raises(
        InputError, match=rf"^task 't' cannot be sent to other processes: {message}.*pass workers=1"
    ) as error:
        pack(task_of(**fields))
    assert "\n" not in str(error.value)


def test_a_process_that_lacks_a_module_says_so():
    content = pack(task_of()).replace(b"batchwright.task.task", b"batchwright.task.tasq")
    with pytest.raises(InputError, match=r"cannot be read in another process \(ModuleNotFoundError: .*tasq"):
        unpack(content)


SCRIPT = """
import sys, subprocess, torch
from torch import nn
from batchwright.task import Task
from batchwright.task.live import as_live, pack

WIDTH = 5

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, WIDTH), nn.Linear(WIDTH, 3)

    def forward(self, x):
        return self.b(helper(self.a(x)))

def helper(x):
    return x.relu()

{guard}
{indent}task = as_live(Task(model=Net, train=(torch.ones(30, 6), torch.arange(30) % 3), validation=0.5, loss="cross_entropy"))
{indent}reader = "import sys; from batchwright.task.live import unpack; t = unpack(sys.stdin.buffer.read()); print(t.fingerprint, t.build_model(0)(t.train.inputs).shape)"
{indent}said = subprocess.run([sys.executable, "-c", reader], input=pack(task), capture_output=True, check=True).stdout
{indent}print(task.name, said.decode().split()[0] == task.fingerprint, said.decode().split(maxsplit=1)[1])
"""


@pytest.mark.parametrize("guard", ["", "if __name__ == '__main__':"])
def test_a_script_with_and_without_a_guard(tmp_path, guard):
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT).format(guard=guard, indent="    " if guard else ""))
    said = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True).stdout
    assert said.split("\n")[0] == "Net True torch.Size([15, 3])"
