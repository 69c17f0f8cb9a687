"""Loss surfaces, in Simplified Chinese."""

STRINGS = {
    "surface.title": "{task}：损失曲面",
    "surface.eyebrow": "{task} · {train:count} 个训练样本和 {validation:count} 个验证样本上的损失曲面",
    "surface.direction.first": "第一个随机方向",
    "surface.direction.second": "第二个随机方向",
    "surface.axis.alpha": "alpha，沿{along}",
    "surface.axis.beta": "beta，沿{along}",
    "surface.axis.between": "alpha，从{first:mark}（0）到{second:mark}（1）",
    "surface.axis.component": "{axis}，第 {place} 主成分：占方差的 {share:.1%}",
    "surface.axis.towards": "alpha，从{first:mark}到{second:mark}",
    "surface.axis.across": "beta，从该直线到{third:mark}",
    "surface.place": "沿{across}走 {alpha:number}、沿{up}走 {beta:number} 处",
    "surface.place.through": (
        "从{first:mark}向{second:mark}走 {alpha:number}、再横向朝{third:mark}走 {beta:number} 处"
    ),
    "surface.infinite": "非有限值",
    "surface.between.infinite": (
        "在{first:mark}与{second:mark}之间，从路程的 {share:percent} 起训练损失不再是有限值；{sharper}。"
    ),
    "surface.between.none": "在{first:mark}与{second:mark}之间，训练损失没有势垒；{sharper}。",
    "surface.between.barrier": (
        "在{first:mark}与{second:mark}之间，训练损失有一道高 {barrier:measured} 的势垒，位于路程的 "
        "{share:percent} 处；{sharper}。"
    ),
    "surface.sharper.infinite": "其中一端附近的损失不是有限值",
    "surface.sharper.not_convex": "沿这条线，训练损失并非在两端都向上弯曲",
    "surface.sharper.equal": "沿这条线，两端同样尖锐",
    "surface.sharper.by": "沿这条线，{end:mark}一端的尖锐度是另一端的 {ratio} 倍",
    "surface.along": (
        "沿{along}，训练损失在当前权重处为 {here:measured}，在 alpha = {alpha} 处最低，为 {low}；{ends:clauses}。"
    ),
    "surface.along.lowest_here": (
        "沿{along}，训练损失在当前权重处最低，为 {here:measured}；{ends:clauses}。"
    ),
    "surface.along.end": "在 alpha = {alpha:number} 处为 {loss}",
    "surface.along.infinite": "沿{along}，训练损失在当前权重处不是有限值。",
    "surface.over": (
        "在这个平面上，训练损失在当前权重处为 {here:measured}，最低降到 {low}（{place}），最高升到 {high:measured}。"
    ),
    "surface.over.lowest_here": (
        "在这个平面上，训练损失在当前权重处最低，为 {here:measured}；最高升到 {high:measured}。"
    ),
    "surface.over.infinite": "在这个平面上，训练损失处处不是有限值。",
    "surface.over.infinite_here": "在这个平面上，当前权重处的训练损失不是有限值。",
    "surface.trajectory": (
        "两个方向解释了训练轨迹的 {both:.1%}（{first:.1%} 与 {second:.1%}）；快照投影处的损失最多相差 "
        "{worst:percent}。"
    ),
    "surface.trajectory.unknown": (
        "两个方向解释了训练轨迹的 {both:.1%}（{first:.1%} 与 {second:.1%}）；投影处的损失不是有限值。"
    ),
    "surface.through": (
        "在过三个模型（{models}）的平面上，训练损失的最低点在它们之间或之外：{place}，为 {low}。"
    ),
    "surface.through.none": "在过三个模型（{models}）的平面上，没有一点的训练损失比它们更低。",
    "surface.through.model": "{name:mark}：{loss}",
    "surface.not_finite": "{points:count} 个点中有 {missing:count} 个的损失不是有限值。",
    "surface.unequal": (
        "两端的训练程度不同（训练损失为 {first:measured} 和 {second:measured}）：尖锐度和势垒也混入了这一差别。"
        "请让两者训练同样多的步数，或各用各的学习率。"
    ),
    "surface.skew": "两个方向并不垂直：夹角余弦为 {cosine:.2f}。",
    "surface.recalibrated": "在每一点上，批归一化的滑动统计量都由训练样本重新计算。",
    "surface.components": (
        "在高维空间中，任何平滑的路径或随机游走，其大部分都能由两个主成分解释：单凭这一占比说明不了什么。"
    ),
    "surface.scale": (
        "宽窄取决于权重的缩放：把权重重新缩放、计算结果不变的网络，看上去可能更尖锐或更平坦（Dinh 等，2017）。"
    ),
    "surface.caption": "{axes}。",
    "surface.snapshots.caption": "运行快照处及其投影处的训练损失。",
    "surface.column.point": "点",
    "surface.column.alpha": "alpha",
    "surface.column.beta": "beta",
    "surface.column.loss": "{split:split}损失",
    "surface.column.metric": "{split:split}{metric:metric}",
    "surface.column.updates": "更新次数",
    "surface.column.real": "实际损失",
    "surface.column.projected": "投影处损失",
    "surface.column.distance": "到平面的距离",
    "surface.lowest": "网格上最低",
    "surface.highest": "网格上最高",
    "surface.line.title": "沿线的损失和指标",
    "surface.line.takeaway": "训练集和验证集，各在其全部样本上计算；虚线为各模型。",
    "surface.plane.train": "训练损失",
    "surface.plane.validation": "验证损失",
    "surface.plane.takeaway": "从蓝（最低）到橙（最高）；非有限值处画阴影线。",
    "surface.about.points": "点数",
    "surface.about.axes": "坐标轴",
    "surface.next.study": "在这些批大小之间找出最先达到目标的",
    "surface.next.plane": "加上第二个方向，看平面",
    "surface.next.along": "看运行途中遇到的曲率",
    "surface.next.curvature": "看中间的点是哪一类",
    "surface.next.between": "看小批训练与大批训练之间的损失",
    "surface.next.sharper": "看更尖锐的一端是哪一类点",
}
