"""Tasks with one fault each, made in the ways in which people make it. ``FAULTS`` says what is to be found."""

import copy
import threading

import numpy as np
import torch
import torch.nn.functional as F
from doctor_tasks.parts import CLASSES, FEATURES, net, numbers, points, regression, task
from torch import nn
from torch.utils.data import Dataset

FAULTS = {}


def fault(code):
    """Name what a task's fault is called."""

    def note(factory):
        FAULTS[factory.__name__] = (factory, code)
        return factory

    return note


class Around(nn.Module):
    """A net, with what a subclass does before or after it."""

    def __init__(self):
        super().__init__()
        self.net = net()

    def forward(self, x):
        return self.net(x)


# --- passes that differ ---


@fault("random_in_evaluation")
def dropout_without_its_flag():
    class Net(Around):
        def forward(self, x):
            return self.net(F.dropout(x, 0.2))

    return task(model=Net)


@fault("unrepeatable_evaluation")
def noise_from_a_generator_of_its_own():
    class Net(Around):
        def forward(self, x):
            return self.net(x + 0.1 * torch.from_numpy(np.random.default_rng().normal(size=x.shape)).to(x))

    return task(model=Net)


@fault("unrepeatable_training")
def noise_in_training_from_a_generator_of_its_own():
    class Net(Around):
        def forward(self, x):
            if self.training:
                x = x * torch.from_numpy(np.random.default_rng().uniform(0.5, 1.5, size=x.shape)).to(x)
            return self.net(x)

    return task(model=Net)


@fault("evaluation_remembers")
def a_memory_of_the_last_batch():
    class Net(Around):
        last = 0.0

        def forward(self, x):
            out = self.net(x + self.last)
            self.last = 0.5 * float(out.detach().mean())
            return out

    return task(model=Net)


@fault("evaluation_changes_buffers")
def a_moving_average_in_every_mode():
    class Net(Around):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.zeros(FEATURES))

        def forward(self, x):
            self.mean = 0.9 * self.mean + 0.1 * x.detach().mean(0)
            return self.net(x)

    return task(model=Net)


@fault("forward_changes_inputs")
def inputs_scaled_in_place():
    class Net(Around):
        def forward(self, x):
            x -= 0.5
            return self.net(x)

    return task(model=Net)


@fault("loss_changes_targets")
def targets_shifted_in_place():
    def loss(z, y):
        y.clamp_(max=1)
        return F.cross_entropy(z, y, reduction="none")

    return task(loss=loss)


@fault("random_in_evaluation")
def a_loss_with_random_negatives():
    def loss(z, y):
        negative = torch.randint(0, CLASSES, y.shape)
        return F.cross_entropy(z, y, reduction="none") + 0.1 * z[torch.arange(len(z)), negative]

    return task(loss=loss)


@fault("data_unrepeatable")
def items_with_noise_of_their_own():
    class Noisy(Dataset):
        def __init__(self, pair):
            self.x, self.y = pair
            self.random = np.random.default_rng(0)

        def __len__(self):
            return len(self.x)

        def __getitem__(self, i):
            return self.x[i] + torch.from_numpy(self.random.normal(size=FEATURES)).float(), int(self.y[i])

    return task(train=Noisy(points()))


@fault("data_unrepeatable")
def items_normalised_in_place():
    class Normalised(Dataset):
        def __init__(self, pair):
            self.x, self.y = pair

        def __len__(self):
            return len(self.x)

        def __getitem__(self, i):
            x = self.x[i]
            x.sub_(0.3).div_(0.7)
            return x, int(self.y[i])

    return task(train=Normalised(points()))


class Jittered(Dataset):
    """Augmented by a draw from the process-wide generator, as torchvision's transforms are."""

    def __init__(self, pair):
        self.x, self.y = pair

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i] + 0.1 * torch.randn(FEATURES), int(self.y[i])


@fault("validation_random")
def validation_held_out_of_augmented_data():
    return task(train=Jittered(points()), validation=0.25)


@fault("augment_unrepeatable")
def an_augmentation_that_ignores_its_generator():
    return task(augment=lambda x, generator: x + 0.1 * torch.randn_like(x))


