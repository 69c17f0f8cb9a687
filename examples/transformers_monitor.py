"""Hugging Face's Trainer, clipping and accumulating, with its noise scale: `python transformers_monitor.py`.

A tiny language model learns which token follows which; half of the time chance decides.
"""

import tempfile

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

import batchwright as bw

TOKENS, LENGTH = 16, 12

set_seed(0)
rows = [torch.randint(TOKENS, (1024,))]
for _ in range(LENGTH - 1):
    chance = torch.randint(TOKENS, (1024,))
    rows.append(torch.where(torch.rand(1024) < 0.5, (3 * rows[-1] + 1) % TOKENS, chance))
data = [{"input_ids": row, "labels": row} for row in torch.stack(rows, dim=1)]

model = GPT2LMHeadModel(
    GPT2Config(
        vocab_size=TOKENS, n_positions=LENGTH, n_embd=16, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0
    )
)
with tempfile.TemporaryDirectory() as folder:
    arguments = TrainingArguments(
        output_dir=folder, per_device_train_batch_size=8, gradient_accumulation_steps=4, max_grad_norm=1.0,
        num_train_epochs=2, learning_rate=3e-3, logging_steps=16, save_strategy="no", report_to=[],
        disable_tqdm=True, use_cpu=True,
    )  # fmt: skip
    trainer = Trainer(model=model, args=arguments, train_dataset=data)
    noise = bw.transformers.NoiseScaleCallback(trainer, every=2, examples=len(data))
    trainer.add_callback(noise)
    trainer.train()

print(noise.monitor.reading())
print([entry for entry in trainer.state.log_history if "batchwright/noise_scale" in entry][-1:])
