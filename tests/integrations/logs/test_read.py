"""Logs of every tool as they are printed, with their traps."""

import io
import json
import math
import struct
import sys
import time

import numpy as np
import pandas as pd
import pytest

from batchwright.core.errors import InputError
from batchwright.integrations.logs.events import masked_crc
from batchwright.integrations.logs.read import read_log

PRINTED = {
    "epoch-iter": (
        "| epoch 1 |  iter 5 / 10 | time 1[s] | loss 2.3137 | lr 0.0010\n| epoch 1 |  iter 10 / 10 | time 1[s] | loss 2.2976 | lr 0.0010\n"
        "| epoch 2 |  iter 5 / 10 | time 1[s] | loss 2.3135 | lr 0.0010\n",
        [2.3137, 2.2976, 2.3135], [5, 10, 15],
    ),
    "nanogpt": (
        "number of parameters: 10.65M\nstep 0: train loss 4.2874, val loss 4.2823\niter 0: loss 4.2651, time 8000.10ms, mfu -100.00%\n"
        "iter 10: loss 3.2000, time 41.20ms, mfu 9.10%\n",
        [4.2651, 3.2], [0, 10],
    ),
    "nanochat": (
        "step 00250/01000 (25.00%) | loss: 3.210000 | lrm: 1.00 | dt: 410.00ms | tok/sec: 1,234 | mfu: 40\n"
        "step 00251/01000 (25.10%) | loss: 3.110000 | lrm: 1.00 | dt: 410.00ms\n",
        [3.21, 3.11], [250, 251],
    ),
    "llm.c": (
        "step   25/900 | loss 5.100000 (+0.20z)| norm 1.2000 (+0.10z)| lr 3.00e-04 | 123.1 ms\nval loss 5.234\n"
        "step   26/900 | loss 5.000000 (+0.20z)| norm 1.2000 (+0.10z)| lr 3.00e-04 | 123.1 ms\n",
        [5.1, 5.0], [25, 26],
    ),
    "megatron": (
        " [2031-01-01 10:00:00] iteration      100/    5000 | consumed samples:        25600 | learning rate: 1.5E-04 | "
        "global batch size:   256 | lm loss: 6.1E+00 | loss scale: 1.0 | grad norm: 1.2 |\n"
        " validation loss at iteration 100 | lm loss value: 5.9E+00 | lm loss PPL: 3.6E+02 |\n"
        " [2031-01-01 10:00:00] iteration      200/    5000 | learning rate: 1.5E-04 | lm loss: 5.1E+00 | grad norm: 1.2 |\n",
        [6.1, 5.1], [100, 200],
    ),
    "gpt-neox": (
        " samples/sec: 9.1 | iteration       10/     900 | learning rate: 1.0E-04 | lm_loss: 9.1E+00 | loss scale: 1.0 |\n" * 1
        + " samples/sec: 9.1 | iteration       20/     900 | learning rate: 1.0E-04 | lm_loss: 8.1E+00 |\n",
        [9.1, 8.1], [10, 20],
    ),
    "nanotron": (
        "[INFO|DP=0|PP=0|TP=0]: iteration: 10 / 900 | consumed_tokens: 1.2M | lm_loss: 9.1 | lr: 0.0003\n"
        "[INFO|DP=0|PP=0|TP=0]: iteration: 20 / 900 | consumed_tokens: 2.4M | lm_loss: 8.1 | lr: 0.0003\n",
        [9.1, 8.1], [10, 20],
    ),
    "torchtitan": (
        "\x1b[31mstep: 10  \x1b[32mloss:  7.10000  \x1b[38;2;180;60;0mgrad_norm:  1.9000  \x1b[33mmemory: 10.12GiB(12.1%)\x1b[39m\n"
        "\x1b[31mstep: 20  \x1b[32mloss:  6.10000  \x1b[33mmemory: 10.12GiB(12.1%)\x1b[39m\n",
        [7.1, 6.1], [10, 20],
    ),
    "mmengine": (
        "2031/01/01 10:00:00 - mmengine - INFO - Epoch(train)  [1][ 50/400]  lr: 1.0000e-02  eta: 0:10:00  loss: 0.9100\n"
        "2031/01/01 10:00:00 - mmengine - INFO - Epoch(val)  [1][100/100]    accuracy/top1: 70.0  data_time: 0.1\n"
        "2031/01/01 10:00:00 - mmengine - INFO - Epoch(train)  [2][ 50/400]  lr: 1.0000e-02  eta: 0:10:00  loss: 0.8100\n",
        [0.91, 0.81], [50, 450],
    ),
    "caffe": (
        "I0101 solver.cpp:239] Iteration 100 (9 iter/s, 11s/100 iters), loss = 0.41\nI0101 solver.cpp:258]     Train net output #0: loss = 0.4 (* 1 = 0.4 loss)\n"
        "I0101 sgd_solver.cpp:112] Iteration 100, lr = 0.01\nI0101 solver.cpp:347] Iteration 200, Testing net (#0)\n"
        "I0101 solver.cpp:414]     Test net output #1: loss = 0.5 (* 1 = 0.5 loss)\nI0101 solver.cpp:239] Iteration 200 (9 iter/s, 11s/100 iters), loss = 0.31\n",
        [0.41, 0.31], [100, 200],
    ),
    "timm": (
        "Train: 3 [   0/500 (  0%)]  Loss: 2.41 (2.41)  Time: 0.3s  LR: 1.000e-03\nTrain: 3 [ 100/500 ( 20%)]  Loss: 2.31 (2.40)  Time: 0.3s  LR: 1.0e-03\n"
        "Test: [   0/78]  Time: 1.0 (1.0)  Loss:   1.1 ( 1.1)  Acc@1: 70\nTest: [  78/78]  Time: 1.0 (1.0)  Loss:   1.2 ( 1.3)  Acc@1: 70\n"
        "Train: 4 [   0/500 (  0%)]  Loss: 2.21 (2.21)  Time: 0.3s  LR: 1.0e-03\n",
        [2.41, 2.31, 2.21], [0, 100, 500],
    ),
    "pytorch-mnist": (
        "Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.3\nTrain Epoch: 1 [640/60000 (1%)]\tLoss: 2.1\n\n"
        "Test set: Average loss: 0.0501, Accuracy: 9800/10000 (98%)\n\nTrain Epoch: 2 [0/60000 (0%)]\tLoss: 0.3\n",
        [2.3, 2.1, 0.3], [0, 640, 60000],
    ),
    "pytorch-imagenet": (
        "Epoch: [0][ 10/500]\tTime  0.1 ( 0.2)\tLoss 2.1e+00 (2.2e+00)\tAcc@1  1.0 (  0.5)\nEpoch: [0][ 20/500]\tTime  0.1 ( 0.2)\tLoss 2.0e+00 (2.1e+00)\n"
        "Epoch: [1][ 10/500]\tTime  0.1 ( 0.2)\tLoss 1.9e+00 (1.9e+00)\n",
        [2.1, 2.0, 1.9], [10, 20, 510],
    ),
    "pytorch-word-lm": (
        "| epoch   1 |   200/ 900 batches | lr 20.00 | ms/batch 10.1 | loss  5.10 | ppl   164.0\n| epoch   1 |   400/ 900 batches | lr 20.00 | ms/batch 10.1 | loss  5.00 | ppl   164.0\n"
        "| end of epoch   1 | time: 10.1s | valid loss  5.2 | valid ppl   181.0\n| epoch   2 |   200/ 900 batches | lr 20.00 | ms/batch 10.1 | loss  4.9 | ppl 1\n",
        [5.1, 5.0, 4.9], [200, 400, 1100],
    ),
    "composer": (
        "[epoch=1][batch=10/90]:\n\t Train time/epoch: 0\n\t Train loss/train/total: 1.2000\n[epoch=1][batch=20/90]:\n\t Train loss/train/total: 1.1000\n",
        [1.2, 1.1], [10, 20],
    ),
    "transformers": (
        "{'loss': 1.2, 'grad_norm': 0.9, 'learning_rate': 2e-05, 'epoch': 0.4}\n{'loss': '1.1', 'grad_norm': '0.9', 'learning_rate': '2e-05', 'epoch': '0.8'}\n"
        "{'eval_loss': 1.15, 'eval_runtime': 2.0, 'epoch': 1.0}\n",
        [1.2, 1.1], None,
    ),
    "fairseq": (
        '2031 | INFO | train_inner | {"epoch": 1, "update": 0.1, "loss": "9.1", "ppl": "500", "num_updates": "20", "lr": "1e-5", "bsz": "8"}\n'
        '2031 | INFO | train_inner | {"epoch": 1, "update": 0.2, "loss": "8.1", "num_updates": "40", "bsz": "8"}\n'
        '2031 | INFO | valid | {"epoch": 1, "valid_loss": "8.0", "valid_num_updates": "200"}\n',
        [9.1, 8.1], [20, 40],
    ),
    "json-lines": (
        '{"current_steps": 10, "total_steps": 90, "loss": 1.2, "lr": 5e-5, "epoch": 0.1}\n{"current_steps": 20, "total_steps": 90, "loss": 1.1, "lr": 5e-5, "epoch": 0.2}\n',
        [1.2, 1.1], [10, 20],
    ),
    "scikit-learn": ("Iteration 1, loss = 0.61230000\nIteration 2, loss = 0.41230000\n", [0.6123, 0.4123], None),
    "tqdm": (
        "  0%|          | 0/100 [00:00<?, ?it/s]\r 12%|█▏        | 12/100 [00:01<00:09,  9.10it/s, loss=0.53]\r 13%|█▏        | 13/100 [00:01<00:09, 9.1it/s, loss=0.52]\n",
        [0.53, 0.52], [12, 13],
    ),
    "text": ("轮次 1 损失: 2.3\n轮次 2 损失: 2.1\n", [2.3, 2.1], None),
}  # fmt: skip


