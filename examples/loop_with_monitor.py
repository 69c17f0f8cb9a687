"""A loop with gradient accumulation that reads its noise scale on the way: `python loop_with_monitor.py`."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import batchwright as bw

BATCH, MICRO = 128, 32

images, labels = load_digits(return_X_y=True)
data = torch.utils.data.TensorDataset(torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels))
loader = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True, drop_last=True)

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
monitor = bw.NoiseMonitor(
    model, batch_size=BATCH, micro_batch_size=MICRO, every=2, optimizer=optimizer, examples=len(data)
)

for _ in range(8):
    for inputs, targets in loader:
        for x, y in zip(inputs.split(MICRO), targets.split(MICRO), strict=True):
            (nn.functional.cross_entropy(model(x), y) / (BATCH // MICRO)).backward()
        monitor.step()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

print(monitor.reading())