# --- the factory ---


@fault("factory_returns_same")
def the_same_module_again():
    model = net()
    return task(model=lambda: model)


@fault("factory_shares_weights")
def a_trunk_outside_the_factory():
    trunk = nn.Linear(FEATURES, 16)
    return task(model=lambda: nn.Sequential(trunk, nn.Tanh(), nn.Linear(16, CLASSES)))


@fault("factory_shares_weights")
def shallow_copies_of_a_template():
    template = net()

    def model():
        made = copy.copy(template)
        made._modules = dict(template._modules)
        return made

    return task(model=model)


@fault("factory_unrepeatable")
def weights_from_numpy():
    def model():
        made = net()
        with torch.no_grad():
            made[0].weight.copy_(torch.from_numpy(np.random.default_rng().normal(size=(16, FEATURES))))
        return made

    return task(model=model)


@fault("factory_unrepeatable")
def weights_from_a_generator_that_goes_on():
    random = torch.Generator().manual_seed(0)

    def model():
        made = net()
        nn.init.normal_(made[0].weight, generator=random)
        return made

    return task(model=model)


@fault("factory_reseeds")
def a_seed_in_the_factory():
    def model():
        torch.manual_seed(42)
        return net()

    return task(model=model)


@fault("not_found_again")
def a_lock_in_the_data():
    class Locked(Dataset):
        def __init__(self, pair):
            self.x, self.y = pair
            self.lock = threading.Lock()

        def __len__(self):
            return len(self.x)

        def __getitem__(self, i):
            with self.lock:
                return self.x[i], int(self.y[i])

    return task(train=Locked(points()))


# --- examples that depend on their batch ---


@fault("loss_uses_batch")
def a_contrastive_loss():
    def loss(z, y):
        z = F.normalize(z, dim=1)
        alike = (y[:, None] == y[None]).float()
        return -(alike * (z @ z.T / 0.5).log_softmax(1)).sum(1) / alike.sum(1)

    return task(loss=loss, metrics=[], target="loss=0.5")


@fault("loss_uses_batch")
def a_mean_handed_to_everybody():
    return task(loss=lambda z, y: F.cross_entropy(z, y).expand(len(z)))


@fault("loss_uses_batch")
def columns_against_rows():
    return regression(loss=lambda z, y: ((z - y) ** 2).mean(1))


@fault("loss_uses_batch")
def a_loss_divided_by_the_batch():
    return task(loss=lambda z, y: F.cross_entropy(z, y, reduction="none") / len(z))


@fault("loss_uses_batch")
def class_weights_counted_in_the_batch():
    def loss(z, y):
        counts = torch.bincount(y, minlength=CLASSES).clamp(min=1)
        return F.cross_entropy(z, y, reduction="none") * (len(y) / (CLASSES * counts[y]))

    return task(loss=loss)


def tokens(count=200, seed=0):
    random = torch.Generator().manual_seed(seed)
    x = torch.randint(1, 12, (count, 8), generator=random)
    lengths = torch.randint(3, 9, (count, 1), generator=random)
    x = x * (torch.arange(8) < lengths)
    return x, x.roll(-1, 1)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(12, 8), nn.Linear(8, 12)

    def forward(self, ids):
        return self.head(self.embed(ids)).movedim(-1, 1)


@fault("loss_uses_batch")
def a_token_mean_over_padded_sequences():
    def loss(z, y):
        each, real = F.cross_entropy(z, y, reduction="none"), y > 0
        return (each * real).sum(1) * len(y) / real.sum()

    return task(
        model=Tagger, train=tokens(), validation=tokens(200, 1), loss=loss, metrics=[], target="loss=1.5"
    )


@fault("model_uses_batch")
def standardised_by_the_batch():
    class Net(Around):
        def forward(self, x):
            return self.net((x - x.mean(0)) / (x.std(0, unbiased=False) + 1e-3))

    return task(model=Net)


