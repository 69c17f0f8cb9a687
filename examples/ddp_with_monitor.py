"""Data-parallel training that reads its noise scale: `torchrun --nproc-per-node 2 ddp_with_monitor.py`.

Each rank's gradient is a micro-batch, so that no accumulation is needed.
"""

import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

import batchwright as bw

BATCH = 128

dist.init_process_group("gloo")
torch.set_num_threads(1)
each = BATCH // dist.get_world_size()

images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels))
sampler = DistributedSampler(data, drop_last=True)
loader = DataLoader(data, batch_size=each, sampler=sampler, drop_last=True)

torch.manual_seed(0)
model = DistributedDataParallel(nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)))
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
monitor = bw.NoiseMonitor(
    model, batch_size=BATCH, micro_batch_size=each, every=2, optimizer=optimizer, examples=len(data)
)

for epoch in range(8):
    sampler.set_epoch(epoch)
    for x, y in loader:
        nn.functional.cross_entropy(model(x), y).backward()
        monitor.step()  # on every rank: the ranks add up their norms here
        optimizer.step()
        optimizer.zero_grad()

if dist.get_rank() == 0:
    print(monitor.reading())
dist.destroy_process_group()
