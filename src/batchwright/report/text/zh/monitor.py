"""运行中的训练循环的噪声尺度。"""

STRINGS = {
    "monitor.scale": "噪声尺度为 {scale} 个样本，取自截至第 {updates:count} 次更新的 {count:count} 个实测步（每 {every} 步测一步）。",
    "monitor.above": (
        "噪声尺度无法分辨，只知道它大于 {low:measured} 个样本（90%），取自截至第 {updates:count} 次更新的 {count:count} 个实测步"
        "（每 {every} 步测一步）：平均梯度无法与零区分。"
    ),
    "monitor.no_signal": (
        "截至第 {updates:count} 次更新的 {count:count} 个实测步（每 {every} 步测一步）无法分辨噪声尺度：平均梯度无法与零区分。"
    ),
    "monitor.no_noise": (
        "截至第 {updates:count} 次更新的 {count:count} 个实测步（每 {every} 步测一步）无法分辨噪声尺度：各微批之间的差异不超过舍入误差。"
    ),
    "monitor.few_steps": (
        "噪声尺度尚不可知：区间至少需要 5 个实测步（每 {every} 步测一步），截至第 {updates:count} 次更新只有 {count:count} 个。"
    ),
    "monitor.below": (
        "批大小 {size:size} 小于它：批大小加倍（例如设备加倍）时，达到同样进展所需步数为现在的 {steps}。"
    ),
    "monitor.near": (
        "批大小 {size:size} 与它无法区分：加倍大约从这里开始不再合算；批大小 {double:size} 达到同样进展所需步数为现在的 {steps}。"
    ),
    "monitor.past": (
        "批大小 {size:size} 大于它：批大小加倍（例如设备加倍）时，达到同样进展所需步数仍为现在的 {steps}。"
    ),
    "monitor.unresolved": "尚不能判断批大小 {size:size} 是否小于它：批大小 {double:size} 所需步数为现在的 {steps}。",
    "monitor.half": "批大小减半为 {size:size} 时，步数变为 {steps} 倍，因而所需样本更少。",
    "monitor.rates": "批大小 {size:size} 下，按 {optimizer} 的规则，学习率{rates}。",
    "monitor.rate": "由 {before} 变为 {after}",
    "monitor.factor": "批大小 {size:size} 下，按 {optimizer} 的规则，学习率乘以 {factor}。",
    "monitor.between": "{low:measured} 至 {high:measured}",
    "monitor.skipped.not_finite": "有 {count:count} 步未计入，因为梯度不是有限值。",
    "monitor.skipped.short": "有 {count:count} 步未计入，因为微批太少。",
}