@pytest.mark.parametrize("name", PRINTED)
def test_a_printed_format(name):
    text, losses, steps = PRINTED[name]
    log = read_log(text)
    assert log.format == name
    (run,) = log.runs
    assert run.training_loss.values.tolist() == pytest.approx(losses)
    assert (None if run.training_loss.step is None else run.training_loss.step.tolist()) == steps
    assert log.unread == 0


def test_details_that_are_easily_lost():
    timm = read_log(PRINTED["timm"][0]).runs[0]
    assert timm.validation_loss.values.tolist() == [1.3]  # the mean of the evaluation, its last line
    assert [s.name for s in timm.series if s.running_mean] == ["Loss (mean)"]
    assert timm.steps_per_epoch == 500
    megatron = read_log(PRINTED["megatron"][0]).runs[0]
    assert megatron.validation_loss.values.tolist() == [5.9]
    assert not any("scale" in s.name or "PPL" in s.name for s in megatron.series)
    assert read_log(PRINTED["caffe"][0]).runs[0].validation_loss.values.tolist() == [0.5]
    assert read_log(PRINTED["llm.c"][0]).runs[0].validation_loss.values.tolist() == [5.234]
    assert read_log(PRINTED["pytorch-mnist"][0]).runs[0].step_unit == "examples"
    fairseq = read_log(PRINTED["fairseq"][0]).runs[0]
    assert fairseq.steps_per_epoch == 200
    assert fairseq.validation_loss.values.tolist() == [8.0]
    assert read_log("s:25 trl:5.1000 lr:0.000300 norm:1.20\ns:25 tel:5.2\n").runs[
        0
    ].validation_loss.values.tolist() == [5.2]
    assert read_log("step:125/1500 val_loss:4.1200 train_time:9000ms\nstep:250/1500 val_loss:3.9 train_time:1ms\n").runs[0].validation_loss.step.tolist() == [125, 250]  # fmt: skip


