"""A digest of code: the same for what does the same, another for whatever changes what is done."""

import functools
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from torch import nn

from batchwright.task.code import NoDigestError, digest_of, own_sources

DEFINITIONS = """
import torch
from torch import nn

WIDTH = 8

def helper(x):
    return x * 2

class Base(nn.Module):
    gain = 1.5

class Net(Base):
    def __init__(self, depth=2):
        super().__init__()
        self.linear = nn.Linear(WIDTH, depth)

    def forward(self, x):
        try:
            return helper(self.linear(x)) * self.gain
        except ValueError:
            return x

    @property
    def twice(self):
        return 2

def make(bias=True):
    shift = 0.5

    def inner(x, *, scale=3):
        return [x + shift for _ in {"a", "b"}] if bias else scale

    return inner

@torch.no_grad()
def wrapped(x):
    return x + 1
"""


def names_of(text, module="somewhere"):
    scope = {"__name__": module}
    exec(compile(text, "<cell>", "exec"), scope)
    return scope


def digests(text):
    scope = names_of(text)
    return {
        "class": digest_of(scope["Net"]), "instance": digest_of(scope["Net"]()), "closure": digest_of(scope["make"]()),
        "decorated": digest_of(scope["wrapped"]), "partial": digest_of(functools.partial(scope["Net"], depth=3)),
        "method": digest_of(scope["Net"]().forward),
    }  # fmt: skip


def changed(text):
    torch.manual_seed(0)
    before = digests(DEFINITIONS)
    torch.manual_seed(0)
    after = digests(text)
    return {name for name in before if before[name] != after[name]}


CHANGES = [
    ("helper's constant", "x * 2", "x * 3", {"class", "instance", "partial", "method"}),
    ("method", "self.linear(x)", "self.linear(-x)", {"class", "instance", "partial", "method"}),
    ("handler", "except ValueError", "except KeyError", {"class", "instance", "partial", "method"}),
    ("default", "depth=2", "depth=4", {"class", "instance", "partial", "method"}),
    ("global", "WIDTH = 8", "WIDTH = 9", {"class", "instance", "partial", "method"}),
    ("base class", "gain = 1.5", "gain = 1.25", {"class", "instance", "partial", "method"}),
    ("property", "return 2\n", "return 4\n", {"class", "instance", "partial", "method"}),
    ("closure", "shift = 0.5", "shift = 0.25", {"closure"}),
    ("keyword default", "scale=3", "scale=4", {"closure"}),
    ("nested constant", '{"a", "b"}', '{"a", "c"}', {"closure"}),
    ("inside a decorator", "return x + 1", "return x + 2", {"decorated"}),
]


