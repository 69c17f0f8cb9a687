"""Next steps as one would type them: a shell reads back what was meant, and so does Python."""

import ast
import shlex

from hypothesis import given
from hypothesis import strategies as st

from batchwright.core.action import Action
from batchwright.report.render.actions import call, command_line, typed

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\n"), min_size=1, max_size=12)


@given(WORDS, WORDS)
def test_a_shell_takes_every_argument_whole(subject, value):
    action = Action(command="study", subject=subject, arguments={"data": value})
    assert shlex.split(command_line(action)) == ["batchwright", "study", subject, "--data", value]


@given(st.dictionaries(st.sampled_from(["lr", "seed", "store"]), st.none() | st.integers() | WORDS))
def test_a_call_is_the_python_that_was_meant(arguments):
    given_arguments = {name: value for name, value in arguments.items() if value is not None}
    node = ast.parse(call(Action(command="advise", subject="digits", arguments=arguments)), mode="eval").body
    assert ast.literal_eval(node.args[0]) == "digits"
    assert {k.arg: ast.literal_eval(k.value) for k in node.keywords} == given_arguments


def test_every_kind_of_argument():
    action = Action(
        command="surface",
        subject="tasks/own task.py:task",
        arguments={
            "between": [32, 512], "at": [0.5, -1.0], "set": {"hidden": [16, 8], "bias": False}, "plane": True,
            "strict": False, "checkpoint": None, "lr": 1e-5, "seed": 0, "optimizer_option": {"eps": 1e-8},
        },
    )  # fmt: skip
    assert command_line(action) == (
        "batchwright surface 'tasks/own task.py:task' --between 32,512 --at 0.5,-1 --set hidden=16,8 "
        "--set bias=false --plane --no-strict --lr 1e-05 --seed 0 --optimizer-option eps=1e-08"
    )
    assert call(action) == (
        "bw.surface('tasks/own task.py:task', between=[32, 512], at=[0.5, -1.0], "
        "set={'hidden': [16, 8], 'bias': False}, plane=True, strict=False, lr=1e-05, seed=0, optimizer_option={'eps': 1e-08})"
    )


def test_a_live_task_is_called_and_not_typed():
    action = Action(command="study", arguments={"batch_sizes": [4]})
    assert typed(action) == "bw.study(task, batch_sizes=[4])"
    assert typed(Action(command="studies", subject="")) == "batchwright studies"