def test_keras_bars_redraw_themselves_and_are_running_means():
    text = "Epoch 1/2\n\r\x1b[1m 1/90\x1b[0m \x1b[37m━━━━\x1b[0m \x1b[1m30s\x1b[0m 400ms/step - accuracy: 0.1 - loss: 2.6\b\b\b\b\b\r\x1b[1m45/90\x1b[0m ━━━ \x1b[1m1s\x1b[0m 20ms/step - accuracy: 0.81 - loss: 0.7\r90/90 ━━━ 2s 20ms/step - accuracy: 0.81 - loss: 0.6 - val_loss: 0.5\nEpoch 2/2\n1/90 ━━━ 2s 20ms/step - loss: 0.6\r 90/90 [==============================] - 2s 20ms/step - loss: 0.5\n"
    log = read_log(text)
    assert log.format == "keras"
    loss = log.runs[0].training_loss
    assert loss.running_mean
    assert loss.values.tolist() == [2.6, 0.7, 0.6, 0.6, 0.5]
    assert loss.epoch.tolist() == [0, 0, 0, 1, 1]
    assert log.runs[0].validation_loss.values.tolist() == [0.5]


TABLES = {
    "Lightning": (
        "epoch,lr-SGD,step,train_loss,val_loss\n0,0.1,49,2.1,\n0,0.1,99,2.0,\n0,,116,,1.9\n1,0.1,149,1.8,\n1,,233,,1.7\n"
        "epoch,lr-SGD,step,test_loss,train_loss,val_loss\n2,0.1,249,,1.6,\n",
        [2.1, 2.0, 1.8, 1.6],
    ),
    "Keras": ("epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.2,0.4,1.3\n1,0.6,1.1,NA,NA\n2,0.6,1.0,0.5,1.2\n", [1.2, 1.1, 1.0]),
    "YOLO": ("                  epoch,      train/box_loss,       val/box_loss\n                      0,              1.2,   1.1\n                      1,              1.1,   1.0\n", [1.2, 1.1]),
    "TensorBoard": ("Wall time,Step,Value\n1900000000.1,0,2.3\n1900000001.1,10,2.1\n", [2.3, 2.1]),
    "quoted": ('"step","loss"\n"1","2.5"\n"2","nan"\n"3","2.1"\n', [2.5, math.nan, 2.1]),
    "two columns": ("0,2.3\n1,2.2\n2,2.1\n3,2.0\n", [2.3, 2.2, 2.1, 2.0]),
    "numbers": ("2.3\n2.2\n2.1\n", [2.3, 2.2, 2.1]),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_table(name):
    text, losses = TABLES[name]
    (run,) = read_log(text).runs
    assert run.training_loss.values.tolist() == pytest.approx(losses, nan_ok=True)


def test_weights_and_biases_names_runs_in_its_headings():
    log = read_log(
        '"Step","a - train/loss","a - train/loss__MIN","a - train/loss__MAX","b - train/loss"\n"0","2.3","2.3","2.3","2.4"\n"10","2.1","2.1","2.1",""\n"20","","","","2.0"\n'
    )
    assert [(r.name, r.training_loss.values.tolist(), r.training_loss.step.tolist()) for r in log.runs] == [
        ("a", [2.3, 2.1], [0, 10]),
        ("b", [2.4, 2.0], [0, 20]),
    ]


def test_steps_that_begin_anew_are_another_run_and_steps_that_go_back_a_resumed_one():
    lines = [f"step {i}: loss {9 - i / 10}\n" for i in range(10)]
    assert [len(run.training_loss) for run in read_log("".join(lines + lines)).runs] == [10, 10]
    (run,) = read_log("".join(lines[:8] + lines[5:])).runs
    (back,) = run.went_back
    assert (back.reached, back.continued_at, back.repeated) == (7, 5, 3)
    assert run.training_loss.step.tolist() == list(range(10))


def test_live_objects():
    history = {"loss": [1.0, 0.5, 0.4], "val_loss": [1.1, 0.6, 0.5], "lr": [0.1, 0.1, 0.01]}
    for given in (history, pd.DataFrame(history), {"loss": np.array([1.0, 0.5, 0.4], dtype=np.float32)}):
        assert read_log(given).runs[0].training_loss.values.tolist() == pytest.approx([1.0, 0.5, 0.4])
    assert read_log([2.0, 1.0]).runs[0].training_loss.values.tolist() == [2.0, 1.0]
    assert read_log(np.array([2.0, 1.0])).format == "numbers"
    blanks = pd.DataFrame({"step": [1, 1, 2], "train_loss": [2.0, None, 1.5], "val_loss": [None, 2.1, None]})
    assert read_log(blanks).runs[0].training_loss.values.tolist() == [2.0, 1.5]


def test_trainer_state():
    state = {"global_step": 100, "log_history": [
        {"epoch": 0.4, "step": 20, "loss": 1.2, "grad_norm": 0.1, "learning_rate": 1e-5},
        {"epoch": 0.8, "step": 40, "loss": 1.1, "learning_rate": 1e-5},
        {"eval_loss": 1.15, "eval_runtime": 1.0, "epoch": 1.0, "step": 50},
    ]}  # fmt: skip
    for text in (json.dumps(state), json.dumps(state, indent=2)):
        log = read_log(text)
        assert log.format == "json"
        assert log.runs[0].steps_per_epoch == 50
        assert log.runs[0].validation_loss.step.tolist() == [50]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "日志.txt"
    path.write_bytes(
        "".join(f"第 {i} 轮，训练损失：{3 - i / 10:.2f}\n" for i in range(1, 6)).encode(encoding)
    )
    assert read_log(path).runs[0].training_loss.values.tolist() == pytest.approx([2.9, 2.8, 2.7, 2.6, 2.5])


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number, kind, payload):
    return varint(number << 3 | kind) + (varint(len(payload)) + payload if kind == 2 else payload)