@pytest.mark.parametrize(("old", "new", "expected"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_change_is_seen_where_it_counts(old, new, expected):
    assert old in DEFINITIONS
    assert changed(DEFINITIONS.replace(old, new)) == expected


@pytest.mark.parametrize(
    "text",
    [
        DEFINITIONS,
        "\n\n# a comment\n" + DEFINITIONS,
        DEFINITIONS.replace("def helper(x):\n", "def helper(x):  # note\n"),
        DEFINITIONS + "\nUNUSED = 3\n",
    ],
)
def test_what_does_the_same_has_the_same_digest(text):
    assert changed(text) == set()


def test_a_docstring_that_is_reworded_is_no_change():
    texts = [f"def f(x):\n    '''{words}'''\n    return x + 1\n" for words in ("Add one.", "One more.")]
    assert len({digest_of(names_of(text)["f"]) for text in texts}) == 1


def test_the_digest_is_the_same_in_another_process():
    program = (
        "from batchwright.task.code import digest_of\n"
        f"scope = {{'__name__': 'somewhere'}}\nexec(compile({DEFINITIONS!r}, '<other>', 'exec'), scope)\n"
        "print(digest_of(scope['Net'], {'b', 'a', 'c'}).hex())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert said == {digest_of(names_of(DEFINITIONS)["Net"], {"b", "a", "c"}).hex()}


def test_values_count_by_content_and_type():
    values = [
        0,
        0.0,
        False,
        "0",
        b"0",
        None,
        (0,),
        [0],
        {0},
        {0: 0},
        torch.zeros(1),
        torch.zeros(1).numpy(),
        torch.zeros(2),
        Path("0"),
    ]
    assert len({digest_of(value) for value in values}) == len(values)
    assert digest_of(torch.arange(5)) == digest_of(torch.arange(10)[:5])


def test_a_circle_ends():
    a, b = [], []
    a.append(b)
    b.append(a)
    assert digest_of(a) == digest_of(b) != digest_of([])


def test_one_changed_weight_changes_a_module():
    net = nn.Linear(3, 2)
    before = digest_of(net)
    with torch.no_grad():
        net.weight[0, 0] += 1
    assert digest_of(net) != before


def test_pickling_an_instance_does_not_change_its_class():
    made = names_of("class Plain:\n    pass\n")["Plain"]
    before = digest_of(made)
    made().__reduce_ex__(4)
    assert digest_of(made) == before


def test_classes_with_annotations_and_cached_properties_have_a_digest():
    text = """
from __future__ import annotations
import dataclasses, functools, typing
@dataclasses.dataclass(frozen=True)
class Config:
    width: int | None = 3
    names: typing.Optional[list[str]] = None
    rate: "float | str" = dataclasses.field(default=0.5, metadata={"unit": "1"})

    @functools.cached_property
    def area(self):
        return 2 * self.width
"""
    for annotated in (text, text.replace("from __future__ import annotations\n", "")):
        before = digest_of(names_of(annotated, "__main__")["Config"]())
        assert digest_of(names_of(annotated, "__main__")["Config"]()) == before
        for old, new in [("= 3", "= 4"), ("default=0.5", "default=0.25"), ("2 * self", "3 * self")]:
            assert digest_of(names_of(annotated.replace(old, new), "__main__")["Config"]()) != before, old


def test_libraries_count_by_name():
    assert digest_of(nn.Linear) != digest_of(nn.Conv2d)
    assert digest_of(torch.relu) != digest_of(torch.tanh)
    assert digest_of(nn.functional.cross_entropy) == digest_of(nn.functional.cross_entropy)


def test_a_cached_function_counts_by_what_it_caches():
    def cached(constant):
        return names_of(f"import functools\n@functools.cache\ndef f(x):\n    return x + {constant}\n")["f"]

    assert digest_of(cached(1)) == digest_of(cached(1)) != digest_of(cached(2))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: threading.Lock(), "a lock has no content to compare"),
        (lambda: (i for i in ()), "a generator has no content to compare"),
        (lambda: open(__file__), "a TextIOWrapper has no content to compare"),  # noqa: SIM115
    ],
)
def test_what_has_no_content_is_named_with_its_place(make, message):
    held = make()

    def uses():
        return held

    with pytest.raises(NoDigestError, match=f"^closure of a function: {message}"):
        digest_of(uses)
    net = nn.Linear(2, 2)
    net.held = held
    with pytest.raises(NoDigestError, match=f"^held of a Linear: {message}"):
        digest_of(net)


def test_own_sources_are_those_of_the_folder_found_through_one_another(tmp_path, monkeypatch):
    (tmp_path / "code_a.py").write_text("import code_b\nfrom torch import nn\n")
    (tmp_path / "code_b.py").write_text("from code_c import f\n")
    (tmp_path / "code_c.py").write_text("def f(): return 1\n")
    (tmp_path / "code_d.py").write_text("never = 'referred to'\n")
    monkeypatch.syspath_prepend(tmp_path)
    import code_a  # type: ignore[import-not-found]
    import code_d  # type: ignore[import-not-found]  # noqa: F401

    texts = own_sources(code_a, tmp_path)
    assert texts == [b"from code_c import f\n", b"def f(): return 1\n"]
    for name in "abcd":
        sys.modules.pop(f"code_{name}")
