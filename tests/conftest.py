"""Shape and type annotations of the mathematical modules are enforced while the tests run."""

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest
from jaxtyping import install_import_hook

# The checker looks at an item of a list at random. It gets a generator of its own: nothing under test may draw from
# the process-wide one, and there are tests of that.
_drawn, random.getrandbits = random.getrandbits, random.Random(0).getrandbits
from beartype import BeartypeConf, beartype  # noqa: E402

random.getrandbits = _drawn

checker = ModuleType("batchwright_test_checker")  # the hook wants a name that any module can import
checker.checked = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int will do for a float
sys.modules[checker.__name__] = checker

MATHEMATICAL = [
    "batchwright.core.params",
    "batchwright.batches.sampling",
    "batchwright.task.losses",
    "batchwright.training.target",
    "batchwright.measure.estimate",
    "batchwright.measure.gradients",
    "batchwright.measure.hessian",
    "batchwright.measure.points",
    "batchwright.measure.sharpness",
    "batchwright.measure.surface",
    "batchwright.measure.hardware.caches",
    "batchwright.measure.hardware.cost_model",
    "batchwright.measure.hardware.largest",
    "batchwright.measure.hardware.turns",
]
"""With all modules below them."""

_SPEC = importlib.util.spec_from_file_location(
    "private_postgresql", Path(__file__).with_name("private_postgresql.py")
)
private_postgresql = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(private_postgresql)

# Installed before anything imports them; the hook only rewrites modules that are imported afterwards.
install_import_hook(MATHEMATICAL, f"{checker.__name__}.checked")


@pytest.fixture(scope="session")
def postgresql():
    """A server of the session's own (see ``private_postgresql.py``)."""
    pytest.importorskip("psycopg", reason="needs psycopg: pip install 'batchwright[postgresql]'")
    if private_postgresql.installed() is None:
        pytest.skip(private_postgresql.MISSING)
    server = private_postgresql.PrivateServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def calm_machine():
    """For verdicts that would depend on what else the machine is doing: it does not tell, and counts as calm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("batchwright.measure.hardware.load.proc_stat", lambda: "")
        yield
