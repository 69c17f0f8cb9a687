"""``local-minima`` 一课的文字。"""

STRINGS = {
    "lesson.local_minima.source": "第四、第五篇文章：局部极小值",
    "lesson.local_minima.claim": "一篇文章说，大网络中糟糕的局部极小值不成问题；另一篇说，大批量会停在糟糕的极小值上。",
    "lesson.local_minima.experiment": (
        "用一个四个隐藏单元的随机网络为 64 个样本生成目标，因此从四个单元起损失可以为零。在 24 个这样的问题上训练 1 至 32 个单元的网络，"
        "每个问题八个初始点；或以全部 64 个样本为一批，或每批四个，更新次数同为 1,000；学习率针对每种宽度和批大小在另外的初始点上调好，并衰减到零。"
        "训练损失比同一问题、同一宽度的最好结果高出 0.01 以上（目标的方差为 1），就算糟糕的终点。"
    ),
    "lesson.local_minima.otherwise": (
        "若学习率只适合小批量，或者比较相同的轮数（大批量的更新次数就少得多），大批量会停得更高：那是没有训练完，而不是糟糕的极小值。"
        "不衰减学习率时，小批量会因噪声停得更高。损失趋于零时相对离散度会变大；只有绝对离散度才能说明终点是否糟糕。"
    ),
    "lesson.local_minima.take": (
        "糟糕的终点属于窄网络，加宽就能解决。在更新次数相同、学习率各自调好时，大批量在训练数据上并不会停得更高：对大批量的批评，"
        "说的其实是更新次数和验证集上的表现。"
    ),
    "lesson.local_minima.part.wide_has_none": "在最宽的网络中，以全部数据为一批，糟糕的终点不到二十分之一。",
    "lesson.local_minima.part.some_end_badly": "超过二十分之一的初始点停在糟糕的终点。",
    "lesson.local_minima.part.spread_shrinks": "两个单元时最终损失的绝对离散度大于最宽的网络。",
    "lesson.local_minima.part.large_batch": "更新次数相同时，大批量的最终损失比小批量高出 0.01 以上。",
    "lesson.local_minima.widths": "宽度为：{holds:list}；以下宽度不成立：{does_not_hold:list}",
    "lesson.local_minima.number.bad_ends": "停在糟糕终点的初始点比例",
    "lesson.local_minima.number.final_loss": "最终训练损失",
    "lesson.local_minima.number.spread": "高出最好初始点的平均损失",
    "lesson.local_minima.number.spread_narrow_less_wide": "两个单元的离散度减去最宽网络的离散度",
    "lesson.local_minima.number.full_less_small": "全批量与小批量最终损失之差",
    "lesson.local_minima.number.tuned_rate": "调好的学习率",
    "lesson.setting.hidden_units": "宽度",
    "lesson.setting.batch_of": "批",
    "lesson.choice.whole": "全部",
    "lesson.choice.sixteenth": "十六分之一",
    "lesson.local_minima.line.whole": "每批全部 {size:count} 个样本",
    "lesson.local_minima.line.sixteenth": "每批 {size:count} 个样本",
    "lesson.local_minima.axis.width": "隐藏单元数",
    "lesson.local_minima.axis.spread": "高出最好初始点的平均损失",
    "lesson.local_minima.by_width.title": "初始点有多重要",
    "lesson.local_minima.by_width.takeaway": "网络越宽，不同初始点之间的绝对离散度越趋于零，与批大小无关。",
    "lesson.local_minima.starts.title": "每一个初始点",
    "lesson.local_minima.starts.takeaway": "三个问题的最终损失：窄网络停在几种高度，宽网络全都到底。",
}
