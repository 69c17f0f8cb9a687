"""Lightning's and transformers' trainers: the callbacks measure what plain autograd gives, clipped or not."""

import json
import logging
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import batchwright as bw
from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.gradients.micro_batches import MicroBatch, moments_of_step, sums_of

MICRO, COUNT, ROWS = 4, 4, 42
"""An epoch: two full batches of 16 rows, and a last one of 4, 4 and 2."""


def moments_by_hand(params, losses, sizes, weights):
    """|G|^2 and tr(Sigma) at the present weights from mean losses."""
    batches, whole = [], 0.0
    for loss, size, weight in zip(losses, sizes, weights, strict=True):
        parts = torch.autograd.grad(loss, params, allow_unused=True)
        gradient = torch.cat(
            [(torch.zeros_like(p) if g is None else g).flatten() for g, p in zip(parts, params, strict=True)]
        )
        batches.append(MicroBatch(float(gradient @ gradient), size, weight))
        whole = whole + weight * gradient
    return moments_of_step(sums_of(batches), float(whole @ whole))


def measured(callback):
    return np.array(callback.monitor.state_dict()["steps"])


# --- Lightning ---


@pytest.fixture(scope="module")
def lightning():
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    return pytest.importorskip("lightning")


def rows():
    random = generator(0, "rows")
    x = torch.randn(ROWS, 5, generator=random, dtype=torch.float64)
    return TensorDataset(x, x[:, :2] + torch.randn(ROWS, 2, generator=random, dtype=torch.float64))


def loss_of(net, batch):
    return (net(batch[0]) - batch[1]).square().sum(1).mean()


def fitted(
    lightning, callbacks, *, clip=None, manual=False, accumulate=COUNT, epochs=2, logger=False, path=None
):
    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = nn.Linear(5, 2).double()
            self.automatic_optimization = not manual
            with torch.no_grad():
                for p in self.parameters():
                    p.copy_(torch.randn(p.shape, generator=generator(1, "init")))

        def training_step(self, batch, batch_idx):
            return loss_of(self.net, batch)

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.05)

    module = Module()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = lightning.Trainer(
            accumulate_grad_batches=accumulate, gradient_clip_val=clip, callbacks=callbacks, max_epochs=epochs,
            accelerator="cpu", logger=logger, enable_checkpointing=False, enable_progress_bar=False,
            enable_model_summary=False, log_every_n_steps=1,
        )  # fmt: skip
        trainer.fit(module, DataLoader(rows(), batch_size=MICRO))
    if path is not None:
        trainer.save_checkpoint(path)
    return module, trainer


def lightning_by_hand(epochs, clip):
    """The same run as a plain loop, with the moments of every step."""
    net, data, found = nn.Linear(5, 2).double(), rows().tensors, []
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=generator(1, "init")))
    params, optimizer = list(net.parameters()), torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(epochs):
        for batch in zip(*(part.split(MICRO * COUNT) for part in data), strict=True):
            micro = list(zip(*(part.split(MICRO) for part in batch), strict=True))
            losses, sizes = [loss_of(net, m) for m in micro], [len(m[0]) for m in micro]
            found.append(moments_by_hand(params, losses, sizes, [1 / COUNT] * len(micro)))
            for m in micro:
                (loss_of(net, m) / COUNT).backward()
            if clip:
                nn.utils.clip_grad_norm_(params, clip)
            optimizer.step()
            optimizer.zero_grad()
    return np.array(found), net


@pytest.mark.parametrize("clip", [None, 1.0])
def test_lightning_with_accumulation_and_clipping(lightning, clip):
    callback = bw.lightning.NoiseScaleCallback(every=1)
    module, trainer = fitted(lightning, [callback], clip=clip)
    expected, net = lightning_by_hand(2, clip)
    assert measured(callback) == pytest.approx(expected, rel=1e-9)
    assert [p.tolist() for p in module.net.parameters()] == [p.tolist() for p in net.parameters()]
    logged, reading = trainer.callback_metrics, callback.monitor.reading()
    assert {name: float(value) for name, value in logged.items()} == pytest.approx(reading.logged(), rel=1e-6)
    assert (reading.batch_size, reading.updates) == (16, 6)


def test_lightning_keeps_the_state_in_its_checkpoint(lightning, tmp_path):
    callback = bw.lightning.NoiseScaleCallback(every=2)
    fitted(lightning, [callback], path=tmp_path / "c.ckpt")
    state = torch.load(tmp_path / "c.ckpt", weights_only=False)["callbacks"]
    (kept,) = state.values()
    assert kept == callback.monitor.state_dict()
    resumed = bw.lightning.NoiseScaleCallback(every=2)
    resumed.load_state_dict(kept)
    fitted(lightning, [resumed], epochs=1)
    assert resumed.monitor.reading().updates == 9
    assert measured(resumed)[:3].tolist() == kept["steps"]


