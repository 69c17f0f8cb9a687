"""``batch-guidelines`` 一课的文字。"""

STRINGS = {
    "lesson.batch_guidelines.source": "第一篇文章：如何选择批大小",
    "lesson.batch_guidelines.claim": "样本少于 2,000 时用全批量，否则用 64 到 512；2 的幂更快。",
    "lesson.batch_guidelines.experiment": (
        "在 500 个、1,437 个手写数字，以及五倍于此的数据（每张图再向四个方向各平移一个像素）上，把一个全连接网络训练到给定的验证损失；"
        "完整版在已安装时加上 Fashion-MNIST。每个批大小的学习率各自调优，达到目标的步数在未参与调参的种子上统计，再乘以每步用时。"
        "2^k 及其两个相邻批大小的每步用时单独轮流测量。"
    ),
    "lesson.batch_guidelines.otherwise": (
        "最优批大小由两点决定：任务的临界批大小，以及在你的机器上每步用时从哪个批大小起与批成正比。GPU 会抬高后者，噪声大的任务会抬高前者。"
        "若计算核会把尺寸补齐到 8 或 64 的倍数（如张量核心），应当取这种倍数的主要是层宽，而不是批大小。"
    ),
    "lesson.batch_guidelines.take": (
        "样本数对批大小说明不了什么。以四倍为间隔试几个批大小，各自调优学习率；曲线平坦段内的任何一个都可以，是否为 2 的幂无关紧要。"
    ),
    "lesson.batch_guidelines.part.full_batch": "样本少于 2,000 时全批量是好的选择：所需时间不超过最佳批大小的 1.25 倍。",
    "lesson.batch_guidelines.part.advised": "样本更多时，64 到 512 是好的选择：该范围内的批大小所需时间平均不超过最佳值的 1.25 倍。",
    "lesson.batch_guidelines.part.powers": "2 的幂更快：2^k 的每步用时不到 2^k − 1 和 2^k + 1 的 0.95 倍。",
    "lesson.batch_guidelines.counts": "样本数为：{holds:list}；不包括：{does_not_hold:list}",
    "lesson.batch_guidelines.data": "最大的手写数字集有 {examples:count} 个样本：每张图的原样及向四个方向各平移一个像素。",
    "lesson.batch_guidelines.number.full_batch_ratio": "全批量与最佳批大小的时间之比",
    "lesson.batch_guidelines.number.advised_ratio": "64 到 512 的平均时间与最佳批大小之比",
    "lesson.batch_guidelines.number.size_ratio": "与最佳批大小的时间之比",
    "lesson.batch_guidelines.number.power_ratio": "2^k 与相邻批大小的每步用时之比",
    "lesson.batch_guidelines.line.examples": "{examples:count} 个样本",
    "lesson.batch_guidelines.axis.relative": "达到目标的时间（与最小值之比）",
    "lesson.batch_guidelines.axis.neighbours": "与相邻批之比",
    "lesson.batch_guidelines.costs.title": "达到目标的时间",
    "lesson.batch_guidelines.costs.takeaway": "竖线为 64 和 512；每条线的最后一点是其最大的批。",
    "lesson.batch_guidelines.neighbours.title": "2 的幂与相邻批大小",
    "lesson.batch_guidelines.neighbours.takeaway": "2^k 与 2^k ± 1 的每步用时之比，附各轮次的 90% 区间。",
}