def event(step, tag, value, tensor=False):
    if tensor:
        content = field(1, 0, varint(1)) + field(4, 2, struct.pack("<f", value))
        one = field(1, 2, tag) + field(8, 2, content)
    else:
        one = field(1, 2, tag) + field(2, 5, struct.pack("<f", value))
    data = field(1, 1, struct.pack("<d", 1.9e9)) + field(2, 0, varint(step)) + field(5, 2, field(1, 2, one))
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def test_event_files(tmp_path):
    path = tmp_path / "events.out.tfevents.1900000000.host"
    records = [event(i * 100, b"train/loss", 2.5 - i / 4, tensor=i % 2 == 1) for i in range(4)]
    path.write_bytes(b"".join(records) + event(300, b"lr", 0.1))
    log = read_log(path)
    assert log.format == "tensorboard"
    assert log.runs[0].training_loss.values.tolist() == [2.5, 2.25, 2.0, 1.75]
    assert log.runs[0].training_loss.step.tolist() == [0, 100, 200, 300]
    path.write_bytes(b"".join(records)[:-3])  # cut off while it was written
    assert len(read_log(path).runs[0].training_loss) == 3
    assert read_log(path).unread == 1


def test_event_files_of_torch(tmp_path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    with tensorboard.SummaryWriter(tmp_path) as writer:
        for i in range(3):
            writer.add_scalar("loss", 2.0 - i / 2, i)
    (path,) = tmp_path.glob("events*")
    assert read_log(path).runs[0].training_loss.values.tolist() == [2.0, 1.5, 1.0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"hello\nworld\n", "no number named loss"),
        (bytes(range(1, 256)) * 40, "binary data"),
        (b"PK\x03\x04" + b"x" * 100, "workbook"),
        (b'{"loss": [1, 2', "begins like JSON"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, content, message):
    path = tmp_path / "run.log"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_log(path)
    assert "\n" not in str(caught.value)


def test_no_file_a_folder_and_no_log(tmp_path):
    for given, message in (
        (tmp_path / "none.log", "no file"),
        (tmp_path, "a folder"),
        (3.5, "got float"),
        (["a", 1], "must be"),
    ):
        with pytest.raises(InputError, match=message):
            read_log(given)


def test_bad_lines_are_counted():
    log = read_log("step 1: loss 2.5\nstep 2: loss broken 7 off\nstep 3: loss 2.1\n")
    assert len(log.runs[0].training_loss) == 2
    assert log.unread == 1
    assert log.remarks[0].code == "diagnose.note.unread"


def test_standard_input_and_several_files(tmp_path, monkeypatch):
    text = "step 1: loss 2.5\nstep 2: loss 2.4\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert len(read_log("-").runs[0].training_loss) == 2
    paths = [tmp_path / "a, b.log", tmp_path / "c.log"]
    for path in paths:
        path.write_text(text)
    assert [run.name for run in read_log([str(p) for p in paths]).runs] == ["a, b.log", "c.log"]


def test_a_long_log_takes_seconds(tmp_path):
    """300,000 lines; a million take three times as long. The bound is wide, the machine has other things to do."""
    path = tmp_path / "long.log"
    with path.open("w") as file:
        file.writelines(
            f"iter {i}: loss {3 - i / 3e5:.4f}, time 41.20ms, mfu 9.10%\n" for i in range(300_000)
        )
    began = time.process_time()
    log = read_log(path)
    assert len(log.runs[0].training_loss) == 300_000
    assert time.process_time() - began < 30
