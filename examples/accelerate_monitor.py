"""Accelerate with gradient accumulation, its noise scale read on the way: `python accelerate_monitor.py`."""

import torch
from accelerate import Accelerator
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import batchwright as bw

MICRO, ACCUMULATION = 32, 4

accelerator = Accelerator(cpu=True, gradient_accumulation_steps=ACCUMULATION)
images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels))

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
model, optimizer, loader = accelerator.prepare(
    model, torch.optim.SGD(model.parameters(), lr=0.2), DataLoader(data, batch_size=MICRO, shuffle=True)
)
monitor = bw.NoiseMonitor(
    model, batch_size=MICRO * ACCUMULATION * accelerator.num_processes, micro_batch_size=MICRO, every=2,
    optimizer=optimizer, scaler=accelerator.scaler, examples=len(data),
)  # fmt: skip

for _ in range(6):
    for x, y in loader:
        with accelerator.accumulate(model):
            accelerator.backward(nn.functional.cross_entropy(model(x), y))  # divides by the accumulation
            monitor.micro_batch(examples=len(x), weight=1 / ACCUMULATION)
            if accelerator.sync_gradients:
                monitor.step()
                accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()

accelerator.print(monitor.reading())
