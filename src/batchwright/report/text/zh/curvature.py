"""Curvature at a point, along a run, and sharpness, in Simplified Chinese."""

STRINGS = {
    "curvature.title": "{task}：曲率",
    "curvature.eyebrow": "{task} · {examples:count} 个训练样本上的曲率，{parameters:count} 个参数",
    "curvature.minimum": (
        "在{point}，训练处于极小值点：全部 {parameters:count} 个特征值均为正，最大为 {high:measured}。"
    ),
    "curvature.maximum": (
        "在{point}，训练处于极大值点：全部 {parameters:count} 个特征值均为负，最小为 {low:measured}。"
    ),
    "curvature.saddle": "在{point}，训练处于鞍点：特征值从 {low:measured} 到 {high:measured}。",
    "curvature.degenerate": (
        "在{point}，训练处于退化临界点：在 {low:measured} 与 {high:measured} 之间，有些特征值无法与零区分。"
    ),
    "curvature.slope": (
        "在{point}，训练仍处于斜坡上：梯度范数为 {norm:measured}，高于判定临界点的阈值 {limit}；"
        "最大特征值为 {high:measured}。"
    ),
    "curvature.numbers": "损失 {loss:measured}，梯度范数 {norm:measured}。",
    "curvature.numbers.why": "损失 {loss:measured}，梯度范数 {norm:measured}。{reason}",
    "curvature.trace": "迹为 {trace:measured}（标准误 {error}），特征值平均为 {mean:measured}。",
    "curvature.trace.exact": "迹为 {trace:measured}（精确值），特征值平均为 {mean:measured}。",
    "curvature.not_converged": "有些特征值没有收敛：残差说明它们可能偏差多少。",
    "curvature.fact.norm": "梯度范数",
    "curvature.fact.largest": "最大特征值",
    "curvature.fact.trace": "迹",
    "curvature.fact.ratio": "正特征值占比",
    "curvature.fact.ratio_estimated": "正特征值占比（估计）",
    "curvature.spectrum.title": "海森矩阵的特征值",
    "curvature.spectrum.ends": "算得的特征值从 {low:measured} 到 {high:measured}。",
    "curvature.spectrum.share": "全部特征值中有 {ratio:percent} 大于 {zero}。",
    "curvature.spectrum.share_estimated": (
        "全部特征值中有 {ratio:percent} 大于 {zero}，由谱密度估计（标准误 {error:.1%}）。"
    ),
    "curvature.eigenvalues": "特征值",
    "curvature.eigenvalues.caption": "求得的每个特征值，以及界定其误差的残差。",
    "curvature.end.top": "最大端",
    "curvature.end.bottom": "最小端",
    "curvature.column.end": "谱端",
    "curvature.column.eigenvalue": "特征值",
    "curvature.column.residual": "残差",
    "curvature.column.updates": "更新次数",
    "curvature.column.loss": "损失",
    "curvature.column.largest": "最大特征值",
    "curvature.column.scaled": "预条件后",
    "curvature.column.edge": "稳定性边缘",
    "curvature.about.method": "特征值算法",
    "curvature.method.dense": "完整海森矩阵",
    "curvature.method.lanczos": "Lanczos 法，两端",
    "curvature.about.run": "训练设置",
    "curvature.run": "{optimizer}，学习率 {lr:rate}，批大小 {batch_size:count}",
    "curvature.along.title": "训练途中",
    "curvature.along.takeaway": "在虚线以上，每次更新都会沿最陡的方向越冲越远。",
    "curvature.along.caption": "若干次更新之后的最大特征值，与稳定性边缘对照。",
    "curvature.edge.unknown": (
        "最大特征值从 {first:measured} 变为 {last:measured}；这种优化器的稳定性边缘未知。"
    ),
    "curvature.edge.below": (
        "最大特征值从 {first:measured} 变为 {last:measured}，最高达到稳定性边缘 {limit:measured} 的 "
        "{top:percent}。"
    ),
    "curvature.edge.reached": (
        "最大特征值从 {first:measured} 变为 {last:measured}。{count:count} 次更新后，它到达稳定性边缘 "
        "{limit:measured}；此后维持在该值的 {least:percent} 到 {most:percent}，中位数为 {middle:percent}。"
    ),
    "curvature.reading.eigenvalues": (
        "特征值取自平均训练损失的精确海森矩阵。残差 |Hv - λv| 界定了它与最近的真实特征值至多相差多少。"
    ),
    "curvature.reading.classes": (
        "判定为鞍点，须有一个特征值确定为正、一个确定为负；判定为极小值点，须全部为正。"
    ),
    "curvature.reading.ratio": "正特征值占比（minimum ratio）指正特征值在全部特征值中的比例。",
    "curvature.next.escape": "沿负曲率最大的方向离开这里",
    "curvature.next.along": "看训练途中的最大特征值，与稳定性边缘对照",
    "curvature.next.surface": "看这一点周围的损失",
    "sharpness.heading": "尖锐度",
    "sharpness.caption": "按几种定义，损失在该点附近升高多少。",
    "sharpness.keskar": "Keskar，{space}，ε {epsilon:g}",
    "sharpness.sam.maximum": "SAM，ρ {rho:g}，最大升幅",
    "sharpness.sam.one_step": "SAM，ρ {rho:g}，上升一步之后",
    "sharpness.averaged": "高斯扰动，σ {sigma:.2g}，平均升幅",
    "sharpness.column.measure": "度量",
    "sharpness.column.share": "相对 1 + 损失",
    "sharpness.column.rise": "损失升幅",
}
