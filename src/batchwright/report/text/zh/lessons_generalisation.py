"""``generalisation`` 一课的文字。"""

STRINGS = {
    "lesson.generalisation.source": "第四篇文章（依据 Keskar 等，2017）：尖锐的极小值",
    "lesson.generalisation.claim": "训练准确率相同时，大批量的验证结果更差，因为它们停在尖锐的极小值。",
    "lesson.generalisation.experiment": (
        "用小批量和大批量（约为数据的十分之一）训练同一个网络，直到训练损失降到 0.05（Fashion-MNIST 为 0.3），在此处比较：一次用若干个两者共用的学习率，"
        "一次各用自己的学习率（每一对都在另一个随机种子上按验证结果调出）。在每个终点测量 Hessian 的最大特征值和 Keskar 尖锐度，"
        "以及两终点连线上的训练损失与验证损失。"
    ),
    "lesson.generalisation.otherwise": (
        "把权重重新缩放而函数不变时，任何尖锐度都会改变（Dinh 等，2017），所以对一个网络、一种初始化成立的，对另一个未必成立。"
        "网络更大、在训练损失为零处训练更久、数据噪声更多时，差别的余地更大。"
    ),
    "lesson.generalisation.take": (
        "比较批大小时，应取相同的训练损失，并为每个批大小分别调学习率；共用一个学习率，比较的多半是学习率。"
        "大批量结果较差时，先提高学习率，再考虑放弃大批量。"
    ),
    "lesson.generalisation.part.worse_same_rate": "两者用同一学习率时，大批量的验证结果更差。",
    "lesson.generalisation.part.eigenvalue_same_rate": "两者用同一学习率时，按最大特征值，它停在更尖锐的点。",
    "lesson.generalisation.part.keskar_same_rate": "两者用同一学习率时，按 Keskar 的度量，它停在更尖锐的点。",
    "lesson.generalisation.part.steeper_same_rate": "两者用同一学习率时，在两终点的连线上，损失在它那一端上升得更陡。",
    "lesson.generalisation.part.worse_tuned_rate": "用自己的学习率时，大批量的验证结果更差。",
    "lesson.generalisation.part.eigenvalue_tuned_rate": "用自己的学习率时，按最大特征值，它停在更尖锐的点。",
    "lesson.generalisation.part.keskar_tuned_rate": "用自己的学习率时，按 Keskar 的度量，它停在更尖锐的点。",
    "lesson.generalisation.part.steeper_tuned_rate": "用自己的学习率时，在两终点的连线上，损失在它那一端上升得更陡。",
    "lesson.generalisation.part.because_sharp": "在训练损失相同的所有终点中，越尖锐的验证结果越差。",
    "lesson.generalisation.changes.worse": "为大批量调学习率会改变关于验证结果的结论。",
    "lesson.generalisation.changes.eigenvalue": "为大批量调学习率会改变关于最大特征值的结论。",
    "lesson.generalisation.changes.keskar": "为大批量调学习率会改变关于 Keskar 尖锐度的结论。",
    "lesson.generalisation.changes.steeper": "为大批量调学习率会改变关于两终点连线的结论。",
    "lesson.generalisation.keeps": "为大批量调学习率不改变任何一条结论。",
    "lesson.generalisation.rates": "共用的学习率为：{holds:list}；不成立：{does_not_hold:list}",
    "lesson.generalisation.sizes": (
        "手写数字只有 1,437 个训练样本，因此小批量为 {small:size}，数据的十分之一为 {large:size}；"
        "文章中的 256 对十分之一需要完整版和 Fashion-MNIST。"
    ),
    "lesson.generalisation.number.loss_gap": "验证损失，大批量减小批量",
    "lesson.generalisation.number.accuracy_gap": "验证准确率，大批量减小批量",
    "lesson.generalisation.number.train_gap": "训练损失，大批量减小批量",
    "lesson.generalisation.number.eigenvalue_ratio": "最大特征值，大批量 / 小批量",
    "lesson.generalisation.number.keskar_ratio": "Keskar 尖锐度，大批量 / 小批量",
    "lesson.generalisation.number.rise_gap": "终点附近损失的上升，大批量减小批量",
    "lesson.generalisation.number.shift": "连线上验证损失最低处与训练损失最低处之差",
    "lesson.generalisation.number.loss_over_sharpness": "特征值每加倍，验证损失的变化",
    "lesson.generalisation.line.train": "训练",
    "lesson.generalisation.line.validation": "验证",
    "lesson.generalisation.axis.alpha": "从小批量的终点（0）到大批量的终点（1）",
    "lesson.generalisation.same_rate.title": "两终点的连线，同一学习率",
    "lesson.generalisation.tuned_rate.title": "两终点的连线，各用自己的学习率",
    "lesson.generalisation.line.takeaway": "各对终点的中位数，色带为其范围。越尖锐的一端谷越陡；验证损失的谷略有偏移。",
}
