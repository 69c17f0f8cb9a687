"""Tasks that look like faults to a hasty eye, and are none: no error and no warning is to be found in them."""

import copy
import math

import torch
import torch.nn.functional as F
from doctor_tasks.broken import Jittered, Texts, padded, tokens
from doctor_tasks.parts import CLASSES, FEATURES, net, points, regression, task
from torch import nn

SOUND = {}


def sound(factory):
    SOUND[factory.__name__] = factory
    return factory


@sound
def plain():
    return task()


@sound
def plain_regression():
    return regression()


@sound
def dropout():
    return task(model=lambda: nn.Sequential(nn.Dropout(0.2), *net()))


@sound
def functional_dropout():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net()

        def forward(self, x):
            return self.net(F.dropout(x, 0.2, self.training))

    return task(model=Net)


@sound
def frozen_trunk_shared_by_all_models():
    trunk = nn.Linear(FEATURES, 16).requires_grad_(False)
    return task(model=lambda: nn.Sequential(trunk, nn.Tanh(), nn.Linear(16, CLASSES)))


@sound
def pretrained_weights():
    weights = net().state_dict()

    def model():
        made = net()
        made.load_state_dict(weights)
        return made

    return task(model=model)


@sound
def a_head_that_starts_at_zero():
    def model():
        made = net()
        nn.init.zeros_(made[2].weight)
        nn.init.zeros_(made[2].bias)
        return made

    return task(model=model)


@sound
def low_rank_update_that_starts_at_zero():
    class Low(nn.Module):
        def __init__(self):
            super().__init__()
            self.base = net().requires_grad_(False)
            self.a, self.b = nn.Parameter(torch.randn(FEATURES, 2)), nn.Parameter(torch.zeros(2, CLASSES))

        def forward(self, x):
            return self.base(x) + x @ self.a @ self.b

    return task(model=Low)


@sound
def layer_group_and_instance_norms():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv1d(1, 8, 3), nn.Linear(32, CLASSES)
            self.norms = nn.Sequential(nn.GroupNorm(2, 8), nn.InstanceNorm1d(8, affine=True), nn.LayerNorm(4))

        def forward(self, x):
            return self.head(self.norms(self.conv(x[:, None])).relu().flatten(1))

    return task(model=Net)


@sound
def tied_weights():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.head = nn.Embedding(12, 8), nn.Linear(8, 12, bias=False)
            self.head.weight = self.embed.weight

        def forward(self, ids):
            return self.head(self.embed(ids)).movedim(-1, 1)

    def loss(z, y):
        real = y > 0
        return (F.cross_entropy(z, y, reduction="none") * real).sum(1) / real.sum(1).clamp(min=1)

    return task(
        model=Net, train=tokens(), validation=tokens(200, 1), loss=loss, metrics=[], target="loss=1.5"
    )


@sound
def transformer():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            self.inside, self.head = nn.Linear(2, 8), nn.Linear(8, CLASSES)

        def forward(self, x):
            return self.head(self.layer(self.inside(x.view(len(x), 3, 2))).mean(1))

    return task(model=Net)


@sound
def recurrent():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.head = nn.LSTM(2, 8, batch_first=True), nn.Linear(8, CLASSES)

        def forward(self, x):
            return self.head(self.lstm(x.view(len(x), 3, 2))[0][:, -1])

    return task(model=Net)


@sound
def padding_that_is_masked():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.head = nn.Embedding(12, 8, padding_idx=0), nn.Linear(8, 2)

        def forward(self, ids):
            real = (ids > 0)[..., None]
            return self.head((self.embed(ids) * real).sum(1) / real.sum(1))

    return task(
        model=Net, train=Texts(300, 0), validation=Texts(300, 1), collate_fn=padded, target="loss=0.6"
    )


@sound
def augmented_training_and_plain_validation():
    return task(
        train=Jittered(points()),
        augment=lambda x, g: x + 0.1 * torch.randn(x.shape, generator=g, dtype=x.dtype),
    )


