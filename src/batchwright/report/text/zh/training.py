"""What to do after a run, by its status, in Simplified Chinese."""

STRINGS = {
    "training.advice.target_reached": "",
    "training.advice.budget_exhausted": "预算先用尽了；请增加预算，或提高学习率。",
    "training.advice.diverged": "损失发散；请调低学习率，或增加预热步数。",
    "training.advice.out_of_memory": "内存不足；请调小 micro_batch_size（更新不变）。",
    "training.advice.failed": "运行出错；请看 `message`。",
    "training.advice.stopped": "运行中途被停止；可以继续。",
}
