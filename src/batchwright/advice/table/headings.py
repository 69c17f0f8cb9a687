"""How people head the columns of such tables. Case, spaces and signs do not matter."""

from __future__ import annotations

HEADINGS: dict[str, tuple[str, ...]] = {
    "batch_size": (
        "batch_size", "batch", "bs", "b", "batch_sz", "global_batch_size", "global_batch", "global_bs", "gbs",
        "total_batch_size", "effective_batch_size", "train_batch_size", "training_batch_size", "batch_sizes",
        "mini_batch_size", "mini_batch",
        "批次", "批大小", "批量大小", "批次大小", "批量", "批尺寸", "批处理大小", "总批大小", "全局批大小",
        "全局批量大小", "全局批次大小",
    ),
    "steps_to_target": (
        "steps_to_target", "steps", "step", "num_steps", "train_steps", "training_steps", "updates",
        "n_steps", "updates_to_target", "num_updates", "iterations", "iters", "iterations_to_target",
        "optimizer_steps", "steps_to_convergence", "steps_to_train", "steps_to_accuracy", "steps_to_result",
        "步数", "目标步数", "达标步数", "训练步数", "更新步数", "更新次数", "迭代次数", "迭代数", "收敛步数",
        "达到目标步数", "达到目标的步数", "到达目标步数", "所需步数",
    ),
    "examples_to_target": (
        "examples_to_target", "examples", "num_examples", "examples_seen", "samples", "samples_to_target",
        "num_samples", "samples_seen", "sequences", "sequences_to_target", "images", "images_to_target",
        "samples_to_convergence", "examples_to_convergence", "samples_to_train",
        "样本数", "样本", "训练样本数", "达标样本数", "目标样本数",
    ),
    "tokens_to_target": (
        "tokens_to_target", "tokens", "num_tokens", "tokens_seen", "tokens_to_train", "词元数", "token数",
    ),
    "epochs_to_target": (
        "epochs_to_target", "epochs", "epoch", "num_epochs", "epochs_to_train", "epochs_to_convergence",
        "轮数", "轮次", "训练轮数", "目标轮数", "达标轮数", "epoch数", "周期数",
    ),
    "device_batch_size": (
        "per_device_batch_size", "per_device_train_batch_size", "per_gpu_batch_size", "batch_size_per_device",
        "batch_size_per_gpu", "batch_per_gpu", "batch_per_device", "bs_per_gpu", "local_batch_size",
        "单卡批大小", "每卡批大小", "单卡批量", "单卡批次", "单卡批量大小", "每卡批量大小", "每设备批大小",
    ),
    "devices": (
        "devices", "num_devices", "n_devices", "gpus", "num_gpus", "n_gpus", "world_size", "卡数",
        "设备数", "gpu数",
    ),
    "accumulation": (
        "accumulation", "accumulation_steps", "gradient_accumulation_steps", "grad_accum_steps", "grad_accum",
        "gradient_accumulation", "累积步数", "梯度累积", "梯度累积步数",
    ),
    "workload": (
        "workload", "task", "model", "benchmark", "problem", "experiment", "name", "study", "study_id",
        "任务", "模型", "工作负载", "实验", "名称", "数据集",
    ),
    "run": (
        "run", "run_id", "run_key", "seed", "trial", "repeat", "replicate", "repetition", "seed_index",
        "种子", "随机种子", "重复", "试验", "编号", "运行",
    ),
    "censored": (
        "censored", "is_censored", "right_censored", "cut_short", "timed_out", "budget_exhausted",
        "truncated", "截断", "删失", "超时", "是否超时",
    ),
    "reached": (
        "reached", "reached_target", "target_reached", "converged", "success", "succeeded",
        "达到", "达标", "是否达标", "是否达到", "达到目标", "收敛", "是否收敛", "成功",
    ),
    "status": ("status", "outcome", "result", "end", "ended", "状态", "结果"),
    "lr": ("lr", "learning_rate", "base_lr", "max_lr", "peak_lr", "学习率", "初始学习率"),
    "purpose": ("purpose",),
    "not_needed": ("rate_index", "seconds", "created"),
}  # fmt: skip
"""The headings read as each meaning, its own name first; ``not_needed`` are what else an export has."""

