"""The local critical batch size, in Simplified Chinese."""

STRINGS = {
    "branched.title": "{task}：训练途中的临界批大小",
    "branched.eyebrow": (
        "{task} · {optimizer}，批大小 {size:size}，学习率 {lr:rate} · 每个分支 {examples:count} 个样本，"
        "各 {seeds} 个随机种子"
    ),
    "branched.single": "在{point}，局部临界批大小为 {value} 个样本。",
    "branched.course": "局部临界批大小：{first} {start}，{last} {end}。",
    "branched.above": "大于 {low:measured}（90%）",
    "branched.below": "小于 {high:measured}（90%）",
    "branched.unresolved": "无法分辨",
    "branched.stay": "保持批大小 {size:size}：途中没有任何一点的下限达到 {twice:size}，更大的批会浪费样本。",
    "branched.grow": "从批大小 {size:size} 开始，{steps}：各区间的下限允许这样做。",
    "branched.double": "在 {examples:count} 个样本之后增至 {size:size}（学习率 {lr:rate}）",
    "branched.then": "{first}，{second}",
    "branched.diverged": "运行发散；最后一个测量点在 {count:count} 次更新之后：请调低学习率。",
    "branched.why.no_fall": "在 {steps:list} 次更新之后，分支中损失的下降不超过其波动：更长的分支或更多种子或许能分辨。",
    "branched.why.rate_too_low": (
        "在 {steps:list} 次更新之后，更大的批反而比原来的批更能利用每个样本：学习率过低，由此无法推断批大小。"
    ),
    "branched.why.not_monotone": (
        "在 {steps:list} 次更新之后，效率随批大小上升，噪声和曲率都做不到这一点：所试的学习率并不适合所有分支。"
    ),
    "branched.why.above_largest": (
        "在 {steps:list} 次更新之后，由效率只能得到下限：更大的批、更长的分支或更多种子或许能说明更多。"
    ),
    "branched.why.below_smallest": "在 {steps:list} 次更新之后，连最小的分支也已超过临界批大小：只有上限。",
    "branched.other_rate": (
        "在原来的批大小下，学习率为 {rates:list} 的分支优于原来的 {lr:rate}：各分支以较好的学习率相比。"
    ),
    "branched.rate_goes": "批更大的分支在其他学习率下最好：下面的命令让学习率随批大小的 {power:g} 次幂变化。",
    "branched.definitions": (
        "按效率的临界批大小：在一个分支内、各取最佳学习率时，所需样本为最小批的两倍。容差之内：结束时损失同样低的最大批。"
        "噪声尺度：tr Σ/|G|²，不计曲率和学习率。"
    ),
    "branched.figure.title": "训练途中的临界批大小",
    "branched.figure.takeaway": "圆点为估计值及其 90% 区间；箭头表示只有一侧的界限。",
    "branched.along.caption": (
        "各点上按效率的临界批大小、损失在所得下降的 {share:percent} 之内的最大批，以及梯度噪声尺度，均以样本数计。"
    ),
    "branched.branches": "各分支",
    "branched.branches.caption": "每个分支训练 {examples:count} 个样本；损失和效率取各种子的结果。",
    "branched.tolerances": "按容差的最大批",
    "branched.tolerances.caption": (
        "直到该批大小，各分支结束时的损失与原批大小分支之差，都不超过后者所得下降的这一比例（Merrill 等，2025）。"
    ),
    "branched.about.measured": "损失取自",
    "branched.about.split": "{sample:count} 个{split:split}样本",
    "branched.column.updates": "更新次数",
    "branched.column.examples": "样本数",
    "branched.column.critical": "临界批大小",
    "branched.column.interval": "90% 区间",
    "branched.column.within": "容差之内",
    "branched.column.noise": "噪声尺度",
    "branched.column.noise_interval": "其 90% 区间",
    "branched.column.batch_size": "批大小",
    "branched.column.lr": "学习率",
    "branched.column.rule": "规则",
    "branched.column.loss": "损失",
    "branched.column.efficiency": "效率",
    "branched.column.tolerance": "容差",
    "branched.column.at": "{step:count} 次之后",
    "branched.rule.linear": "线性",
    "branched.rule.sqrt": "平方根",
    "branched.rule.adam": "Adam 规则",
    "branched.rule.half_life": "半衰期",
    "branched.rule.none": "不变",
    "branched.reading.efficiency": (
        "效率：原批大小 B 的分支达到批大小为 kB 的分支结束时的损失所需的样本数，除以一个分支的样本数。"
        "对所有分支拟合 1/e = 1 + (k - 1) B/(B + B_crit)；区间由对种子的刀切法得到，并计入效率偏离曲线的部分。"
    ),
    "branched.reading.tolerance": (
        "Merrill 等（2025）取损失仍在容差之内的最大 kB。它取决于容差，且不会超过最大的分支。"
        "他们的容差是绝对损失；这里是所得下降的比例，在任何损失尺度下含义相同。"
    ),
    "branched.reading.noise": (
        "梯度噪声尺度是一个点的性质：它既不知道曲率，也不知道哪些学习率是稳定的。学习率不能随批增大时，"
        "分支得到的临界批大小小于它；噪声集中在平坦方向时，则大于它。"
    ),
    "branched.reading.study": (
        "研究的临界批大小是全局的：它计算从起点到目标的步数，每个批大小全程使用自己的最佳学习率。"
        "局部的临界批大小只属于一段训练，从原批大小造成的状态出发，并随损失下降而增大。"
    ),
    "branched.reading.rates": (
        "每个分支采用换算后最好的学习率（线性、平方根、不变），从原学习率附近最好的值出发，由单独的种子选定。"
        "损失取最后权重与权重平均（半衰期为分支的十六分之一）两者中较低的；不取平均，较低的学习率会赢得每次短程比较。"
    ),
    "branched.next.train": "按此逐步增大批的训练",
    "branched.next.advise": "找出最先达到目标的批大小",
    "draw.branched.critical": "按效率的临界批大小，90%",
    "draw.branched.noise": "梯度噪声尺度，90%",
    "draw.branched.within": "在下降的 {share:percent} 之内的最大批",
    "draw.branched.run": "原批大小 {size:size}",
    "draw.branched.examples": "运行已用的样本数",
    "progress.phase.branches": "各分支的样本",
}
