"""换到另一个批大小的优化器。"""

STRINGS = {
    "rescale.title": "批大小 {size} 下的 {optimizer}",
    "rescale.eyebrow": "{optimizer} · 换批大小时的取值",
    "rescale.by_rule": (
        "批大小 {size} 请用学习率 {lr}（批大小 {from_size} 时为 {before}）：这是 {optimizer} 的缩放规则，不是实测值。"
    ),
    "rescale.measured": "批大小 {size} 请用学习率 {lr}：由研究 {study} 实测（给出的是批大小 {from_size} 时 {before}）。",
    "rescale.caption": "需要设置的值，换之前与换之后。",
    "rescale.column.value": "取值",
    "rescale.column.at": "批大小 {size} 时",
    "rescale.lr_by_rule": "按规则的 lr",
    "rescale.rule.linear": (
        "线性规则：批大小变为 k 倍，学习率也变为 k 倍，使一步相当于原来的 k 小步（Goyal 等 2017，arXiv 1706.02677）。"
        "L2 权重衰减和动量不变。"
    ),
    "rescale.rule.adam": (
        "Adam 的平方根规则：批大小变为 k 倍时，学习率变为 sqrt(k) 倍，1 - beta 变为 k 倍，eps 除以 sqrt(k)；"
        "路径的噪声和按样本计的平均长度不变（Malladi 等 2022，arXiv 2205.10287）。"
    ),
    "rescale.rule.half_life": (
        "倍数太大，Adam 的规则不适用：其平均会在一步之内遗忘。学习率按平方根增大，beta2 保持按样本计的半衰期"
        "（Marek 等 2025，arXiv 2507.07101），beta1 和 eps 不变。"
    ),
    "rescale.rule.sqrt": (
        "平方根规则：批大小变为 k 倍，学习率变为 sqrt(k) 倍，使一步的噪声不变（Krizhevsky 2014，arXiv 1404.5997）。"
        "对这种优化器，它只是一个起点。"
    ),
    "rescale.rule.none": "批大小相同，无需改变。",
    "rescale.decay": (
        "解耦的权重衰减每步从权重中减去 lr 乘以 weight_decay。这里的取值使每遍数据减去的量与原来相同"
        "（Wang 与 Aitchison 2024，arXiv 2405.13698）。"
    ),
    "rescale.breaks.linear": (
        "超过临界批大小后它不再成立，最佳学习率不再增大；训练初期较大的学习率可能发散：请预热，并且不要超过稳定的最大学习率。"
    ),
    "rescale.breaks.adam": (
        "梯度噪声相对于均值较小时（例如超过临界批大小）它不再成立：最佳学习率增大得更慢，甚至不再增大。"
        "没有一条规则适用于所有任务（Shallue 等 2019，arXiv 1811.03600）。"
    ),
    "rescale.breaks.half_life": "这样大的倍数远超任何规则检验过的范围：请在新的批大小下实测学习率。",
    "rescale.breaks.sqrt": (
        "对这种优化器它没有理论依据，也没有一条规则适用于所有任务（Shallue 等 2019，arXiv 1811.03600）："
        "长时间训练之前，请在新的批大小下实测学习率。"
    ),
    "rescale.at": "批大小 {size} 时，研究调得的学习率为 {lr}。",
    "rescale.at_with_range": "批大小 {size} 时，研究调得的学习率为 {lr}；{low} 到 {high} 之间相差不超过 20%。",
    "rescale.between": "没有试过批大小 {size}：{lr} 位于批大小 {low} 和 {high} 处调得的值在对数坐标下的连线上。",
    "rescale.factors": "在这个范围内，实测学习率变为 {measured} 倍，规则给出的为 {rule} 倍。",
    "rescale.next": "在两个批大小下实测学习率及其区间",
}