@fault("model_uses_batch")
def attention_over_the_batch():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0)  # batch_first left out
            self.inside, self.head = nn.Linear(2, 8), nn.Linear(8, CLASSES)

        def forward(self, x):
            return self.head(self.layer(self.inside(x.view(len(x), 3, 2))).mean(1))

    return task(model=Net)


@fault("model_uses_batch")
def batch_statistics_in_evaluation():
    layers = [
        nn.Linear(FEATURES, 16),
        nn.BatchNorm1d(16, track_running_stats=False),
        nn.ReLU(),
        nn.Linear(16, CLASSES),
    ]
    return task(model=lambda: nn.Sequential(*copy.deepcopy(layers)), name="normed")


class Texts(Dataset):
    """Sequences of different length."""

    def __init__(self, count, seed):
        random = torch.Generator().manual_seed(seed)
        self.texts = [
            torch.randint(1, 12, (int(n),), generator=random)
            for n in torch.randint(2, 14, (count,), generator=random)
        ]

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, i):
        return self.texts[i], int(self.texts[i].sum() % 2)


def padded(items):
    texts, labels = zip(*items, strict=True)
    return nn.utils.rnn.pad_sequence(texts, batch_first=True), torch.tensor(labels)


@fault("model_uses_batch")
def padding_that_is_averaged():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.head = nn.Embedding(12, 8), nn.Linear(8, 2)

        def forward(self, ids):
            return self.head(self.embed(ids).mean(1))

    return task(
        model=Net, train=Texts(200, 0), validation=Texts(200, 1), collate_fn=padded, target="loss=0.6"
    )


