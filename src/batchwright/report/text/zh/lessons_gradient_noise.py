"""``gradient-noise`` 一课的文字。"""

STRINGS = {
    "lesson.gradient_noise.source": "第一篇文章：梯度噪声",
    "lesson.gradient_noise.claim": (
        "小批量梯度与单样本梯度均值相同，标准差为后者的 1/√B；一半的数据（甚至少得多的数据）就能给出几乎完整的梯度；"
        "批大小超过某个值后，梯度方向几乎不再变化。"
    ),
    "lesson.gradient_noise.experiment": (
        "用 SGD 在手写数字上训练一个小网络。在第一次更新之前、第 60 次和第 3,000 次更新之后，分别求出全部 1,437 个训练样本各自的梯度，"
        "因此完整梯度和协方差都是精确已知的。随后以有放回和无放回两种方式抽取 1 至 1,024 个样本的批，与完整梯度比较。"
    ),
    "lesson.gradient_noise.otherwise": (
        "标准差的规律只是算术，处处成立。需要多少样本才能得到正确方向，取决于梯度噪声尺度 tr Σ/|G|²：噪声尺度小的任务或阶段只需很少的样本；"
        "训练后期，平均梯度比噪声缩小得更快。"
    ),
    "lesson.gradient_noise.take": (
        "训练初期，几十个样本就足以指明方向，更大的批是浪费。接近结束时，平均梯度相对噪声已经很小：这时更大的批或更小的学习率才有帮助。"
    ),
    "lesson.gradient_noise.part.same_mean": "小批量梯度的均值就是完整梯度。",
    "lesson.gradient_noise.part.with_replacement": "有放回抽样时，标准差按 1/√B 下降。",
    "lesson.gradient_noise.part.without_replacement": "无放回抽样时（一轮训练正是如此），标准差同样按 1/√B 下降。",
    "lesson.gradient_noise.part.half_is_enough": "一半的数据就能给出几乎完整的梯度（余弦高于 0.95）。",
    "lesson.gradient_noise.part.little_is_enough": "少得多的数据（64 个样本）也能做到。",
    "lesson.gradient_noise.part.direction_settles": (
        "批大小超过某个值后方向几乎不再变化：把四分之一的数据加倍，前后梯度的余弦高于 0.95。"
    ),
    "lesson.gradient_noise.points": "训练处于以下阶段：{holds:list}；以下阶段不成立：{does_not_hold:list}",
    "lesson.gradient_noise.number.mean_gap": "均值之差的平方（以随机误差为单位）",
    "lesson.gradient_noise.number.slope": "标准差的指数",
    "lesson.gradient_noise.number.cosine_half": "N/2 处的余弦",
    "lesson.gradient_noise.number.cosine_little": "64 处的余弦",
    "lesson.gradient_noise.number.cosine_doubled": "N/4 与 N/2 的余弦",
    "lesson.setting.point": "阶段",
    "lesson.choice.early": "初期",
    "lesson.choice.middle": "中期",
    "lesson.choice.late": "后期",
    "lesson.gradient_noise.line.with": "有放回，第 {point:count} 次更新",
    "lesson.gradient_noise.line.without": "无放回，第 {point:count} 次更新",
    "lesson.gradient_noise.line.point": "第 {point:count} 次更新",
    "lesson.gradient_noise.axis.std": "标准差",
    "lesson.gradient_noise.axis.cosine": "与完整梯度的余弦",
    "lesson.gradient_noise.almost": "方向几乎相同",
    "lesson.gradient_noise.law.title": "1/√B 规律",
    "lesson.gradient_noise.law.takeaway": "圆点落在斜率为 −1/2 的直线上；无放回时，批等于整个数据集处噪声为零。",
    "lesson.gradient_noise.directions.title": "一个批离完整梯度有多近",
    "lesson.gradient_noise.directions.takeaway": "初期少量样本就能给出方向；后期即使很大的批也指向别处。色带为各随机种子的范围。",
}
