"""Shape and type annotations of the mathematical modules are enforced while the tests run."""

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