def test_lightning_without_anything_to_compare(lightning):
    with pytest.raises(InputError, match="must be below batch_size 4, got 4"):
        fitted(lightning, [bw.lightning.NoiseScaleCallback()], accumulate=1)
    with pytest.raises(InputError, match="automatic_optimization, got manual"):
        fitted(lightning, [bw.lightning.NoiseScaleCallback()], manual=True, accumulate=1)


# --- transformers ---

TOKENS, LENGTH = 11, 7


@pytest.fixture(scope="module")
def language_model():
    transformers = pytest.importorskip("transformers")
    transformers.utils.logging.set_verbosity_error()
    return transformers


def sentences():
    """Of different lengths, so that micro-batches have different numbers of labels."""
    random = generator(0, "tokens")
    data = []
    for i in range(ROWS):
        ids = torch.randint(TOKENS, (LENGTH,), generator=random)
        labels = ids.clone()
        labels[2 + i % 6 :] = -100
        data.append({"input_ids": ids, "labels": labels})
    return data


def trained(transformers, folder, *, attach=True, clip=1.0, extra=(), **options):
    config = transformers.GPT2Config(
        vocab_size=TOKENS, n_positions=LENGTH, n_embd=8, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0,
        initializer_range=1.0, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    )  # fmt: skip
    transformers.set_seed(0)
    model = transformers.GPT2LMHeadModel(config).double()
    arguments = transformers.TrainingArguments(
        output_dir=str(folder), per_device_train_batch_size=MICRO, gradient_accumulation_steps=COUNT,
        max_grad_norm=clip, num_train_epochs=2, learning_rate=1e-2, logging_steps=6, report_to=[],
        disable_tqdm=True, use_cpu=True, train_sampling_strategy="sequential", **{"save_strategy": "no", **options},
    )  # fmt: skip
    trainer = transformers.Trainer(
        model=model, args=arguments, train_dataset=sentences(), callbacks=list(extra)
    )
    callback = None
    if attach:
        callback = bw.transformers.NoiseScaleCallback(trainer, every=1)
        trainer.add_callback(callback)
    steps = Recorder()
    steps.before(trainer)
    trainer.train()
    return trainer, callback, np.array(steps.found)


class Recorder:
    """The moments of every step by hand: at its first micro-batch, from the weights as they are."""

    def __init__(self):
        self.found = []

    def before(self, trainer):
        batches_of = trainer.get_batch_samples

        def get_batch_samples(*args):
            batches, items = batches_of(*args)
            model = trainer.model
            losses = [model(**batch).loss for batch in batches]  # means over the labels of each
            weights = [int((batch["labels"][:, 1:] != -100).sum()) / int(items) for batch in batches]
            sizes = [len(batch["labels"]) for batch in batches]
            self.found.append(moments_by_hand(list(model.parameters()), losses, sizes, weights))
            return batches, items

        trainer.get_batch_samples = get_batch_samples


def test_transformers_with_clipping_and_accumulation(language_model, tmp_path):
    """By shares of the labels; norms as they were before the trainer clipped."""
    trainer, callback, expected = trained(language_model, tmp_path)
    assert len(expected) == 6
    assert measured(callback) == pytest.approx(expected, rel=1e-6)
    reading = callback.monitor.reading()
    assert (reading.batch_size, reading.micro_batch_size, reading.updates) == (16, 4, 6)
    logged = [e for e in trainer.state.log_history if any(k.startswith("batchwright/") for k in e)]
    assert logged
    assert reading.logged().items() <= logged[-1].items()
    without, _, _ = trained(language_model, tmp_path, attach=False)
    pairs = zip(trainer.model.parameters(), without.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    seen, unseen = (
        [{k: e[k] for k in ("loss", "grad_norm", "step")} for e in t.state.log_history if "loss" in e]
        for t in (trainer, without)
    )
    assert seen == unseen
    assert max(entry["grad_norm"] for entry in seen) > 1.0  # there was something to clip


def test_transformers_keeps_the_state_in_its_checkpoints(language_model, tmp_path):
    callback = bw.transformers.NoiseScaleCallback(every=1)
    trained(
        language_model,
        tmp_path,
        attach=False,
        extra=[callback],
        save_strategy="steps",
        save_steps=6,
        save_only_model=False,
    )
    state = json.loads((tmp_path / "checkpoint-6" / "trainer_state.json").read_text())
    assert any("loss" in e and "batchwright/noise_scale_low" in e for e in state["log_history"])
    kept = state["stateful_callbacks"]["NoiseScaleCallback"]
    again = bw.transformers.NoiseScaleCallback.from_state(kept)
    assert again.kept == callback.monitor.state_dict()
    assert again.state()["args"] == {"every": 1, "window": 100, "examples": None}


# --- both ---


def test_neither_library_is_imported_before_it_is_asked_for():
    code = (
        "import sys, batchwright as bw; bw.NoiseMonitor;"
        "print([name for name in ('lightning', 'transformers', 'accelerate') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert {"lightning", "transformers"} <= set(dir(bw))
