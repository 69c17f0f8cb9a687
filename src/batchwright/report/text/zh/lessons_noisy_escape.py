"""``noisy-escape`` 一课的文字。"""

STRINGS = {
    "lesson.noisy_escape.source": "第四篇文章：噪声能逃离极小值",
    "lesson.noisy_escape.claim": (
        "小批量的噪声能离开困住梯度下降的极小值：一个批的损失卡住的地方，另一个批的损失并不卡住；狭窄的谷更早被离开。"
    ),
    "lesson.noisy_escape.experiment": (
        "平均损失有两个同样深的阱，一窄一宽，唯一的权重从窄阱出发。每个样本另加一个自己的斜率，因此大小为 B 的批看到的阱带有标准差为 12/√B 的倾斜噪声。"
        "几十个游走者在四个学习率下（都低于窄阱的稳定上限 0.125）作同样的更新，记录它们第一次越到另一侧的时刻。"
        "再取一组学习率和批大小，让窄阱的深度从宽阱的一半变到两倍，比较离开两个阱的时间。最后比较 lr/B 相同的五对设置，其中最后一对的学习率超过上限。"
    ),
    "lesson.noisy_escape.otherwise": (
        "离开所需的时间随“深度 × B / 学习率”指数增长：深度加倍或学习率减半，就可能把几次更新变成谁也跑不完的次数。"
        "如果噪声在极小值处消失（例如每个样本都被精确拟合），就无从离开。学习率超过稳定上限时，没有噪声也会离开窄阱。"
    ),
    "lesson.noisy_escape.take": (
        "使权重离开极小值的是噪声，而噪声由学习率和批大小共同决定：只要学习率远低于稳定上限，lr/B 就是它的“温度”。"
        "大批量配上更大的学习率，与小批量一样不安分，直到学习率碰到上限为止。深度与宽度同样重要。"
    ),
    "lesson.noisy_escape.part.held": "用全部样本的梯度下降被极小值困住。",
    "lesson.noisy_escape.part.leaves": "单样本的批会离开它（1,000 次更新内超过一半的游走者离开）。",
    "lesson.noisy_escape.part.monotone": "在每个学习率下，批越小，离开的越多。",
    "lesson.noisy_escape.part.stuck_elsewhere": "平均损失卡住的地方，一个批（单个样本）自己的损失多半并不卡住。",
    "lesson.noisy_escape.part.narrow_sooner": "噪声相同时，窄阱比宽阱更早被离开。",
    "lesson.noisy_escape.part.narrow_noisier": "噪声随曲率增大时（每个样本把阱移动一点），窄阱更早被离开。",
    "lesson.noisy_escape.part.same_in_time": "在相同时间（lr × 更新次数）内离开多少，只由 lr/B 决定。",
    "lesson.noisy_escape.part.same_in_updates": "在相同更新次数内离开多少，只由 lr/B 决定。",
    "lesson.noisy_escape.rates": "学习率取以下值之一：{holds:list}；以下值不成立：{does_not_hold:list}",
    "lesson.noisy_escape.depths": (
        "窄阱的深度（以宽阱深度为单位）取以下值之一：{holds:list}；以下值不成立：{does_not_hold:list}"
    ),
    "lesson.noisy_escape.number.share_left": "离开的比例",
    "lesson.noisy_escape.number.rise": "比例随 B 增大的最大升幅",
    "lesson.noisy_escape.number.share_stuck": "卡在该处的批的比例",
    "lesson.noisy_escape.number.time_ratio": "宽阱停留时间 / 窄阱停留时间",
    "lesson.noisy_escape.number.share_gap": "离开的比例与最小学习率之差",
    "lesson.setting.depth": "深度",
    "lesson.noisy_escape.mean": "平均损失",
    "lesson.noisy_escape.axis.weight": "权重",
    "lesson.noisy_escape.axis.share": "离开的比例",
    "lesson.noisy_escape.axis.time": "lr × 更新次数",
    "lesson.noisy_escape.line.lr": "lr {lr:rate}",
    "lesson.noisy_escape.line.pair": "lr {lr:rate}，B {batch_size:size}",
    "lesson.noisy_escape.wells.title": "平均损失与三个批自己的损失",
    "lesson.noisy_escape.wells.takeaway": "虚线为大小为 16 的批的损失：其中一些在平均损失有极小值的地方没有极小值。",
    "lesson.noisy_escape.shares.title": "{updates:count} 次更新内离开窄阱的比例",
    "lesson.noisy_escape.shares.takeaway": (
        "每个学习率都有一个批大小：小于它几乎全部离开，大于它无一离开；它随学习率增大。误差线为 90% 区间。"
    ),
    "lesson.noisy_escape.collapse.title": "同一个 lr/B，五个学习率",
    "lesson.noisy_escape.collapse.takeaway": "以 lr × 更新次数为横轴，小学习率的曲线彼此重合：此时起作用的只有 lr/B。",
}
