"""Where to measure: initial, after some updates, a checkpoint, parameters, a model."""

import pytest
import torch

import batchwright as bw


def kind(**where):
    return bw.curvature("two-weights", sharpness=False, progress=False, **where).document["critical_point"][
        "class"
    ]


def test_parameters_by_every_way():
    assert kind(at=[0.0, 0.0]) == "saddle"
    assert kind(at=torch.zeros(2)) == "saddle"
    weights = bw.train("two-weights", batch_size=1, steps=1)
    model = next(weights).model
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    assert kind(at=model) == "saddle"
    assert kind(at=dict(model.named_parameters())) == "saddle"


def test_after_is_the_same_as_steps(tmp_path):
    common = {"draws": 3, "sample": 64, "progress": False}
    trained = bw.noise("least-squares", at=bw.after(steps=5, batch_size=8, lr=0.05), **common)
    plain = bw.noise("least-squares", steps=5, batch_size=8, lr=0.05, **common)
    assert trained.document["step"] == plain.document["step"] == 5
    assert trained.result.noise_scale == plain.result.noise_scale
    list(bw.train("least-squares", steps=5, batch_size=8, lr=0.05, checkpoint=str(tmp_path / "c")))
    kept = bw.noise("least-squares", at=tmp_path / "c", **common)
    assert kept.result.noise_scale == plain.result.noise_scale
    assert bw.noise("least-squares", at=bw.initial(), **common).document["step"] == 0


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"at": [1.0]}, r"at must be 2 numbers, the model's parameters \(w1, w2\), got 1"),
        ({"at": [1.0, float("nan")]}, "at must be finite numbers"),
        ({"at": object()}, "at must be numbers, tensors by name, a model or a place"),
        ({"at": torch.nn.Linear(2, 2)}, "at must be a model like the task's"),
        ({"at": {"w3": torch.zeros(())}}, "the model has no parameter 'w3'"),
        ({"at": [0.0, 0.0], "steps": 3}, "`at` says where to measure: drop `steps` and `checkpoint`"),
        ({"at": bw.after(steps=3), "lr": 0.1}, "give it the learning rate, as after"),
        ({"at": bw.after(steps=-3)}, "steps must be 0 or more, got -3"),
        ({"at": "nowhere"}, "no checkpoint at nowhere"),
    ],
)
def test_what_is_no_place(where, message):
    with pytest.raises(bw.InputError, match=message):
        kind(**where)
