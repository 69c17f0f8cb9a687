import torch
from sklearn.datasets import load_digits

import batchwright as bw

images, labels = (torch.as_tensor(part) for part in load_digits(return_X_y=True))
data = torch.utils.data.TensorDataset(images.float() / 16, labels)
loader = torch.utils.data.DataLoader(data, batch_size=64)
net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
task = bw.Task(model=net, train=loader, validation=0.2, loss="cross_entropy", target="accuracy=0.9")
answer = bw.study(task, budget="60trainings")
answer.plot().savefig("study.png")
print(answer, answer.to_frame(), answer.save("study.html"), sep="\n")
