"""A probe beside a Lightning trainer: its fit afterwards is bitwise the fit without it, and nothing was logged."""

import os

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import batchwright as bw

lightning = pytest.importorskip("lightning", reason="lightning is an optional extra")


class Module(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(6, 16), nn.BatchNorm1d(16), nn.Dropout(0.2), nn.ReLU(), nn.Linear(16, 3)
        )

    def training_step(self, batch, batch_idx):
        loss = F.cross_entropy(self.net(batch[0]), batch[1])
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), 0.01)
        return {"optimizer": optimizer, "lr_scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1)}


class Records(lightning.pytorch.loggers.logger.DummyLogger):
    def __init__(self):
        super().__init__()
        self.rows = []

    def log_metrics(self, metrics, step=None):
        self.rows.append((step, dict(metrics)))


def fitted(folder, *, probe=None):
    torch.manual_seed(0)
    x = torch.randn(160, 6)
    loader = DataLoader(TensorDataset(x, x[:, :3].argmax(1)), batch_size=16, shuffle=True)
    module, logger = Module(), Records()
    trainer = lightning.Trainer(
        max_steps=20, logger=logger, log_every_n_steps=1, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, accelerator="cpu", gradient_clip_val=0.5, default_root_dir=folder,
    )  # fmt: skip
    if probe is not None:
        probe(trainer, module, loader, logger)
    trainer.fit(module, loader)
    return (
        module.state_dict(),
        trainer.optimizers[0].state_dict()["state"],
        logger.rows,
        torch.get_rng_state(),
    )


def test_the_fit_afterwards_is_the_fit_without(tmp_path):
    def probe(trainer, module, loader, logger):
        with bw.attach(trainer, model=module, loader=loader) as found:
            assert found.seconds_per_step([4, 16], limit_seconds=0.2)[0].seconds > 0
            assert found.largest_batch().value == 160
            found.noise_scale(batches=8)
        assert trainer.global_step == 0
        assert logger.rows == []
        assert module._trainer is None
        assert "log" not in vars(module)

    def broken(trainer, module, loader, logger):
        with pytest.raises(ZeroDivisionError), bw.attach(trainer, model=module, loader=loader) as found:
            found.noise_scale(batches=8)
            raise ZeroDivisionError

    plain = fitted(tmp_path)
    for one in (probe, broken):
        state, moments, rows, generator = fitted(tmp_path, probe=one)
        assert all(torch.equal(state[name], value) for name, value in plain[0].items())
        assert all(torch.equal(moments[i][k], v) for i, kept in plain[1].items() for k, v in kept.items())
        assert rows == plain[2]
        assert len(rows) == 20
        assert torch.equal(generator, plain[3])
    assert os.listdir(tmp_path) == []


def test_a_module_that_optimizes_by_hand_is_refused():
    module = Module()
    module.automatic_optimization = False
    trainer = lightning.Trainer(logger=False, enable_checkpointing=False, accelerator="cpu")
    with (
        pytest.raises(bw.InputError, match="by hand"),
        bw.attach(trainer, model=module, batch=torch.randn(4, 6)),
    ):
        pass
