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


@pytest.fixture(autouse=True, scope="session")
def calm_machine():
    """Verdicts under test do not depend on what else the machine is doing; tests of the load set it themselves."""
    from batchwright.measure.hardware.alone import _OthersLoad

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_OthersLoad, "share", lambda self: 0.0)
        yield
