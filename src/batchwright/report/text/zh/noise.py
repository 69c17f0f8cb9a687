"""The noise of a gradient, in Simplified Chinese."""

STRINGS = {
    "noise.title": "{task}：梯度噪声",
    "noise.eyebrow": "{task} · 梯度噪声，取 {examples:count} 个训练样本中的 {sample:count} 个",
    "noise.resolved": (
        "在{point}，梯度噪声尺度为 {scale} 个样本：批大小远小于它时，批大小加倍，步数几乎减半；"
        "远大于它时，再增大收益甚微。"
    ),
    "noise.exact": (
        "在{point}，由全部 {examples:count} 个训练样本得到的梯度噪声尺度为 {scale:measured} 个样本："
        "批大小远小于它时，批大小加倍，步数几乎减半；远大于它时，再增大收益甚微。"
    ),
    "noise.unresolved": "在{point}，梯度噪声尺度无法分辨：平均梯度无法与零区分。",
    "noise.unresolved.above": (
        "在{point}，梯度噪声尺度无法分辨，只知道它大于 {low:measured}（90%）：平均梯度无法与零区分。"
    ),
    "noise.few_examples": (
        "在{point}，梯度噪声尺度无法分辨，只知道它大于 {low:measured}（90%）：少数样本占了绝大部分，"
        "而未抽到的样本中可能还有更多这样的样本。"
    ),
    "noise.tail": (
        "最大的百分之一样本占了梯度噪声的 {share:percent}：可能是稀有类别、离群值或错误标签，值得查看。"
    ),
    "noise.course": "训练途中的梯度噪声尺度：{first} {start}，{last} {end}。",
    "noise.diverged": "运行在 {count:count} 次更新后发散：请调低学习率。",
    "noise.scale": "噪声尺度",
    "noise.scale.curvature": "计入曲率",
    "noise.scale.preconditioned": "预条件后",
    "noise.scale.l1": "l1 范数下",
    "noise.scale.nuclear": "核范数下",
    "noise.geometry.l1": "l1 范数下：当每个参数移动的距离大致相同时（如 Adam 和符号类方法），噪声与信号按各分量绝对值之和来比较（arXiv 2602.03001；这一想法尚新）。",
    "noise.geometry.nuclear": "核范数下：当矩阵的所有奇异值移动的距离相同时（如 Muon），噪声与信号按奇异值之和来比较；不是矩阵的参数不计入（arXiv 2602.03001；这一想法尚新）。",
    "noise.scale.unresolved": "无法分辨",
    "noise.scale.unresolved_above": "无法分辨（90%：大于 {low:measured}）",
    "noise.signal": "|G|²",
    "noise.variance": "tr Σ",
    "noise.no_curvature": "计入曲率的噪声尺度 tr(HΣ)/(GᵀHG) 缺失：{reason}。",
    "noise.estimates": "估计值",
    "noise.estimates.caption": (
        "噪声尺度（以样本数计）、平均梯度的平方范数和协方差矩阵的迹，由 {examples:count} 个样本中的 "
        "{sample:count} 个估计。"
    ),
    "noise.row.value": "值",
    "noise.row.low": "90% 下限",
    "noise.row.high": "上限",
    "noise.column.interval": "90% 区间",
    "noise.column.sampling": "抽样方式",
    "noise.column.slope": "斜率",
    "noise.column.law": "理论值",
    "noise.column.batch_size": "批大小",
    "noise.column.with": "有放回",
    "noise.column.with_theory": "理论，有放回",
    "noise.column.without": "无放回",
    "noise.column.without_theory": "理论，无放回",
    "noise.column.updates": "更新次数",
    "noise.column.loss": "损失",
    "noise.sampling.with": "有放回",
    "noise.sampling.without": "无放回",
    "noise.slopes.caption": "标准差随批大小变化的幂指数。",
    "noise.law.title": "1/√B 定律",
    "noise.law.takeaway": "圆点为实际抽取的批，线为 tr Σ 的预测。",
    "noise.law.table": "小批量梯度偏离平均梯度多远",
    "noise.law.caption": "各批大小下小批量梯度的标准差，与理论对照。",
    "noise.along.title": "训练途中的噪声尺度",
    "noise.along.takeaway": "线为估计值，带为 90% 区间。",
    "noise.along.caption": "运行中若干次更新之后的噪声尺度。",
    "noise.reading.scale": (
        "噪声尺度为 tr(Σ)/|G|²：单个样本梯度的方差，除以平均梯度的平方范数（McCandlish 等，2018）。"
        "它随训练而变，多半上升。"
    ),
    "noise.reading.law": (
        "小批量梯度的标准差按 1/√B 下降；无放回抽样时，在 B = N 处降为 0，斜率是除去这一有限总体因子之后拟合的。"
    ),
    "noise.next.more.signal": "用更多样本，使平均梯度显现出来",
    "noise.next.more.few": "用更多样本：起决定作用的样本很少，未被抽到的样本中可能也有",
    "noise.next.advise": "找出最先达到目标的批大小",
}