@fault("training_uses_batch")
def a_batch_norm_of_ones_own():
    class Norm(nn.Module):
        def forward(self, x):
            return (x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt() if self.training else x

    return task(
        model=lambda: nn.Sequential(nn.Linear(FEATURES, 16), Norm(), nn.Tanh(), nn.Linear(16, CLASSES))
    )


@fault("smallest_batch")
def batch_norm():
    return task(
        model=lambda: nn.Sequential(
            nn.Linear(FEATURES, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, CLASSES)
        )
    )


@fault("fails_at_size")
def a_squeeze_of_everything():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net(outputs=1)

        def forward(self, x):
            return self.net(x).squeeze()

    def loss(z, y):
        return F.mse_loss(z, y, reduction="none") if z.ndim else z[0]

    return regression(model=Net, loss=loss)


# --- gradients and outputs ---


@fault("unused_parameters")
def a_head_that_is_never_called():
    class Net(Around):
        def __init__(self):
            super().__init__()
            self.second_head = nn.Linear(FEATURES, 4)

    return task(model=Net)


@fault("unused_parameters")
def a_detached_trunk():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.trunk, self.head = nn.Linear(FEATURES, 16), nn.Linear(16, CLASSES)

        def forward(self, x):
            return self.head(self.trunk(x).relu().detach())

    return task(model=Net)


@fault("loss_without_gradient")
def a_loss_of_decisions():
    return task(loss=lambda z, y: (z.argmax(1) != y).float())


@fault("zero_gradient")
def dead_units():
    def model():
        made = nn.Sequential(nn.Linear(FEATURES, 16), nn.ReLU(), nn.Linear(16, CLASSES))
        nn.init.constant_(made[0].bias, -100.0)
        return made

    return task(model=model)


@fault("gradient_not_finite")
def a_root_at_zero():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net()
            nn.init.zeros_(self.net[2].weight)
            nn.init.zeros_(self.net[2].bias)

        def forward(self, x):
            return self.net(x).norm(dim=1, keepdim=True).square() + self.net(x).abs().sqrt()

    return task(model=Net)


@fault("softmax_before_loss")
def softmax_twice():
    return task(model=lambda: nn.Sequential(*net(), nn.Softmax(dim=1)))


@fault("clipped_logits")
def a_relu_on_logits():
    return task(model=lambda: nn.Sequential(*net(), nn.ReLU()))


@fault("sigmoid_before_loss")
def a_sigmoid_on_logits():
    x, y = points()
    return task(model=lambda: nn.Sequential(*net(outputs=1), nn.Sigmoid()), train=(x, (y > 0).float()),
                validation=(x + 0.01, (y > 0).float()), loss="bce", target="loss=0.3")  # fmt: skip


@fault("nll_of_other_than_log_probabilities")
def logits_into_nll():
    return task(loss="nll")


@fault("outputs_left_out")
def targets_of_one_column():
    return regression(model=lambda: net(outputs=4), loss=lambda z, y: (z[:, 0] - y) ** 2)


# --- data ---


@fault("not_finite")
def a_missing_value():
    x, y = points()
    x[17, 2] = float("nan")
    return task(train=(x, y))


@fault("not_finite")
def an_infinite_target_in_validation():
    x, y = numbers(240, 1)
    y[[3, 9]] = float("inf")
    return regression(validation=(x, y))


@fault("constant_inputs")
def the_same_item_for_all():
    class Stuck(Dataset):
        def __init__(self, pair):
            self.x, self.y = pair

        def __len__(self):
            return len(self.x)

        def __getitem__(self, i):
            return self.x[0], int(self.y[i])

    return task(train=Stuck(points()))


@fault("labels_outside")
def an_unseen_class_in_validation():
    x, y = points(240, 1)
    y[5] = CLASSES
    return task(validation=(x, y))


@fault("labels_outside")
def minus_one_for_unknown():
    x, y = points()
    y[100:110] = -1
    return task(train=(x, y))


@fault("labels_beyond_one")
def binary_labels_one_and_two():
    x, y = points()
    return task(model=lambda: net(outputs=1), train=(x, 1.0 + (y > 0)), validation=(x + 0.01, 1.0 + (y > 0)), loss="bce",
                target="loss=0.3")  # fmt: skip


@fault("class_missing_in_training")
def split_by_sorted_labels():
    x, y = points(480)
    order = y.argsort()
    x, y = x[order], y[order]
    return task(train=(x[:300], y[:300]), validation=(x[300:], y[300:]))


@fault("splits_overlap")
def validation_is_training():
    data = points()
    return task(train=data, validation=data)


@fault("splits_overlap")
def oversampled_before_the_split():
    x, y = points(300)
    rare = (y == 0).nonzero().flatten().repeat(3)
    x, y = torch.cat([x, x[rare]]), torch.cat([y, y[rare]])
    return task(train=(x, y), validation=0.25)


@fault("task_unrepeatable")
def a_split_that_is_drawn_anew():
    x, y = points(400)
    order = torch.from_numpy(np.random.permutation(len(x)))
    return task(train=(x[order[:300]], y[order[:300]]), validation=(x[order[300:]], y[order[300:]]))


# --- the target ---


@fault("target_met_at_start")
def a_target_above_the_start():
    return task(target="loss=5")


@fault("target_met_by_constant")
def a_target_that_guessing_reaches():
    x, y = points()
    y = torch.where(torch.arange(len(y)) % 10 < 9, 0, y)
    return task(train=(x, y), validation=(x + 0.01, y), target="accuracy=0.85")


@fault("target_out_of_reach")
def a_target_below_the_floor_of_smoothed_labels():
    return task(loss=nn.CrossEntropyLoss(label_smoothing=0.2), target="loss=0.1")


@fault("target_out_of_reach")
def contradicting_labels():
    random = torch.Generator().manual_seed(0)
    x = torch.randint(0, 2, (300, 3), generator=random).float()
    y = (x[:, 0] + x[:, 1] * 2 + (torch.rand(300, generator=random) < 0.3)).long().clamp(max=2)
    return task(model=lambda: net(3), train=(x, y), validation=(x, y), target="accuracy=0.99")


@fault("target_unresolved")
def few_examples_for_a_fine_target():
    return task(validation=points(40, 1), target="accuracy=0.99")


@fault("too_little_memory")
def activations_beyond_the_memory():
    class Wide(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))
            self.head = nn.Linear(FEATURES, CLASSES)

        def forward(self, x):
            # Of a machine with the little memory that the test gives it.
            wide = (x[:, :1] * self.scale).expand(-1, 2_000).tanh()
            return self.head(x) + wide.mean(1, keepdim=True)

    return task(model=Wide, train=points(20_000))