SOME_TARGET = {
    "steps_to_target": r"(num|train)?(steps|updates|iterations|iters)(to|until|till).+",
    "examples_to_target": r"(num|train)?(examples|samples|sequences|images)(to|until|till).+",
    "tokens_to_target": r"(num|train)?tokens(to|until|till).+",
    "epochs_to_target": r"(num|train)?epochs?(to|until|till).+",
}
"""``Steps to 75.9%``: the letters of headings that name their target."""

PER_DEVICE = (
    r"(micro|.*device|.*gpu|local|.*worker|.*rank|.*node).*(batch|bs).*"
    r"|(batch|bs).*(device|gpu|worker|rank|node)"
)
"""The letters of headings of batch sizes of a part of an update."""

INSTEAD_OF = {
    "batch_size": {
        "device_batch_size": "batch_size must count all examples of an update: multiply by devices and "
        "accumulation steps, or give devices",
    },
    "steps_to_target": {
        "epochs_to_target": "write examples_to_target = epochs x examples in the data set, or give "
        "dataset_size",
        "tokens_to_target": "write examples_to_target in the unit that batch_size counts",
    },
}
"""By what is missing: meanings that look like it and are not, each with what to do."""

TIMES = r"(time|seconds|minutes|hours|wallclock)|.*(时间|耗时|用时|秒)$|.*(sec|seconds|minutes|hours)$"
NOT_SECONDS = "seconds depend on the hardware: write steps_to_target"
"""Headings of durations, by their letters, and what to do about them."""

OUTCOMES = (
    r".*(accuracy|acc|loss|error|auc|f1|metric|score|perplexity|ppl|bleu|throughput|persecond|speed|time"
    r"|seconds|secs|minutes|hours|epochs?|tokens?|examples|samples|steps|updates|memory|cost|price|energy)\d*"
    r"|(准确率|精度|损失|时间|耗时|轮数|显存|内存).*"
)
"""The letters of headings of what a run led to: they tell no two kinds of runs apart."""

REMARKS = (
    r"(note|comment|remark|date|day|timestamp|created|started|ended|host|machine|node|gpu|device|hardware|user"
    r"|author|commit|git|version|path|file|log|url|link|id|index|row|unnamed|column)\w*|备注|日期|说明|机器|显卡"
)
"""The letters of headings that say where a run was made, not what was trained."""

UNIT_WORDS = {
    **dict.fromkeys(("token", "tokens", "词元"), "tokens"),
    **dict.fromkeys(("epoch", "epochs", "轮"), "epochs"),
    **dict.fromkeys(
        ("s", "sec", "secs", "second", "seconds", "min", "minutes", "h", "hours", "ms", "秒", "分钟", "小时"),
        "seconds",
    ),
    **dict.fromkeys(("gpu", "gpus", "device", "devices", "worker", "rank", "node"), "device"),
    **dict.fromkeys(("卡", "每卡", "单卡"), "device"),
}  # fmt: skip
"""Units in brackets that change what a column is."""

MULTIPLES = {
    **dict.fromkeys(("k", "thousand", "thousands", "x1000", "1000", "1e3", "10^3", "x10^3", "千"), 1e3),
    **dict.fromkeys(("万", "x10^4", "1e4"), 1e4),
    **dict.fromkeys(("m", "mio", "million", "millions", "1e6", "10^6", "x10^6", "百万"), 1e6),
    **dict.fromkeys(("b", "bn", "g", "billion", "billions", "1e9", "10^9", "x10^9", "十亿"), 1e9),
    "亿": 1e8,
}  # fmt: skip
"""Units in brackets that every cell is to be multiplied by."""
