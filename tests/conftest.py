"""Shape and type annotations of the mathematical modules are enforced while the tests run."""

import pytest
from jaxtyping import install_import_hook

# Installed before anything imports them; the hook only rewrites modules that are imported afterwards.
install_import_hook(
    [
        "batchwright.core.params",
        "batchwright.batches.sampling",
        "batchwright.task.losses",
        "batchwright.training.target",
    ],
    "beartype.beartype",
)


@pytest.fixture(scope="session")
def calm_machine():
    """For verdicts that would depend on what else the machine is doing: it does not tell, and counts as calm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("batchwright.measure.hardware.load.proc_stat", lambda: "")
        yield