@sound
def label_smoothing_with_a_target_above_its_floor():
    return task(loss=nn.CrossEntropyLoss(label_smoothing=0.1), target="loss=0.6")


@sound
def focal_loss():
    def focal(z, y):
        loss = F.cross_entropy(z, y, reduction="none")
        return (1 - torch.exp(-loss)) ** 2 * loss

    return task(loss=focal)


@sound
def log_probabilities_into_nll():
    return task(model=lambda: nn.Sequential(*net(), nn.LogSoftmax(dim=1)), loss="nll")


@sound
def positive_outputs_of_a_regression():
    x, y = points()[0], points()[0].square().sum(1)
    other = points(240, 1)[0]
    return regression(model=lambda: nn.Sequential(*net(outputs=1), nn.Softplus()), train=(x, y),
                      validation=(other, other.square().sum(1)), target="loss=5")  # fmt: skip


@sound
def ignored_tokens():
    x, y = tokens()
    other, labels = tokens(200, 1)
    ignored = [torch.where(part > 0, part, -100) for part in (y, labels)]
    from doctor_tasks.broken import Tagger

    return task(
        model=Tagger,
        train=(x, ignored[0]),
        validation=(other, ignored[1]),
        loss=nn.CrossEntropyLoss(),
        target="loss=1.5",
    )


@sound
def categories_that_coincide():
    random = torch.Generator().manual_seed(0)
    x = torch.randint(0, 3, (900, 4), generator=random)
    y = (x.sum(1) % 3 + (torch.rand(900, generator=random) < 0.05)).long() % 3
    hot = F.one_hot(x, 3).flatten(1).float()
    return task(
        model=lambda: net(12), train=(hot[:600], y[:600]), validation=(hot[600:], y[600:]), target="loss=0.5"
    )


@sound
def spectral_norm():
    return task(
        model=lambda: nn.Sequential(
            nn.utils.parametrizations.spectral_norm(nn.Linear(FEATURES, 16)),
            nn.Tanh(),
            nn.Linear(16, CLASSES),
        )
    )


@sound
def several_labels_an_example():
    x, y = points()
    other, labels = points(240, 1)
    many = [torch.stack([k == i for i in range(CLASSES)], 1).float() for k in (y, labels)]
    return task(train=(x, many[0]), validation=(other, many[1]), loss="bce", target="loss=0.3")


@sound
def autoencoder():
    x, other = points()[0], points(240, 1)[0]
    return regression(
        model=lambda: net(outputs=FEATURES),
        train=(x, x.clone()),
        validation=(other, other.clone()),
        target="loss=0.5",
    )


@sound
def gaussian_likelihood():
    def loss(z, y):
        mean, log_scale = z.unbind(1)
        return 0.5 * ((y - mean) / log_scale.exp()) ** 2 + log_scale + 0.5 * math.log(2 * math.pi)

    return regression(model=lambda: net(outputs=2), loss=loss, target="loss=0.5")


@sound
def a_random_half_of_one_batch_normalised_net():
    """Batch normalisation over positions: one example is batch enough."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm, self.head = nn.Conv1d(1, 8, 3), nn.BatchNorm1d(8), nn.Linear(32, CLASSES)

        def forward(self, x):
            return self.head(self.norm(self.conv(x[:, None])).relu().flatten(1))

    return task(model=Net)


@sound
def mixed_precision_inside():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net()

        def forward(self, x):
            return F.softmax(self.net(x), dim=1, dtype=torch.float32).log().to(x.dtype) * 1.5

    return task(model=Net)


@sound
def deep_and_wide_in_single_precision():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            layers = [nn.Sequential(nn.Linear(64, 64), nn.LayerNorm(64), nn.ReLU()) for _ in range(12)]
            self.net = nn.Sequential(nn.Linear(FEATURES, 64), *copy.deepcopy(layers), nn.Linear(64, CLASSES))

        def forward(self, x):
            if x.dtype != torch.float32:
                raise TypeError("single precision only")
            return self.net(x)

    return task(model=Net)
