"""``small-or-large`` 一课的文字。"""

STRINGS = {
    "lesson.small_or_large.source": "第四篇文章：小批量与大批量对照表",
    "lesson.small_or_large.claim": (
        "大批量每次更新用时相同、每轮用时更少，像长时间蓄力：威力大；小批量像短冷却：不准，但优化和泛化更好。"
    ),
    "lesson.small_or_large.experiment": (
        "这里不做新的训练：表中每一行都取自另一课的结论以及决定该结论的数字，来源是 batch-time、gradient-noise、optimisation-gap "
        "和 generalisation。凡是依赖学习率的比较都有两行：一行双方共用学习率，一行各自调好学习率。两方面合起来，即达到同样准确率的时间，见 "
        "lenet-batch-size。"
    ),
    "lesson.small_or_large.otherwise": (
        "关于时间的各行只代表这台机器：在 GPU 上，用时相同的批大小范围更宽。关于质量的各行来自小数据上的小网络；何时会变，见各自的课程。"
    ),
    "lesson.small_or_large.take": (
        "这张表并不是优缺点清单。时间取决于硬件，噪声只是算术；关于质量的许多说法，其实源于只为一方调过的学习率。"
    ),
    "lesson.small_or_large.part.update_time": "1,000 个样本的一次更新与单个样本的一次更新用时相同。",
    "lesson.small_or_large.part.epoch_time": "大批量每轮用时更少。",
    "lesson.small_or_large.part.strong": "批越大，梯度越准，误差按 1/√B 下降。",
    "lesson.small_or_large.part.accurate_enough": "小批量（64 个样本）的梯度已足够准确。",
    "lesson.small_or_large.part.optimisation": "共用学习率时，大批量训练得更差。",
    "lesson.small_or_large.part.optimisation_tuned": "各自调好学习率时，大批量训练得更差。",
    "lesson.small_or_large.part.generalisation": "共用学习率、训练损失相同时，大批量的验证结果更差。",
    "lesson.small_or_large.part.generalisation_tuned": "各自调好学习率、训练损失相同时，大批量的验证结果更差。",
    "lesson.small_or_large.number.update_time": "每步秒数，大批量 / 小批量",
    "lesson.small_or_large.number.epoch_time": "每轮秒数，大批量 / 小批量",
    "lesson.small_or_large.number.strong": "标准差随 B 变化的指数",
    "lesson.small_or_large.number.accurate_enough": "与完整梯度的余弦",
    "lesson.small_or_large.number.optimisation": "训练准确率，小批量减大批量",
    "lesson.small_or_large.number.optimisation_tuned": "训练准确率，小批量减大批量",
    "lesson.small_or_large.number.generalisation": "验证损失，大批量减小批量",
    "lesson.small_or_large.number.generalisation_tuned": "验证损失，大批量减小批量",
    "lesson.small_or_large.small": "小批量",
    "lesson.small_or_large.large": "大批量",
    "lesson.small_or_large.row.update_time": "一次更新的时间",
    "lesson.small_or_large.row.epoch_time": "一轮的时间",
    "lesson.small_or_large.row.strong": "噪声：威力",
    "lesson.small_or_large.row.accurate_enough": "噪声：足够准确",
    "lesson.small_or_large.row.optimisation": "优化",
    "lesson.small_or_large.row.optimisation_tuned": "优化（调好学习率）",
    "lesson.small_or_large.row.generalisation": "泛化",
    "lesson.small_or_large.row.generalisation_tuned": "泛化（调好学习率）",
    "lesson.small_or_large.axis.side": "哪一方",
    "lesson.small_or_large.axis.row": "比较的内容",
    "lesson.small_or_large.axis.advantage": "优势",
    "lesson.small_or_large.table.title": "小批量还是大批量：测量结果",
    "lesson.small_or_large.table.takeaway": (
        "1 表示占优的一方；说法不成立、双方不分高下时各为二分之一；部分成立时为四分之三；无法判断时为空。"
    ),
}
