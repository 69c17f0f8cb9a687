"""Makes the logs of this folder and their index: own numbers, each with a known cause, in the formats of many tools.

    python tests/data/logs/make.py

The article's network is trained in full (numpy); the others are drawn from what is known of each pattern, with
noise as it is met in practice.
"""

import csv
import io
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
INDEX = {}


def save(name, cause, text, encoding="utf-8"):
    (HERE / name).write_bytes(text.encode(encoding))
    INDEX[name] = cause


def falling(count, start, end, rate):
    """A loss that falls from start towards end, ``rate`` times the run in a time constant."""
    return end + (start - end) * np.exp(-np.arange(count) / count * rate)


def drifting(random, count, sd, memory):
    """Noise in which neighbours are alike."""
    noise, values = random.normal(size=count) * sd, np.zeros(count)
    for i in range(count):
        values[i] = memory * (values[i - 1] if i else 0) + np.sqrt(1 - memory**2) * noise[i]
    return values


def table(rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def article(examples, epochs, every, shuffled, seed, lr=0.001, batch=100):
    """The article's net: 10-1000-10, sigmoids, squared error, a fixed or a fresh order; mean of ``every`` steps."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(examples, 10))
    y = x**2
    first, second = random.normal(size=(10, 1000)), random.normal(size=(1000, 10))
    printed, lines = [], []
    steps = examples // batch
    for epoch in range(epochs):
        order = random.permutation(examples) if shuffled else np.arange(examples)
        for step in range(steps):
            at = order[step * batch : (step + 1) * batch]
            hidden = 1 / (1 + np.exp(-x[at] @ first))
            out = 1 / (1 + np.exp(-hidden @ second))
            error = out - y[at]
            printed.append(float(np.mean(error**2)))
            back = 2 * error / error.size * out * (1 - out)
            into = back @ second.T * hidden * (1 - hidden)
            second -= lr * hidden.T @ back
            first -= lr * x[at].T @ into
            if (step + 1) % every == 0:
                mean = np.mean(printed[-every:])
                lines.append(
                    f"| epoch {epoch + 1} |  iter {step + 1} / {steps} | time {epoch // 3}[s] | loss {mean:.4f} | lr {lr:.4f}"
                )
    return "\n".join(lines) + "\n"


def batch_orders():
    save("article_1000.log", "batch_order", article(1000, 10, 5, False, 1))
    save("article_2000.log", "batch_order", article(2000, 12, 5, False, 5))
    random = np.random.default_rng(11)
    levels = falling(240, 2.3, 0.4, 3) * (1 + np.tile(0.08 * random.normal(size=12), 20))
    levels *= 1 + 0.015 * random.normal(size=240)
    text = "".join(
        f"Train Epoch: {i // 12 + 1} [{i % 12 * 640}/7680 ({i % 12 * 100 // 12}%)]\tLoss: {v:.6f}\n"
        for i, v in enumerate(levels)
    )
    save("mnist_fixed_order.log", "batch_order", text)
    levels = (
        falling(60, 0.9, 0.55, 2) + np.tile(0.03 * random.normal(size=5), 12) + 0.004 * random.normal(size=60)
    )
    save("plain_numbers_bands.txt", "batch_order", "\n".join(f"{v:.4f}" for v in levels) + "\n")


def last_updates():
    random = np.random.default_rng(21)
    text = ""
    for epoch in range(10):
        for step, part in enumerate((1, 1, 0.5)):
            level = (0.3 + 0.7 * np.exp(-epoch / 4)) * (1 + 0.01 * random.normal())
            text += f"{{'loss': {level * part:.4f}, 'grad_norm': {1.1 * part:.3f}, 'learning_rate': 5e-05, 'epoch': {epoch + (step + 1) / 3:.2f}}}\n"
    save("trainer_last_update.log", "last_update_divided", text)
    rows = [["epoch", "step", "train_loss", "val_loss"]]
    for epoch in range(12):
        for step in range(6):
            level = (0.5 + 1.2 * np.exp(-epoch / 3)) * (1 + 0.02 * random.normal())
            rows.append([epoch, epoch * 6 + step, f"{level * (0.25 if step == 5 else 1):.5f}", ""])
        rows.append(
            [epoch, epoch * 6 + 5, "", f"{0.55 + 1.2 * np.exp(-epoch / 3) + 0.01 * random.normal():.5f}"]
        )
    save("lightning_last_update.csv", "last_update_divided", table(rows))


def running_means():
    random = np.random.default_rng(31)
    text = ""
    for epoch in range(6):
        single = 0.4 + 1.6 * np.exp(-(epoch + np.arange(60) / 60) / 1.5) + 0.2 * random.normal(size=60)
        for k, mean in enumerate(np.cumsum(single) / np.arange(1, 61)):
            text += f"epoch {epoch + 1}, batch {k + 1}/60: loss = {mean:.4f}\n"
    save("running_mean.log", "running_mean_reset", text)
    text = ""
    for epoch in range(5):
        text += f"Epoch {epoch + 1}/5\n"
        single = 0.3 + 1.5 * np.exp(-(epoch + np.arange(40) / 40) / 1.5) + 0.15 * random.normal(size=40)
        for k, mean in enumerate(np.cumsum(single) / np.arange(1, 41)):
            bar = "\u2501" * (k // 4 + 1)
            text += f"\r\x1b[1m{k + 1:2d}/40\x1b[0m \x1b[32m{bar}\x1b[0m \x1b[1m{2 - k // 20}s\x1b[0m 20ms/step - accuracy: {1 - mean / 3:.4f} - loss: {mean:.4f}"
        text += f" - val_accuracy: 0.8100 - val_loss: {0.5 + 1.2 * np.exp(-(epoch + 1) / 1.5) + 0.02 * random.normal():.4f}\n"
    save("keras_bar.log", "running_mean_reset", text)


def sawteeth():
    random = np.random.default_rng(41)
    text = ""
    for i in range(100):
        epoch, phase = divmod(i, 4)
        tooth = 0.05 * (phase / 3 - 0.5) if epoch else 0
        text += f"Epoch {epoch + 1} | step {(phase + 1) * 25}/100 | loss {0.6 + 0.9 * np.exp(-i / 14) + tooth + 0.009 * random.normal():.4f}\n"
    save("adam_four_points.log", "adam_sawtooth", text)
    history = []
    for i in range(320):
        epoch, phase = divmod(i, 40)
        tooth = 0.09 * (1 - np.exp(-phase / 14) - 0.6) if epoch else 0
        history.append({
            "epoch": round((i + 1) / 40, 4), "step": (i + 1) * 10, "learning_rate": 1e-4 * (1 - i / 320),
            "loss": round(1.2 + 1.4 * np.exp(-i / 50) + tooth + 0.03 * random.normal(), 4),
        })  # fmt: skip
    save(
        "trainer_state_adam.json",
        "adam_sawtooth",
        json.dumps({"global_step": 3200, "log_history": history}, indent=1),
    )


def stairs():
    random = np.random.default_rng(51)
    text = ""
    for i in range(150):
        epoch, phase = divmod(i, 50)
        level = 1.9 - 0.45 * epoch - (0.25 * (1 - np.exp(-phase / 8)) if epoch == 0 else 0.25)
        loss, rate = level + 0.05 * random.normal(), 2e-5 * (1 - i / 150)
        text += f"{{'loss': '{loss:.4f}', 'grad_norm': '0.81', 'learning_rate': '{rate:.3e}', 'epoch': '{(i + 1) / 50:.2f}'}}\n"
    save("finetuning_three_epochs.log", "epoch_stairs", text)
    lines = []
    for i in range(160):
        epoch, phase = divmod(i, 20)
        loss = 2.2 * 0.78**epoch * (1 - 0.002 * phase) * (1 + 0.015 * random.normal())
        lines.append(
            {
                "current_steps": (i + 1) * 5,
                "total_steps": 800,
                "loss": round(loss, 4),
                "epoch": round((i + 1) / 20, 2),
            }
        )
    save("stairs.jsonl", "epoch_stairs", "".join(json.dumps(line) + "\n" for line in lines))


def disasters():
    random = np.random.default_rng(61)
    loss = falling(200, 9.5, 3.2, 5) + 0.06 * random.normal(size=200)
    loss[130:] = np.minimum(9.0, loss[130:] + 0.25 * np.arange(70)) + 0.2 * random.normal(size=70)
    text = "".join(
        f" [2031-01-01 10:00:00] iteration {i * 10 + 10:8d}/    5000 | consumed samples: {i * 2560:12d} | "
        f"learning rate: 6.0E-04 | global batch size:   256 | lm loss: {v:.6E} | loss scale: 1.0 | grad norm: 1.2 |\n"
        for i, v in enumerate(loss)
    )
    save("megatron_diverged.log", "divergence", text)
    loss = [*(falling(90, 2.4, 1.1, 2) + 0.05 * random.normal(size=90)), *[np.nan] * 30]
    text = "".join(f"iter {i * 10}: loss {v:.4f}, time 41.20ms, mfu 9.10%\n" for i, v in enumerate(loss))
    save("nanogpt_nan.log", "divergence", text)
    loss = falling(400, 6.2, 2.9, 4) + drifting(random, 400, 0.04, 0.5)
    for place, height in ((150, 1.6), (151, 0.9), (260, 1.1), (333, 2.2), (334, 1.2), (335, 0.5)):
        loss[place] += height
    text = "".join(
        f"[rank0]:[titan] 2031-01-01 10:00:00,123 - root - INFO - \x1b[31mstep: {i + 1:2d}  \x1b[32mloss: {v:8.5f}  "
        f"\x1b[34mgrad_norm:  1.9000  \x1b[33mmemory: 10.12GiB(12.10%)\x1b[39m\n"
        for i, v in enumerate(loss)
    )
    save("titan_spikes.log", "spikes", text)


def schedules():
    random = np.random.default_rng(71)
    level = np.where(np.arange(300) < 60, falling(300, 2.5, 0.5, 2), 0)
    level[60:] = level[59] - 0.05 * (1 - np.exp(-np.arange(240) / 10))
    rows = [["step", "loss", "lr"]] + [
        [i * 10, f"{v + 0.03 * random.normal():.4f}", 0.1 if i < 60 else 0.001] for i, v in enumerate(level)
    ]
    save("decayed_early.csv", "decay_too_early", table(rows))
    level = 0.9 + 1.6 * np.exp(-np.arange(300) / 15)
    level[240:] = 0.55 + 0.35 * np.exp(-np.arange(60) / 4)
    text = "".join(
        f"2031/01/01 10:00:00 - mmengine - INFO - Epoch(train)  [{i // 10 + 1}][{i % 10 * 40 + 40:3d}/400]  "
        f"lr: {0.1 if i < 240 else 0.01:.4e}  eta: 0:10:00  time: 0.1  loss: {v * (1 + 0.03 * random.normal()):.4f}\n"
        for i, v in enumerate(level)
    )
    save("mmengine_decayed_late.log", "decay_too_late", text)
    level = (0.7 + 1.8 * np.exp(-np.arange(400) / 25)) * (1 + 0.09 * random.normal(size=400))
    text = "".join(
        f"step {i:5d}/400 | loss {v:.6f} (+0.20z)| norm 1.2000 (+0.10z)| lr 1.00e-02 | 41.1 ms\n"
        for i, v in enumerate(level)
    )
    save("llmc_never_decayed.log", "never_decayed", text)
    level = np.where(
        np.arange(200) < 90, 2.302, 0.4 + 1.9 * np.exp(-(np.arange(200) - 90) / 25)
    ) + 0.004 * random.normal(size=200)
    text = "".join(
        f"I0101 10:00:00.1 1 solver.cpp:239] Iteration {i * 100} (9 iter/s, 11s/100 iters), loss = {v:.5f}\n"
        f"I0101 10:00:00.1 1 solver.cpp:258]     Train net output #0: loss = {v:.5f} (* 1 = {v:.5f} loss)\n"
        for i, v in enumerate(level)
    )
    save("caffe_plateau.log", "plateau", text)


def against_validation():
    random = np.random.default_rng(81)
    rows = [["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]]
    for i in range(40):
        rows.append([i, 0.5 + i / 100, f"{0.05 + 1.5 * np.exp(-i / 9) + 0.01 * random.normal():.4f}", "NA" if i == 7 else 0.6,
                     f"{0.55 + 1.0 * np.exp(-i / 5) + 0.011 * max(i - 11, 0) + 0.012 * random.normal():.4f}"])  # fmt: skip
    save("keras_overfits.csv", "overfitting", table(rows))
    rows = [
        ["                  epoch", "      train/box_loss", "        val/box_loss", "             lr/pg0"]
    ]
    for i in range(50):
        train = 1.1 + 1.4 * np.exp(-i / 12) + 0.015 * random.normal()
        rows.append(
            [
                f"{i:23d}",
                f"{train:20.5f}",
                f"{0.85 * train + 0.015 * random.normal():20.5f}",
                f"{0.01 * (1 - i / 50):19.6f}",
            ]
        )
    save("yolo_validation_below.csv", "validation_below_training", table(rows))
    history = []
    for i in range(80):
        loss = 1.1 + 1.5 * np.exp(-i / 18)
        history.append(
            {
                "epoch": round((i + 1) / 20, 2),
                "step": (i + 1) * 5,
                "loss": round(4 * (loss + 0.03 * random.normal()), 4),
                "learning_rate": 2e-5 * (1 - i / 80),
            }
        )
        if i % 10 == 9:
            history.append(
                {
                    "epoch": round((i + 1) / 20, 2),
                    "step": (i + 1) * 5,
                    "eval_loss": round(loss + 0.02, 4),
                    "eval_runtime": 2.0,
                }
            )
    save("trainer_state_times_four.json", "loss_times_accumulation", json.dumps({"log_history": history}))
    text = ""
    for i in [*range(60), *range(40, 110)]:
        loss = 2.0 + 4.0 * np.exp(-i / 30) + 0.05 * random.normal()
        text += f'2031-01-01 10:00:00 | INFO | train_inner | {{"epoch": {i // 50 + 1}, "update": {(i + 1) / 50:.3f}, "loss": "{loss:.3f}", "num_updates": "{(i + 1) * 20}", "bsz": "8", "lr": "0.0005"}}\n'
    save("fairseq_resumed.log", "resumed", text)


def healthy():
    random = np.random.default_rng(91)
    save("article_shuffled.log", None, article(1000, 30, 5, True, 3))
    text, loss = "", falling(200, 4.2, 1.5, 5)
    for i, v in enumerate(loss):
        if i % 25 == 0:
            text += f"step {i * 10}: train loss {v + 0.01 * random.normal():.4f}, val loss {v + 0.05 + 0.01 * random.normal():.4f}\n"
        text += f"iter {i * 10}: loss {v + 0.05 * random.normal():.4f}, time 41.20ms, mfu 9.10%\n"
    save("nanogpt_healthy.log", None, text)
    text, loss = "", falling(150, 6.9, 2.4, 3)
    for epoch in range(5):
        single = loss[epoch * 30 : epoch * 30 + 30] + 0.12 * random.normal(size=30)
        for k, v in enumerate(single):
            mean = single[: k + 1].mean()
            text += f"Train: {epoch} [{k * 50:4d}/1500 ({k * 100 // 30:3d}%)]  Loss: {v:#.4g} ({mean:#.3g})  Time: 0.3s,  200/s  LR: {0.1 * (1 - epoch / 5):.3e}\n"
        text += f"Test: [  78/78]  Time: 1.0 (1.0)  Loss:  {mean:#.4g} ({mean + 0.05:#.4g})  Acc@1: 40.0\n"
    save("timm_healthy.log", None, text)
    rows = [["epoch", "lr-AdamW", "step", "train_loss", "val_loss"]]
    for epoch in range(12):
        for step in range(epoch * 117, (epoch + 1) * 117):
            if step % 50 == 49:
                rows.append(
                    [
                        epoch,
                        f"{1e-3 * (1 - step / 1404):.6f}",
                        step,
                        f"{0.3 + 1.9 * np.exp(-step / 300) + 0.05 * random.normal():.5f}",
                        "",
                    ]
                )
        rows.append([epoch, "", step, "", f"{0.36 + 1.9 * np.exp(-step / 300) + 0.01 * random.normal():.5f}"])
    save("lightning_healthy.csv", None, table(rows))
    rows = [["Step", "calm - train/loss", "calm - train/loss__MIN", "calm - train/loss__MAX"]]
    for i, v in enumerate(falling(150, 3.1, 0.7, 4) + drifting(random, 150, 0.06, 0.7)):
        rows.append([i * 20, *[f"{v:.5f}"] * 3])
    save("wandb_healthy.csv", None, table(rows))
    rows = [
        ["Wall time", "Step", "Value"],
        *(
            [1.9e9 + i, i * 5, f"{v:.6f}"]
            for i, v in enumerate(falling(180, 2.3, 0.2, 6) * (1 + 0.1 * random.normal(size=180)))
        ),
    ]
    save("tensorboard_healthy.csv", None, table(rows), encoding="utf-16")
    text = "".join(
        f"Iteration {i + 1}, loss = {v:.8f}\n"
        for i, v in enumerate(falling(60, 1.9, 0.1, 4) + 0.003 * random.normal(size=60))
    )
    save("sklearn_healthy.log", None, text)
    warm = np.minimum(np.arange(1, 301) / 20, 1) * 0.5 * (1 + np.cos(np.pi * np.arange(300) / 300))
    loss = 2.7 + 8 * (1 + np.arange(300) / 4) ** -0.6 + 0.05 * random.normal(size=300)
    text = "".join(
        f"step {i:05d}/00300 ({i / 3:.2f}%) | loss: {v:.6f} | lrm: {warm[i]:.2f} | dt: 410.00ms | tok/sec: 1,234\n"
        for i, v in enumerate(loss)
    )
    save("nanochat_healthy.log", None, text)
    save(
        "noisy_numbers.txt",
        None,
        "\n".join(f"{v:.4f}" for v in random.exponential(0.3, 400) + falling(400, 1.5, 0.2, 4)) + "\n",
    )
    text = ""
    for epoch in range(6):
        for k in range(4):
            i = epoch * 4 + k
            text += f"| epoch {epoch + 1:3d} | {k * 200 + 200:5d}/  900 batches | lr {20 / 4 ** (epoch // 4):05.2f} | ms/batch 10.11 | loss {4.8 + 2 * np.exp(-i / 4) + 0.04 * random.normal():5.2f} | ppl   120.10\n"
        text += f"{'-' * 89}\n| end of epoch {epoch + 1:3d} | time: 10.10s | valid loss {4.9 + 1.8 * np.exp(-i / 4):5.2f} | valid ppl   140.00\n{'-' * 89}\n"
    save("word_lm_healthy.log", None, text)


def main():
    for make in (
        batch_orders,
        last_updates,
        running_means,
        sawteeth,
        stairs,
        disasters,
        schedules,
        against_validation,
        healthy,
    ):
        make()
    (HERE / "index.json").write_text(json.dumps(INDEX, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
