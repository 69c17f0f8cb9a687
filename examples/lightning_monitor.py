"""Lightning, accumulating and clipping, with its noise scale logged: `python lightning_monitor.py`."""

import lightning
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import batchwright as bw


class Digits(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))

    def training_step(self, batch, batch_idx):
        loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.2)


images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels))

lightning.seed_everything(0, verbose=False)
noise = bw.lightning.NoiseScaleCallback(every=2, examples=len(data))
trainer = lightning.Trainer(
    accumulate_grad_batches=4, gradient_clip_val=1.0, callbacks=[noise], max_epochs=6, accelerator="cpu",
    logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
)  # fmt: skip
trainer.fit(Digits(), DataLoader(data, batch_size=32, shuffle=True))

print(noise.monitor.reading())
print({name: float(value) for name, value in trainer.callback_metrics.items()})
