import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import batchwright as bw

images, labels = (torch.as_tensor(part) for part in load_digits(return_X_y=True))
train, held_out = torch.utils.data.random_split(TensorDataset(images.float() / 16, labels), [0.8, 0.2])
net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loader = DataLoader(train, batch_size=64)
task = bw.Task(model=net, train=loader, validation=held_out, loss="cross_entropy", target="accuracy=0.9")
answer = bw.study(task, budget="60trainings")
answer.plot().savefig("study.png")
print(answer, answer.to_frame(), answer.save("study.html"), sep="\n")
