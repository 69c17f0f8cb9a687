"""Recommendations, curves, and tables of steps to target."""

ERRORS = {
    "study {} tuned a learning rate at batch sizes {}, which do not reach {}: study that batch size, or leave the study out and use the rule": "研究 {0} 在批大小 {1} 处调过学习率，不包括 {2}：请研究该批大小，或不用研究而用规则",
    # conclusions
    "objective cost needs prices of two or more devices; a study has one: use time": "目标 cost 需要两种以上设备的价格，而一次研究只有一种设备：请用 time",
    "unknown objective {}": "未知的优化目标 {0}",
    "a recommendation needs one batch size or more, got none": "推荐至少需要一个批大小，实际一个也没有",
    "each batch size must be given once, got {}": "每个批大小只能给出一次，实际为 {0}",
    "batch sizes must be between 1 and {} (the training examples), got {}": "批大小必须在 1 和 {0}（训练样本数）之间，实际为 {1}",
    # the curve
    "a batch size must be positive and finite, got {}": "批大小必须是有限的正数，实际为 {0}",
    "level must be between 0 and 1, got {}": "level 必须在 0 和 1 之间，实际为 {0}",
    "resolution must be a standard deviation of log steps, 0 or more, got {}": "resolution 必须是步数对数的标准差，不小于 0，实际为 {0}",
    "a curve needs two batch sizes or more at which the median run reached the target, got {}": "拟合曲线至少需要两个中位数运行达到目标的批大小，实际为 {0} 个",
    "leaving one out needs three batch sizes with an answer, got {}": "留一检验需要三个有结果的批大小，实际为 {0} 个",
    "at batch size {}": "（批大小 {0}）",
    "steps to target must be positive and finite, got {} {}": "达标步数必须是有限的正数，实际为 {0}{1}",
    "a batch size needs one run or more, got none {}": "每个批大小至少需要一次运行，实际一次也没有{0}",
    "candidates must be pairs, got {} rates and {} batch sizes": "候选必须成对，实际有 {0} 个学习率和 {1} 个批大小",
    "a run needs a learning rate, a batch size and a loss, got {} of them": "每次运行都需要学习率、批大小和损失，实际个数分别为 {0}",
    "a loss surface needs {} runs or more with a finite loss, got {}": "损失曲面至少需要 {0} 次损失有限的运行，实际为 {1} 次",
    "learning rates and batch sizes must be positive and finite, got {} and {}": "学习率和批大小必须是有限的正数，实际为 {0} 和 {1}",
}

LIBRARIES = {
    "steps_to_target or examples_to_target": "steps_to_target 或 examples_to_target",
    "a run needs a learning rate, a batch size and a loss, got {}, {} and {} of them": "每次运行都需要学习率、批大小和损失，实际个数分别为 {0}、{1} 和 {2}",
    "'{}' and '{}'": "'{0}' 和 '{1}'",
}
